"""What the publisher knows, as the endpoints answer it: its state, and the log in its contract."""

from __future__ import annotations

from collections.abc import Iterable

from api.answers import Anchoring, Governance, PendingOperators
from ledger.publisher import Publisher

__all__ = ["anchoring_of", "governance_of"]


def anchoring_of(publisher: Publisher) -> Anchoring:
    """Tell what the last step has come to."""
    state = publisher.state
    error = state.error
    return Anchoring(
        status=state.status,
        anchored=state.anchored,
        code=None if error is None else error.code,
        detail=None if error is None else error.message,
        hint=None if error is None else error.hint,
    )


def governance_of(publisher: Publisher) -> Governance | None:
    """Tell who signs for the log, None where the chain has not said so yet."""
    found = publisher.governance
    if found is None:
        return None
    pending, successor = found.pending, found.standing.successor
    return Governance(
        status=found.standing.status,
        admin=_hex(found.info.admin),
        epoch=found.info.epoch,
        threshold=found.info.threshold,
        operators=_all(found.info.operators),
        struck=_all(found.struck),
        pending=None
        if pending is None
        else PendingOperators(
            operators=_all(pending.operators),
            threshold=pending.threshold,
            not_before=pending.time,
        ),
        successor=None if successor is None else _hex(successor),
    )


def _all(addresses: Iterable[bytes]) -> list[str]:
    return [_hex(address) for address in addresses]


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
