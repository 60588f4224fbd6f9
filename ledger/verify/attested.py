"""Checks of attestations: each stage's entry, who issued it, what became of it, and its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ledger.accreditation import Standing
from ledger.anchor import Anchor
from ledger.attestation import Attestation, Stage
from ledger.bundle import Bundle, FirstAnchor, LoggedAttestation
from ledger.errors import LedgerError, UnavailableError, VerificationError
from ledger.kinds import Plan, Transfer
from ledger.merkle import verify_inclusion
from ledger.report import Check, Status
from ledger.stages import Dossier, Entry, ask
from ledger.stages.comparison import time_text
from ledger.statement import Statement
from ledger.verify.anchored import check_chain, check_log_id
from ledger.verify.case import Case
from ledger.verify.signed import SignedEntry, check_owner, check_signed
from ledger.verify.standing import Word, check_orders, check_standing

__all__ = ["check_attestations"]


def check_attestations(
    case: Case,
    transfer: Statement | None,
    plan: Statement | None,
    words: Sequence[Word],
    *,
    required: frozenset[Stage],
) -> list[Check]:
    """Check each stage that the bundle carries; one that is `required` and not there is told."""
    checks: list[Check] = []
    found: dict[Stage, SignedEntry[Attestation]] = {}
    anchored: dict[Stage, Anchor | None] = {}
    for stage in Stage:
        logged = case.bundle.attestations.get(stage)
        if logged is None:
            if stage in required:
                absent = Status.UNDETERMINED
                checks.append(Check("attestation.present", absent, "stage.absent", stage.value))
            continue
        more, sound, anchored[stage] = _check_attestation(stage, logged, case)
        checks += more
        if sound is not None:
            found[stage] = sound
    dossier = _dossier(case.bundle, transfer, plan, found)
    if dossier is not None:
        for stage, attestation in found.items():
            checks += _check_rules(stage, dossier)
            said = check_standing(stage, attestation, dossier, words, case, first=anchored[stage])
            checks.append(said)
        checks += check_orders(dossier, words, case)
    return checks


def _check_attestation(
    stage: Stage, logged: LoggedAttestation, case: Case
) -> tuple[list[Check], SignedEntry[Attestation] | None, Anchor | None]:
    """Check one attestation; give it where it is sound, and the first anchor it is shown in."""
    subject = stage.value
    disclosures = logged.entry.disclosures
    checks, attestation = check_signed(
        "attestation",
        logged.entry,
        case,
        lambda jws: Attestation.read(jws, disclosures),
        subject=subject,
    )
    if attestation is None:
        return checks, None, None
    if attestation.says.stage is not stage:
        other = VerificationError(
            "attestation.other-stage",
            "the attestation is of another stage",
            expected=subject,
            found=attestation.says.stage.value,
        )
        return [*checks, Check.failed("attestation.stage", other, subject)], None, None
    is_later = attestation.says.claims.iat > case.latest
    if is_later:
        checks.append(_later(attestation.says.claims.iat, case, subject))
    checks.append(_check_issuer(attestation, case, subject))
    first, told = _first_anchor(logged.first, attestation, case, subject)
    checks += told
    if is_later:
        # Who would be accredited by then, nobody knew at the time that is asked about.
        told = [Check("attestation.accredited", Status.SKIPPED, "attestation.later", subject)]
    else:
        told = [_check_accredited(attestation, first, case, subject)]
    checks += told
    return checks, attestation, first


def _check_issuer(attestation: SignedEntry[Attestation], case: Case, subject: str) -> Check:
    """Check that the issuer is the one whose key signed, where the trust file knows whose it is.

    Where it does not, the name is the key holder's own word; accreditation is asked of the key.
    """
    claims = attestation.says.claims
    check, _ = check_owner(
        "attestation.issuer",
        claims.iss,
        attestation,
        case=case,
        issued_at=claims.iat,
        subject=subject,
    )
    is_unknown = check.reason == "organisation.unknown"
    return replace(check, status=Status.SKIPPED) if is_unknown else check


def _later(issued_at: int, case: Case, subject: str) -> Check:
    return Check(
        "attestation.time", Status.UNDETERMINED, "attestation.later", subject,
        expected=f"issued at {case.as_of:%Y-%m-%dT%H:%M:%SZ} or before",
        found=time_text(issued_at),
    )  # fmt: skip


def _first_anchor(
    first: FirstAnchor | None,
    attestation: SignedEntry[Attestation],
    case: Case,
    subject: str,
) -> tuple[Anchor | None, list[Check]]:
    """Give the earliest anchor that is shown to hold an attestation, and how that was checked."""
    if first is None:
        return case.bundle.anchor, []
    try:
        verify_inclusion(
            leaf_hash=attestation.statement.leaf_hash,
            index=attestation.index,
            size=first.anchor.size,
            proof=first.path,
            root=first.anchor.root,
        )
    except VerificationError as error:
        return None, [Check.failed("attestation.first-anchor", error, subject)]
    for check in (
        check_log_id(first.anchor, case.log),
        # How the log stands today is told with the bundle's own anchor.
        check_chain(first.anchor, case.trust, case.chain)[0],
    ):
        if check.status is not Status.VERIFIED:
            told = Check(
                "attestation.first-anchor",
                check.status,
                check.reason,
                subject,
                check.expected,
                check.found,
            )
            return None, [told]
    return first.anchor, [Check.verified("attestation.first-anchor", subject)]


def _check_accredited(
    attestation: SignedEntry[Attestation],
    first: Anchor | None,
    case: Case,
    subject: str,
) -> Check:
    """Check that the key was accredited when it signed, by its own word and by the chain's."""
    code = "attestation.accredited"
    claims = attestation.says.claims
    try:
        known = case.accreditations.accreditation(claims.jurisdiction, attestation.thumbprint)
    except UnavailableError as error:
        unasked = "accreditation.unavailable"
        return Check(code, Status.UNDETERMINED, unasked, subject, found=str(error))
    who = f"{claims.iss}, key 0x{attestation.thumbprint.hex()}, {claims.jurisdiction}"
    if known is None:
        asked = case.accreditations.asks_chain
        nobody = "accreditation.unknown" if asked else "accreditation.not-asked"
        return Check(code, Status.UNDETERMINED, nobody, subject, found=who)
    stage = attestation.says.stage
    if not known.is_accredited(stage, claims.iat):
        return Check(
            code, Status.FAILED, "accreditation.not-then", subject,
            expected=f"accredited for {stage.value} at {time_text(claims.iat)}", found=who,
        )  # fmt: skip
    if first is None:
        return Check(code, Status.UNDETERMINED, "accreditation.no-anchor", subject, found=who)
    anchored = int(first.time.timestamp())
    if known.is_accredited(stage, anchored):
        return Check.verified(code, subject)
    compromised = any(
        change.standing is Standing.COMPROMISED and anchored >= change.from_
        for change in known.changes
    )
    # Whoever stole a key dates what he signs as he likes; the chain's clock is not his. An
    # accreditation that merely ended may have covered what is only anchored later.
    return Check(
        code,
        Status.FAILED if compromised else Status.UNDETERMINED,
        "accreditation.compromised" if compromised else "accreditation.ended",
        subject,
        expected=f"accredited still when it was first anchored, {time_text(anchored)}",
        found=who,
    )


def _dossier(
    bundle: Bundle,
    transfer: Statement | None,
    plan: Statement | None,
    found: Mapping[Stage, SignedEntry[Attestation]],
) -> Dossier | None:
    if transfer is None or not isinstance(transfer.members, Transfer):
        return None

    def says(stage: Stage) -> Any:
        entry = found.get(stage)
        return entry and _entry(entry.index, entry.statement, entry.says.claims)

    planned = None
    if bundle.plan is not None and plan is not None and isinstance(plan.members, Plan):
        planned = _entry(bundle.plan.index, plan, plan.members)
    return Dossier(
        transfer=_entry(bundle.entry.index, transfer, transfer.members),
        plan=planned,
        pre_assessment=says(Stage.PRE_ASSESSMENT),
        backup=says(Stage.BACKUP),
        post_check=says(Stage.POST_CHECK),
    )


def _entry(index: int, statement: Statement, says: Any) -> Entry[Any]:
    return Entry(index, str(statement.members.record_id), statement.leaf_hash, says)


def _check_rules(stage: Stage, dossier: Dossier) -> list[Check]:
    answers = list(ask(dossier, stage))
    if not answers:
        needed = "plan" if stage is Stage.PRE_ASSESSMENT else Stage.BACKUP.value
        return [
            Check(
                "attestation.rules",
                Status.UNDETERMINED,
                "stage.alone",
                stage.value,
                expected=needed,
                found="none",
            )
        ]
    return [_told(code, error) for code, error in answers]


def _told(code: str, error: LedgerError | None) -> Check:
    if error is None:
        return Check.verified(code)
    return Check(code, Status.FAILED, error.code, None, error.expected, error.found)
