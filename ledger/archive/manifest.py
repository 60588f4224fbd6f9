r"""The manifest of an archive: the side files that belong to its checkpoint, signed by the log.

    crossproof archive manifest v1
    <origin>
    <size, decimal> <root, hexadecimal>
    <name> <length in bytes> <SHA-256, hexadecimal>       for each side file

as the text of a C2SP signed note. Tiles and entries answer for themselves, since the checkpoint's
root covers them; who submitted what, and where it is anchored, it does not cover. The first line
has spaces, which no checkpoint's origin has: neither can ever pass for the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ledger.archive.sidecar import ANCHORS, CHECKPOINTS, SUBMISSIONS
from ledger.checkpoint import Checkpoint
from ledger.errors import MalformedError, VerificationError
from ledger.note import NoteVerifier, Signer, open_note, sign

__all__ = ["SIDE_FILES", "Manifest", "SideFile", "manifest_path"]

SIDE_FILES = (SUBMISSIONS, CHECKPOINTS, ANCHORS)

_PURPOSE = "crossproof archive manifest v1"
_DIRECTORY = "side"
# Of a SHA-256, in a file's name: enough to tell an archive's versions apart, nothing rests on it.
_SHORT = 16
_SHOWN = 80
_LINE = re.compile(
    r"(?P<name>[a-z]+\.ndjson) (?P<length>0|[1-9][0-9]{0,15}) (?P<hash>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class SideFile:
    """A side file: its name, its length, and the SHA-256 of its bytes."""

    name: str
    length: int
    sha256: bytes

    @property
    def path(self) -> str:
        """Where it lies: a name of its own for each content, so that none is written over."""
        stem, suffix = self.name.split(".")
        return f"{_DIRECTORY}/{stem}-{self.sha256.hex()[:_SHORT]}.{suffix}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The side files of an archive whose checkpoint is this one."""

    checkpoint: Checkpoint
    files: tuple[SideFile, ...]

    @classmethod
    def open(cls, note: str, checkpoint: Checkpoint, verifier: NoteVerifier) -> Manifest:
        """Read a manifest signed by the log's key; raise MalformedError, VerificationError.

        It must belong to the checkpoint.
        """
        text = open_note(note, verifier).text
        head, rest = _head(checkpoint), text.split("\n")
        found = "\n".join(rest[: len(head)])
        if found != "\n".join(head):
            raise VerificationError(
                "archive.manifest",
                "the archive's manifest belongs to another checkpoint, or is none",
                expected=" / ".join(head),
                found=found.replace("\n", " / "),
            )
        lines = rest[len(head) : -1]
        files = tuple(_side_file(line) for line in lines)
        if tuple(file.name for file in files) != SIDE_FILES:
            raise _malformed(" ".join(file.name for file in files))
        return cls(checkpoint, files)

    def sign(self, signer: Signer) -> str:
        """Write the signed note that `open` reads."""
        files = (f"{f.name} {f.length} {f.sha256.hex()}" for f in self.files)
        return sign("".join(f"{line}\n" for line in (*_head(self.checkpoint), *files)), signer)


def manifest_path(size: int) -> str:
    """Say where the manifest to the checkpoint of this size lies."""
    return f"{_DIRECTORY}/manifest-{size}"


def _head(checkpoint: Checkpoint) -> tuple[str, ...]:
    return (_PURPOSE, checkpoint.origin, f"{checkpoint.size} {checkpoint.root.hex()}")


def _side_file(line: str) -> SideFile:
    match = _LINE.fullmatch(line)
    if match is None:
        raise _malformed(line)
    return SideFile(match["name"], int(match["length"]), bytes.fromhex(match["hash"]))


def _malformed(found: str) -> MalformedError:
    return MalformedError(
        "archive.malformed",
        "manifest",
        expected=f"name, length and SHA-256 of {', '.join(SIDE_FILES)}",
        found=found[:_SHOWN],
    )
