"""What the registries on the chain said, remembered for a while, so that strangers spend no quota.

Anyone may have a bundle verified, and name in it whatever attestations he likes: each would make
this node ask its chain. So each answer is kept for a moment, and those without a key may cause only
so many questions.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from api.allowance import Allowance
from ledger.accreditation import Accreditation
from ledger.anchor import ChainIdentity
from ledger.chain import Witness
from ledger.errors import UnavailableError
from ledger.status_source import Announced, Term

__all__ = ["Registers"]

# A revocation is seen after this at the latest.
KEPT_SECONDS = 30.0
RETRY_SECONDS = 5.0
MAX_REMEMBERED = 10_000

_T = TypeVar("_T")


class Registers:
    """An `AccreditationWitness` and `StatusWitness` that asks another one, and remembers.

    Methods may be called from any thread.
    """

    def __init__(
        self,
        source: Witness,
        *,
        allowance: Allowance,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._source = source
        self._allowance = allowance
        self._clock = clock
        self._lock = threading.Lock()
        # The lock owns this; it is never held while the chain is asked.
        self._known: OrderedDict[tuple[Any, ...], tuple[float, Any]] = OrderedDict()

    def accreditation(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str, key: bytes
    ) -> Accreditation | None:
        """Say what AttestorRegistry holds of a key for good; raise UnavailableError."""
        return self._remember(
            ("accreditation", chain, registry, jurisdiction, key),
            lambda: self._source.accreditation(chain, registry, jurisdiction=jurisdiction, key=key),
        )

    def announced(
        self, chain: ChainIdentity, registry: bytes, *, account: bytes, leaf: bytes
    ) -> tuple[Announced, ...]:
        """Say what AttestationRegistry holds of a leaf for good; raise UnavailableError."""
        return self._remember(
            ("announced", chain, registry, account, leaf),
            lambda: self._source.announced(chain, registry, account=account, leaf=leaf),
        )

    def terms(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str
    ) -> tuple[Term, ...]:
        """Say who speaks for a jurisdiction, for good; raise UnavailableError."""
        return self._remember(
            ("terms", chain, registry, jurisdiction),
            lambda: self._source.terms(chain, registry, jurisdiction=jurisdiction),
        )

    def _remember(self, name: tuple[Any, ...], ask: Callable[[], _T]) -> _T:
        with self._lock:
            until, answer = self._known.get(name, (0.0, None))
        if self._clock() >= until:
            answer = self._ask(name, ask)
        if isinstance(answer, UnavailableError):
            # A new one for each caller: raising writes to an exception.
            raise UnavailableError(
                answer.code,
                answer.message,
                expected=answer.expected,
                found=answer.found,
                hint=answer.hint,
            )
        known: _T = answer
        return known

    def _ask(self, name: tuple[Any, ...], ask: Callable[[], object]) -> object:
        if not self._allowance.take():
            raise UnavailableError(
                "chain.not-asked",
                "the chain has been asked enough for callers without a key",
                hint="Ask again in a moment.",
            )
        answer: object
        try:
            answer, seconds = ask(), KEPT_SECONDS
        except UnavailableError as error:
            answer, seconds = error, RETRY_SECONDS
        with self._lock:
            self._known[name] = (self._clock() + seconds, answer)
            self._known.move_to_end(name)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return answer
