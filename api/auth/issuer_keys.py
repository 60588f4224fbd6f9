"""An issuer's keys, fetched once in a while, and at once where a token names one that is not there.

What is known for long enough is asked anew; where that fails, nothing is said of any token: an
outage must neither let in nor turn away for good whoever it is that asks (503, not 401).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from starlette.concurrency import run_in_threadpool

from api.auth.issuer_documents import IssuerDocuments, unavailable
from ledger.errors import UnavailableError

__all__ = ["ASK_AGAIN_SECONDS", "KEYS_SECONDS", "IssuerKeys"]

# How long keys are taken without a new look: as long may one be used that its issuer took back.
KEYS_SECONDS = 300.0
# A token that names an unknown key makes us ask, but strangers make us ask no more often than this.
ASK_AGAIN_SECONDS = 10.0
MAX_KEYS = 100


class IssuerKeys:
    """The keys of one issuer, asked from one event loop."""

    def __init__(
        self, documents: IssuerDocuments, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: dict[str, Key] = {}
        self._known_at = float("-inf")
        self._asked_at = float("-inf")
        self._failure: UnavailableError | None = None

    async def find(self, kid: str) -> Key | None:
        """Find a key by its id, None where the issuer has none; raise UnavailableError."""
        if self._is_fresh() and kid in self._keys:
            return self._keys[kid]
        async with self._lock:
            # Somebody else may have asked while this one waited.
            if not self._is_fresh() or kid not in self._keys:
                await self._ask()
        return self._keys.get(kid)

    def _is_fresh(self) -> bool:
        return self._clock() - self._known_at < KEYS_SECONDS

    async def _ask(self) -> None:
        now = self._clock()
        if now - self._asked_at < ASK_AGAIN_SECONDS:
            if self._failure is not None:
                raise self._failure
            if self._is_fresh():
                return
        self._asked_at = now
        try:
            self._keys = await run_in_threadpool(self._fetch)
        except UnavailableError as error:
            self._failure = error
            raise
        self._failure = None
        self._known_at = now

    def _fetch(self) -> dict[str, Key]:
        value = self._documents.keys()
        listed = value.get("keys")
        if not isinstance(listed, list) or len(listed) > MAX_KEYS:
            raise unavailable(f"no key set of at most {MAX_KEYS} keys", type(listed).__name__)
        found: dict[str, Key] = {}
        for jwk in listed:
            # Of kinds and uses that are not known here there may be any number (RFC 7517, 5).
            if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
                continue
            try:
                keys = KeySet.import_key_set({"keys": [jwk]}).keys
            except (JoseError, ValueError, TypeError, KeyError, AttributeError):
                continue
            for key in keys:
                # Never a symmetric one: what is published is no secret.
                if isinstance(key, ECKey | OKPKey | RSAKey) and isinstance(jwk.get("kid"), str):
                    found[jwk["kid"]] = key
        return found
