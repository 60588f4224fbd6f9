"""As many operators' signatures under a head as the contract asks for, from its note and others.

The note bears the operator's own line; co-operators are asked for theirs. Only those count that the
contract would take: by operators of this epoch who were not struck.
"""

from __future__ import annotations

from collections.abc import Collection

from ledger.chain import Governance
from ledger.errors import ConfigurationError, UnavailableError
from ledger.evm_key import recover
from ledger.head import Head
from ledger.head_signature import HeadDomain
from ledger.log import Log
from ledger.note import parse_note
from ledger.publisher.co_operators import CoOperators
from ledger.store import Attempt

__all__ = ["bears", "collect", "signatures_on"]


def signatures_on(
    published: Head, domain: HeadDomain, operators: Collection[bytes]
) -> dict[bytes, bytes]:
    """Find the operators' signatures among a checkpoint's lines, each by its signer's address."""
    digest = domain.digest(published.size, published.root)
    lines = parse_note(published.note).signatures
    signed = ((recover(digest, line.value), line.value) for line in lines)
    return {signer: value for signer, value in signed if signer is not None and signer in operators}


def bears(
    attempt: Attempt, published: Head, domain: HeadDomain, operators: Collection[bytes]
) -> bool:
    """Say whether a transaction was signed in this epoch: it has a line of its checkpoint's.

    The line of the epoch is written to the checkpoint before anything is sent.
    """
    lines = signatures_on(published, domain, operators).values()
    return any(value in attempt.raw for value in lines)


def collect(
    published: Head,
    domain: HeadDomain,
    governance: Governance,
    *,
    co_operators: CoOperators,
    log: Log,
) -> tuple[bytes, ...]:
    """Collect a threshold of signatures, by ascending signers.

    Raises UnavailableError where co-operators have not signed, who are asked again at the next
    step; ConfigurationError where there are none to ask; ConflictError as `CoOperators.ask` does.
    """
    threshold, operators = governance.info.threshold, governance.active_operators
    found = signatures_on(published, domain, operators)
    if len(found) < threshold:
        digest = domain.digest(published.size, published.root)
        for line in co_operators.ask(published, log):
            signer = recover(digest, line.value)
            if signer in operators:
                found.setdefault(signer, line.value)
            if len(found) == threshold:
                break
    if len(found) >= threshold:
        return tuple(found[signer] for signer in sorted(found)[:threshold])
    wanted = {
        "expected": f"{threshold} of {len(operators)} operators, in epoch {domain.epoch}",
        "found": f"signatures of {len(found)}",
    }
    if co_operators:
        raise UnavailableError(
            "publisher.unsigned",
            "the co-operators have not signed the head",
            **wanted,
            hint="Do their services run, each with the epoch of today (`--epoch`)?",
        )
    raise ConfigurationError(
        "publisher.signatures",
        "the contract asks for more operators' signatures",
        **wanted,
        hint="Give an operator's key, or name the co-operators: CROSSPROOF_COSIGNER_URLS.",
    )
