"""What the chain said of each anchor, remembered for a while, so that strangers spend no quota.

Anyone may have a bundle verified, as often as he likes and with an anchor of his own making. So the
chain is asked once for an anchor and not for each caller, about this log's anchors alone, by one
caller at a time, and for those without a key only so often. Whoever would wait long behind a node
that does not answer is told at once that nobody could be asked: that is undetermined, never false.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from api.allowance import Allowance
from ledger.anchor import Anchor, ChainFacts, ChainSource, LogStanding
from ledger.errors import UnavailableError

__all__ = ["Facts"]

# By then a chain has taken back what it does not keep; sooner where that is still open.
FINAL_SECONDS = 3600.0
OPEN_SECONDS = 10.0
# A node that could not be asked about an anchor is asked again about it no sooner.
RETRY_SECONDS = 5.0
MAX_REMEMBERED = 10_000
# A node that answers does so in less; behind one that does not, nobody shall stand in line.
PATIENCE_SECONDS = 1.0


class Facts:
    """A `ChainSource` that asks another one, and remembers. Methods may be called by any thread.

    `standing` tells how the log stands by what is known newest, None where nothing is.
    """

    def __init__(
        self,
        source: ChainSource,
        *,
        log_id: bytes,
        per_minute: float | None = None,
        standing: Callable[[], LogStanding | None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._source = source
        self._log_id = log_id
        self._allowance = Allowance(per_minute, clock=clock)
        self._standing = standing
        self._clock = clock
        self._lock = threading.Lock()
        # The lock owns these; it is never held while the chain is asked.
        self._known: OrderedDict[Anchor, tuple[float, ChainFacts | UnavailableError]]
        self._known = OrderedDict()
        # Held by whoever asks the chain, and since when, while someone does.
        self._turn = threading.Lock()
        self._asking_since: float | None = None

    def facts(self, anchor: Anchor) -> ChainFacts:
        """Say what the chain said; raise UnavailableError where it could not be asked."""
        if anchor.log_id != self._log_id:
            raise _unasked("this ledger asks the chain about its own log alone")
        known = self._recall(anchor)
        if known is None:
            known = self._ask_in_turn(anchor)
        if isinstance(known, UnavailableError):
            # A new one for each caller: raising writes to an exception.
            raise UnavailableError(
                known.code,
                known.message,
                expected=known.expected,
                found=known.found,
                hint=known.hint,
            )
        # An anchor stays what it was; its log may have been closed since that was asked.
        return replace(known, standing=self._standing() or known.standing)

    def _ask_in_turn(self, anchor: Anchor) -> ChainFacts | UnavailableError:
        since = self._asking_since
        waited = 0.0 if since is None else self._clock() - since
        if not self._turn.acquire(timeout=max(0.0, PATIENCE_SECONDS - waited)):
            raise _unasked("the chain has not answered those who asked before")
        try:
            self._asking_since = self._clock()
            # Whoever had the turn may have asked the same.
            return self._recall(anchor) or self._ask(anchor)
        finally:
            self._asking_since = None
            self._turn.release()

    def _ask(self, anchor: Anchor) -> ChainFacts | UnavailableError:
        self._spend()
        answer: ChainFacts | UnavailableError
        try:
            answer = self._source.facts(anchor)
        except UnavailableError as error:
            answer, seconds = error, RETRY_SECONDS
        else:
            is_final = answer.committed and answer.final
            seconds = FINAL_SECONDS if is_final else OPEN_SECONDS
        with self._lock:
            self._known[anchor] = (self._clock() + seconds, answer)
            self._known.move_to_end(anchor)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return answer

    def _recall(self, anchor: Anchor) -> ChainFacts | UnavailableError | None:
        with self._lock:
            until, answer = self._known.get(anchor, (0.0, None))
            return answer if self._clock() < until else None

    def _spend(self) -> None:
        """Take one question off what may be asked in a minute; raise UnavailableError."""
        if not self._allowance.take():
            raise _unasked("the chain has been asked enough for callers without a key")


def _unasked(why: str) -> UnavailableError:
    return UnavailableError("chain.not-asked", why, hint="Ask again in a moment.")
