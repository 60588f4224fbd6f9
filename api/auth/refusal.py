"""Refusals of whoever is not known, or may not."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from api.auth.principal import Principal
from api.problems import RequestError

__all__ = ["forbidden", "unauthorized"]

_CHALLENGE = 'Bearer realm="crossproof"'


def unauthorized(code: str, message: str, *, found: str | None = None) -> RequestError:
    """Say that nobody known asks (RFC 6750, 3)."""
    return RequestError(
        code,
        message,
        status=HTTPStatus.UNAUTHORIZED,
        expected="Authorization: Bearer, with an API key or a token that is taken here",
        found=found,
        headers={"WWW-Authenticate": _CHALLENGE},
    )


def forbidden(principal: Principal, scopes: Iterable[str]) -> RequestError:
    """Say that someone known lacks the scope."""
    return RequestError(
        "auth.scope",
        "What you are known by may not be used for this.",
        status=HTTPStatus.FORBIDDEN,
        expected=" or ".join(scopes),
        found=", ".join(sorted(principal.scopes)) or "no scope",
    )
