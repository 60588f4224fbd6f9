"""Who attested: whether the key is its issuer's, and whether it was accredited when it signed.

The signer's own clock says when that was. That the chain's agrees, `verify` tells of a bundle.
"""

from __future__ import annotations

from ledger.accreditation import AccreditationSource
from ledger.attestation import Stage, StageClaims
from ledger.errors import UnavailableError
from ledger.report import Check
from ledger.report import Status as Outcome
from ledger.stages.comparison import time_text
from ledger.trust import Trust

__all__ = ["check_accredited", "check_issuer"]


def check_issuer(claims: StageClaims, key: bytes, trust: Trust, stage: Stage) -> Check:
    """Check that the key, by its thumbprint, is the issuer's, where anybody here knows whose."""
    code, subject = "attestation.issuer", stage.value
    owner = trust.owner(key)
    if owner is None:
        unknown = "organisation.unknown"
        return Check(code, Outcome.SKIPPED, unknown, subject, found=claims.iss)
    if owner.id == claims.iss:
        return Check.verified(code, subject)
    return Check(code, Outcome.FAILED, "organisation.other", subject, owner.id, claims.iss)


def check_accredited(
    stage: Stage, claims: StageClaims, key: bytes, source: AccreditationSource
) -> Check:
    """Check that the key, by its thumbprint, is accredited for a stage at the time it names."""
    code, subject = "attestation.accredited", stage.value
    who = f"{claims.iss}, key 0x{key.hex()}, {claims.jurisdiction}"
    try:
        known = source.accreditation(claims.jurisdiction, key)
    except UnavailableError as error:
        unasked = "accreditation.unavailable"
        return Check(code, Outcome.UNDETERMINED, unasked, subject, found=str(error))
    if known is None:
        nobody = "accreditation.unknown" if source.asks_chain else "accreditation.not-asked"
        return Check(code, Outcome.UNDETERMINED, nobody, subject, found=who)
    if known.is_accredited(stage, claims.iat):
        return Check.verified(code, subject)
    wanted = f"accredited for {stage.value} at {time_text(claims.iat)}"
    return Check(code, Outcome.FAILED, "accreditation.not-then", subject, wanted, who)
