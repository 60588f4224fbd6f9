"""The verifier on a dossier: each stage, who attested, what became of it, who received it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger import manifest, receipt, status, status_list
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.bundle import Bundle, FirstAnchor, LoggedAttestation, LoggedManifest
from ledger.errors import UnavailableError
from ledger.jwk import PrivateKey
from ledger.jws import Unsigned
from ledger.kinds.members import Digests
from ledger.manifest import places
from ledger.merkle import inclusion_proof, root
from ledger.organisation import Organisation, Role
from ledger.receipt import Received
from ledger.report import Report, Status
from ledger.statement import Statement
from ledger.status import Action
from ledger.status_list import Statuses, TokenStatus
from ledger.trust import Trust
from ledger.verify import verify
from tests.covered_transfer import CASES, ISSUED, KEY, records
from tests.samples import BLOCK_TIME, SampleLog, transfer

_EXPORTER, _RECIPIENT, _REGULATOR, _STRANGER = (PrivateKey.generate() for _ in range(4))
_PRE, _BACKUP, _CHECK = Stage
_STAGE_OF = {"pre_assessment": _PRE, "backup": _BACKUP, "post_check": _CHECK}
_FILE = {"size": 3, "digests": {"sha-256": "ab" * 32}}
_LIST = "https://example.com/statuses/1"
_LATER = BLOCK_TIME + 10**6

_ORGANISATIONS = (
    Organisation("uscc:91440300MA5EXPORT1", frozenset({Role.ENTERPRISE}), (_EXPORTER.public,)),
    Organisation("hkbr:12345678", frozenset({Role.ENTERPRISE}), (_RECIPIENT.public,)),
    Organisation("cac", frozenset({Role.REGULATOR}), (_REGULATOR.public,), frozenset({"CN"})),
)


def _accredited(*changes: Change) -> Accreditation:
    grant = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * _LATER)
    return Accreditation("CN", KEY.public.thumbprint, (grant, *changes))


class _Dossier:
    """A log of a dossier, with more records behind it, and its bundle."""

    def __init__(
        self, changes: dict[str, Any] | None = None, *, order: Sequence[str] = CASES
    ) -> None:
        self.records = records({"transfer/files": [_FILE], **(changes or {})})
        self.more: list[tuple[str, Statement]] = []
        self._order = order
        self.status_lists: tuple[str, ...] = ()
        self.manifest: Statement | None = None

    def __getitem__(self, case: str) -> Statement:
        return self.records[case]

    def add(self, kind: str, waiting: Unsigned, key: PrivateKey) -> None:
        """Log something signed after all else."""
        self.more.append((kind, Statement.build({"kind": kind, "jws": waiting.sign(key).text})))

    def say(
        self, case: str, action: Action, key: PrivateKey = KEY, *, at: int = ISSUED + 10**6
    ) -> None:
        """Log a status of one of the records."""
        about = self[case]
        waiting = status.draft(
            key.public,
            issuer="someone",
            issued_at=at,
            leaf=about.leaf_hash,
            record_id=str(about.members.record_id),
            action=action,
            reason="because",
        )
        self.add("status", waiting, key)

    def receive(self, *received: Received, key: PrivateKey = _RECIPIENT, iss: str) -> None:
        """Log a receipt of the transfer."""
        about = self["transfer"]
        waiting = receipt.draft(
            key.public,
            issuer=iss,
            issued_at=ISSUED,
            transfer=about.leaf_hash,
            record_id=str(about.members.record_id),
            sent=about.members.files,  # type: ignore[attr-defined]  # a transfer's
            received=received,
            purpose="loan",
            scope="one department",
        )
        self.add("receipt", waiting, key)

    @property
    def log(self) -> SampleLog:
        entries = list(_OTHERS)
        entries += [self.records[case].entry for case in self._order]
        entries += [statement.entry for _, statement in self.more]
        return SampleLog(entries, _SIGNER)

    def bundle(self, *, without: Sequence[str] = ()) -> Bundle:
        """Make the bundle of the transfer, all there is in it."""
        log = self.log
        places_of = {case: log.entries.index(self.records[case].entry) for case in CASES}
        logged = {"status": [], "receipt": [], "manifest": []}  # type: dict[str, list[Any]]
        for kind, statement in self.more:
            logged[kind].append(log.logged(log.entries.index(statement.entry)))
        bundle = log.bundle(places_of["transfer"])
        return replace(
            bundle,
            plan=None if "plan" in without else log.logged(places_of["plan"]),
            attestations={
                stage: LoggedAttestation(log.logged(places_of[case]))
                for case, stage in _STAGE_OF.items()
                if case not in without
            },
            statuses=tuple(logged["status"]),
            receipts=tuple(logged["receipt"]),
            status_lists=self.status_lists,
            manifest=(
                LoggedManifest(logged["manifest"][0], self._place()) if logged["manifest"] else None
            ),
        )

    def submit(self, key: PrivateKey = _EXPORTER, iss: str = "uscc:91440300MA5EXPORT1") -> None:
        """Log a manifest over the records as one batch."""
        waiting = manifest.draft(key.public, self._leaves(), issuer=iss, issued_at=ISSUED)
        self.add("manifest", waiting, key)

    def _leaves(self) -> list[bytes]:
        return [self.records[case].leaf_hash for case in CASES]

    def _place(self) -> manifest.Place:
        return places(self._leaves(), [CASES.index("transfer")])[0]

    def trust(self, *accreditations: Accreditation) -> Trust:
        return replace(
            self.log.trust(),
            organisations=_ORGANISATIONS,
            accreditations=accreditations or (_accredited(),),
        )

    def verify(self, *accreditations: Accreditation, **options: Any) -> Report:
        bundle = options.pop("bundle", None) or self.bundle()
        trust = options.pop("trust", None) or self.trust(*accreditations)
        options.setdefault("now", datetime.fromtimestamp(_LATER, UTC))
        # As a stranger gets it.
        text = bundle.to_json()
        return verify(text, trust=trust, without_files=True, **options)


_SIGNER = SampleLog([]).signer
_OTHERS = [transfer().entry for _ in range(3)]


def _wrong(report: Report) -> list[tuple[str, str, str | None]]:
    """List what is not verified: check, status, reason."""
    return [
        (check.code, check.status.value, check.reason)
        for check in report.checks
        if check.status not in {Status.VERIFIED, Status.SKIPPED}
    ]


# In order


def test_dossier_in_order_is_verified_stage_by_stage() -> None:
    report = _Dossier().verify(required=Stage)
    assert _wrong(report) == []
    assert report.verdict is Status.VERIFIED
    told = [check.subject for check in report.checks if check.code == "attestation.accredited"]
    assert told == ["pre-assessment", "backup", "post-check"]


def test_dossier_bundle_survives_json() -> None:
    whole = _Dossier()
    whole.say("backup", Action.SUSPEND)
    whole.submit()
    whole.receive(iss="hkbr:12345678")
    bundle = whole.bundle()
    assert Bundle.from_json(bundle.to_json()) == bundle


def test_stage_that_is_required_and_not_there_leaves_the_verdict_open() -> None:
    whole = _Dossier()
    bundle = whole.bundle(without=["post_check"])
    assert _wrong(whole.verify(bundle=bundle)) == []
    open_ = whole.verify(bundle=bundle, required=Stage)
    assert _wrong(open_) == [("attestation.present", "undetermined", "stage.absent")]


@pytest.mark.parametrize(("missing", "alone"), [("plan", 1), ("backup", 1)])
def test_stage_whose_other_record_is_not_there_is_undetermined(missing: str, alone: int) -> None:
    whole = _Dossier()
    wrong = _wrong(whole.verify(bundle=whole.bundle(without=[missing])))
    assert wrong.count(("attestation.rules", "undetermined", "stage.alone")) == alone
    assert {status for _, status, _ in wrong} == {"undetermined"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"transfer/recipient/id": "hkbr:1"}, "pre-assessment.parties"),
        ({"pre_assessment/credentialSubject/outcome": "rejected"}, "pre-assessment.outcome"),
        ({"backup/credentialSubject/retained_until": "2026-01-01"}, "backup.retention"),
        ({"post_check/credentialSubject/outcome": "deviating"}, "post-check.outcome"),
    ],
)
def test_rule_that_is_broken_fails_the_bundle(changes: dict[str, Any], code: str) -> None:
    report = _Dossier(changes).verify()
    assert _wrong(report) == [(code, "failed", "stage.broken")]


def test_order_of_the_stages_is_the_logs() -> None:
    order = ("plan", "transfer", "pre_assessment", "backup", "post_check")
    report = _Dossier(order=order).verify()
    assert _wrong(report) == [("pre-assessment.order", "failed", "stage.broken")]


# Tampered with


def test_attestation_of_another_stage_in_its_place_fails() -> None:
    whole = _Dossier()
    bundle = whole.bundle()
    swapped = {_BACKUP: bundle.attestations[_CHECK]}
    wrong = _wrong(whole.verify(bundle=replace(bundle, attestations=swapped)))
    assert wrong == [("attestation.stage", "failed", "attestation.other-stage")]


def test_attestation_that_is_not_in_the_log_fails() -> None:
    whole, other = _Dossier(), _Dossier()
    bundle = replace(whole.bundle(), attestations=other.bundle().attestations)
    wrong = _wrong(whole.verify(bundle=bundle))
    assert [code for code, *_ in wrong] == ["attestation.inclusion"] * 3


def test_entry_of_another_kind_as_an_attestation_fails() -> None:
    whole = _Dossier()
    log = whole.log
    index = log.entries.index(whole["transfer"].entry)
    bundle = replace(whole.bundle(), attestations={_BACKUP: LoggedAttestation(log.logged(index))})
    wrong = _wrong(whole.verify(bundle=bundle))
    assert wrong == [("attestation.signature", "failed", "entry.other-kind")]


def test_attestation_whose_signature_is_wrong_fails() -> None:
    whole = _Dossier()
    jws = str(whole["backup"].value["jws"])
    head, _, signature = jws.rpartition(".")
    forged = f"{head}.{'A' * len(signature)}"
    whole.records["backup"] = Statement.build({"kind": "attestation", "jws": forged})
    wrong = _wrong(whole.verify(bundle=whole.bundle(without=["post_check"])))
    assert wrong == [("attestation.signature", "failed", "jws.signature")]


# Who was accredited, and when


def test_attestor_whom_nobody_accredited_is_undetermined() -> None:
    whole = _Dossier()
    trust = replace(whole.trust(), accreditations=())
    wrong = _wrong(whole.verify(trust=trust))
    assert wrong == [("attestation.accredited", "undetermined", "accreditation.unknown")] * 3


@pytest.mark.parametrize(
    "grant",
    [
        Change(1, Standing.ACCREDITED, frozenset({_BACKUP, _CHECK}), 1, 2 * _LATER),
        Change(1, Standing.ACCREDITED, frozenset(Stage), ISSUED + 1, 2 * _LATER),
        Change(ISSUED + 1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * _LATER),
    ],
)
def test_attestor_without_accreditation_for_the_stage_when_he_signed_fails(grant: Change) -> None:
    accreditation = Accreditation("CN", KEY.public.thumbprint, (grant,))
    wrong = _wrong(_Dossier().verify(accreditation))
    assert wrong == [("attestation.accredited", "failed", "accreditation.not-then")]


def test_accreditation_of_another_jurisdiction_does_not_count() -> None:
    wrong = _wrong(_Dossier().verify(replace(_accredited(), jurisdiction="HK")))
    assert wrong == [("attestation.accredited", "undetermined", "accreditation.unknown")] * 3


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.SUSPENDED])
def test_accreditation_that_ended_before_the_anchor_is_undetermined(standing: Standing) -> None:
    """It may have been anchored before by an anchor that the bundle does not show."""
    ended = Change(BLOCK_TIME, standing)
    wrong = _wrong(_Dossier().verify(_accredited(ended)))
    assert wrong == [("attestation.accredited", "undetermined", "accreditation.ended")] * 3


def test_back_dated_attestation_by_a_key_compromised_before_its_anchor_fails() -> None:
    compromised = Change(_LATER, Standing.COMPROMISED, from_=BLOCK_TIME)
    wrong = _wrong(_Dossier().verify(_accredited(compromised)))
    assert wrong == [("attestation.accredited", "failed", "accreditation.compromised")] * 3


def test_key_compromised_after_the_anchor_leaves_what_it_signed() -> None:
    compromised = Change(_LATER, Standing.COMPROMISED, from_=BLOCK_TIME + 1)
    assert _wrong(_Dossier().verify(_accredited(compromised))) == []


def _with_first_anchor(whole: _Dossier, *, block_time: int) -> tuple[Bundle, Trust]:
    """Show of the pre-assessment that an earlier, smaller head held it."""
    bundle, log = whole.bundle(), whole.log
    size = log.entries.index(whole["pre_assessment"].entry) + 1
    leaves = log.leaves[:size]
    anchor = replace(
        log.anchor,
        size=size,
        root=root(leaves),
        block_time=block_time,
        block_number=5,
        block_hash=b"\x0a" * 32,
        transaction=b"\x0b" * 32,
    )
    first = FirstAnchor(anchor, tuple(inclusion_proof(leaves, size - 1)))
    shown = {**bundle.attestations, _PRE: replace(bundle.attestations[_PRE], first=first)}
    trust = whole.trust(_accredited(Change(_LATER, Standing.COMPROMISED, from_=BLOCK_TIME)))
    return replace(bundle, attestations=shown), replace(trust, anchors=(*trust.anchors, anchor))


def test_first_anchor_shows_that_it_was_anchored_before_the_compromise() -> None:
    whole = _Dossier()
    bundle, trust = _with_first_anchor(whole, block_time=BLOCK_TIME - 1)
    wrong = _wrong(whole.verify(bundle=bundle, trust=trust))
    # The pre-assessment is saved, the later two are not.
    assert wrong == [("attestation.accredited", "failed", "accreditation.compromised")] * 2
    assert _wrong(whole.verify(bundle=bundle, trust=replace(trust, anchors=trust.anchors[:1])))[
        0
    ] == ("attestation.first-anchor", "undetermined", "anchor.unpinned")


def test_first_anchor_that_did_not_hold_it_fails() -> None:
    whole = _Dossier()
    bundle, trust = _with_first_anchor(whole, block_time=BLOCK_TIME - 1)
    attested = bundle.attestations[_PRE]
    assert attested.first is not None
    other = replace(attested.first, path=attested.first.path[:-1])
    broken = replace(
        bundle, attestations={**bundle.attestations, _PRE: replace(attested, first=other)}
    )
    assert _wrong(whole.verify(bundle=broken, trust=trust))[0][:2] == (
        "attestation.first-anchor",
        "failed",
    )


class _Silent:
    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        raise UnavailableError("chain.unreachable", f"{jurisdiction} {key.hex()}")


def test_source_of_accreditations_that_does_not_answer_is_undetermined() -> None:
    wrong = _wrong(_Dossier().verify(accreditations=_Silent()))
    assert wrong == [("attestation.accredited", "undetermined", "accreditation.unavailable")] * 3


# What became of it


@pytest.mark.parametrize("case", ["backup", "post_check"])
@pytest.mark.parametrize(
    ("action", "reason"),
    [(Action.REVOKE, "attestation.revoked"), (Action.SUSPEND, "attestation.suspended")],
)
def test_attestation_that_its_issuer_takes_back_fails(
    case: str, action: Action, reason: str
) -> None:
    whole = _Dossier()
    whole.say(case, action)
    assert _wrong(whole.verify()) == [("attestation.status", "failed", reason)]


def test_pre_assessment_revoked_after_the_transfer_had_happened_still_covers_it() -> None:
    whole = _Dossier()
    whole.say("pre_assessment", Action.REVOKE)
    assert _wrong(whole.verify()) == []


def test_pre_assessment_revoked_before_the_transfer_covers_nothing() -> None:
    whole = _Dossier()
    whole.say("pre_assessment", Action.REVOKE, at=ISSUED + 60)
    wrong = _wrong(whole.verify())
    assert wrong == [("attestation.status", "failed", "attestation.revoked")]


def test_suspension_that_was_lifted_leaves_nothing() -> None:
    whole = _Dossier()
    whole.say("backup", Action.SUSPEND)
    whole.say("backup", Action.REINSTATE)
    assert _wrong(whole.verify()) == []


def test_statuses_in_an_order_that_cannot_be_fail() -> None:
    whole = _Dossier()
    whole.say("backup", Action.REVOKE)
    whole.say("backup", Action.REINSTATE)
    assert _wrong(whole.verify()) == [("attestation.status", "failed", "status.order")]


def test_status_by_a_stranger_changes_nothing() -> None:
    whole = _Dossier()
    whole.say("backup", Action.REVOKE, _STRANGER)
    whole.say("transfer", Action.STOP, _STRANGER)
    whole.say("transfer", Action.STOP, _EXPORTER)
    assert _wrong(whole.verify()) == []


@pytest.mark.parametrize("case", ["transfer", "plan"])
def test_order_of_a_regulator_stops_transfer_and_plan(case: str) -> None:
    whole = _Dossier()
    whole.say(case, Action.STOP, _REGULATOR)
    assert _wrong(whole.verify()) == [("record.stopped", "failed", "record.stopped")]
    whole.say(case, Action.REINSTATE, _REGULATOR)
    assert _wrong(whole.verify()) == []


def test_order_of_a_regulator_of_elsewhere_changes_nothing() -> None:
    whole = _Dossier()
    whole.say("transfer", Action.STOP, _REGULATOR)
    trust = whole.trust()
    foreign = replace(_ORGANISATIONS[2], jurisdictions=frozenset({"SG"}))
    assert _wrong(whole.verify(trust=replace(trust, organisations=(foreign,)))) == []


# Status lists


def _listed(told: int = TokenStatus.VALID, key: PrivateKey = KEY) -> _Dossier:
    place = {"status_list": {"idx": 9, "uri": _LIST}}
    whole = _Dossier({"backup/status": place})
    waiting = status_list.draft(
        key.public,
        Statuses.of({9: told}, size=16),
        address=_LIST,
        issued_at=_LATER - 60,
        expires_at=_LATER + 60,
        time_to_live=60,
    )
    whole.status_lists = (waiting.sign(key).text,)
    return whole


def test_status_list_says_valid() -> None:
    report = _listed().verify()
    assert _wrong(report) == []
    assert [c.status for c in report.checks if c.code == "attestation.status"] == [
        Status.SKIPPED,
        Status.VERIFIED,
        Status.SKIPPED,
    ]


@pytest.mark.parametrize(
    ("told", "reason"),
    [(1, "attestation.revoked"), (2, "attestation.suspended"), (3, "attestation.revoked")],
)
def test_status_list_says_otherwise_and_the_worst_counts(told: int, reason: str) -> None:
    assert _wrong(_listed(told).verify()) == [("attestation.status", "failed", reason)]


@pytest.mark.parametrize("offset", [timedelta(seconds=60), timedelta(seconds=-61)])
def test_status_list_of_another_time_is_undetermined(offset: timedelta) -> None:
    now = datetime.fromtimestamp(_LATER, UTC) + offset
    wrong = _wrong(_listed().verify(now=now))
    assert wrong == [("attestation.status", "undetermined", "status-list.time")]


def test_status_list_that_is_not_there_is_undetermined_never_valid() -> None:
    whole = _listed()
    whole.status_lists = ()
    wrong = _wrong(whole.verify())
    assert wrong == [("attestation.status", "undetermined", "status-list.absent")]


def test_status_list_by_a_stranger_is_undetermined() -> None:
    wrong = _wrong(_listed(key=_STRANGER).verify())
    assert wrong == [("attestation.status", "undetermined", "status-list.stranger")]


def test_status_list_that_is_forged_fails() -> None:
    whole = _listed()
    head, _, signature = whole.status_lists[0].rpartition(".")
    whole.status_lists = (f"{head}.{'A' * len(signature)}", "not a list")
    assert _wrong(whole.verify()) == [("attestation.status", "failed", "jws.signature")]


# Who handed it in, who received it

_RECEIVED = Received(size=3, digests=Digests(sha_256="ab" * 32))


def test_manifest_of_the_exporter_is_verified() -> None:
    whole = _Dossier()
    whole.submit()
    report = whole.verify()
    assert _wrong(report) == []
    assert "manifest.submitter" in {check.code for check in report.checks}


def test_manifest_of_another_batch_fails() -> None:
    whole = _Dossier()
    whole.submit()
    bundle = whole.bundle()
    assert bundle.manifest is not None
    other = replace(bundle.manifest, place=replace(bundle.manifest.place, index=0))
    wrong = _wrong(whole.verify(bundle=replace(bundle, manifest=other)))
    assert [entry[:2] for entry in wrong] == [("manifest.record", "failed")]


@pytest.mark.parametrize(
    ("key", "iss", "expected"),
    [
        (_STRANGER, "uscc:91440300MA5EXPORT1", ("undetermined", "organisation.unknown")),
        (_RECIPIENT, "uscc:91440300MA5EXPORT1", ("failed", "organisation.other")),
        (_RECIPIENT, "hkbr:12345678", ("failed", "manifest.other-submitter")),
    ],
)
def test_manifest_by_someone_else_is_not_the_exporters(
    key: PrivateKey, iss: str, expected: tuple[str, str]
) -> None:
    whole = _Dossier()
    whole.submit(key, iss)
    assert _wrong(whole.verify()) == [("manifest.submitter", *expected)]


def test_receipt_of_the_recipient_is_verified() -> None:
    whole = _Dossier()
    whole.receive(_RECEIVED, iss="hkbr:12345678")
    report = whole.verify()
    assert _wrong(report) == []
    assert "receipt.outcome" in {check.code for check in report.checks}


def test_receipt_that_differs_fails() -> None:
    whole = _Dossier()
    whole.receive(iss="hkbr:12345678")
    assert _wrong(whole.verify()) == [("receipt.outcome", "failed", "receipt.differs")]


@pytest.mark.parametrize(
    ("key", "iss", "expected"),
    [
        (_STRANGER, "hkbr:12345678", ("undetermined", "organisation.unknown")),
        (_EXPORTER, "hkbr:12345678", ("failed", "organisation.other")),
        (_EXPORTER, "uscc:91440300MA5EXPORT1", ("failed", "receipt.stranger")),
    ],
)
def test_receipt_by_someone_else_is_not_the_recipients(
    key: PrivateKey, iss: str, expected: tuple[str, str]
) -> None:
    whole = _Dossier()
    whole.receive(_RECEIVED, key=key, iss=iss)
    assert _wrong(whole.verify()) == [("receipt.recipient", *expected)]


def test_receipt_of_another_transfer_fails() -> None:
    whole, other = _Dossier(), _Dossier()
    other.receive(_RECEIVED, iss="hkbr:12345678")
    whole.more = other.more
    assert _wrong(whole.verify()) == [("receipt.outcome", "failed", "receipt.other")]
