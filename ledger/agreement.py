"""An operator's agreement to a change of operators, or to the closing of a log, as a file.

    {"mediaType": "application/vnd.crossproof.agreement.v1+json",
     "chain_id": 1, "contract": "0x…", "log_id": "0x…", "epoch": 1,
     "change": {"operators": ["0x…", …], "threshold": 2, "nonce": 0},
     "signature": "0x…"}                            or, in the place of "change":
     "closing": {"size": 1000, "root": "0x…", "successor": "0x…"}       null for none

What is signed (EIP-712, in the domain of `head_signature`) follows from the other members, so that
whoever gets such a file can see what it agrees to and by whom. It is no secret: it lets nobody but
the log's admin do anything, and only this one thing.

    OperatorChange(bytes32 logId,uint64 epoch,address[] operators,uint8 threshold,uint64 nonce)
    Closing(bytes32 logId,uint64 epoch,uint64 size,bytes32 root,bytes32 successor)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ledger.canonical import MAX_INTEGER, parse
from ledger.errors import ConflictError, MalformedError
from ledger.evm_key import TypedData, recover
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.keccak import keccak256
from ledger.members import Members, read_text
from ledger.merkle import HASH_SIZE

__all__ = ["MAX_AGREEMENT_SIZE", "MEDIA_TYPE", "Agreement", "Closing", "OperatorChange", "gather"]

MEDIA_TYPE = "application/vnd.crossproof.agreement.v1+json"
MAX_AGREEMENT_SIZE = 16_384
# The contract allows a log no more (`AnchorRegistry.MAX_OPERATORS`).
MAX_OPERATORS = 16
_ADDRESS_SIZE = 20
_SIGNATURE_SIZE = 65
_CHANGE = (
    "OperatorChange(bytes32 logId,uint64 epoch,address[] operators,uint8 threshold,uint64 nonce)"
)
_CLOSING = "Closing(bytes32 logId,uint64 epoch,uint64 size,bytes32 root,bytes32 successor)"


@dataclass(frozen=True, slots=True)
class OperatorChange:
    """Who would sign a log's heads, and how many of them; operators in ascending order."""

    operators: tuple[bytes, ...]
    threshold: int
    nonce: int

    def struct(self, domain: HeadDomain) -> bytes:
        """Encode what is signed; EIP-712 hashes an array as its elements, in a word each."""
        operators = keccak256(b"".join(address.rjust(32, b"\0") for address in self.operators))
        words = (_word(domain.epoch), operators, _word(self.threshold), _word(self.nonce))
        return b"".join((_hashed(_CHANGE), domain.log_id, *words))

    def typed_data(self, domain: HeadDomain) -> TypedData:
        """Write what is signed, for signers that compute its digest themselves."""
        message = {
            "operators": [_hex(address) for address in self.operators],
            "threshold": self.threshold,
            "nonce": str(self.nonce),
        }
        return domain.typed_message(_CHANGE, message, domain.typed_digest(self.struct(domain)))

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object."""
        return {
            "operators": [_hex(address) for address in self.operators],
            "threshold": self.threshold,
            "nonce": self.nonce,
        }


@dataclass(frozen=True, slots=True)
class Closing:
    """A log's final head, and the log that continues it, if any."""

    size: int
    root: bytes
    successor: bytes | None = None

    def struct(self, domain: HeadDomain) -> bytes:
        """Encode what is signed."""
        words = (_word(domain.epoch), _word(self.size), self.root, self.successor or bytes(32))
        return b"".join((_hashed(_CLOSING), domain.log_id, *words))

    def typed_data(self, domain: HeadDomain) -> TypedData:
        """Write what is signed, for signers that compute its digest themselves."""
        message = {
            "size": str(self.size),
            "root": _hex(self.root),
            "successor": _hex(self.successor or bytes(32)),
        }
        return domain.typed_message(_CLOSING, message, domain.typed_digest(self.struct(domain)))

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object."""
        successor = None if self.successor is None else _hex(self.successor)
        return {"size": self.size, "root": _hex(self.root), "successor": successor}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an operator has agreed to, for which log, contract, chain and epoch."""

    domain: HeadDomain
    matter: OperatorChange | Closing
    signature: bytes

    @classmethod
    def sign(cls, matter: OperatorChange | Closing, signer: HeadSigner) -> Agreement:
        """Agree as the operator whose key `signer` has, in the epoch of its domain."""
        signature = signer.sign_typed_data(matter.typed_data(signer.domain))
        return cls(signer.domain, matter, signature)

    @classmethod
    def from_json(cls, data: bytes | str) -> Agreement:
        """Read an agreement; raise MalformedError. Whose it is `signer` tells, and nobody else."""
        raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
        if len(raw) > MAX_AGREEMENT_SIZE:
            raise MalformedError(
                "agreement.size",
                "agreement: too large",
                expected=f"at most {MAX_AGREEMENT_SIZE} bytes",
                found=f"{len(raw)} bytes",
            )
        members = Members(parse(raw), "agreement")
        members.literal("mediaType", MEDIA_TYPE)
        domain = HeadDomain(
            members.integer("chain_id", 1, MAX_INTEGER),
            members.prefixed("contract", _ADDRESS_SIZE),
            members.hash("log_id"),
            members.integer("epoch", 1, MAX_INTEGER),
        )
        matter: OperatorChange | Closing
        if members.has("change"):
            matter = _read_change(Members(members.take("change"), "agreement.change"))
        else:
            matter = _read_closing(Members(members.take("closing"), "agreement.closing"))
        agreement = cls(domain, matter, members.prefixed("signature", _SIGNATURE_SIZE))
        members.end()
        return agreement

    @property
    def signer(self) -> bytes | None:
        """Give the address that signed just this, None where the signature is none."""
        return recover(self.domain.typed_digest(self.matter.struct(self.domain)), self.signature)

    def to_json(self) -> str:
        """Write what `from_json` reads."""
        name = "change" if isinstance(self.matter, OperatorChange) else "closing"
        value = {
            "mediaType": MEDIA_TYPE,
            "chain_id": self.domain.chain_id,
            "contract": _hex(self.domain.contract),
            "log_id": _hex(self.domain.log_id),
            "epoch": self.domain.epoch,
            name: self.matter.to_value(),
            "signature": _hex(self.signature),
        }
        return json.dumps(value, indent=2) + "\n"


def gather(
    agreements: Sequence[Agreement],
    *,
    domain: HeadDomain,
    operators: Collection[bytes],
    threshold: int,
) -> tuple[OperatorChange | Closing, tuple[bytes, ...]]:
    """Take what all agree to, and their signatures by ascending signers, as the contract wants it.

    `domain` is the log's of today, `operators` those who count. Raises ConflictError.
    """
    signed: dict[bytes, Agreement] = {}
    for agreement in agreements:
        if agreement.domain != domain:
            raise _no_agreement(
                "agreement.other",
                "an agreement for another log, contract, chain or epoch",
                expected=_describe(domain),
                found=_describe(agreement.domain),
            )
        if agreement.matter != agreements[0].matter:
            raise _no_agreement(
                "agreement.differs",
                "an agreement to something else than the first one",
                expected=str(agreements[0].matter.to_value()),
                found=str(agreement.matter.to_value()),
            )
        signer = agreement.signer
        if signer is None or signer not in operators:
            raise _no_agreement(
                "agreement.signer",
                "an agreement by nobody who is an operator of the log today",
                expected=", ".join(map(_hex, operators)),
                found="no signature" if signer is None else _hex(signer),
            )
        signed[signer] = agreement
    if len(signed) < threshold or not agreements:
        raise ConflictError(
            "agreement.too-few",
            "too few operators have agreed",
            expected=f"{threshold} of {', '.join(map(_hex, operators))}",
            found=", ".join(map(_hex, sorted(signed))) or "nobody",
            hint="Each signs on its own machine: `crossproof log sign-change`, `sign-closing`.",
        )
    chosen = sorted(signed)[:threshold]
    return agreements[0].matter, tuple(signed[signer].signature for signer in chosen)


def _no_agreement(code: str, message: str, *, expected: str, found: str) -> ConflictError:
    return ConflictError(
        code, message, expected=expected, found=found, hint="Let that operator sign again."
    )


def _describe(domain: HeadDomain) -> str:
    contract, log = domain.contract.hex(), domain.log_id.hex()
    return f"chain {domain.chain_id}, contract 0x{contract}, log 0x{log}, epoch {domain.epoch}"


def _read_change(members: Members) -> OperatorChange:
    operators = members.array("operators", _read_address, longest=MAX_OPERATORS)
    change = OperatorChange(
        operators,
        members.integer("threshold", 1, MAX_OPERATORS),
        members.integer("nonce", 0, MAX_INTEGER),
    )
    members.end()
    # One spelling of a set, and the one that the contract takes.
    if list(operators) != sorted(set(operators)) or change.threshold > len(operators):
        raise MalformedError(
            "agreement.operators",
            "agreement.change: operators",
            expected="each once, in ascending order, and at least as many as must sign",
            found=f"{len(operators)}, of which {change.threshold}",
        )
    return change


def _read_closing(members: Members) -> Closing:
    size, root = members.integer("size", 0, MAX_INTEGER), members.hash("root")
    successor = members.take("successor")
    if successor is not None:
        successor = Members({"successor": successor}, "agreement.closing").hash("successor")
    members.end()
    if successor == bytes(HASH_SIZE):
        raise MalformedError(
            "agreement.successor", "agreement.closing.successor", expected="null for none"
        )
    return Closing(size, root, successor)


def _read_address(value: object, where: str) -> bytes:
    return Members({"address": read_text(value, where)}, where).prefixed("address", _ADDRESS_SIZE)


@cache
def _hashed(text: str) -> bytes:
    return keccak256(text.encode())


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
