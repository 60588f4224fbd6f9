"""A co-operator: signs a log's head for the contract only where it extends the last one it signed.

With a threshold of two, one side of a border holds the log and its operator's key, the other runs
this. It speaks C2SP tlog-witness, so that a log asks it as it asks any witness:

    old 1000                           the size that the log believes was signed last
    <base64 of a hash>                 the consistency proof from there, one hash a line
                                       a blank line
    <the checkpoint, a signed note>
    → signature lines: the operator's, EIP-712 (see `head_signature`)

What it has signed is written down, and synced, before the signature leaves: a co-operator that
forgets would sign two histories. Nothing else is remembered, and no entry is ever seen.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.errors import (
    ConfigurationError,
    ConflictError,
    MalformedError,
    NotFoundError,
    UnavailableError,
    VerificationError,
)
from ledger.head import Head
from ledger.head_signature import HeadSigner
from ledger.log.head_record import HeadRecord, Recorded
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, verify_consistency
from ledger.note import MAX_NOTE_SIZE, Signature, Verifier
from ledger.note_key import decode_base64

__all__ = ["MAX_REQUEST_SIZE", "CosignedLog", "Cosigner", "OtherSizeError", "Request"]

# tlog-witness allows no more; a proof between any two sizes below 2^63 has fewer.
MAX_PROOF = 63
_MAX_DIGITS = len(str(MAX_SIZE))
_LINE_SIZE = 46
MAX_REQUEST_SIZE = MAX_NOTE_SIZE + (MAX_PROOF + 1) * _LINE_SIZE
_OLD = "old "


class OtherSizeError(ConflictError):
    """The co-operator's last head has another size than the log believes; `size` tells which."""

    def __init__(self, size: int, old: int) -> None:
        super().__init__(
            "cosigner.other-size",
            "the last head that was signed here has another size",
            expected=f"old {size}",
            found=f"old {old}",
            hint="Send the proof from there.",
        )
        self.size = size


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks with: the size it extends, the proof, and its signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Read a request's body; raise MalformedError."""
        if len(body) > MAX_REQUEST_SIZE:
            raise _malformed(f"at most {MAX_REQUEST_SIZE} bytes", f"{len(body)}")
        try:
            head, blank, note = body.decode().partition("\n\n")
        except UnicodeDecodeError as error:
            raise _malformed("UTF-8", "other bytes") from error
        first, *lines = head.split("\n")
        size = first.removeprefix(_OLD)
        canonical = size.isascii() and size.isdigit() and (size == "0" or size[0] != "0")
        if not blank or first == size or not canonical or len(size) > _MAX_DIGITS:
            raise _malformed("a first line like: old 1000", repr(first[:_LINE_SIZE]))
        if len(lines) > MAX_PROOF:
            raise _malformed(f"at most {MAX_PROOF} hashes", f"{len(lines)}")
        return cls(int(size), tuple(map(_read_hash, lines)), note)

    def to_bytes(self) -> bytes:
        """Write the body that `parse` reads."""
        lines = [f"{_OLD}{self.old_size}", *(b64encode(hash_).decode() for hash_ in self.proof)]
        return ("\n".join(lines) + "\n\n" + self.note).encode()


@dataclass(frozen=True, slots=True)
class CosignedLog:
    """A log that a co-operator signs for: the log's key, and its own for the contract."""

    key: Verifier
    signer: HeadSigner

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.key.name


class Cosigner:
    """Signs growing heads of the logs it knows; `directory` remembers the last one of each."""

    def __init__(self, logs: Sequence[CosignedLog], directory: Path) -> None:
        self._logs = {log.origin: log for log in logs}
        self._records = {
            origin: HeadRecord(directory / sha256(origin.encode()).hexdigest())
            for origin in self._logs
        }

    def add_checkpoint(self, request: Request) -> Signature:
        """Sign the head of a checkpoint, once it is written down.

        Raises MalformedError; NotFoundError for a log that is not known here; VerificationError
        `cosigner.not-signed` where the log has not signed it, another where the proof does not
        hold; OtherSizeError where the last head signed has another size than is believed; and
        UnavailableError where the key cannot be had. Then the head is written down, and signed
        when it is asked for again, from there.
        """
        claimed = parse_checkpoint(request.note)
        log = self._logs.get(claimed.origin)
        if log is None:
            raise NotFoundError("cosigner.unknown-log", "no such log is signed for here")
        checkpoint = _opened(request.note, log)
        if request.old_size > checkpoint.size:
            raise _malformed(f"old of at most {checkpoint.size}", f"{request.old_size}")
        record = self._records[claimed.origin]
        recorded = record.read()
        last = (
            Checkpoint(log.origin, 0, EMPTY_ROOT) if recorded is None else recorded.head.checkpoint
        )
        if request.old_size != last.size:
            raise OtherSizeError(last.size, request.old_size)
        verify_consistency(
            old_size=last.size,
            old_root=last.root,
            new_size=checkpoint.size,
            new_root=checkpoint.root,
            proof=request.proof,
        )
        try:
            record.advance(recorded, Recorded(Head(checkpoint, request.note)))
        except ConflictError as error:
            # Another request was faster: it is answered as if it had come later.
            moved = record.read()
            raise OtherSizeError(
                0 if moved is None else moved.head.size, request.old_size
            ) from error
        return _signed(log.signer, checkpoint)


def _signed(signer: HeadSigner, checkpoint: Checkpoint) -> Signature:
    try:
        value = signer.sign_head(checkpoint.size, checkpoint.root)
    except (UnavailableError, ConfigurationError) as error:
        # Where its signer is, and what that said, is nothing to whoever asks.
        raise UnavailableError(
            "cosigner.no-signature",
            "the key that signs here cannot be had now",
            hint="Ask again later.",
        ) from error
    return Signature(signer.name, signer.key_id, value)


def _opened(note: str, log: CosignedLog) -> Checkpoint:
    try:
        checkpoint, _ = open_checkpoint(note, log.key)
    except VerificationError as error:
        raise VerificationError(
            "cosigner.not-signed",
            "the checkpoint is not signed by its log",
            expected=f"a signature by {log.key}",
            found=error.code,
        ) from error
    return checkpoint


def _read_hash(line: str) -> bytes:
    value = decode_base64(line, "cosigner.malformed", "a line of the proof")
    if len(value) != HASH_SIZE:
        raise _malformed(f"hashes of {HASH_SIZE} bytes", f"{len(value)}")
    return value


def _malformed(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "cosigner.malformed", "not a request to sign a checkpoint", expected=expected, found=found
    )
