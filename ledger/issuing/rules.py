"""What may be said of a record now: asked before anything is signed, by signer and server alike.

A broken rule refuses. What an attestor found is his to say: that an assessment rejects, a restore
failed or a check deviates breaks no rule here. But whoever attests that all is consistent, is held
to all of it: coverage, revocations, orders. What cannot be told yet is undetermined, and warns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from msgspec import UNSET

from ledger.accreditation import AccreditationSource
from ledger.attestation import Attestation, PostCheck, Stage, StageClaims
from ledger.attestation.post_check import PostCheckClaims
from ledger.attestation.pre_assessment import PreAssessmentClaims
from ledger.dossier import (
    Placed,
    Records,
    Said,
    check_accredited,
    check_issuer,
    check_orders,
    check_standing,
    dossier_of,
    is_one_speaker,
    read_said,
)
from ledger.dossier.overview import entry_of
from ledger.errors import ConflictError, LedgerError, VerificationError
from ledger.jwk import PublicKey
from ledger.kinds.common import Movement
from ledger.kinds.members import Reference
from ledger.organisation import Role
from ledger.report import Check
from ledger.report import Status as Outcome
from ledger.stages import CLOCK_SKEW, Dossier, Entry, ask
from ledger.stages.assessing import RULES as ASSESSING
from ledger.stages.assessing import Assessing
from ledger.stages.comparison import broken, time_text
from ledger.statement import Statement
from ledger.status import Action, Status, StatusClaims, standing
from ledger.trust import Trust

__all__ = ["SPOKEN_OF", "ask_attestation", "ask_status", "refuse"]

# Findings, not rules, when they are being made.
_FOUND = frozenset({"backup.restorable", "post-check.outcome"})
# What is being issued stands behind everything that is there, under a name it has not got yet.
_NEXT = 2**53
_UNNAMED = ""
_CORRECT = "Correct the claims; nothing was logged."
SPOKEN_OF: Mapping[str, frozenset[Action]] = {
    "attestation": frozenset({Action.REVOKE, Action.SUSPEND, Action.REINSTATE}),
    "plan": frozenset({Action.STOP, Action.REINSTATE}),
    "transfer": frozenset({Action.STOP, Action.REINSTATE}),
}
"""What can be said of a record, by its kind."""


def ask_attestation(
    stage: Stage,
    claims: StageClaims,
    records: Records,
    *,
    key: PublicKey,
    now: int,
    trust: Trust | None = None,
    accreditations: AccreditationSource | None = None,
) -> list[Check]:
    """Ask the rules for an attestation that `key` is about to sign, `now` in seconds since 1970.

    Without `accreditations` nobody is asked about those.
    """
    believed = trust or Trust()
    checks = [_is_of_the_record(stage, claims, records)]
    if checks[0].status is Outcome.FAILED:
        return checks
    checks.append(_is_of_now(claims, now))
    checks.append(check_issuer(claims, key.thumbprint, believed, stage))
    if accreditations is not None:
        checks.append(check_accredited(stage, claims, key.thumbprint, accreditations))
    if isinstance(claims, PreAssessmentClaims):
        checks += _assess(claims, records)
    elif isinstance(claims, PostCheckClaims):
        checks += _check(claims, records, believed)
    else:
        transfer = records.transfer
        if transfer is not None:
            checks += _told(Dossier(transfer, backup=_candidate(claims)), stage)
    return checks


def ask_status(
    claims: StatusClaims,
    about: Statement,
    said: Iterable[Placed],
    *,
    key: PublicKey,
    now: int,
    trust: Trust | None = None,
) -> list[Check]:
    """Ask whether a word may be signed by `key`: of this kind, now, after the speaker's own.

    `said` holds at least all that was said of `about` itself.
    """
    believed = trust or Trust()
    checks = [_may_be_said(claims, about)]
    if checks[0].status is Outcome.FAILED:
        return checks
    checks.append(_is_dated(claims.iat, now, "status.clock"))
    words = [
        word.says.claims.action
        for word in filter(None, (read_said(placed, believed) for placed in sorted(said)))
        if isinstance(word.says, Status)
        and word.says.leaf_hash == about.leaf_hash
        and is_one_speaker(word.thumbprint, key.thumbprint, believed)
    ]
    try:
        standing([*words, claims.action])
    except LedgerError as error:
        checks.append(Check.failed("status.order", error))
    else:
        checks.append(Check.verified("status.order"))
    if about.kind == "attestation":
        issuer = Attestation.read(about.value["jws"]).jws.thumbprint
        code = "status.speaker"
        if is_one_speaker(issuer, key.thumbprint, believed):
            checks.append(Check.verified(code))
        else:
            checks.append(Check(code, Outcome.UNDETERMINED, "status.stranger"))
    elif isinstance(about.members, Movement):
        checks.append(_is_a_regulators(key, about.members, believed))
    return checks


def _is_a_regulators(key: PublicKey, about: Movement, trust: Trust) -> Check:
    """Check that readers with this trust file count the word: a regulator's of either side."""
    code, sides = "status.authority", {about.from_, about.to}
    owner = trust.owner(key.thumbprint)
    served = set() if owner is None or Role.REGULATOR not in owner.roles else owner.jurisdictions
    if not sides.isdisjoint(served):
        return Check.verified(code)
    wanted = f"a regulator of {' or '.join(sorted(sides))}"
    found = f"key 0x{key.thumbprint.hex()}" if owner is None else owner.id
    return Check(code, Outcome.UNDETERMINED, "status.no-regulator", None, wanted, found)


def _may_be_said(claims: StatusClaims, about: Statement) -> Check:
    code = "status.action"
    allowed = SPOKEN_OF.get(about.kind, frozenset())
    record_id = str(about.members.record_id)
    if (claims.leaf_hash, str(claims.record_id)) != (about.leaf_hash, record_id):
        other = broken("another record is spoken of", record_id, str(claims.record_id))
        return Check.failed(code, other)
    if claims.action not in allowed:
        wanted = " or ".join(sorted(allowed)) or "nothing that is said of this kind"
        found = f"{claims.action.value}: {about.kind}"
        return Check(code, Outcome.FAILED, "status.action", None, wanted, found)
    return Check.verified(code)


def refuse(checks: Iterable[Check]) -> list[Check]:
    """Raise ConflictError for the first broken rule, named by its code; give what is undetermined.

    What the rule compares stands in `expected` and `found`.
    """
    told = list(checks)
    failed = [check for check in told if check.status is Outcome.FAILED]
    if failed:
        first, *more = failed
        words = f"not to be signed, for this does not hold: {first.title()}"
        also = f"Also broken: {', '.join(check.code for check in more)}." if more else None
        # Readers are told to ask the exporter; whoever is about to sign can still change it.
        own = _CORRECT if first.reason == "stage.broken" else first.hint()
        raise ConflictError(
            first.code, words, expected=first.expected, found=first.found, hint=also or own
        )
    return [check for check in told if check.status is Outcome.UNDETERMINED]


def _is_of_the_record(stage: Stage, claims: StageClaims, records: Records) -> Check:
    subject = records.subject
    kind = "plan" if stage is Stage.PRE_ASSESSMENT else "transfer"
    found = "transfer" if records.transfer is not None else "plan"
    wrong: VerificationError | None = None
    if kind != found:
        wrong = broken(f"a {stage.value} speaks of another kind of record", kind, found)
    elif claims.subject.leaf_hash != subject.leaf_hash:
        wrong = broken(
            "another leaf is spoken of", subject.leaf_hash.hex(), claims.subject.leaf_hash.hex()
        )
    elif str(claims.subject.record_id) != subject.record_id:
        wrong = broken(
            "another record is spoken of", subject.record_id, str(claims.subject.record_id)
        )
    code = "attestation.subject"
    return Check.verified(code) if wrong is None else Check.failed(code, wrong)


def _is_of_now(claims: StageClaims, now: int) -> Check:
    """Check the issuer's clock, as far as clocks agree, and that it is not over already."""
    code = "attestation.clock"
    dated = _is_dated(claims.iat, now, code)
    if dated.status is Outcome.FAILED:
        return dated
    if claims.exp is not UNSET and claims.exp <= now:
        wanted = f"an end after {time_text(now)}"
        return Check.failed(code, broken("it has expired", wanted, time_text(claims.exp)))
    return Check.verified(code)


def _is_dated(issued_at: int, now: int, code: str) -> Check:
    if abs(issued_at - now) <= CLOCK_SKEW:
        return Check.verified(code)
    wanted = f"within {CLOCK_SKEW} seconds of {time_text(now)}"
    return Check.failed(code, broken("its clock differs", wanted, time_text(issued_at)))


def _assess(claims: PreAssessmentClaims, records: Records) -> Iterator[Check]:
    plan = records.assessable
    if plan is None:
        return
    case = Assessing(plan, claims)
    for code, rule in ASSESSING.items():
        try:
            rule(case)
        except VerificationError as error:
            yield Check.failed(code, error)
        else:
            yield Check.verified(code)


def _check(claims: PostCheckClaims, records: Records, trust: Trust) -> Iterator[Check]:
    """Ask what a post-check is against: never without a backup that counts."""
    transfer, subject = records.transfer, claims.subject
    if transfer is None:
        return
    backup = _named(subject.backup, Stage.BACKUP, records)
    if backup is None:
        yield _absent("post-check.backup", "a backup of this transfer, logged before", subject)
        return
    yield check_standing(backup, records, trust)
    chosen = {Stage.BACKUP: backup}
    reference = subject.pre_assessment
    if isinstance(reference, Reference):
        assessed = _named(reference, Stage.PRE_ASSESSMENT, records)
        if assessed is not None:
            chosen[Stage.PRE_ASSESSMENT] = assessed
        elif records.plan is None:
            # The plan is not shown here, so what was said of it is not either.
            alone = "stage.alone"
            yield Check(
                "post-check.pre-assessment", Outcome.UNDETERMINED, alone, expected="its plan"
            )
        else:
            yield _absent("post-check.pre-assessment", "a pre-assessment of the plan", subject)
            return
    dossier = dossier_of(records, chosen)
    if dossier is None:
        return
    yield from _told(replace(dossier, post_check=_candidate(claims)), Stage.POST_CHECK)
    if subject.outcome == "consistent":
        yield from _told(dossier, Stage.PRE_ASSESSMENT)
        if Stage.PRE_ASSESSMENT in chosen:
            assessed = chosen[Stage.PRE_ASSESSMENT]
            yield check_standing(assessed, records, trust, at_transfer=True)
        yield from check_orders(records, trust)


def _named(reference: Reference, stage: Stage, records: Records) -> Said[Attestation] | None:
    said = records.attestation(bytes.fromhex(reference.leaf_hash))
    if said is None or said.says.stage is not stage:
        return None
    return said if entry_of(said).is_named_by(reference) else None


def _absent(code: str, expected: str, subject: PostCheck) -> Check:
    reference = subject.backup if code.endswith("backup") else subject.pre_assessment
    found = str(reference.record_id) if isinstance(reference, Reference) else "none"
    return Check(code, Outcome.FAILED, "stage.broken", None, expected, found)


def _told(dossier: Dossier, stage: Stage) -> Iterator[Check]:
    for code, error in ask(dossier, stage):
        if code not in _FOUND:
            yield Check.verified(code) if error is None else Check.failed(code, error)


def _candidate(claims: StageClaims) -> Entry:  # type: ignore[type-arg]  # of its own stage
    return Entry(_NEXT, _UNNAMED, b"", claims)
