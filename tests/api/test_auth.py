from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.app import create_app
from api.auth import ApiKey, Principal, Scope, add_key, check_bind, make_key, read_keys_file
from api.auth.api_key import Presented, admit
from api.auth.local import check_local
from api.problems import RequestError
from ledger.errors import ConfigurationError, MalformedError
from ledger.settings import Settings
from tests.api.service import Service, transfer

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def identify(keys: Mapping[str, ApiKey], token: str) -> Principal:
    presented = Presented.parse(token)
    assert presented is not None
    return admit(keys.get(presented.prefix), presented, now=NOW)


def keys_of(*keys: ApiKey, directory: Path) -> Mapping[str, ApiKey]:
    path = directory / "keys.json"
    path.write_text(json.dumps({"keys": [key.to_value() for key in keys]}))
    return read_keys_file(path)


def test_key_made_is_known_by_its_secret_alone(tmp_path: Path) -> None:
    secret, entry = make_key("acme", ["read", "submit"])
    # The secret itself may hold the separator.
    assert secret.split("_", 2)[2] not in json.dumps(entry.to_value())
    principal = identify(keys_of(entry, directory=tmp_path), secret)
    assert principal.organisation == "acme"
    assert principal.scopes == {Scope.READ, Scope.SUBMIT}


def test_keys_made_differ() -> None:
    made = [make_key("acme", ["read"]) for _ in range(10)]
    assert len({secret for secret, _ in made}) == 10
    assert len({key.prefix for _, key in made}) == 10


def test_key_of_an_unknown_scope_is_not_made() -> None:
    with pytest.raises(MalformedError, match="submit or read or audit"):
        make_key("acme", ["root"])


@given(token=st.from_regex(r"\Acpk_[0-9a-f]{0,13}_?.{0,50}\Z"))
def test_key_of_any_other_text_is_refused(token: str) -> None:
    _, key = make_key("acme", ["read"])
    with pytest.raises(RequestError) as caught:
        identify({key.prefix: key}, token)
    assert caught.value.code == "auth.unknown-key"


@given(token=st.text())
def test_token_of_any_text_is_taken_apart_or_is_no_key(token: str) -> None:
    presented = Presented.parse(token)
    assert (presented is not None) == (token.partition("_")[0] == "cpk")


def test_key_with_one_character_changed_is_refused(tmp_path: Path) -> None:
    secret, entry = make_key("acme", ["read"])
    keys = keys_of(entry, directory=tmp_path)
    for position in range(len(secret)):
        changed = secret[:position] + chr(ord(secret[position]) ^ 1) + secret[position + 1 :]
        presented = Presented.parse(changed)
        if presented is None:
            assert position < len("cpk_")
            continue
        with pytest.raises(RequestError, match="not known"):
            identify(keys, changed)


def test_add_key_keeps_the_others_and_the_file_private(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    secrets = {name: add_key(path, name, ("submit", "read")) for name in ("acme", "北京")}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = read_keys_file(path)
    for name, secret in secrets.items():
        assert identify(keys, secret).organisation == name
    assert list(tmp_path.iterdir()) == [path]


def test_add_key_leaves_a_file_that_is_none_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text("{")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        add_key(path, "acme", ("read",))
    assert path.read_text() == "{"


ENTRY = make_key("acme", ["read"])[1].to_value()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": [], "more": 1}',
        '{"keys": [{}]}',
        json.dumps({"keys": [ENTRY, ENTRY]}),
        json.dumps({"keys": [{**ENTRY, "scopes": ["root"]}]}),
        json.dumps({"keys": [{**ENTRY, "sha256": ENTRY["sha256"].upper()}]}),
        json.dumps({"keys": [{**ENTRY, "secret": "x"}]}),
    ],
)
def test_keys_file_malformed_cannot_be_used(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_keys_file(path)
    assert caught.value.code == "auth.keys-file"


def test_keys_file_missing_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        create_app(Settings.load(data_dir=tmp_path, api_keys_file=tmp_path / "none.json"))


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "example.com", ""])
def test_bind_elsewhere_needs_keys(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create_app(Settings.load(data_dir=tmp_path, host=host))
    assert caught.value.code == "auth.bind"
    check_bind(Settings.load(data_dir=tmp_path, host=host, api_keys_file=tmp_path / "keys.json"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_bind_to_this_machine_needs_no_keys(tmp_path: Path, host: str) -> None:
    check_bind(Settings.load(data_dir=tmp_path, host=host))


RECORD = "/v1/records/0193502a-5c00-7d2e-9b61-3f0c8a7e4d15"
SUBMITTERS = {"shenzhen", "hongkong", "stranger", "sensor", "assessor", "regulator"}
READERS = {"shenzhen", "hongkong", "stranger", "assessor", "auditor", "regulator"}
PROTECTED = [
    ("POST", "/v1/records", SUBMITTERS),
    ("POST", "/v1/batches", SUBMITTERS),
    ("GET", "/v1/records", READERS),
    ("GET", RECORD, READERS),
    ("GET", f"{RECORD}/bundle", READERS),
    ("GET", "/tile/entries/000", {"auditor"}),
    ("GET", "/metrics", {"auditor"}),
]


@pytest.mark.parametrize(("method", "path", "allowed"), PROTECTED)
def test_endpoint_is_open_to_its_scopes_alone(
    service: Service, method: str, path: str, allowed: set[str]
) -> None:
    for organisation in service.secrets:
        answer = service.client.request(method, path, headers=service.headers(organisation))
        if organisation in allowed:
            assert answer.status_code not in {401, 403}
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "auth.scope")
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer cpk_x_y"}):
        answer = service.client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] in {"auth.required", "auth.unknown-key"}
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.fixture(scope="module")
def local(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """A service without a keys file."""
    yield from make_service(api_keys_file=None)


def test_service_without_keys_lets_this_machine_do_everything(local: Service) -> None:
    statement = transfer()
    assert local.record(statement, None).status_code == 201
    local.publish()
    record = local.get(f"/v1/records/{statement['record_id']}").json()
    assert record["submitter"] == "local"
    assert local.get("/tile/entries/000.p/1").status_code == 200
    assert local.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "192.0.2.1", "local", "127.0.0.1.evil.example", "", "[", "[::1", "]", ":80"],
)
def test_service_without_keys_refuses_other_hosts(local: Service, host: str) -> None:
    """A web page whose name was made to resolve to 127.0.0.1 sends its own name (DNS rebinding)."""
    answer = local.get("/v1/records", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.local-only")


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST"])
def test_service_without_keys_takes_every_name_of_this_machine(local: Service, host: str) -> None:
    assert local.get("/v1/records", headers={"Host": host}).status_code == 200


def test_service_without_keys_refuses_other_clients(local: Service) -> None:
    client = TestClient(local.client.app, base_url="http://127.0.0.1", client=("192.0.2.1", 50_000))
    answer = client.get("/v1/records")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.local-only")
    assert client.get("/v1/log").status_code == 200


PROXIED = {
    "Forwarded": "for=192.0.2.1",
    "Via": "1.1 proxy",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Real-IP": "127.0.0.1",
}


@pytest.mark.parametrize("name", PROXIED)
def test_service_without_keys_refuses_what_a_proxy_hands_on(local: Service, name: str) -> None:
    """Behind a proxy on this machine every visitor has a loopback address and all scopes."""
    answer = local.get("/v1/records", headers={name: PROXIED[name]})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.local-only")
    assert name.lower() in answer.json()["found"]


def test_service_without_keys_refuses_http_1_0() -> None:
    """nginx speaks it to what it serves, and adds no header at all unless it is told to."""
    asked = Request({
        "type": "http", "http_version": "1.0", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1:8080"), (b"connection", b"close")],
    })  # fmt: skip
    with pytest.raises(RequestError) as caught:
        check_local(asked)
    assert caught.value.code == "auth.local-only"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"]
)
def test_service_without_keys_refuses_other_origins(local: Service, origin: str) -> None:
    answer = local.get("/v1/records", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.local-only")
    assert local.get("/v1/records", headers={"Origin": "http://localhost:9"}).status_code == 200


def test_service_with_keys_may_stand_behind_a_proxy(service: Service) -> None:
    for name, value in PROXIED.items():
        assert service.get("/v1/records", "shenzhen", headers={name: value}).status_code == 200
