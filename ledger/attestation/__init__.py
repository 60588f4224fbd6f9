"""An attestation: an SD-JWT VC about one stage of a transfer (RFC 9901, `typ` dc+sd-jwt).

    jwt~disclosure~…~      what its issuer gives out (RFC 9901, 4)
    jwt                    what is logged, disclosures never

Reading says what is claimed, in the clear and with what is disclosed; whose key signed, and that
it did, `jws` says; whether that key was accredited, and the stage in order, is for others.

    draft(key, claims, concealed)      → what is to be signed, and the disclosures
    Attestation.read(jwt, disclosures) → the stage, its claims as logged and as shown
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.attestation.backup import Backup, BackupClaims
from ledger.attestation.claims import Stage, Subject
from ledger.attestation.post_check import PostCheck, PostCheckClaims
from ledger.attestation.pre_assessment import PreAssessment, PreAssessmentClaims
from ledger.disclosure import Disclosure, Path, conceal, reveal
from ledger.entry import check_names_and_numbers, decode_members
from ledger.errors import MalformedError
from ledger.jwk import PublicKey
from ledger.jws import Jws, Unsigned, unsigned
from ledger.kinds.concealment import check_concealable

__all__ = [
    "STAGES",
    "TYP",
    "Attestation",
    "Backup",
    "PostCheck",
    "PreAssessment",
    "Stage",
    "StageClaims",
    "Subject",
    "draft",
]

TYP = "dc+sd-jwt"

StageClaims = PreAssessmentClaims | BackupClaims | PostCheckClaims
STAGES: dict[Stage, type[StageClaims]] = {
    Stage.PRE_ASSESSMENT: PreAssessmentClaims,
    Stage.BACKUP: BackupClaims,
    Stage.POST_CHECK: PostCheckClaims,
}

_SUBJECT = "credentialSubject"
_SEPARATOR = "~"
_SHOWN = 80
_BY_VCT = {stage.vct: stage for stage in Stage}


@dataclass(frozen=True, slots=True)
class Attestation:
    """An attestation as it was read; its signature is checked by `jws.verify`."""

    jws: Jws
    stage: Stage
    claims: StageClaims
    """As the log has them: what is concealed is UNSET."""
    shown: StageClaims
    """With what was disclosed."""
    disclosures: tuple[str, ...] = ()

    @classmethod
    def read(cls, jwt: str, disclosures: Iterable[str] = ()) -> Attestation:
        """Read an issuer-signed JWT with some of its disclosures.

        Raises MalformedError for anything that is no attestation, VerificationError for a
        disclosure that does not belong to it, or that uncovers what must not be concealed.
        """
        jws = Jws.parse(jwt, typ=TYP)
        value = jws.claims
        stage = _stage(value)
        given = tuple(disclosures)
        logged = _decode(value, stage)
        revealed = reveal(value, given)
        shown = logged if revealed == value else _decode(revealed, stage)
        check_concealable(logged, shown)
        if not _hides(value, given):
            shown.subject.check_complete()
        return cls(jws, stage, logged, shown, given)

    @classmethod
    def from_sd_jwt(cls, text: str) -> Attestation:
        """Read the compact form without key binding (RFC 9901, 4); raises what `read` does."""
        jwt, *disclosures = text.strip().split(_SEPARATOR)
        if not disclosures or disclosures.pop():
            raise MalformedError(
                "attestation.sd-jwt",
                "not an SD-JWT as it is read here",
                expected="a JWT and its disclosures, each with ~ behind it, without key binding",
                found=ascii(text[-_SHOWN:]),
            )
        return cls.read(jwt, disclosures)

    def to_sd_jwt(self) -> str:
        """Write the compact form."""
        return "".join(part + _SEPARATOR for part in (self.jws.text, *self.disclosures))

    @property
    def leaf_hash(self) -> bytes:
        """Give the leaf that it speaks of."""
        return self.claims.subject.leaf_hash


def draft(
    key: PublicKey,
    claims: Mapping[str, Any],
    *,
    concealed: Sequence[Path] = (),
    header: Mapping[str, Any] | None = None,
) -> tuple[Unsigned, list[str]]:
    """Make an attestation that `key` is to sign, and the disclosures of what is concealed in it.

    `concealed` are members of `credentialSubject`. Raises MalformedError where the claims are not
    those of a stage or lack something, VerificationError where one must stand in the clear.
    """
    value = dict(claims)
    stage = _stage(value)
    check_names_and_numbers(value)
    whole = _decode(value, stage)
    whole.subject.check_complete()
    paths = [(_SUBJECT, *((path,) if isinstance(path, str) else path)) for path in concealed]
    hidden, disclosures = conceal(value, paths)
    check_concealable(_decode(hidden, stage), whole)
    return unsigned(key, hidden, typ=TYP, header=header), disclosures


def _stage(value: Mapping[str, Any]) -> Stage:
    vct = value.get("vct")
    if not isinstance(vct, str) or vct not in _BY_VCT:
        raise MalformedError(
            "attestation.type",
            "unknown type of attestation",
            expected=" or ".join(sorted(_BY_VCT)),
            found=ascii(vct)[:_SHOWN],
        )
    return _BY_VCT[vct]


def _decode(value: Mapping[str, Any], stage: Stage) -> StageClaims:
    check_names_and_numbers(dict(value))
    return decode_members(dict(value), STAGES[stage])


def _hides(value: Any, disclosures: tuple[str, ...]) -> bool:
    """Say whether something is left concealed, which the rest may not be asked about."""
    shown = [Disclosure.parse(text).value for text in disclosures]
    return _digests([value, *shown]) > len(disclosures)


def _digests(value: Any) -> int:
    if isinstance(value, dict):
        return len(value.get("_sd", ())) + sum(map(_digests, value.values()))
    return sum(map(_digests, value)) if isinstance(value, list) else 0
