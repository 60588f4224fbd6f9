"""Which attestation counts for each stage, of all that were logged.

The newest; but a post-check names the backup and the pre-assessment that it is against, and a
pre-assessment after the transfer covers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.attestation import Attestation, PostCheck, Stage
from ledger.dossier.records import Said
from ledger.kinds.members import Reference

__all__ = ["choose"]


def choose(found: Sequence[Said[Attestation]], *, before: int) -> Mapping[Stage, Said[Attestation]]:
    """Choose one of each stage; `before` is the transfer's index."""
    newest = sorted(found, key=lambda said: said.index, reverse=True)
    of_stage = {stage: [said for said in newest if said.says.stage is stage] for stage in Stage}
    chosen = {stage: said[0] for stage, said in of_stage.items() if said}
    earlier = [said for said in of_stage[Stage.PRE_ASSESSMENT] if said.index < before]
    if earlier:
        chosen[Stage.PRE_ASSESSMENT] = earlier[0]
    checked = chosen.get(Stage.POST_CHECK)
    if checked is not None and isinstance(checked.says.claims.subject, PostCheck):
        subject = checked.says.claims.subject
        against = {Stage.BACKUP: subject.backup, Stage.PRE_ASSESSMENT: subject.pre_assessment}
        for stage, reference in against.items():
            named = [said for said in of_stage[stage] if _is_named(said, reference)]
            if named:
                chosen[stage] = named[0]
    return chosen


def _is_named(said: Said[Attestation], reference: object) -> bool:
    return isinstance(reference, Reference) and reference.leaf_hash == said.leaf_hash.hex()
