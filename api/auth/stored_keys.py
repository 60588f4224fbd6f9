"""API keys of the store, looked up by prefix and remembered for a moment.

A key revoked by `crossproof api-key revoke`, in whatever process, is refused KEY_SECONDS later at
the latest. Where the store does not answer, nothing that is older is relied on: 503.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from api.auth.api_key import PREFIX_BYTES, ApiKey
from api.auth.principal import Principal
from ledger.store import Store
from ledger.store.access import KeyRow

__all__ = ["KEY_SECONDS", "StoredKeys", "key_of"]

# How long a key that was revoked may still be taken.
KEY_SECONDS = 2.0
# Prefixes remembered, those that nobody has among them: a few megabytes.
MAX_REMEMBERED = 10_000
_PREFIX_LENGTH = 2 * PREFIX_BYTES
# Whether there are any; no prefix is so short.
_ANY = ""

_T = TypeVar("_T")


class StoredKeys:
    """The keys of a store, asked from one event loop."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, ApiKey | None]] = OrderedDict()
        self._any: tuple[float, bool] = (-KEY_SECONDS, False)
        self._asking: dict[str, asyncio.Task[Any]] = {}

    async def find(self, prefix: str) -> ApiKey | None:
        """Find a key by its prefix; raise UnavailableError."""
        if len(prefix) != _PREFIX_LENGTH:
            return None
        now = self._clock()
        known = self._known.get(prefix)
        if known is not None and now - known[0] < KEY_SECONDS:
            return known[1]
        found = await self._once(prefix, partial(self._read, prefix))
        self._known[prefix] = (now, found)
        self._known.move_to_end(prefix)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def exist(self) -> bool:
        """Say whether a key was ever made here, revoked ones too; raise UnavailableError."""
        now = self._clock()
        asked_at, found = self._any
        # The last key's revocation must not open the ledger to everyone: once is for ever.
        if not found and now - asked_at >= KEY_SECONDS:
            found = await self._once(_ANY, self._has_keys)
            self._any = (now, found)
        return found

    async def _once(self, what: str, ask: Callable[[], _T]) -> _T:
        """Ask the store, unless somebody does already: hundreds find the time over at once."""
        asking = self._asking.get(what)
        if asking is None:
            asking = self._asking[what] = asyncio.create_task(run_in_threadpool(ask))
            asking.add_done_callback(lambda _: self._asking.pop(what))
        # Whoever leaves does not end the asking for the others.
        return await asyncio.shield(asking)

    def _read(self, prefix: str) -> ApiKey | None:
        with self._store.access() as access:
            row = access.key(prefix)
        return None if row is None else key_of(row)

    def _has_keys(self) -> bool:
        with self._store.access() as access:
            return access.has_keys()


def key_of(row: KeyRow) -> ApiKey:
    """Read a row; raise MalformedError for one that nobody here has written."""
    principal = Principal.read(
        row.organisation,
        row.scopes,
        row.jurisdictions,
        credential=f"key:{row.prefix}",
        where="key",
    )
    return ApiKey(row.prefix, row.digest, principal, row.expires_at, row.revoked_at)
