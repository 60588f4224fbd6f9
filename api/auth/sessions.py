"""Sessions of browsers: a random secret in a cookie, its SHA-256 in the store.

The cookie is `HttpOnly` and `SameSite=Lax`, where the ledger is found by https also `Secure` and
named `__Host-…`, so that no neighbouring host can set it. A session ends after a while without a
request, after a day's work in any case, at logout, and with the key that it was begun with.

Whatever changes something needs two things that no other site's page has: an `Origin` that is
ours, and the session's CSRF token (`X-CSRF-Token`, or a form's `csrf`), which follows from the
secret and so needs no place of its own.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from api.auth.api_key import ApiKey
from api.auth.local import is_loopback
from api.auth.principal import Principal
from api.problems import RequestError
from ledger import base64url
from ledger.settings import Settings
from ledger.store import Store
from ledger.store.access import SessionRow

__all__ = ["CSRF_HEADER", "Session", "Sessions"]

CSRF_HEADER = "x-csrf-token"
# How often the store is told that a session is in use.
SEEN_STEP = timedelta(minutes=1)
_SECRET_BYTES = 32
_NAME = "crossproof-session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SHOWN = 100

FindKey = Callable[[str], Awaitable[ApiKey | None]]


@dataclass(frozen=True, slots=True)
class Session:
    """A session that stands, and whose it is."""

    secret: str
    principal: Principal

    @property
    def csrf(self) -> str:
        """Give the token that its forms must carry."""
        return base64url.encode(sha256(b"crossproof-csrf" + self.secret.encode()).digest())


class Sessions:
    """The sessions of a store."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._public_url = settings.public_url
        self._idle = timedelta(minutes=settings.session_idle_minutes)
        self._longest = timedelta(hours=settings.session_hours)
        self._now = now

    async def identify(self, request: Request, find_key: FindKey) -> Principal | None:
        """Say whose session a request belongs to; raise RequestError where it may be forged."""
        session = await self.find(request, find_key)
        if session is None:
            return None
        if request.method not in _SAFE:
            self.check_request(request, session.csrf, request.headers.get(CSRF_HEADER))
        return session.principal

    async def find(self, request: Request, find_key: FindKey) -> Session | None:
        """Find the session of a request's cookie; None where there is none, or it is over."""
        secret = request.cookies.get(self.cookie_name(_NAME))
        if not secret:
            return None
        digest = sha256(secret.encode(errors="replace")).digest()
        row = await run_in_threadpool(self._read, digest)
        if row is None:
            return None
        by = f"session:{digest.hex()[:12]}"
        if row.key_prefix is None:
            return Session(secret, _principal(row, f"{by} oidc:{row.subject}"))
        key = await find_key(row.key_prefix)
        if key is None or key.revoked_at is not None:
            return None
        if key.expires_at is not None and key.expires_at <= self._now():
            return None
        known = key.principal
        principal = Principal(
            known.organisation, known.scopes, known.jurisdictions, f"{by} {known.credential}"
        )
        return Session(secret, principal)

    async def begin(self, response: Response, principal: Principal) -> None:
        """Begin a session for someone who has just shown who he is."""
        kind, _, name = principal.credential.partition(":")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        now = self._now()
        row = SessionRow(
            digest=sha256(secret.encode()).digest(),
            key_prefix=name if kind == "key" else None,
            organisation=principal.organisation,
            scopes=sorted(principal.scopes),
            jurisdictions=sorted(principal.jurisdictions),
            subject=name,
            created_at=now,
            seen_at=now,
            expires_at=now + self._longest,
        )
        await run_in_threadpool(self._write, row)
        self.set_cookie(response, _NAME, secret, seconds=int(self._longest.total_seconds()))

    async def end(self, response: Response, session: Session) -> None:
        """End a session: here, and in the browser."""
        await run_in_threadpool(self._end, sha256(session.secret.encode()).digest())
        self.set_cookie(response, _NAME, "", seconds=0)

    def check_request(self, request: Request, wanted: str, given: str | None) -> None:
        """Refuse a request that another site's page may have made; raise RequestError (403)."""
        origin = request.headers.get("origin")
        if origin != self.origin(request):
            raise _forged(f"Origin: {self.origin(request)}", f"Origin: {origin}")
        if not hmac.compare_digest((given or "").encode(errors="replace"), wanted.encode()):
            raise _forged("the CSRF token of this session", "another" if given else "none")

    def origin(self, request: Request) -> str:
        """Say under which origin browsers find us; raise RequestError where nobody has said so."""
        if self._public_url is not None:
            parts = urlsplit(self._public_url)
            return f"{parts.scheme}://{parts.netloc}"
        host = request.headers.get("host", "")
        if not is_loopback(urlsplit(f"//{host}").hostname or ""):
            raise RequestError(
                "auth.public-url",
                "Nobody has said where browsers find this ledger.",
                status=HTTPStatus.FORBIDDEN,
                expected="CROSSPROOF_PUBLIC_URL, or a loopback address",
                found=host[:_SHOWN],
            )
        return f"http://{host}"

    def cookie_name(self, name: str) -> str:
        """Give a cookie's full name."""
        return f"__Host-{name}" if self._is_secure() else name

    def set_cookie(self, response: Response, name: str, value: str, *, seconds: int) -> None:
        """Set a cookie that only we read; 0 seconds take it away."""
        response.set_cookie(
            self.cookie_name(name), value, max_age=seconds, path="/", httponly=True,
            secure=self._is_secure(), samesite="lax",
        )  # fmt: skip

    def _is_secure(self) -> bool:
        return self._public_url is not None and self._public_url.startswith("https:")

    def _read(self, digest: bytes) -> SessionRow | None:
        now = self._now()
        with self._store.access() as access:
            row = access.session(digest)
        if row is None or row.expires_at <= now or row.seen_at + self._idle <= now:
            return None
        if row.seen_at + min(SEEN_STEP, self._idle / 2) <= now:
            with self._store.access(write=True) as access:
                access.see_session(digest, now=now)
        return row

    def _write(self, row: SessionRow) -> None:
        with self._store.access(write=True) as access:
            access.add_session(row, idle_since=row.created_at - self._idle)

    def _end(self, digest: bytes) -> None:
        with self._store.access(write=True) as access:
            access.end_session(digest)


def _principal(row: SessionRow, credential: str) -> Principal:
    return Principal.read(
        row.organisation, row.scopes, row.jurisdictions, credential=credential, where="session"
    )


def _forged(expected: str, found: str) -> RequestError:
    return RequestError(
        "auth.csrf",
        "This may be another site's doing: nothing was done.",
        status=HTTPStatus.FORBIDDEN,
        expected=expected,
        found=found[:_SHOWN],
    )
