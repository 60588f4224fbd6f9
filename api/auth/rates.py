"""Rates: how many requests one caller may make; known ones by credential, others by address.

A request that is refused counts too. What is counted lies in memory, of MAX_CALLERS at most:
whoever has not asked for longest is forgotten first. Each process counts for itself.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from http import HTTPStatus
from typing import NamedTuple

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.principal import LOCAL, Principal
from api.body import client_of
from api.problems import RequestError
from ledger.settings import Settings

__all__ = ["MAX_CALLERS", "BoundedMemory", "Rate", "RateHeaders", "Rates"]

# Some hundred bytes each.
MAX_CALLERS = 100_000


class Rate(NamedTuple):
    """What is left of a limit, and in how many seconds all of it is there again."""

    limit: int
    window: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Write the fields (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={self.window}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset}',
        }


class BoundedMemory(Storage):
    """Counters in memory; the library's own grow without bound, and start a thread to shrink."""

    def __init__(self, *, most: int = MAX_CALLERS) -> None:
        super().__init__()
        self._most = most
        self._counters: OrderedDict[str, tuple[float, int]] = OrderedDict()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Name what a failing storage would raise: this one does not fail."""
        return ()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, in a window that the first request begins."""
        ends, count = self._counters.get(key, (0.0, 0))
        now = time.time()
        if ends <= now:
            ends, count = now + expiry, 0
        self._counters[key] = (ends, count + amount)
        self._counters.move_to_end(key)
        if len(self._counters) > self._most:
            self._counters.popitem(last=False)
        return count + amount

    def get(self, key: str) -> int:
        """Read what was counted in the window of now."""
        ends, count = self._counters.get(key, (0.0, 0))
        return count if ends > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Say when the window ends."""
        return self._counters.get(key, (time.time(), 0))[0]

    def check(self) -> bool:
        """Say that memory is there."""
        return True

    def reset(self) -> int:
        """Forget everything; say how much it was."""
        count = len(self._counters)
        self._counters.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one counter."""
        self._counters.pop(key, None)


class Rates:
    """The limits of one application, counted from one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._known = _limit(settings.rate_limit)
        self._keyless = _limit(settings.rate_limit_keyless)
        self._limiter = FixedWindowRateLimiter(BoundedMemory())

    def count(self, request: Request, principal: Principal | None) -> Rate | None:
        """Count a request; raise RequestError (429) beyond the limit."""
        if principal is LOCAL:
            return None
        if principal is None:
            limit, caller = self._keyless, f"address {client_of(request)}"
        else:
            limit, caller = self._known, principal.credential
        if limit is None:
            return None
        taken = self._limiter.hit(limit, caller)
        stats = self._limiter.get_window_stats(limit, caller)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        rate = Rate(limit.amount, limit.get_expiry(), max(0, stats.remaining), reset)
        if not taken:
            raise RequestError(
                "request.rate",
                "Too many requests.",
                status=HTTPStatus.TOO_MANY_REQUESTS,
                expected=f"at most {limit}",
                hint="Come back after Retry-After; a batch takes 100,000 records at once.",
                headers={"Retry-After": str(reset), **rate.headers()},
            )
        return rate


class RateHeaders:
    """Tell every counted caller how much is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the fields where the request was counted."""

        async def telling(message: Message) -> None:
            rate = scope.get("state", {}).get("rate")
            if message["type"] == "http.response.start" and rate is not None:
                MutableHeaders(scope=message).update(rate.headers())
            await send(message)

        await self._app(scope, receive, telling if scope["type"] == "http" else send)


def _limit(text: str | None) -> RateLimitItem | None:
    return None if not text else parse(text)
