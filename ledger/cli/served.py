"""Another party's log, as commands that follow or audit it need it: who it is, and its chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.anchor import ChainIdentity
from ledger.archive.source import CHECKPOINT, Source
from ledger.checkpoint import parse_checkpoint
from ledger.errors import MalformedError, NotFoundError, UnavailableError
from ledger.trust import Trust, TrustedChain, TrustedLog

if TYPE_CHECKING:
    from ledger.audit.chain import ChainAudit
    from ledger.log.head_record import AnchoredHead

__all__ = ["ask_trusted_chains", "newest_on_chain", "served_log"]


def served_log(source: Source, trust: Trust) -> TrustedLog:
    """Find the served log in the trust file; raise UnavailableError where it is not there.

    What its checkpoint says counts only once a key of the log has been found to sign it.
    """
    try:
        origin = parse_checkpoint(source.read(CHECKPOINT).decode()).origin
    except NotFoundError:
        if len(trust.logs) != 1:
            raise
        # Whose checkpoint is missing is clear: that it is may be what matters.
        return trust.logs[0]
    except (UnicodeDecodeError, MalformedError) as error:
        raise MalformedError("note.malformed", "what is served is no checkpoint") from error
    log = trust.log(origin)
    if log is None:
        raise UnavailableError(
            "log.unknown",
            "the trust file does not name the log that is served",
            expected=", ".join(known.origin for known in trust.logs) or "a log in the trust file",
            found=origin,
        )
    return log


def ask_trusted_chains(trust: Trust, log: TrustedLog, *, from_block: int = 0) -> ChainAudit | None:
    """Ask the trust file's chains for the log's heads; None where there is nobody to ask."""
    if log.log_id is None or not any(chain.rpc for chain in trust.chains):
        return None
    from ledger.audit.chain import ChainAudit, audit_chain  # noqa: PLC0415 - web3, a second
    from ledger.chain import Chain  # noqa: PLC0415

    result = ChainAudit()
    for trusted in trust.chains:
        if not trusted.rpc:
            continue
        with Chain.connect(
            trusted.rpc[0], contract=trusted.identity.contract, finality=trusted.finality
        ) as chain:
            asked = audit_chain(chain, log_ids=[log.log_id], kept=(), from_block=from_block)
            result.open += asked.open
            if not asked.open and chain.identity() != trusted.identity:
                result.open.append(_other(trusted.identity, chain.identity()))
                continue
        result.heads += asked.heads
        result.logs += asked.logs
    return result


def newest_on_chain(
    trust: Trust, log: TrustedLog
) -> tuple[UnavailableError | None, list[AnchoredHead]]:
    """Ask the trust file's chains for the log's newest head; also what could not be asked.

    A head counts where as many nodes hold it for good as must agree.
    """
    heads: list[AnchoredHead] = []
    unasked: UnavailableError | None = None
    for trusted in trust.chains if log.log_id is not None else ():
        if not trusted.rpc:
            continue
        try:
            heads += _newest(trusted, log.log_id or b"")
        except UnavailableError as error:
            unasked = error
    return unasked, heads


def _newest(trusted: TrustedChain, log_id: bytes) -> list[AnchoredHead]:
    from ledger.chain import Chain, connect_trusted  # noqa: PLC0415 - web3, a second
    from ledger.log.head_record import AnchoredHead  # noqa: PLC0415

    with Chain.connect(
        trusted.rpc[0], contract=trusted.identity.contract, finality=trusted.finality
    ) as chain:
        if chain.identity() != trusted.identity:
            raise _other(trusted.identity, chain.identity())
        head = chain.head(log_id)
    if head is None or not head.size:
        return []
    # Until its block is final it may be replaced, and one node may show what it likes.
    if not connect_trusted(trusted).holds(trusted.identity, log_id, head):
        return []
    return [AnchoredHead(trusted.identity, log_id, head.size, head.root)]


def _other(expected: ChainIdentity, found: ChainIdentity) -> UnavailableError:
    return UnavailableError(
        "chain.other",
        "the node is of another chain than the trust file's",
        expected=str(expected),
        found=str(found),
    )
