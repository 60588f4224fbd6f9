"""The stages of a transfer's supervision: what must hold between its records, in one table.

    pre-assessment   of the transfer's plan; approved or conditional, in force, for these parties,
                     scenario and data items, its ceilings not passed: the transfer is covered
    backup           of the transfer; kept for three years at least, restorable
    post-check       of the transfer, against its backup and its pre-assessment: never without

Order is the log's: a pre-assessment stands before the transfers that it covers, a backup after its
transfer, a post-check after its backup. Clocks are compared too, but what an `iat` says is its
issuer's word.

The rules are asked when something is issued, by the dossier, and by every verifier again, of the
same records. They ask about what is there; that nothing is missing, or came later, no rule tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from ledger.attestation import Stage
from ledger.errors import VerificationError
from ledger.stages import checking, coverage, keeping
from ledger.stages.checking import Checking
from ledger.stages.comparison import CLOCK_SKEW
from ledger.stages.coverage import Coverage
from ledger.stages.dossier import Dossier, Entry
from ledger.stages.keeping import MIN_RETENTION_YEARS, Keeping

__all__ = ["CLOCK_SKEW", "MIN_RETENTION_YEARS", "RULES", "Dossier", "Entry", "ask"]

_T = TypeVar("_T")

RULES: Mapping[Stage, tuple[str, ...]] = {
    Stage.PRE_ASSESSMENT: tuple(coverage.RULES),
    Stage.BACKUP: tuple(keeping.RULES),
    Stage.POST_CHECK: tuple(checking.RULES),
}
"""Every rule's stable code, by the stage whose attestation it is about."""


def ask(dossier: Dossier, stage: Stage) -> Iterator[tuple[str, VerificationError | None]]:
    """Ask the rules of a stage; give each with what breaks it, None where it holds.

    Gives none where the stage, or a record that its rules compare it with, is not there.
    """
    transfer, plan, assessed = dossier.transfer, dossier.plan, dossier.pre_assessment
    backup, checked = dossier.backup, dossier.post_check
    if stage is Stage.PRE_ASSESSMENT and assessed is not None and plan is not None:
        yield from _asked(coverage.RULES, Coverage(transfer, plan, assessed))
    elif stage is Stage.BACKUP and backup is not None:
        yield from _asked(keeping.RULES, Keeping(transfer, backup))
    elif stage is Stage.POST_CHECK and checked is not None and backup is not None:
        yield from _asked(checking.RULES, Checking(transfer, checked, backup, assessed))


def _asked(
    rules: Mapping[str, Callable[[_T], None]], case: _T
) -> Iterator[tuple[str, VerificationError | None]]:
    for code, rule in rules.items():
        try:
            rule(case)
        except VerificationError as error:
            yield code, error
        else:
            yield code, None
