"""What an identity provider publishes: its discovery document and its keys, over HTTP.

Only the configured issuer is asked, and what its discovery document names on the same origin or on
one that the operator has named: never an address out of a token. Answers are bounded in size and
time, redirects are not followed, proxies of the environment not used.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx2

from api.auth.refusal import unauthorized
from ledger.canonical import parse
from ledger.errors import MalformedError, UnavailableError
from ledger.silence import why_silent

__all__ = ["Discovery", "IssuerDocuments", "unavailable"]

MAX_DOCUMENT_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5.0
_WELL_KNOWN = "/.well-known/openid-configuration"
_SHOWN = 200


class Discovery:
    """A discovery document (OpenID Connect Discovery 1.0, 3) of the configured issuer."""

    def __init__(self, value: Mapping[str, Any], *, issuer: str, origins: frozenset[str]) -> None:
        if value.get("issuer") != issuer:
            raise unavailable("another issuer's discovery document", str(value.get("issuer")))
        self._value = value
        self._origins = origins | {_origin(issuer)}

    def address(self, name: str) -> str:
        """Give an endpoint's address; raise UnavailableError for one elsewhere, or none."""
        found = self._value.get(name)
        if not isinstance(found, str) or _origin(found) not in self._origins:
            raise unavailable(f"no {name} on an origin that may be asked", str(found))
        return found


class IssuerDocuments:
    """Asks one issuer, from worker threads."""

    def __init__(self, issuer: str, *, origins: frozenset[str]) -> None:
        self.issuer = issuer
        self._origins = origins
        self._tls = ssl.create_default_context()

    def discovery(self) -> Discovery:
        """Fetch the discovery document; raise UnavailableError."""
        value = self._ask("GET", self.issuer.rstrip("/") + _WELL_KNOWN)
        return Discovery(value, issuer=self.issuer, origins=self._origins)

    def keys(self) -> Mapping[str, Any]:
        """Fetch the key set (RFC 7517, 5); raise UnavailableError."""
        return self._ask("GET", self.discovery().address("jwks_uri"))

    def exchange(self, form: Mapping[str, str], *, account: tuple[str, str] | None) -> Any:
        """Send a form to the token endpoint (RFC 6749, 4.1.3).

        Raises RequestError (401) for a code that is not good, UnavailableError.
        """
        return self._ask(
            "POST", self.discovery().address("token_endpoint"), form=form, account=account
        )

    def _ask(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        account: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        body = bytearray()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        try:
            with (
                httpx2.Client(
                    timeout=TIMEOUT_SECONDS, verify=self._tls, trust_env=False, auth=account,
                    follow_redirects=False,
                ) as client,
                client.stream(
                    method, url, data=form,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                ) as answer,
            ):  # fmt: skip
                for chunk in answer.iter_raw():
                    body += chunk
                    if len(body) > MAX_DOCUMENT_BYTES or time.monotonic() > deadline:
                        raise unavailable(
                            f"more than {MAX_DOCUMENT_BYTES} bytes, or {TIMEOUT_SECONDS:g} seconds",
                            f"{len(body)} bytes so far",
                        )
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise unavailable("no answer", why_silent(error)) from error
        if form is not None and status == HTTPStatus.BAD_REQUEST:
            raise unauthorized("auth.login", "The identity provider does not know this login.")
        if status != HTTPStatus.OK:
            raise unavailable("no document", f"HTTP status {status}")
        try:
            value = parse(bytes(body))
        except MalformedError as error:
            raise unavailable("no JSON", error.message) from error
        if not isinstance(value, dict):
            raise unavailable("no JSON object", type(value).__name__)
        return value


def unavailable(message: str, found: str) -> UnavailableError:
    """Say that the identity provider could not be asked: nothing is known of any token."""
    return UnavailableError(
        "auth.unavailable", f"the identity provider: {message}", found=found[:_SHOWN]
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
