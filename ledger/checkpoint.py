r"""A checkpoint (C2SP tlog-checkpoint): the head of a log, as the text of a signed note.

<origin>
<size, decimal>
<base64 of the root hash>
[extension lines]

>>> Checkpoint("example.com/log", 0, EMPTY_ROOT).text()
'example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from ledger.errors import MalformedError, VerificationError
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE
from ledger.note import NoteVerifier, OpenedNote, decode_base64, open_note, parse_note

__all__ = ["Checkpoint", "check_origin", "open_checkpoint", "parse_checkpoint"]

_LINES = 3
_MAX_SIZE_DIGITS = len(str(MAX_SIZE))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, size and root; extension lines are kept as they are."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_origin(self.origin)
        if not 0 <= self.size <= MAX_SIZE:
            raise _malformed("size", f"0 to {MAX_SIZE}", str(self.size))
        if len(self.root) != HASH_SIZE:
            raise _malformed("root", f"{HASH_SIZE} bytes", f"{len(self.root)} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise _malformed("root", "the root of the empty tree at size 0", self.root.hex())
        for line in self.extensions:
            if not _is_line(line):
                raise _malformed("extension line", "a line of text", repr(line))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a checkpoint's text, without its signatures; raise MalformedError."""
        lines = text.split("\n")
        if lines.pop() or len(lines) < _LINES:
            raise _malformed("text", f"at least {_LINES} lines, each ended", f"{len(lines)}")
        origin, size, root, *extensions = lines
        canonical = size.isascii() and size.isdigit() and (size == "0" or size[0] != "0")
        if not canonical or len(size) > _MAX_SIZE_DIGITS:
            raise _malformed("size", "a decimal number without leading zeros", size[:40])
        decoded = decode_base64(root, "checkpoint.malformed", "checkpoint: root")
        return cls(origin, int(size), decoded, tuple(extensions))

    def text(self) -> str:
        """Write the text that is signed."""
        root = b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


def parse_checkpoint(note: str) -> Checkpoint:
    """Read the checkpoint of a signed note without verifying it; raise MalformedError."""
    return Checkpoint.parse(parse_note(note).text)


def open_checkpoint(note: str, *verifiers: NoteVerifier) -> tuple[Checkpoint, OpenedNote]:
    """Read a signed checkpoint that one of the log's keys signed; raise VerificationError.

    The key's name must be the checkpoint's origin: a key of another log, though trusted for
    that one, says nothing here.
    """
    opened = open_note(note, *verifiers)
    checkpoint = Checkpoint.parse(opened.text)
    if not any(signature.name == checkpoint.origin for signature in opened.verified):
        raise VerificationError(
            "checkpoint.origin",
            "the checkpoint is signed by a key of another log",
            expected=f"a signature by {checkpoint.origin}",
            found=", ".join(signature.name for signature in opened.verified),
        )
    return checkpoint, opened


def check_origin(origin: str) -> None:
    """Accept what can be both a checkpoint's first line and a key's name; raise MalformedError."""
    if not _is_line(origin) or "+" in origin or any(c.isspace() for c in origin):
        raise _malformed(
            "origin",
            "a schema-less URL like example.com/log, no spaces, no plus",
            repr(origin[:80]),
        )


def _is_line(text: str) -> bool:
    """Say whether this can be a line of a signed note: no controls, nothing without a UTF-8."""
    return bool(text) and not any(c < " " or "\ud800" <= c <= "\udfff" for c in text)


def _malformed(what: str, expected: str, found: str) -> MalformedError:
    return MalformedError(
        "checkpoint.malformed", f"checkpoint: {what}", expected=expected, found=found
    )
