"""Identities: who asks, by whatever he shows.

Authorization: Bearer cpk_…     an API key, of the keys file or of the store
Authorization: Bearer …         a token of the configured identity provider
Cookie                          a browser's session
nothing                         `local`, where nobody has set up who is who; else nobody
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import Request

from api.auth.api_key import ApiKey, Presented, admit
from api.auth.local import check_local
from api.auth.oidc import TokenIssuer
from api.auth.principal import LOCAL, Principal
from api.auth.refusal import unauthorized
from api.auth.sessions import Sessions
from api.auth.stored_keys import StoredKeys

__all__ = ["Identities"]


class Identities:
    """Every source of who is who that a ledger has."""

    def __init__(
        self,
        *,
        listed: Mapping[str, ApiKey] | None,
        stored: StoredKeys,
        issuer: TokenIssuer | None,
        sessions: Sessions,
    ) -> None:
        self._listed = listed
        self._stored = stored
        self._issuer = issuer
        self._sessions = sessions

    async def identify(self, request: Request, token: str | None) -> Principal | None:
        """Say who asks, None where nobody says so.

        Raises RequestError for what is shown and not taken, UnavailableError where that could not
        be found out.
        """
        if not await self.are_needed():
            known = await self._newly_made(token)
            if known is not None:
                return known
            check_local(request)
            return LOCAL
        if token is not None:
            return await self.holder(token)
        return await self._sessions.identify(request, self.find_key)

    async def _newly_made(self, token: str | None) -> Principal | None:
        """Say whose a key is that was made a moment ago, the first one of this ledger."""
        presented = None if token is None else Presented.parse(token)
        if presented is None or await self._stored.find(presented.prefix) is None:
            return None
        return await self.holder(str(token))

    async def holder(self, token: str) -> Principal:
        """Say whose an API key or a token is; raise RequestError, UnavailableError."""
        presented = Presented.parse(token)
        if presented is not None:
            key = await self.find_key(presented.prefix)
            return admit(key, presented, now=datetime.now(UTC))
        if self._issuer is None:
            raise unauthorized("auth.unknown-key", "This API key is not known.")
        return await self._issuer.principal(token)

    async def are_needed(self) -> bool:
        """Say whether one must say who one is; raise UnavailableError."""
        return self._listed is not None or self._issuer is not None or await self._stored.exist()

    async def find_key(self, prefix: str) -> ApiKey | None:
        """Find an API key by its prefix, in the file or in the store; raise UnavailableError."""
        listed = None if self._listed is None else self._listed.get(prefix)
        return listed if listed is not None else await self._stored.find(prefix)
