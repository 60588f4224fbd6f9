"""How a session begins at the identity provider: authorization code, PKCE, state and nonce.

    GET /auth/start     → the provider's page, with state, nonce and code_challenge (RFC 7636, S256)
    GET /auth/callback  ← code and state; the code and the verifier are exchanged for an ID token

State, nonce and verifier wait in a cookie of the browser that began (`HttpOnly`, ten minutes): a
callback in another browser has none, so that nobody is logged in as someone else. The provider
names itself in the callback (`iss`, RFC 9207) where it does so at all; there is only one here.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool

from api.auth.issuer_documents import unavailable
from api.auth.oidc import TokenIssuer
from api.auth.principal import Principal
from api.auth.refusal import unauthorized
from ledger import base64url
from ledger.canonical import parse
from ledger.errors import MalformedError
from ledger.members import Members
from ledger.settings import Settings

__all__ = ["PENDING_SECONDS", "CodeFlow", "Pending"]

PENDING_SECONDS = 600
_RANDOM_BYTES = 32
_MAX_CODE = 4_096
_LONGEST = 2_048


@dataclass(frozen=True, slots=True)
class Pending:
    """A login that has begun: what its callback must match, and where it leads."""

    state: str
    nonce: str
    verifier: str
    leads_to: str

    @classmethod
    def begin(cls, leads_to: str) -> Pending:
        """Make the random parts."""
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, leads_to)

    @classmethod
    def parse(cls, cookie: str) -> Pending:
        """Read the cookie; raise MalformedError."""
        members = Members(parse(base64url.decode(cookie)), "login")
        names = ("state", "nonce", "verifier", "leads_to")
        found = cls(*(members.text(name, longest=_LONGEST) for name in names))
        members.end()
        return found

    def to_cookie(self) -> str:
        """Write the cookie that `parse` reads."""
        value = {
            "state": self.state,
            "nonce": self.nonce,
            "verifier": self.verifier,
            "leads_to": self.leads_to,
        }
        return base64url.encode(json.dumps(value).encode())


class CodeFlow:
    """Logins at one identity provider."""

    def __init__(self, issuer: TokenIssuer, client_id: str, secret: str | None) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._secret = secret

    @classmethod
    def of(cls, settings: Settings, issuer: TokenIssuer) -> CodeFlow | None:
        """Make it where the settings name a client."""
        if settings.oidc_client_id is None:
            return None
        given = settings.oidc_client_secret
        secret = None if given is None else given.get_secret_value()
        return cls(issuer, settings.oidc_client_id, secret)

    async def address(self, pending: Pending, *, callback: str) -> str:
        """Give the provider's page for a login; raise UnavailableError."""
        discovery = await run_in_threadpool(self._issuer.documents.discovery)
        challenge = base64url.encode(sha256(pending.verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": callback,
            "scope": "openid",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        page = discovery.address("authorization_endpoint")
        return f"{page}{'&' if '?' in page else '?'}{urlencode(query)}"

    async def finish(
        self, cookie: str | None, *, state: str, code: str, issuer: str | None, callback: str
    ) -> tuple[Principal, Pending]:
        """Say who has logged in; raise RequestError (401), UnavailableError."""
        try:
            pending = Pending.parse(cookie or "")
        except MalformedError:
            raise unauthorized(
                "auth.login", "No login has begun in this browser, or too long ago."
            ) from None
        same = hmac.compare_digest(state.encode(errors="replace"), pending.state.encode())
        if not same or not code or len(code) > _MAX_CODE:
            raise unauthorized("auth.login", "This is not the login that has begun here.")
        if issuer is not None and issuer != self._issuer.documents.issuer:
            raise unauthorized("auth.login", "Another identity provider has answered.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": pending.verifier,
        }
        account = None
        if self._secret is None:
            form["client_id"] = self._client_id
        else:
            account = (self._client_id, self._secret)
        answer = await run_in_threadpool(
            lambda: self._issuer.documents.exchange(form, account=account)
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise unavailable("no ID token", type(token).__name__)
        claims = await self._issuer.claims(token, audience=self._client_id, nonce=pending.nonce)
        return self._issuer.principal_of(claims), pending
