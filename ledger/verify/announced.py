"""What `AttestationRegistry` says: what became of an attestation, and who stopped a record.

Whose word counts there: of an attestation the accounts that its key's accreditation names as
controllers, of a transfer and its plan the authorities of either jurisdiction. Block times are
nobody's own word, so that every answer is for the time that is asked about.
"""

from __future__ import annotations

from ledger.attestation import Attestation
from ledger.errors import UnavailableError
from ledger.stages import Dossier, Entry
from ledger.status import Action
from ledger.status_source import last_announced
from ledger.trust import Source, TrustedStatuses
from ledger.verify.case import Case
from ledger.verify.signed import SignedEntry

__all__ = ["MAX_CONTROLLERS", "ask_registry", "stopped_by"]

# A key that changed hands more often is asked about for the last of them.
MAX_CONTROLLERS = 16


def ask_registry(
    attestation: SignedEntry[Attestation],
    case: Case,
    rules: TrustedStatuses | None,
    *,
    at: int,
) -> list[Action | None]:
    """Tell what each controller of the key said last, up to a time; nothing where nobody is asked.

    Raises UnavailableError where the registry could not be asked, or must be and cannot.
    """
    is_required = rules is not None and Source.REGISTRY in rules.required
    if case.registry is None:
        if is_required:
            raise _unasked("nobody may be asked")
        return []
    known = case.accreditations.accreditation(
        attestation.says.claims.jurisdiction, attestation.thumbprint
    )
    changes = () if known is None else known.changes
    named = [change.controller for change in changes if change.controller is not None]
    controllers = list(dict.fromkeys(reversed(named)))[:MAX_CONTROLLERS]
    if not controllers and is_required:
        raise _unasked("no account is known that speaks for the key")
    leaf = attestation.statement.leaf_hash
    return [
        last_announced(case.registry.announced(controller, leaf), at=at)
        for controller in controllers
    ]


def stopped_by(entry: Entry[object], dossier: Dossier, case: Case) -> bytes | None:
    """Name the authority, of either side, whose last word is that a record is stopped.

    Of all that spoke for a jurisdiction, each in his term, the last word counts: a successor lifts
    what its predecessor ordered. `ProvenanceGate` answers the same. Raises UnavailableError.
    """
    if case.registry is None:
        return None
    for jurisdiction in sorted({dossier.transfer.says.from_, dossier.transfer.says.to}):
        # The oldest term first, so that in the block of handing on the successor's word is last.
        said = [
            (one.time, one.action, term.account)
            for term in case.registry.terms(jurisdiction)
            for one in case.registry.announced(term.account, entry.leaf_hash)
            if term.from_ <= one.time <= min(case.latest, term.until)
        ]
        said.sort(key=lambda word: word[0])
        if said and said[-1][1] is not Action.REINSTATE:
            return said[-1][2]
    return None


def _unasked(why: str) -> UnavailableError:
    return UnavailableError(
        "status.registry-absent",
        "the trust file requires AttestationRegistry to be asked",
        expected="an answer of AttestationRegistry",
        found=why,
        hint="Name nodes, and where the contract stands, in the trust file; not with --offline.",
    )
