"""What waits for its signature: the exact bytes to sign, and the entry that it will be.

    {"kind": "attestation", "record_id", "salt", "jwk", "signing_input", "disclosures"?}

It is all there is: whoever prepared it need keep nothing, and whoever completes it twice makes the
same entry twice, which a log takes once. What comes back is read again, since it may have been
changed on the way: the signature must be over it, by the key that its own header names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ledger import base64url
from ledger.attestation import Attestation, Stage, draft
from ledger.disclosure import MAX_DISCLOSURES, Path
from ledger.errors import MalformedError
from ledger.issuing.claims import concealable_paths
from ledger.jwk import PrivateKey, PublicKey
from ledger.jws import MAX_JWS_SIZE, Jws, Unsigned
from ledger.members import Members, read_text
from ledger.signed import READERS, Carrier
from ledger.statement import Statement, new_record_id, new_salt

if TYPE_CHECKING:
    from ledger.certificate_chain import Certificate

__all__ = ["Finished", "Prepared", "prepare_attestation", "prepare_word", "signature_of"]

_SIGNATURE_SIZE = 64
_COORDINATE = 32
# A DER sequence of two integers of 33 bytes at most.
_MAX_DER_SIZE = 80
_EMPTY_SIGNATURE = bytes(_SIGNATURE_SIZE)


@dataclass(frozen=True, slots=True)
class Finished:
    """A signed entry, ready to be logged; `sd_jwt` is what its holder keeps, of an attestation."""

    statement: Statement
    sd_jwt: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text that waits for its signature, and the names that its entry will have."""

    kind: str
    record_id: str
    salt: str
    unsigned: Unsigned
    disclosures: tuple[str, ...] = ()

    @classmethod
    def from_value(cls, value: object, where: str = "prepared") -> Prepared:
        """Read what `to_value` wrote; raise MalformedError."""
        members = Members(value, where)
        kind = members.literal("kind", *READERS)
        record_id = members.text("record_id")
        salt = members.text("salt")
        key = PublicKey.from_jwk(members.take("jwk"))
        text = members.text("signing_input", longest=MAX_JWS_SIZE)
        disclosures = members.listed("disclosures", read_text, longest=MAX_DISCLOSURES)
        members.end()
        if not text.isascii():
            raise MalformedError(
                "jws.malformed", where, expected="base64url, a point, base64url", found="other text"
            )
        prepared = cls(kind, record_id, salt, Unsigned(key, text.encode()), disclosures)
        prepared.says()
        if kind == "attestation":
            Attestation.read(prepared._text, disclosures)
        return prepared

    def to_value(self) -> dict[str, Any]:
        """Write the JSON value, nothing of it secret but what its disclosures conceal."""
        value: dict[str, Any] = {
            "kind": self.kind,
            "record_id": self.record_id,
            "salt": self.salt,
            "jwk": self.unsigned.key.to_jwk(),
            "signing_input": self.unsigned.signing_input.decode(),
        }
        if self.disclosures:
            value["disclosures"] = list(self.disclosures)
        return value

    def says(self) -> Carrier:
        """Read what is about to be signed; raise MalformedError."""
        said = READERS[self.kind](self._text)
        if said.jws.key != self.unsigned.key:
            raise MalformedError(
                "jws.malformed",
                "the header names another key",
                expected="the key that is to sign",
                found="another, or none",
            )
        return said

    @property
    def _text(self) -> str:
        return f"{self.unsigned.signing_input.decode()}.{base64url.encode(_EMPTY_SIGNATURE)}"

    def certified(self, chain: Sequence[Certificate]) -> Prepared:
        """Let the key's certificates come along (`x5c`), for readers who trust who issued them.

        Raises VerificationError where they are another key's or no chain, MalformedError where they
        are too long.
        """
        # X.509 starts slowly, and few signatures bring certificates.
        from ledger.certificate_chain import check_links  # noqa: PLC0415

        check_links(chain, self.unsigned.key)
        return replace(self, unsigned=self.unsigned.certified(chain))

    def sign(self, key: PrivateKey) -> Finished:
        """Sign with the key at hand."""
        return self._finish(self.unsigned.sign(key))

    def complete(self, signature: bytes) -> Finished:
        """Take a signature that was made elsewhere; raise VerificationError for a wrong one."""
        return self._finish(self.unsigned.complete(signature))

    def _finish(self, jws: Jws) -> Finished:
        statement = Statement.build(
            {"kind": self.kind, "record_id": self.record_id, "salt": self.salt, "jws": jws.text}
        )
        if self.kind != "attestation":
            return Finished(statement, None)
        return Finished(statement, "~".join((jws.text, *self.disclosures, "")))


def prepare_attestation(
    stage: Stage,
    claims: Mapping[str, Any],
    key: PublicKey,
    *,
    concealed: Iterable[Path] | None = None,
) -> Prepared:
    """Make an attestation ready to be signed; all that may be concealed is, unless said otherwise.

    Raises what `attestation.draft` raises.
    """
    paths: Sequence[Path] = (
        concealable_paths(stage, claims) if concealed is None else list(concealed)
    )
    waiting, disclosures = draft(key, claims, concealed=paths)
    return Prepared("attestation", new_record_id(), new_salt(), waiting, tuple(disclosures))


def prepare_word(kind: str, waiting: Unsigned) -> Prepared:
    """Make a receipt or a status ready to be signed."""
    return Prepared(kind, new_record_id(), new_salt(), waiting)


def signature_of(data: bytes) -> bytes:
    """Read a signature as signers write it: 64 bytes, base64url of those, or DER (ECDSA).

    Raises MalformedError.
    """
    if len(data) == _SIGNATURE_SIZE:
        return data
    try:
        text = data.decode("ascii").strip()
        if len(decoded := base64url.decode(text)) == _SIGNATURE_SIZE:
            return decoded
    except (UnicodeDecodeError, MalformedError):
        pass
    try:
        if len(data) <= _MAX_DER_SIZE:
            r, s = decode_dss_signature(data)
            return r.to_bytes(_COORDINATE) + s.to_bytes(_COORDINATE)
    except (ValueError, OverflowError):
        pass
    raise MalformedError(
        "jws.signature-form",
        "not a signature as it is read here",
        expected=f"{_SIGNATURE_SIZE} bytes, the same in base64url, or DER",
        found=f"{len(data)} bytes",
    )
