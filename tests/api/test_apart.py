"""Organisations kept apart: each tries to read what is another's, by every way there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.identity_provider import identity_provider
from tests.api.roles import log_in, settings_of, store_key
from tests.api.service import Service, plan, transfer

# Who each is; who may see which records is said by `SEES`.
READERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "exporter": ("shenzhen", ("submit", "read")),
    "recipient": ("hongkong", ("submit", "read")),
    "onward": ("macau", ("read",)),
    "stranger": ("stranger", ("submit", "read", "attest")),
    "regulator": ("hk", ("regulate",)),
    "auditor": ("watch", ("audit",)),
}
RECORDS: dict[str, dict[str, Any]] = {
    "to hongkong": transfer(),
    "further to macau": transfer(onward_recipients=[{"id": "macau"}]),
    "to singapore": transfer(to="SG", recipient={"id": "singapore"}),
    "out of hongkong": transfer(**{"from": "HK", "to": "SG"}, recipient={"id": "singapore"}),
    "plan": plan(),
    # The name stands somewhere else: that makes nobody a recipient.
    "about a stranger": transfer(purpose="stranger", recipient={"id": "x", "name": "stranger"}),
}
PARTS = ("bundle", "bundle?format=tlog-proof", "dossier", "attestations", "certificate.pdf")
SEES = {
    "exporter": set(RECORDS),
    "recipient": {"to hongkong", "further to macau", "plan"},
    "onward": {"further to macau"},
    "stranger": set(),
    "regulator": {
        "to hongkong", "further to macau", "out of hongkong", "plan", "about a stranger",
    },
    "auditor": set(RECORDS),
}  # fmt: skip


@dataclass(frozen=True)
class Shared:
    service: Service
    headers: dict[str, dict[str, str]]

    def get(self, path: str, reader: str) -> Any:
        return self.service.client.get(path, headers=self.headers[reader])


@pytest.fixture(scope="module", params=["key", "token", "session"])
def shared(
    request: pytest.FixtureRequest, make_service: Callable[..., Iterator[Service]]
) -> Iterator[Shared]:
    """A ledger with everyone's records; everyone is known by keys, by tokens, by sessions."""
    with identity_provider() as provider:
        for service in make_service(**settings_of(provider)):
            headers: dict[str, dict[str, str]] = {}
            for name, (organisation, scopes) in READERS.items():
                key, _ = store_key(service, organisation, scopes)
                headers[name] = {"Authorization": f"Bearer {key}"}
                if request.param == "session":
                    headers[name] = log_in(service, key)
                if request.param == "token":
                    token = provider.token(
                        organisation=organisation, scope=" ".join(scopes), jurisdictions=["HK"]
                    )
                    headers[name] = {"Authorization": f"Bearer {token}"}
            for statement in RECORDS.values():
                answer = service.client.post(
                    "/v1/records", json=statement, headers=headers["exporter"]
                )
                assert answer.status_code == 201, answer.text
            service.publish()
            yield Shared(service, headers)


@pytest.mark.parametrize("reader", READERS)
def test_record_and_bundle_are_shown_to_whom_they_concern(shared: Shared, reader: str) -> None:
    for name, statement in RECORDS.items():
        path = f"/v1/records/{statement['record_id']}"
        for asked in (path, *(f"{path}/{part}" for part in PARTS)):
            answer = shared.get(asked, reader)
            expected = 200 if name in SEES[reader] else 404
            assert answer.status_code == expected, f"{asked} ({name}) as {reader}"
            if expected == 404:
                unknown = shared.get("/v1/records/0193502a-5c00-7d2e-9b61-3f0c8a7e4d15", reader)
                assert answer.json() == unknown.json()


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("reader", READERS)
def test_list_holds_what_one_may_see(shared: Shared, reader: str, order: str) -> None:
    by_id = {statement["record_id"]: name for name, statement in RECORDS.items()}
    answer = shared.get(f"/v1/records?order={order}", reader)
    assert {by_id[record["record_id"]] for record in answer.json()["records"]} == SEES[reader]
    answer = shared.get("/v1/records?kind=plan", reader)
    assert len(answer.json()["records"]) == len(SEES[reader] & {"plan"})


@pytest.mark.parametrize("reader", sorted(set(READERS) - {"auditor"}))
def test_whole_of_the_log_is_for_auditors(shared: Shared, reader: str) -> None:
    size = shared.service.size
    for path in (f"/tile/entries/000.p/{size}", "/metrics", "/v1/trail"):
        assert shared.get(path, reader).status_code == 403
        assert shared.get(path, "auditor").status_code == 200


@pytest.mark.parametrize("reader", ["recipient", "stranger"])
def test_record_of_another_is_not_told_by_submitting_it_again(shared: Shared, reader: str) -> None:
    headers = shared.headers[reader]
    for statement in (RECORDS["to singapore"], {**RECORDS["to singapore"], "scenario": "x"}):
        answer = shared.service.client.post("/v1/records", json=statement, headers=headers)
        assert answer.status_code == 409
        assert "index" not in answer.text
