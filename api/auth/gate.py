"""The gate: every request is identified once, counted, and let in by its scopes.

`meet` runs before every endpoint, the open ones too. Who may come in where is said by the type of
an endpoint's parameter: `Submitter`, `Reader`, `Attestor`, `Auditor`, `Visitor`; of a page's
`PageReader`, whom the login page comes before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.auth.identities import Identities
from api.auth.principal import Principal
from api.auth.rates import Rates
from api.auth.refusal import forbidden, unauthorized
from api.auth.scope import Scope
from api.problems import RequestError
from ledger.errors import LedgerError

__all__ = [
    "READING",
    "Attestor",
    "Auditor",
    "PageReader",
    "Reader",
    "Submitter",
    "Visitor",
    "admit_submitter",
    "meet",
]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="apiKey",
    description="An API key, `cpk_<prefix>_<secret>`, or an access token of the configured "
    "identity provider; not asked for where a ledger serves its own machine only",
)
# Whoever watches whether the process is there must be answered, whatever else comes from there.
_UNCOUNTED = frozenset({"/healthz", "/readyz"})

_SUBMITTING = (Scope.SUBMIT, Scope.REGULATE)
READING = (Scope.READ, Scope.AUDIT, Scope.REGULATE)


async def meet(request: Request) -> None:
    """Find out who asks, and count the request; raise RequestError (429).

    Who is refused, and why, is kept for the endpoint: the open ones answer all the same.
    """
    parts, state = request.app.state, request.state
    identities: Identities = parts.identities
    rates: Rates = parts.rates
    bearer = await _bearer(request) if "authorization" in request.headers else None
    token = None if bearer is None else bearer.credentials
    principal = refusal = None
    try:
        principal = await identities.identify(request, token)
    except LedgerError as error:
        refusal = error
    state.principal, state.refusal = principal, refusal
    if request.scope["path"] not in _UNCOUNTED:
        state.rate = rates.count(request, principal)


def admit_submitter(request: Request) -> Principal:
    """Let in whoever has met `meet`, and may submit; raise RequestError, UnavailableError.

    A regulator submits stop orders and nothing else (`access.check_kind`).
    """
    return _admit(request, _SUBMITTING)


def _require(*scopes: Scope) -> Callable[..., Awaitable[Principal]]:
    """Make a dependency that lets in whoever has one of these scopes."""

    async def admit(
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        return _admit(request, scopes)

    return admit


def _admit(request: Request, scopes: tuple[Scope, ...]) -> Principal:
    state = request.state
    if state.refusal is not None:
        raise state.refusal
    principal: Principal | None = state.principal
    if principal is None:
        raise unauthorized("auth.required", "This needs an API key.")
    state.visitor = principal
    if principal.scopes.isdisjoint(scopes):
        raise forbidden(principal, scopes)
    # What cannot be written down is not done.
    request.app.state.trail.check()
    return principal


def _or_login(
    admit: Callable[..., Awaitable[Principal]],
) -> Callable[..., Awaitable[Principal]]:
    """Make a dependency of a page: whoever shows nothing is led to log in, and back."""

    async def lead(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        if request.state.principal is None and "authorization" not in request.headers:
            query = request.url.query
            here = request.url.path + (f"?{query}" if query else "")
            raise RequestError(
                "auth.required",
                "Log in first.",
                status=HTTPStatus.SEE_OTHER,
                headers={"Location": f"/login?next={quote(here, safe='')}"},
            )
        return await admit(request, bearer)

    return lead


async def _recognise(request: Request) -> Principal | None:
    """Say who asks where anyone may; None for whoever shows nothing, or has no scope.

    What is shown and not taken is refused all the same.
    """
    refusal = request.state.refusal
    if refusal is not None:
        # Nothing was shown: a request that is not of this machine is nobody's.
        if refusal.code == "auth.local-only":
            return None
        raise refusal
    principal: Principal | None = request.state.principal
    if principal is None or not principal.scopes:
        return None
    request.state.visitor = principal
    return principal


Submitter = Annotated[Principal, Depends(_require(*_SUBMITTING))]
Reader = Annotated[Principal, Depends(_require(*READING))]
PageReader = Annotated[Principal, Depends(_or_login(_require(*READING)))]
Attestor = Annotated[Principal, Depends(_require(Scope.ATTEST))]
Auditor = Annotated[Principal, Depends(_require(Scope.AUDIT))]
# Where anyone may ask, and whoever has a scope is told, or may bring, more.
Visitor = Annotated[Principal | None, Depends(_recognise)]
