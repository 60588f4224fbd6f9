"""Tokens of an identity provider: a signed JWT in, the principal that it speaks of out.

A token is taken where its algorithm is one of those set, its signature is by a key of the issuer,
`iss` is the issuer, `aud` names us, `exp` and `nbf` hold with a leeway (RFC 7519, 4.1; RFC 9068).
The claims that the settings name tell organisation, scopes and jurisdictions; words among the
scopes that are not ours (`openid`, `profile`) mean nothing here.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from joserfc import jws
from joserfc.errors import JoseError

from api.auth.issuer_documents import IssuerDocuments
from api.auth.issuer_keys import IssuerKeys
from api.auth.principal import Principal
from api.auth.refusal import unauthorized
from api.auth.scope import Scope
from api.problems import RequestError
from ledger import base64url
from ledger.canonical import parse
from ledger.errors import MalformedError
from ledger.settings import Settings

__all__ = ["LEEWAY_SECONDS", "TokenIssuer"]

# How far an issuer's clock may be from ours.
LEEWAY_SECONDS = 60
MAX_TOKEN_CHARACTERS = 16 * 1024
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_SHOWN = 100


class TokenIssuer:
    """The identity provider whose tokens are taken."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        assert settings.oidc_issuer is not None  # noqa: S101 - made where there is one
        self.documents = IssuerDocuments(
            settings.oidc_issuer, origins=frozenset(settings.oidc_origins)
        )
        self.keys = IssuerKeys(self.documents)
        self._settings = settings
        self._clock = clock

    @classmethod
    def of(cls, settings: Settings) -> TokenIssuer | None:
        """Make it where the settings name one."""
        return None if settings.oidc_issuer is None else cls(settings)

    async def principal(self, token: str) -> Principal:
        """Say whom an access token speaks of; raise RequestError (401), UnavailableError."""
        claims = await self.claims(token, audience=str(self._settings.oidc_audience))
        return self.principal_of(claims)

    async def claims(
        self, token: str, *, audience: str, nonce: str | None = None
    ) -> Mapping[str, Any]:
        """Check a token and give its claims; raise RequestError (401), UnavailableError."""
        kid, algorithm = self._header(token)
        key = await self.keys.find(kid)
        if key is None:
            raise _refused("a key of the issuer", f"kid {kid[:_SHOWN]}")
        try:
            signed = jws.deserialize_compact(token, key, algorithms=[algorithm])
            claims = parse(signed.payload)
        except (JoseError, MalformedError, ValueError, TypeError) as error:
            raise _refused("a signature by a key of the issuer", type(error).__name__) from error
        if not isinstance(claims, dict):
            raise _refused("claims", type(claims).__name__)
        self._check(claims, audience, nonce)
        return claims

    def principal_of(self, claims: Mapping[str, Any]) -> Principal:
        """Read who it is from claims that were checked; raise RequestError (401)."""
        settings = self._settings
        scopes = set(_words(claims, settings.oidc_scopes_claim)) & set(Scope)
        organisation = claims.get(settings.oidc_organisation_claim)
        places = _words(claims, settings.oidc_jurisdictions_claim)
        if not isinstance(organisation, str):
            raise _refused(f"the claim {settings.oidc_organisation_claim}", "none")
        try:
            return Principal.read(
                organisation,
                scopes,
                places if Scope.REGULATE in scopes else (),
                credential=f"oidc:{str(claims['sub'])[:_SHOWN]}",
                where="token",
            )
        except MalformedError as error:
            raise _refused(error.expected or error.message, error.found or "") from error

    def _header(self, token: str) -> tuple[str, str]:
        """Read the key's id and the algorithm, which says nothing before it is one of ours."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise _refused(f"at most {MAX_TOKEN_CHARACTERS} characters", str(len(token)))
        try:
            header = parse(base64url.decode(token.partition(".")[0]))
        except MalformedError:
            raise _refused("a signed JWT", "something else") from None
        if not isinstance(header, dict) or token.count(".") != 2:  # noqa: PLR2004 - three parts
            raise _refused("a signed JWT", "something else")
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._settings.token_algorithms:
            raise _refused(" or ".join(self._settings.token_algorithms), f"alg {algorithm}")
        if not isinstance(kid, str):
            raise _refused("a kid in the header", "none")
        # A logout token and others are signed by the same keys.
        if str(header.get("typ", "JWT")).lower() not in _TYPES or "crit" in header:
            raise _refused("typ JWT or at+jwt, and no crit", f"typ {header.get('typ')}")
        return kid, str(algorithm)

    def _check(self, claims: Mapping[str, Any], audience: str, nonce: str | None) -> None:
        now = self._clock()
        if claims.get("iss") != self.documents.issuer:
            raise _refused(f"iss {self.documents.issuer}", f"iss {claims.get('iss')}")
        named = claims.get("aud")
        if audience not in (named if isinstance(named, list) else [named]):
            raise _refused(f"aud {audience}", f"aud {named}")
        if not isinstance(claims.get("sub"), str):
            raise _refused("the claim sub", "none")
        ends, begins = claims.get("exp"), claims.get("nbf", 0)
        if not _is_time(ends) or ends + LEEWAY_SECONDS <= now:
            raise unauthorized("auth.expired", "This token has ended.", found=f"exp {ends}")
        if not _is_time(begins) or begins - LEEWAY_SECONDS > now:
            raise _refused("nbf in the past", f"nbf {begins}")
        if nonce is not None and not hmac.compare_digest(
            str(claims.get("nonce")).encode(errors="replace"), nonce.encode()
        ):
            raise _refused("the nonce of this login", "another")


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(claims: Mapping[str, Any], name: str) -> list[str]:
    """Read a claim that is an array of strings, or words with spaces between."""
    value = claims.get(name, ())
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _refused(expected: str, found: str) -> RequestError:
    error = unauthorized("auth.token", "This token is not taken.", found=found[:_SHOWN])
    error.expected = expected
    return error
