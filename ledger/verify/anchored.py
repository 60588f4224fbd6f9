"""Checks of the anchor: the right head, the right log, and a chain that holds it.

Where the chain is asked it also says how the log stands today. That is told and decides nothing: an
anchor that was made stays true when its log is frozen or closed, or an operator struck.
"""

from __future__ import annotations

from datetime import datetime

from ledger.anchor import (
    Anchor,
    ChainFacts,
    ChainSource,
    LogStanding,
    LogStatus,
    check_facts,
)
from ledger.checkpoint import Checkpoint
from ledger.errors import UnavailableError, VerificationError
from ledger.report import Check, Status
from ledger.trust import Trust, TrustedLog

__all__ = ["check_anchor", "check_chain", "check_log_id"]

_CHAIN = "anchor.chain"


def check_anchor(
    anchor: Anchor | None,
    head: Checkpoint,
    log: TrustedLog | None,
    *,
    trust: Trust,
    chain: ChainSource | None,
    now: datetime | None,
) -> list[Check]:
    """Check the bundle's anchor for the head of its checkpoint."""
    if anchor is None:
        return [Check("anchor.head", Status.UNDETERMINED, "anchor.none")]
    if (anchor.size, anchor.root) != (head.size, head.root):
        return [
            Check(
                "anchor.head",
                Status.FAILED,
                "anchor.other-head",
                expected=f"size {head.size}, root {head.root.hex()}",
                found=f"size {anchor.size}, root {anchor.root.hex()}",
            )
        ]
    checks = [Check.verified("anchor.head", subject=f"{anchor.size}")]
    checks += [check_log_id(anchor, log), *check_chain(anchor, trust, chain)]
    if now is not None and anchor.time > now:
        checks.append(_later(anchor, now))
    return checks


def _later(anchor: Anchor, now: datetime) -> Check:
    return Check(
        "anchor.time", Status.UNDETERMINED, "anchor.later",
        expected=f"a block of {now:%Y-%m-%dT%H:%M:%SZ} or before",
        found=f"{anchor.time:%Y-%m-%dT%H:%M:%SZ}",
    )  # fmt: skip


def check_log_id(anchor: Anchor, log: TrustedLog | None) -> Check:
    """Check that an anchor is of this very log."""
    if log is None:
        return Check("anchor.log", Status.UNDETERMINED, "log.unknown")
    if log.log_id is None:
        return Check("anchor.log", Status.UNDETERMINED, "log.no-id", found=anchor.log_id.hex())
    if anchor.log_id != log.log_id:
        return Check(
            "anchor.log",
            Status.FAILED,
            "anchor.other-log",
            expected=log.log_id.hex(),
            found=anchor.log_id.hex(),
        )
    return Check.verified("anchor.log")


def check_chain(anchor: Anchor, trust: Trust, chain: ChainSource | None) -> list[Check]:
    """Decide whether the chain holds the anchor: by a pin, or by whoever may be asked."""
    if anchor in trust.anchors:
        return [Check.verified(_CHAIN, subject=str(anchor.chain))]
    contradiction = _contradiction(anchor, trust)
    if contradiction is not None:
        return [contradiction]
    trusted = trust.chain(anchor.chain)
    if trusted is None:
        reason = _unknown_chain(anchor, trust)
        return [Check(_CHAIN, Status.UNDETERMINED, reason, found=str(anchor.chain))]
    if trusted.sandbox != anchor.sandbox:
        return [Check(
            _CHAIN, Status.FAILED, "anchor.sandbox",
            expected=f"sandbox {trusted.sandbox}", found=f"sandbox {anchor.sandbox}",
        )]  # fmt: skip
    if chain is None:
        return [Check(_CHAIN, Status.UNDETERMINED, "anchor.unpinned", subject=str(anchor.chain))]
    return _ask(anchor, chain)


def _contradiction(anchor: Anchor, trust: Trust) -> Check | None:
    for pinned in trust.anchors:
        field = anchor.contradicts(pinned)
        if field is not None:
            mine, theirs = anchor.to_value()[field], pinned.to_value()[field]
            return Check(
                _CHAIN, Status.FAILED, "anchor.contradicts-pin",
                expected=f"{field} {theirs}", found=f"{field} {mine}",
            )  # fmt: skip
    return None


def _ask(anchor: Anchor, chain: ChainSource) -> list[Check]:
    """Ask about an anchor: a check of it first, then how its log stands where that was told."""
    try:
        facts = chain.facts(anchor)
    except UnavailableError as error:
        return [Check(_CHAIN, Status.UNDETERMINED, "chain.unavailable", found=str(error))]
    if facts.identity != anchor.chain:
        return [Check(
            _CHAIN, Status.UNDETERMINED, "chain.gone" if anchor.sandbox else "chain.other",
            expected=str(anchor.chain), found=str(facts.identity),
        )]  # fmt: skip
    checks = [_check_facts(anchor, facts)]
    if facts.standing is not None:
        checks.append(_tell_standing(facts.standing))
    return checks


def _check_facts(anchor: Anchor, facts: ChainFacts) -> Check:
    try:
        check_facts(anchor, facts)
    except UnavailableError as error:
        return Check(_CHAIN, Status.UNDETERMINED, "chain.pruned", found=str(error))
    except VerificationError as error:
        return Check.failed(_CHAIN, error)
    if not facts.final:
        return Check(_CHAIN, Status.UNDETERMINED, "anchor.not-final", subject=str(anchor.chain))
    return Check.verified(_CHAIN, subject=str(anchor.chain))


def _tell_standing(standing: LogStanding) -> Check:
    """Say how the log stands: known, so verified, with a reason where it is not as it should be."""
    reason = found = None
    if standing.status is LogStatus.CLOSED:
        reason = "log.closed"
        if standing.successor is not None:
            reason, found = "log.continued", f"0x{standing.successor.hex()}"
    elif standing.status is LogStatus.FROZEN:
        reason = "log.frozen"
    elif standing.struck:
        reason, found = "log.struck", str(standing.struck)
    return Check("log.standing", Status.VERIFIED, reason, standing.status.value, found=found)


def _unknown_chain(anchor: Anchor, trust: Trust) -> str:
    """Tell a sandbox that was restarted from a chain that was never trusted."""
    restarted = anchor.sandbox and any(
        known.sandbox and known.identity.chain_id == anchor.chain.chain_id for known in trust.chains
    )
    return "chain.gone" if restarted else "chain.unknown"
