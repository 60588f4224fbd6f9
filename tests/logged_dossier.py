"""A log that holds a whole dossier, and what others said of it, for tests of the verifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ledger import manifest, receipt, status
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.bundle import Bundle, FirstAnchor, LoggedAttestation, LoggedManifest
from ledger.jwk import PrivateKey
from ledger.jws import Unsigned
from ledger.manifest import places
from ledger.merkle import inclusion_proof, root
from ledger.organisation import Organisation, Role
from ledger.receipt import Received
from ledger.report import Report, Status
from ledger.statement import Statement
from ledger.status import Action
from ledger.trust import Trust
from ledger.verify import verify
from tests.covered_transfer import CASES, ISSUED, KEY, records
from tests.samples import BLOCK_TIME, SampleLog, transfer

EXPORTER, RECIPIENT, REGULATOR, STRANGER = (PrivateKey.generate() for _ in range(4))
_PRE, _BACKUP, _CHECK = Stage
_STAGE_OF = {"pre_assessment": _PRE, "backup": _BACKUP, "post_check": _CHECK}
_FILE = {"size": 3, "digests": {"sha-256": "ab" * 32}}
LATER = BLOCK_TIME + 10**6

ORGANISATIONS = (
    Organisation("uscc:91440300MA5EXPORT1", frozenset({Role.ENTERPRISE}), (EXPORTER.public,)),
    Organisation("hkbr:12345678", frozenset({Role.ENTERPRISE}), (RECIPIENT.public,)),
    Organisation("cac", frozenset({Role.REGULATOR}), (REGULATOR.public,), frozenset({"CN"})),
)


def accredited(*changes: Change) -> Accreditation:
    grant = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * LATER)
    return Accreditation("CN", KEY.public.thumbprint, (grant, *changes))


class LoggedDossier:
    """A log of a dossier, with more records behind it, and its bundle."""

    def __init__(
        self, changes: dict[str, Any] | None = None, *, order: Sequence[str] = CASES
    ) -> None:
        self.records = records({"transfer/files": [_FILE], **(changes or {})})
        self.more: list[tuple[str, Statement]] = []
        self._order = order
        self.status_lists: tuple[str, ...] = ()

    def __getitem__(self, case: str) -> Statement:
        return self.records[case]

    def add(self, kind: str, waiting: Unsigned, key: PrivateKey) -> None:
        """Log something signed after all else."""
        self.more.append((kind, Statement.build({"kind": kind, "jws": waiting.sign(key).text})))

    def say(
        self,
        case: str,
        action: Action,
        key: PrivateKey = KEY,
        *,
        at: int = ISSUED + 10**6,
        compromised_since: int | None = None,
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
            compromised_since=compromised_since,
        )
        self.add("status", waiting, key)

    def receive(self, *received: Received, key: PrivateKey = RECIPIENT, iss: str) -> None:
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

    def submit(self, key: PrivateKey = EXPORTER, iss: str = "uscc:91440300MA5EXPORT1") -> None:
        """Log a manifest over the records as one batch."""
        waiting = manifest.draft(key.public, self.leaves(), issuer=iss, issued_at=ISSUED)
        self.add("manifest", waiting, key)

    def leaves(self) -> list[bytes]:
        return [self.records[case].leaf_hash for case in CASES]

    def _place(self) -> manifest.Place:
        return places(self.leaves(), [CASES.index("transfer")])[0]

    def trust(self, *accreditations: Accreditation) -> Trust:
        return replace(
            self.log.trust(),
            organisations=ORGANISATIONS,
            accreditations=accreditations or (accredited(),),
        )

    def verify(self, *accreditations: Accreditation, **options: Any) -> Report:
        bundle = options.pop("bundle", None) or self.bundle()
        trust = options.pop("trust", None) or self.trust(*accreditations)
        options.setdefault("now", datetime.fromtimestamp(LATER, UTC))
        # As a stranger gets it.
        text = bundle.to_json()
        return verify(text, trust=trust, without_files=True, **options)


_SIGNER = SampleLog([]).signer
_OTHERS = [transfer().entry for _ in range(3)]


def with_first_anchor(
    whole: LoggedDossier, *changes: Change, block_time: int
) -> tuple[Bundle, Trust]:
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
    shown = {
        **bundle.attestations,
        Stage.PRE_ASSESSMENT: replace(bundle.attestations[Stage.PRE_ASSESSMENT], first=first),
    }
    trust = whole.trust(accredited(*changes))
    return replace(bundle, attestations=shown), replace(trust, anchors=(*trust.anchors, anchor))


def wrong(report: Report) -> list[tuple[str, str, str | None]]:
    """List what is not verified: check, status, reason."""
    return [
        (check.code, check.status.value, check.reason)
        for check in report.checks
        if check.status not in {Status.VERIFIED, Status.SKIPPED}
    ]
