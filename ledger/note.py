"""Signed notes (C2SP signed-note): a text, a blank line, and signature lines.

    text ending in a newline
    <blank line>
    — <key name> base64(key id, 4 bytes || signature)

Signatures by unknown keys are kept and passed on; one that names a known key and does not verify
makes the whole note false. Golden example (from the specification):

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw…
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import MalformedError, VerificationError
from ledger.note_key import (
    FORBIDDEN,
    KEY_ID_SIZE,
    NoteSigner,
    NoteVerifier,
    Signer,
    Verifier,
    check_name,
    decode_base64,
)

__all__ = [
    "MAX_NOTE_SIZE",
    "MAX_SIGNATURES",
    "Note",
    "NoteSigner",
    "NoteVerifier",
    "Signature",
    "Signer",
    "Verifier",
    "add_signatures",
    "decode_base64",
    "open_note",
    "parse_note",
    "sign",
]

MAX_NOTE_SIZE = 1_000_000
MAX_SIGNATURES = 100

_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who, which key, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Write the line as it stands in a note, its newline included."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note's text and its signatures, in the order in which they stand."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(signature.line() for signature in self.signatures)}"


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note at least one of whose signatures has been verified."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def sign(text: str, *signers: NoteSigner) -> str:
    """Make a note of `text`, signed by each signer in turn, at least one."""
    _check_text(text)
    return _write(text, _signatures(text, signers))


def add_signatures(note: str, *signers: NoteSigner) -> str:
    """Append signature lines to a note, all that is there kept as it is."""
    parsed = parse_note(note)
    return _write(parsed.text, parsed.signatures + _signatures(parsed.text, signers))


def parse_note(note: str) -> Note:
    """Split a note into text and signatures, none of them verified; raise MalformedError."""
    if len(note) > MAX_NOTE_SIZE:
        raise _malformed(f"longer than {MAX_NOTE_SIZE} characters")
    _check_characters(note)
    split = note.rfind("\n\n")
    if split < 0:
        raise _malformed("no blank line between text and signatures")
    text, block = note[: split + 1], note[split + 2 :]
    if not block.endswith("\n"):
        raise _malformed("no newline at its end" if block else "no signatures")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed(f"more than {MAX_SIGNATURES} signatures")
    return Note(text, tuple(_parse_line(line) for line in lines))


def open_note(note: str, *verifiers: NoteVerifier) -> OpenedNote:
    """Verify the signatures by known keys; raise VerificationError unless one holds and none fails.

    A repeated line counts once; a second signature by the same key must hold as well.
    MalformedError where it is no note at all.
    """
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    ambiguous = set()
    for verifier in verifiers:
        identity = (verifier.name, verifier.key_id)
        if identity in known:
            ambiguous.add(identity)
        known[identity] = verifier
    parsed = parse_note(note)
    text = parsed.text.encode()
    verified: dict[tuple[str, bytes], Signature] = {}
    unverified: list[Signature] = []
    for signature in parsed.signatures:
        identity = (signature.name, signature.key_id)
        if identity in ambiguous:
            raise VerificationError(
                "note.ambiguous-key", "two of the given keys share a name and key id"
            )
        if identity not in known:
            if signature not in unverified:
                unverified.append(signature)
        elif verified.get(identity) != signature:
            if not known[identity].verify(text, signature.value):
                raise VerificationError(
                    "note.signature",
                    "the signature by a known key does not hold",
                    expected=f"a signature over this text by {signature.name}",
                    found=f"key id {signature.key_id.hex()}, which does not verify",
                )
            verified.setdefault(identity, signature)
    if not verified:
        raise VerificationError(
            "note.unsigned",
            "no signature by a known key",
            expected=", ".join(f"{v.name} ({v.key_id.hex()})" for v in verifiers)
            or "any known key",
            found=", ".join(f"{s.name} ({s.key_id.hex()})" for s in parsed.signatures),
        )
    return OpenedNote(parsed.text, tuple(verified.values()), tuple(unverified))


def _signatures(text: str, signers: Sequence[NoteSigner]) -> tuple[Signature, ...]:
    message = text.encode()
    return tuple(Signature(s.name, s.key_id, s.sign(message)) for s in signers)


def _write(text: str, signatures: tuple[Signature, ...]) -> str:
    """Write a note that `parse_note` reads again, or raise MalformedError."""
    note = str(Note(text, signatures))
    parse_note(note)
    return note


def _parse_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise _malformed("a line after the blank one that is not a signature")
    check_name(name, "note.malformed")
    value = decode_base64(encoded, "note.malformed", "signed note: a signature")
    if len(value) <= KEY_ID_SIZE:
        raise _malformed("a signature of no bytes")
    return Signature(name, value[:KEY_ID_SIZE], value[KEY_ID_SIZE:])


def _check_text(text: str) -> None:
    _check_characters(text)
    if not text.endswith("\n"):
        raise _malformed("a text without a newline at its end")


def _check_characters(text: str) -> None:
    if FORBIDDEN.search(text):
        raise _malformed("a control character or a lone surrogate")


def _malformed(what: str) -> MalformedError:
    return MalformedError("note.malformed", "not a signed note", found=what)
