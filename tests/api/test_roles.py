"""Every endpoint that there is, asked by everyone: who is let in is said here, and nowhere else.

An endpoint that is missing in the table fails the test, one of a page too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from ledger.statement import new_record_id
from tests.api.identity_provider import identity_provider
from tests.api.roles import Roles, make_roles, settings_of
from tests.api.service import Service, plan, transfer

# Whoever is not known is refused with 401 where something is needed; `REFUSED` even where not.
UNKNOWN = {"nobody", "expired", "revoked", "oidc expired", "oidc elsewhere"}
SUBMITTING = {"submit", "other", "session", "regulate"}
READING = {"read", "other", "session", "oidc", "regulate", "audit"}
AUDITING = {"audit"}
OPEN = None

EXPECTED: dict[str, set[str] | None] = {
    "POST /v1/records": SUBMITTING,
    "POST /v1/batches": SUBMITTING,
    "GET /v1/records": READING,
    "POST /v1/bundles": READING,
    "GET /v1/records/{record_id}": READING,
    "GET /v1/records/{record_id}/bundle": READING,
    "GET /v1/records/{record_id}/certificate.pdf": READING,
    "GET /v1/records/{record_id}/dossier": READING,
    "GET /v1/records/{record_id}/attestations": READING,
    "GET /v1/dossiers": READING,
    "GET /v1/dossiers/counts": READING,
    "POST /v1/records/{record_id}/attestations": SUBMITTING,
    "POST /v1/records/{record_id}/statuses": SUBMITTING,
    "GET /tile/entries/{path:path}": AUDITING,
    "GET /metrics": AUDITING,
    "GET /v1/trail": AUDITING,
    "POST /v1/trail/heads": AUDITING,
    "POST /v1/webhooks": READING,
    "GET /v1/webhooks": READING,
    "GET /v1/webhooks/{webhook_id}": READING,
    "DELETE /v1/webhooks/{webhook_id}": READING,
    "POST /v1/webhooks/{webhook_id}/test": READING,
    "GET /v1/log": OPEN,
    "GET /v1/trust": OPEN,
    "GET /v1/anchors": OPEN,
    "POST /v1/verifications": OPEN,
    "PUT /v1/status-lists/{list_id}": {"attest"},
    "GET /v1/status-lists/{list_id}": OPEN,
    "GET /checkpoint": OPEN,
    "GET /tile/{path:path}": OPEN,
    "GET /docs": OPEN,
    "GET /": OPEN,
    "GET /verify": OPEN,
    "GET /verify/verifier.html": OPEN,
    "GET /static/{digest}/{path:path}": OPEN,
    "GET /desk": READING,
    "GET /desk/{record_id}": READING,
    "POST /desk/{record_id}/order": OPEN,
    "GET /webhooks": READING,
    "POST /webhooks/{webhook_id}/remove": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /log": OPEN,
    "GET /records": READING,
    "GET /records/{record_id}": READING,
    "GET /records/{record_id}/entry.json": READING,
    "GET /login": OPEN,
    "POST /login": OPEN,
    "POST /logout": OPEN,
    "GET /auth/start": OPEN,
    "GET /auth/callback": OPEN,
}
# Pages lead whoever is not known to the form.
# Open, and yet what is shown and not taken is refused: its bearer believes that it counts.
RECOGNISING = {"GET /v1/log", "POST /v1/verifications"}
# Refused for other reasons than who asks.
# Of those who submit, by what they want to say (`access.check_kind`).
ISSUING = {"POST /v1/records/{record_id}/attestations", "POST /v1/records/{record_id}/statuses"}
FORMS = {
    "POST /login",
    "POST /logout",
    "GET /auth/callback",
    "POST /desk/{record_id}/order",
    "POST /webhooks/{webhook_id}/remove",
}
# Nobody is led to log in, and back.
PAGES = {
    "GET /desk",
    "GET /desk/{record_id}",
    "GET /records",
    "GET /records/{record_id}",
    "GET /records/{record_id}/entry.json",
    "GET /webhooks",
}


@pytest.fixture(scope="module")
def asked(make_service: Callable[..., Iterator[Service]]) -> Iterator[tuple[Service, Roles]]:
    with identity_provider() as provider:
        for service in make_service(**settings_of(provider)):
            yield service, make_roles(service, provider)


def routes_of(service: Service) -> list[Any]:
    """Find every route, those of included routers too."""
    waiting = list(service.client.app.routes)  # type: ignore[attr-defined]
    found = []
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        waiting += [] if inner is None else inner.routes
        found += [route] if inner is None else []
    return found


def test_table_names_every_endpoint_and_no_other(asked: tuple[Service, Roles]) -> None:
    service, _ = asked
    routes = routes_of(service)
    endpoints = [route for route in routes if isinstance(route, APIRoute)]
    found = {f"{method} {route.path}" for route in endpoints for method in route.methods or ()}
    assert found == set(EXPECTED)
    # Nothing else is served but the document itself, which lists no other either.
    assert [r.path for r in routes if not isinstance(r, APIRoute)] == ["/openapi.json"]
    described = service.client.get("/openapi.json").json()["paths"]
    operations = {f"{verb.upper()} {path}" for path, item in described.items() for verb in item}
    assert operations <= {name.replace(":path", "") for name in EXPECTED}


@pytest.mark.parametrize("name", EXPECTED)
def test_endpoint_lets_in_whom_the_table_says(asked: tuple[Service, Roles], name: str) -> None:
    service, roles = asked
    method, _, template = name.partition(" ")
    path = template.replace("{record_id}", new_record_id()).replace("{path:path}", "000")
    path = path.replace("{webhook_id}", f"wh_{'a' * 22}")
    path = path.replace("{list_id}", "list").replace("{digest}", "0" * 64)
    expected = EXPECTED[name]
    assert expected is None or expected <= set(roles.names)
    for role, headers in roles.headers.items():
        answer = service.client.request(method, path, headers=headers, follow_redirects=False)
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        code = answer.json()["code"] if is_problem else None
        told = f"{name} as {role}: {answer.status_code} {code}"
        if expected is None:
            shown = role in UNKNOWN - {"nobody"} and name in RECOGNISING
            if name not in FORMS:
                assert (answer.status_code == 401) == shown, told
                assert answer.status_code != 403, told
        elif role == "nobody" and name in PAGES:
            assert answer.status_code == 303, told
            assert answer.headers["location"].startswith("/login?next=%2F"), told
        elif role in UNKNOWN:
            assert answer.status_code == 401, told
            assert answer.headers["www-authenticate"].startswith("Bearer"), told
        elif role in expected:
            by_kind = name in ISSUING and code == "auth.kind"
            assert answer.status_code not in {401, 403} or by_kind, told
        else:
            assert (answer.status_code, code) == (403, "auth.scope"), told
        assert answer.status_code < 500, told


STATEMENTS = {"transfer": transfer, "plan": plan}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_scope_regulate_submits_no_records(asked: tuple[Service, Roles], kind: str) -> None:
    service, roles = asked
    statement = STATEMENTS[kind]()
    headers = {**roles.headers["regulate"], "Content-Type": "application/json"}
    answer = service.client.post("/v1/records", content=json.dumps(statement), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.kind")
    headers["Content-Type"] = "application/x-ndjson"
    answer = service.client.post("/v1/batches", content=json.dumps(statement), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.kind")


def test_trail_is_logged_by_the_ledger_alone(asked: tuple[Service, Roles]) -> None:
    service, roles = asked
    statement = {
        **{name: transfer()[name] for name in ("v", "record_id", "salt")},
        "kind": "trail", "head": "00" * 32, "count": 1,
        "since": "2026-11-21T08:15:00Z", "until": "2026-11-21T08:15:00Z",
    }  # fmt: skip
    for role in ("submit", "other", "session", "regulate"):
        headers = {**roles.headers[role], "Content-Type": "application/json"}
        answer = service.client.post("/v1/records", content=json.dumps(statement), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.kind"), role
