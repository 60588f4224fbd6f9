"""The whole API, asked what its OpenAPI document lets one ask and what it does not, by every role.

Nothing that a caller sends may come out as a fault of ours (5xx), nor as an answer that the
document does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.api.identity_provider import identity_provider
from tests.api.roles import Roles, make_roles, settings_of
from tests.api.service import Service, plan, transfer

ROLES = (
    "nobody", "submit", "read", "audit", "attest", "regulate", "other", "session", "oidc",
    "expired", "revoked",
)  # fmt: skip
EXAMPLES = 2
MANY = 300


@schemathesis.serializer("application/x-ndjson", "application/statuslist+jwt", "application/pdf")
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass(frozen=True)
class Asked:
    service: Service
    roles: Roles
    # By its name, what is asked of each operation: made once, which takes longer than the asking.
    cases: dict[str, Any]


@pytest.fixture(scope="module")
def asked(make_service: Callable[..., Iterator[Service]]) -> Iterator[Asked]:
    with identity_provider() as provider:
        for service in make_service(**settings_of(provider), rate_limit_keyless=""):
            roles = make_roles(service, provider)
            headers = {**roles.headers["session"], "Content-Type": "application/json"}
            for statement in (transfer(), plan()):
                answer = service.client.post("/v1/records", json=statement, headers=headers)
                assert answer.status_code == 201
            service.anchor()
            document = service.client.get("/openapi.json").json()
            schema = schemathesis.openapi.from_dict(document)
            found: list[Any] = list(schema.get_all_operations())
            operations = [result.ok() for result in found]
            cases = {operation.label: operation.as_strategy() for operation in operations}
            yield Asked(service, roles, cases)


def ask_all(asked: Asked, role: str, examples: int) -> set[str]:
    """Ask every operation so many times; give the names of those that were."""
    for case in asked.cases.values():
        run = settings(
            max_examples=examples, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        run(seed(20_261_121)(given(st.just(asked), st.just(role), case)(_ask)))()
    return set(asked.cases)


def _ask(asked: Asked, role: str, case: Any) -> None:
    own = asked.roles.headers[role]
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    ours = {"authorization", "cookie", *(name.lower() for name in own)}
    drawn = (sent.pop("headers", None) or {}).items()
    headers = {name: value for name, value in drawn if name.lower() not in ours}
    for name in ("cookies", "timeout"):
        sent.pop(name, None)
    if isinstance(sent.get("data"), bytes):
        sent["content"] = sent.pop("data")
    answer = asked.service.client.request(**sent, headers={**headers, **own})
    told = f"{case.operation.label} as {role}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, told
    if str(answer.status_code) not in case.operation.definition.raw["responses"]:
        assert answer.headers["content-type"] == "application/problem+json", told


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_anyone_sends_is_a_fault_of_ours(asked: Asked, role: str) -> None:
    found = ask_all(asked, role, EXAMPLES)
    assert len(found) >= 22


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_anyone_sends_is_a_fault_of_ours_however_long(asked: Asked, role: str) -> None:
    ask_all(asked, role, MANY)
