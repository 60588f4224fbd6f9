"""Everyone who may ask a ledger, each by what he would really show: keys, tokens, sessions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from api.auth import make_key
from api.auth.sessions import CSRF_HEADER
from ledger.store.access import KeyRow
from tests.api.identity_provider import AUDIENCE, CLIENT, IdentityProvider
from tests.api.service import Service

ORIGIN = "http://127.0.0.1"
# Each key's organisation and scopes; `acme` is who records in these tests.
KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "submit": ("acme", ("submit",)),
    "read": ("acme", ("read",)),
    "audit": ("watch", ("audit",)),
    "attest": ("assessor", ("attest",)),
    "regulate": ("hk", ("regulate",)),
    "other": ("stranger", ("submit", "read")),
    "none": ("acme", ()),
    "expired": ("acme", ("submit", "read", "audit")),
    "revoked": ("acme", ("submit", "read", "audit")),
    "for session": ("acme", ("submit", "read")),
}


@dataclass(frozen=True)
class Roles:
    """The headers that each role sends; `nobody` sends none."""

    headers: dict[str, dict[str, str]]

    @property
    def names(self) -> list[str]:
        return list(self.headers)


def settings_of(provider: IdentityProvider) -> dict[str, Any]:
    return {
        "oidc_issuer": provider.url, "oidc_audience": AUDIENCE, "oidc_client_id": CLIENT,
        "api_keys_file": None,
    }  # fmt: skip


def store_key(
    service: Service,
    organisation: str,
    scopes: tuple[str, ...],
    *,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Make a key in the store; give its secret and prefix."""
    places = ("HK",) if "regulate" in scopes else ()
    secret, key = make_key(organisation, scopes, places)
    now = datetime.now(UTC)
    row = KeyRow(
        key.prefix, key.digest, organisation, sorted(scopes), places, now, None, expires_at, None
    )
    with service.node.log.store.access(write=True) as access:
        access.add_key(row)
    return secret, key.prefix


def log_in(service: Service, key: str) -> dict[str, str]:
    """Log in by the form; give the headers of the session's requests."""
    page = service.client.get("/login")
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    begun = page.cookies["crossproof-login"]
    service.client.cookies.clear()
    answer = service.client.post(
        "/login",
        data={"csrf": csrf, "key": key, "next": "/login"},
        headers={"Origin": ORIGIN, "Cookie": f"crossproof-login={begun}"},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    cookie = {"Cookie": f"crossproof-session={answer.cookies['crossproof-session']}"}
    service.client.cookies.clear()
    known = service.client.get("/login", headers=cookie)
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', known.text))
    return {**cookie, "Origin": ORIGIN, CSRF_HEADER: csrf}


def make_roles(service: Service, provider: IdentityProvider) -> Roles:
    headers: dict[str, dict[str, str]] = {"nobody": {}}
    past = datetime.now(UTC) - timedelta(seconds=1)
    for name, (organisation, scopes) in KEYS.items():
        ends = past if name == "expired" else None
        secret, prefix = store_key(service, organisation, scopes, expires_at=ends)
        if name == "revoked":
            with service.node.log.store.access(write=True) as access:
                assert access.revoke_key(prefix, now=past)
        if name == "for session":
            headers["session"] = log_in(service, secret)
        else:
            headers[name] = {"Authorization": f"Bearer {secret}"}
    tokens = {
        "oidc": provider.token(organisation="acme", scope="read"),
        "oidc expired": provider.token(organisation="acme", scope="read", exp=1),
        "oidc elsewhere": provider.token(organisation="acme", scope="read", aud="x"),
    }
    for name, token in tokens.items():
        headers[name] = {"Authorization": f"Bearer {token}"}
    return Roles(headers)
