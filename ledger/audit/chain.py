"""The chain's side of an audit: what the contract holds of a log, and what a store says it holds.

    chain ──► heads        every anchored head, for `audit` to hold against the log's roots
    kept ──► chain         every standing anchor that a store keeps must be committed there
    chain ──► logs         who signs for it, and every change, strike, freezing, closing so far

What is false is a finding; what could not be asked, such as a sandbox that is gone, is open, and no
finding. Anchors that the publisher has given up already (`gone`) are not asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from ledger.anchor import ChainFacts, ChainIdentity, ChainSource, check_facts
from ledger.audit.report import Finding
from ledger.chain import Chain, Governance, LogEvent
from ledger.errors import UnavailableError, VerificationError
from ledger.log.head_record import AnchoredHead
from ledger.store import AnchorState, StoredAnchor

__all__ = ["AuditedLog", "ChainAudit", "audit_chain", "check_kept"]


@dataclass(frozen=True, slots=True)
class AuditedLog:
    """A log in its contract: how it stands, and what has happened to who signs for it."""

    log_id: bytes
    governance: Governance
    history: tuple[LogEvent, ...]


@dataclass(slots=True)
class ChainAudit:
    """What a chain was found to hold (`heads`), what is wrong, and what could not be asked."""

    heads: list[AnchoredHead] = field(default_factory=list)
    logs: list[AuditedLog] = field(default_factory=list)
    asked: int = 0
    findings: list[Finding] = field(default_factory=list)
    open: list[UnavailableError] = field(default_factory=list)


def audit_chain(
    chain: Chain,
    *,
    log_ids: Collection[bytes],
    kept: Sequence[StoredAnchor],
    source: ChainSource | None = None,
    from_block: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> ChainAudit:
    """Ask a chain for all that it holds of a log, and about every anchor that a store keeps.

    `source` is who is asked about those, where it is not `chain` alone. Events are read from
    `from_block` on. Always returns: an answer that cannot be had is `open`.
    """
    result = ChainAudit()
    try:
        identity = chain.identity()
        for log_id in sorted(log_ids):
            _read_heads(chain, identity, log_id, from_block=from_block, result=result)
            _read_log(chain, log_id, from_block=from_block, result=result)
    except UnavailableError as error:
        result.open.append(error)
        return result
    standing = [row for row in kept if row.state != AnchorState.GONE]
    for place in {row.anchor.chain for row in standing} - {identity}:
        result.open.append(_elsewhere(place, identity, standing))
    here = [row for row in standing if row.anchor.chain == identity]
    for done, row in enumerate(here, 1):
        try:
            check_kept(row, (source or chain).facts(row.anchor))
        except UnavailableError as error:
            result.open.append(error)
            # Whoever does not answer now will not answer a thousand times.
            break
        except VerificationError as error:
            _tell(row, error, result)
        result.asked += 1
        if progress is not None:
            progress(done, len(here))
    return result


def check_kept(kept: StoredAnchor, facts: ChainFacts) -> None:
    """Hold an anchor that a store keeps against what its chain says; raise VerificationError."""
    check_facts(kept.anchor, facts)
    if kept.state == AnchorState.FINAL and not facts.final:
        raise VerificationError(
            "anchor.not-final",
            "the anchor is kept as final, and its block is not",
            expected=f"block {kept.anchor.block_number} final",
            found="not final",
        )


def _read_heads(
    chain: Chain, identity: ChainIdentity, log_id: bytes, *, from_block: int, result: ChainAudit
) -> None:
    head = chain.head(log_id)
    if head is None or not head.size:
        return
    result.heads += (
        AnchoredHead(identity, log_id, event.size, event.root)
        for event in chain.anchored_events(log_id, from_block=from_block)
    )
    newest = AnchoredHead(identity, log_id, head.size, head.root)
    if newest not in result.heads:
        # The contract's state outlives the node's event logs.
        result.heads.append(newest)
        result.open.append(
            UnavailableError(
                "chain.no-event",
                f"{chain.node.place} no longer has the events of all anchors",
                expected=f"an event of size {head.size}",
                hint="Ask a node that keeps them, or from an earlier block.",
            )
        )


def _read_log(chain: Chain, log_id: bytes, *, from_block: int, result: ChainAudit) -> None:
    governance = chain.governance(log_id)
    if governance is None:
        return
    history = tuple(chain.history(log_id, from_block=from_block))
    result.logs.append(AuditedLog(log_id, governance, history))
    # The contract's state outlives the node's event logs.
    struck = sum(event.name == "OperatorStruck" for event in history)
    epochs = [e.arguments["epoch"] for e in history if e.name == "OperatorsChanged"]
    if max(epochs, default=1) != governance.info.epoch or struck < governance.standing.struck:
        result.open.append(
            UnavailableError(
                "chain.no-event",
                f"{chain.node.place} no longer has all that happened to the log's operators",
                expected=f"events up to epoch {governance.info.epoch}, and of each who was struck",
                hint="Ask a node that keeps them, or from an earlier block.",
            )
        )


def _tell(row: StoredAnchor, error: VerificationError, result: ChainAudit) -> None:
    where = f"the anchor kept at size {row.anchor.size}, {row.anchor.chain}"
    if row.state != AnchorState.FINAL:
        # Until it is final its block may be replaced, which the publisher settles.
        result.open.append(
            UnavailableError(
                "anchor.not-final", f"{where} is not final", expected=error.expected,
                found=error.found, hint="Audit again when it is.",
            )
        )  # fmt: skip
        return
    expected, found = error.expected or error.message, error.found or "something else"
    result.findings.append(Finding(error.code, where, expected, found))


def _elsewhere(
    place: ChainIdentity, asked: ChainIdentity, standing: Sequence[StoredAnchor]
) -> UnavailableError:
    rows = [row for row in standing if row.anchor.chain == place]
    gone = rows[0].anchor.sandbox and place.chain_id == asked.chain_id
    what = "a sandbox chain that is gone" if gone else "a chain that was not asked"
    return UnavailableError(
        "chain.gone" if gone else "chain.other",
        f"{len(rows)} anchors stand on {what}",
        expected=str(place),
        found=str(asked),
    )
