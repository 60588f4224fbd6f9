"""Several nodes that must agree, so that no single one can make an anchor true or false."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol, TypeVar

from ledger.accreditation import Accreditation
from ledger.anchor import Anchor, ChainFacts, ChainIdentity, ChainSource, LogStanding
from ledger.chain.accreditations import AccreditationWitness
from ledger.chain.chain import DEFAULT_TIMEOUT, Chain
from ledger.chain.registry import ChainHead
from ledger.chain.statuses import StatusWitness
from ledger.errors import ConfigurationError, UnavailableError
from ledger.status_source import Announced, Term
from ledger.trust import TrustedChain

__all__ = ["MAX_SOURCES", "Quorum", "Witness", "connect_trusted"]

MAX_SOURCES = 16


T = TypeVar("T")


class Witness(ChainSource, AccreditationWitness, StatusWitness, Protocol):
    """Whoever can also be asked about a head that somebody else has been shown."""

    def holds(self, chain: ChainIdentity, log_id: bytes, head: ChainHead) -> bool:
        """Say whether the contract holds the head for good; raise UnavailableError."""

    def standing(self, chain: ChainIdentity, log_id: bytes) -> LogStanding | None:
        """Say how a log stands for good, None where it is not open; raise UnavailableError."""


class Quorum:
    """A `Witness` that says what at least `agree` of its sources say."""

    def __init__(self, sources: Sequence[Witness], *, agree: int) -> None:
        if not 0 < agree <= len(sources) <= MAX_SOURCES:
            raise ConfigurationError(
                "chain.quorum",
                "nodes that must agree",
                expected=f"at least one of at most {MAX_SOURCES} nodes",
                found=f"{agree} of {len(sources)}",
            )
        self._sources = tuple(sources)
        self._agree = agree

    def facts(self, anchor: Anchor) -> ChainFacts:
        """Ask all at once; raise UnavailableError where too few agree."""
        answers = self._ask(lambda source: source.facts(anchor))
        facts = [answer for answer in answers if isinstance(answer, ChainFacts)]
        claims = Counter(map(_claim, facts))
        agreed = [claim for claim, count in claims.items() if count >= self._agree]
        # Where no majority is asked for, opposite claims can each find enough support: then
        # neither counts.
        if len(agreed) == 1:
            return self._agreed(agreed[0], facts)
        raise self._disagreement("the anchor", [_describe(answer) for answer in answers])

    def holds(self, chain: ChainIdentity, log_id: bytes, head: ChainHead) -> bool:
        """Ask all at once; raise UnavailableError where too few agree."""
        answers = self._ask(lambda source: source.holds(chain, log_id, head))
        holds, denied = (sum(answer is said for answer in answers) for said in (True, False))
        if (holds >= self._agree) != (denied >= self._agree):
            return holds >= self._agree
        said = [str(a) if isinstance(a, bool) else a.code for a in answers]
        raise self._disagreement("the log's head", said)

    def standing(self, chain: ChainIdentity, log_id: bytes) -> LogStanding | None:
        """Ask all at once; raise UnavailableError where too few agree."""
        answers = self._ask(lambda source: source.standing(chain, log_id))
        return self._same("how the log stands", answers)

    def accreditation(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str, key: bytes
    ) -> Accreditation | None:
        """Ask all at once; raise UnavailableError where too few agree."""
        answers = self._ask(
            lambda source: source.accreditation(chain, registry, jurisdiction=jurisdiction, key=key)
        )
        return self._same("who is accredited", answers)

    def announced(
        self, chain: ChainIdentity, registry: bytes, *, account: bytes, leaf: bytes
    ) -> tuple[Announced, ...]:
        """Ask all at once; raise UnavailableError where too few agree."""
        answers = self._ask(
            lambda source: source.announced(chain, registry, account=account, leaf=leaf)
        )
        return self._same("what was said of a leaf", answers)

    def terms(
        self, chain: ChainIdentity, registry: bytes, *, jurisdiction: str
    ) -> tuple[Term, ...]:
        """Ask all at once; raise UnavailableError where too few agree."""
        answers = self._ask(lambda source: source.terms(chain, registry, jurisdiction=jurisdiction))
        return self._same("who speaks for a jurisdiction", answers)

    def _same(self, subject: str, answers: Sequence[T | UnavailableError]) -> T:
        """Give what enough have answered; raise UnavailableError."""
        said = Counter(a for a in answers if not isinstance(a, UnavailableError))
        agreed = [answer for answer, count in said.items() if count >= self._agree]
        if len(agreed) == 1:
            return agreed[0]
        shown = [a.code if isinstance(a, UnavailableError) else str(a) for a in answers]
        raise self._disagreement(subject, shown)

    def _ask(self, ask: Callable[[Witness], T]) -> list[T | UnavailableError]:
        def answer(source: Witness) -> T | UnavailableError:
            try:
                return ask(source)
            except UnavailableError as error:
                return error

        with ThreadPoolExecutor(len(self._sources)) as threads:
            return list(threads.map(answer, self._sources))

    def _disagreement(self, subject: str, said: Sequence[str]) -> UnavailableError:
        return UnavailableError(
            "chain.disagreement",
            f"the nodes do not agree about {subject}",
            expected=f"{self._agree} of {len(self._sources)}",
            found=", ".join(said),
        )

    def _agreed(self, claim: ChainFacts, facts: Sequence[ChainFacts]) -> ChainFacts:
        same = [f for f in facts if _claim(f) == claim]
        standings = Counter(f.standing for f in same if f.standing is not None)
        stands = [standing for standing, count in standings.items() if count >= self._agree]
        blocks = Counter(f.transaction_block for f in same if f.transaction_block is not None)
        known = [block for block, count in blocks.items() if count >= self._agree]
        return replace(
            claim,
            transaction_block=known[0] if known else None,
            final=sum(f.final for f in same) >= self._agree,
            standing=stands[0] if len(stands) == 1 else None,
        )


def connect_trusted(
    trusted: TrustedChain, urls: Sequence[str] = (), *, timeout: float = DEFAULT_TIMEOUT
) -> Quorum:
    """Name the nodes to ask about a trusted chain: its own, or `urls`; as many must agree."""
    contract, finality = trusted.identity.contract, trusted.finality
    nodes = [
        Chain.connect(url, contract=contract, finality=finality, timeout=timeout)
        for url in urls or trusted.rpc
    ]
    return Quorum(nodes, agree=trusted.agree)


def _claim(facts: ChainFacts) -> ChainFacts:
    """Leave away in what nodes differ honestly: what they have pruned, how far they have come."""
    return replace(facts, transaction_block=None, final=False, standing=None)


def _describe(answer: ChainFacts | UnavailableError) -> str:
    if isinstance(answer, UnavailableError):
        return answer.code
    block = answer.block_hash.hex() if answer.block_hash else "unknown"
    return f"committed: {answer.committed}, block {block}, chain {answer.identity.chain_id}"
