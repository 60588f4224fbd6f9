"""The overview of a dossier: which stages are there, which are missing, what is wrong, as of when.

    records of the log, a trust file, a time  →  an answer for each stage, flags, a timeline

It says what the records say to each other, whose keys signed, and who was accredited, by the
signers' own clocks, where somebody can say so. That they are in the log and anchored, `verify`
tells of a bundle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import UNSET

from ledger.accreditation import AccreditationSource
from ledger.attestation import Attestation, Backup, PostCheck, PreAssessment, Stage
from ledger.dossier.attestor import check_accredited, check_issuer
from ledger.dossier.ceilings import PER_MILLE, used_of_ceilings
from ledger.dossier.choice import choose
from ledger.dossier.records import Records, Said
from ledger.dossier.standing import check_orders, check_standing
from ledger.dossier.terms import BACKUP_DUE_SECONDS, POST_CHECK_DUE_SECONDS, Terms
from ledger.dossier.timeline import Event, timeline
from ledger.report import Check
from ledger.report import Status as Outcome
from ledger.stages import Dossier, Entry, ask
from ledger.stages.comparison import broken, seconds, time_text
from ledger.trust import Trust

__all__ = [
    "BACKUP_DUE_SECONDS",
    "POST_CHECK_DUE_SECONDS",
    "Flag",
    "Overview",
    "StageOverview",
    "StageState",
    "dossier_of",
]

_PERCENT = 10


class StageState(StrEnum):
    """How a stage stands."""

    MISSING = "missing"
    IN_ORDER = "in-order"
    WRONG = "wrong"
    UNDETERMINED = "undetermined"


class Flag(StrEnum):
    """What somebody should look at."""

    NO_PRE_ASSESSMENT = "no-pre-assessment"
    NOT_COVERED = "not-covered"
    CEILING_NEAR = "ceiling-near"
    CEILING_PASSED = "ceiling-passed"
    BACKUP_OVERDUE = "backup-overdue"
    POST_CHECK_OVERDUE = "post-check-overdue"
    DEVIATION = "deviation"
    REVOKED = "revoked"
    STOP_ORDER = "stop-order"
    RECEIVED_OTHERWISE = "received-otherwise"
    RECEIPT_MISSING = "receipt-missing"


@dataclass(frozen=True, slots=True)
class StageOverview:
    """A stage: the attestation that counts, None while there is none, and its rules."""

    stage: Stage
    state: StageState
    checks: tuple[Check, ...] = ()
    attestation: Said[Attestation] | None = None
    due: int | None = None
    """When it should be there, in seconds since 1970; of a missing one."""

    def to_value(self) -> dict[str, Any]:
        """Write the JSON value; a check's `expected` and `found` tell what breaks a rule."""
        value: dict[str, Any] = {"stage": self.stage.value, "state": self.state.value}
        if self.due is not None:
            value["due"] = time_text(self.due)
        if self.attestation is not None:
            claims = self.attestation.says.claims
            value["attestation"] = {
                "record_id": self.attestation.record_id,
                "leaf_hash": self.attestation.leaf_hash.hex(),
                "index": self.attestation.index,
                "issuer": claims.iss,
                "issued_at": time_text(claims.iat),
                **_outcome(self.attestation),
            }
        value["checks"] = [check.to_value() for check in self.checks]
        return value


@dataclass(frozen=True, slots=True)
class Overview:
    """How the dossier of a transfer, or of a plan, stands."""

    records: Records
    as_of: int
    stages: tuple[StageOverview, ...]
    orders: tuple[Check, ...]
    flags: tuple[Flag, ...]
    events: tuple[Event, ...]
    used: int | None = None
    """Of its plan's ceilings, in per mille; None where nothing limits it."""

    @classmethod
    def of(
        cls,
        records: Records,
        *,
        as_of: int,
        trust: Trust | None = None,
        terms: Terms | None = None,
        accreditations: AccreditationSource | None = None,
    ) -> Overview:
        """Ask the rules of each stage, as of a time in seconds since 1970.

        Without `accreditations` nobody is asked about those. Raises nothing where they cannot be.
        """
        believed, due = trust or Trust(), terms or Terms()
        chosen = choose(records.attestations, before=records.subject.index)
        wanted = tuple(Stage) if records.transfer is not None else (Stage.PRE_ASSESSMENT,)
        stages = tuple(
            _stage(stage, chosen, records, believed, due, accreditations=accreditations)
            for stage in wanted
        )
        orders = tuple(check_orders(records, believed))
        used = used_of_ceilings(records, chosen.get(Stage.PRE_ASSESSMENT))
        flags = (
            *_stage_flags(stages, records, as_of),
            *_ceiling_flags(used, due),
            *_word_flags(stages, orders, records),
            *_receipt_flags(records, as_of, due),
        )
        listed = tuple(flag for flag in Flag if flag in flags)
        return cls(records, as_of, stages, orders, listed, tuple(timeline(records)), used)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON value."""
        subject = self.records.subject
        return {
            "record_id": subject.record_id,
            "kind": "plan" if self.records.transfer is None else "transfer",
            "leaf_hash": subject.leaf_hash.hex(),
            "index": subject.index,
            "as_of": time_text(self.as_of),
            "stages": [stage.to_value() for stage in self.stages],
            "orders": [check.to_value() for check in self.orders],
            "flags": [flag.value for flag in self.flags],
            "events": [event.to_value() for event in self.events],
        }


def dossier_of(records: Records, chosen: Mapping[Stage, Said[Attestation]]) -> Dossier | None:
    """Lay the chosen attestations beside their transfer; None where the subject is a plan."""
    transfer = records.transfer
    if transfer is None:
        return None
    entries: dict[Stage, Any] = {stage: entry_of(said) for stage, said in chosen.items()}
    return Dossier(
        transfer=transfer,
        plan=records.plan,
        pre_assessment=entries.get(Stage.PRE_ASSESSMENT),
        backup=entries.get(Stage.BACKUP),
        post_check=entries.get(Stage.POST_CHECK),
    )


def entry_of(said: Said[Attestation]) -> Entry[Any]:
    """Give an attestation as stage rules take it."""
    return Entry(said.index, said.record_id, said.leaf_hash, said.says.claims)


def _stage(
    stage: Stage,
    chosen: Mapping[Stage, Said[Attestation]],
    records: Records,
    trust: Trust,
    terms: Terms,
    *,
    accreditations: AccreditationSource | None,
) -> StageOverview:
    said = chosen.get(stage)
    if said is None:
        return _missing(stage, records, terms)
    checks = [_told(code, error) for code, error in _asked(stage, chosen, records)]
    transfer = records.transfer
    if transfer is not None and not checks:
        needed = "its plan" if stage is Stage.PRE_ASSESSMENT else Stage.BACKUP.value
        checks.append(_alone(stage, needed))
    at_transfer = stage is Stage.PRE_ASSESSMENT and transfer is not None
    checks.append(check_standing(said, records, trust, at_transfer=at_transfer))
    if said.thumbprint is None:
        checks.append(
            Check("attestation.signature", Outcome.UNDETERMINED, "key.unknown", stage.value)
        )
    else:
        claims = said.says.claims
        checks.append(check_issuer(claims, said.thumbprint, trust, stage))
        if accreditations is not None:
            checks.append(check_accredited(stage, claims, said.thumbprint, accreditations))
    statuses = {check.status for check in checks}
    state = StageState.IN_ORDER
    if Outcome.FAILED in statuses:
        state = StageState.WRONG
    elif Outcome.UNDETERMINED in statuses:
        state = StageState.UNDETERMINED
    return StageOverview(stage, state, tuple(checks), said)


def _asked(
    stage: Stage, chosen: Mapping[Stage, Said[Attestation]], records: Records
) -> Iterator[tuple[str, Any]]:
    dossier = dossier_of(records, chosen)
    if dossier is not None:
        yield from ask(dossier, stage)
        return
    # Of a plan alone: what its assessment can already be asked.
    subject = chosen[stage].says.claims.subject
    if isinstance(subject, PreAssessment):
        rejected = subject.outcome == "rejected"
        error = broken("the pre-assessment rejects it", "approved or conditional", "rejected")
        yield "pre-assessment.outcome", error if rejected else None


def _missing(stage: Stage, records: Records, terms: Terms) -> StageOverview:
    transfer = records.transfer
    if transfer is None:
        return StageOverview(stage, StageState.MISSING)
    if stage is Stage.PRE_ASSESSMENT:
        if transfer.says.covered_by is not UNSET and records.plan is None:
            # It is somebody else's, or somewhere else: nobody here can tell.
            alone = _alone(stage, "its plan")
            return StageOverview(stage, StageState.UNDETERMINED, (alone,))
        return StageOverview(stage, StageState.MISSING, due=seconds(transfer.says.occurred_at))
    after = terms.backup if stage is Stage.BACKUP else terms.post_check
    return StageOverview(stage, StageState.MISSING, due=seconds(transfer.says.occurred_at) + after)


def _alone(stage: Stage, needed: str) -> Check:
    """Say that a record is not here with which the stage would be compared."""
    undetermined = Outcome.UNDETERMINED
    return Check("attestation.rules", undetermined, "stage.alone", stage.value, needed, "none")


def _told(code: str, error: Any) -> Check:
    return Check.verified(code) if error is None else Check.failed(code, error)


def _stage_flags(stages: tuple[StageOverview, ...], records: Records, as_of: int) -> Iterator[Flag]:
    by_stage = {stage.stage: stage for stage in stages}
    assessed = by_stage[Stage.PRE_ASSESSMENT]
    if assessed.state is StageState.MISSING and records.transfer is not None:
        yield Flag.NO_PRE_ASSESSMENT
    if assessed.state is StageState.WRONG:
        yield Flag.NOT_COVERED
    for stage, flag in (
        (Stage.BACKUP, Flag.BACKUP_OVERDUE),
        (Stage.POST_CHECK, Flag.POST_CHECK_OVERDUE),
    ):
        due = by_stage[stage].due if stage in by_stage else None
        if due is not None and as_of > due:
            yield flag


def _ceiling_flags(used: int | None, terms: Terms) -> Iterator[Flag]:
    if used is None:
        return
    if used > PER_MILLE:
        yield Flag.CEILING_PASSED
    elif used >= terms.ceiling_near * _PERCENT:
        yield Flag.CEILING_NEAR


def _word_flags(
    stages: tuple[StageOverview, ...], orders: tuple[Check, ...], records: Records
) -> Iterator[Flag]:
    checked = next((stage for stage in stages if stage.stage is Stage.POST_CHECK), None)
    if checked is not None and checked.attestation is not None:
        subject = checked.attestation.says.claims.subject
        if isinstance(subject, PostCheck) and subject.outcome == "deviating":
            yield Flag.DEVIATION
    lapsed = {"attestation.revoked", "attestation.suspended"}
    if any(check.reason in lapsed for stage in stages for check in stage.checks):
        yield Flag.REVOKED
    if orders:
        yield Flag.STOP_ORDER
    if any(said.says.claims.outcome == "differs" for said in _received(records)):
        yield Flag.RECEIVED_OTHERWISE


def _receipt_flags(records: Records, as_of: int, terms: Terms) -> Iterator[Flag]:
    transfer = records.transfer
    if transfer is None or records.receipts:
        return
    if as_of > seconds(transfer.says.occurred_at) + terms.receipt:
        yield Flag.RECEIPT_MISSING


def _received(records: Records) -> Iterator[Any]:
    """Give the newest receipt of each recipient: a later one corrects an earlier."""
    yield from {said.says.claims.iss: said for said in records.receipts}.values()


def _outcome(said: Said[Attestation]) -> dict[str, str]:
    subject = said.says.claims.subject
    if isinstance(subject, Backup):
        return {"retained_until": subject.retained_until}
    return {"outcome": subject.outcome}
