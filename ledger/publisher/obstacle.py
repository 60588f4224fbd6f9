"""Why a publisher cannot anchor while the contract stands as it does: governance in, an error out.

    publisher.closed         the log has its final head
    publisher.frozen         too few operators are left
    publisher.struck         this operator signed two histories
    publisher.not-operator   this operator is none, or none any more

None of it ends by waiting, and whatever was sent all the same would only cost gas.
"""

from __future__ import annotations

from ledger.anchor import LogStatus
from ledger.chain import Governance
from ledger.errors import ConflictError
from ledger.publisher.standing import describe_successor

__all__ = ["not_operator", "obstacle_of"]


def obstacle_of(governance: Governance, operator: bytes) -> ConflictError | None:
    """Say why an operator's head would be refused, None where it would not."""
    info, standing = governance.info, governance.standing
    left = f"{len(governance.active_operators)} of {len(info.operators)} operators left"
    if standing.status is LogStatus.CLOSED:
        return ConflictError(
            "publisher.closed",
            "the log is closed in its contract: nothing more can be anchored",
            expected="an active log",
            found=f"closed, {describe_successor(standing.successor)}",
            hint="Take new records in the log that continues it.",
        )
    if standing.status is LogStatus.FROZEN:
        return ConflictError(
            "publisher.frozen",
            "the log is frozen: too few operators are left to sign its heads",
            expected=f"{info.threshold} operators",
            found=left,
            hint="What was anchored stays. Its admin can only close it and name a successor: "
            "`crossproof log close`.",
        )
    if operator in governance.struck:
        return ConflictError(
            "publisher.struck",
            "this operator was struck from the log: its key signed two histories",
            expected="a key that signed one growing history",
            found=f"0x{operator.hex()}; {left}",
            hint="Find out who else has the key, or which copy of the log signed with it. A struck "
            "key never counts again: the others can change the operators, `crossproof log`.",
        )
    return None


def not_operator(governance: Governance, operator: bytes) -> ConflictError:
    """Say that a key signs nothing that counts, which is no obstacle while enough others sign."""
    named = ", ".join(f"0x{address.hex()}" for address in governance.active_operators)
    return ConflictError(
        "publisher.not-operator",
        "this operator's key is none of those that the contract knows for the log",
        expected=f"one of {named}, in epoch {governance.info.epoch}",
        found=f"0x{operator.hex()}",
        hint="Give the key of an operator of today: CROSSPROOF_OPERATOR_KEY_FILE.",
    )
