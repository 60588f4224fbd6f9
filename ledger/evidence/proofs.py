"""What an evidence archive proves: its files, its tree, its log's signatures, each held to account.

Nothing but Python's standard library: this file goes into evidence archives beside verify.py. The
tree is RFC 9162's in C2SP tlog-tiles, signed notes are C2SP's, canonical JSON is RFC 8785's.
Everything raises `Wrong` where it is not so, and Python's own errors where bytes are of no format.
"""

from __future__ import annotations

import json
import zipfile
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

if __package__:
    from ledger.evidence.curves import verify_ed25519, verify_es256
else:
    from curves import verify_ed25519, verify_es256  # type: ignore[import-not-found,no-redef]

__all__ = ["Files", "Log", "Tree", "Wrong", "canonical", "check_signed", "parse"]

WIDTH, HEIGHT, HASH_SIZE = 256, 8, 32
EMPTY_ROOT = sha256().digest()
MAX_INTEGER = 2**53 - 1
_INTEGER_DIGITS = len(str(-MAX_INTEGER))
# A file that is read whole. Entries come in files of 16,384, of at most 65,535 bytes each.
_MAX_FILE = 2 * 2**30


class Wrong(Exception):  # noqa: N818 - it is a verdict
    """What is checked is not so."""


class Files:
    """The archive's files: of a zip, or of a directory into which it was unpacked."""

    def __init__(self, path: Path) -> None:
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        self._directory = path

    def names(self) -> list[str]:
        """List all files."""
        if self._zip is not None:
            return [info.filename for info in self._zip.infolist()]
        found = (path for path in self._directory.rglob("*") if path.is_file())
        names = (path.relative_to(self._directory).as_posix() for path in found)
        return sorted(name for name in names if not name.startswith("__pycache__/"))

    def read(self, name: str) -> bytes:
        """Read a file; raise Wrong where there is none, or an endless one."""
        try:
            if self._zip is None:
                return (self._directory / name).read_bytes()
            if self._zip.getinfo(name).file_size > _MAX_FILE:
                raise Wrong(f"{name} is larger than any file of an archive")
            return self._zip.read(name)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise Wrong(f"{name} cannot be read: {error}") from error

    def lines(self, name: str) -> Iterator[Any]:
        """Read a file of one JSON value a line."""
        for line in self.read(name).splitlines():
            yield parse(line)


def parse(data: bytes) -> Any:
    """Read JSON; refuse a name that is there twice, and numbers that no statement has."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name stands twice")
        return dict(pairs)

    def refused(text: str) -> Any:
        raise ValueError(f"not an integer within 2^53: {text[:40]}")

    def integer(text: str) -> int:
        short = len(text) <= _INTEGER_DIGITS
        return int(text) if short and abs(int(text)) <= MAX_INTEGER else refused(text)

    try:
        return json.loads(
            data.decode(),
            object_pairs_hook=members,
            parse_float=refused,
            parse_int=integer,
            parse_constant=refused,
        )
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not the JSON that is expected: {error}") from error


def canonical(value: Any) -> bytes:
    """Write JSON as RFC 8785 has it, of integers, texts and names of ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def node(left: bytes, right: bytes) -> bytes:
    """Hash two children (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def subtree(hashes: bytes) -> bytes:
    """Hash a row of a perfect subtree up to its root."""
    row = [hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]
    while len(row) > 1:
        row = [node(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class Tree:
    """The tiles of the archive, each held against the checkpoint's root before it is used."""

    def __init__(self, files: Files, size: int, root: bytes) -> None:
        self._files, self.size = files, size
        self._known: dict[tuple[int, int], bytes] = {}
        level = 0
        while size >> (HEIGHT * level):
            count = size >> (HEIGHT * level)
            if count % WIDTH:
                self._known[level, count // WIDTH] = self._read(level, count // WIDTH)
            level += 1
        found = self.root(size)
        if found != root:
            raise Wrong(f"the tiles lead to {found.hex()}, the checkpoint says {root.hex()}")

    def leaf(self, index: int) -> bytes:
        """Give the leaf hash at an index."""
        return self._hashes(0, index, 1)

    def root(self, size: int) -> bytes:
        """Compute the root at a size (RFC 9162, 2.1.1)."""
        return self._range(0, size) if size else EMPTY_ROOT

    def check_tile(self, name: str) -> None:
        """Check one tile of the archive; raise Wrong."""
        _, level, *groups = name.partition(".p/")[0].split("/")
        number = int("".join(groups).replace("x", ""))
        self._tile(int(level), number)

    def _range(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0:
            level, above = divmod(width.bit_length() - 1, HEIGHT)
            return subtree(self._hashes(level, (start // width) << above, 1 << above))
        split = start + (1 << ((width - 1).bit_length() - 1))
        return node(self._range(start, split), self._range(split, end))

    def _hashes(self, level: int, first: int, count: int) -> bytes:
        place = first % WIDTH * HASH_SIZE
        found = self._tile(level, first // WIDTH)[place : place + count * HASH_SIZE]
        if len(found) != count * HASH_SIZE:
            raise Wrong(f"a tile of level {level} is too short")
        return found

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._known:
            hashes = self._read(level, number)
            above = self._hashes(level + 1, number, 1)
            if len(hashes) != WIDTH * HASH_SIZE or subtree(hashes) != above:
                raise Wrong(f"{self._name(level, number)} is not the tree's tile")
            self._known[level, number] = hashes
        return self._known[level, number]

    def _read(self, level: int, number: int) -> bytes:
        return self._files.read(self._name(level, number))

    def _name(self, level: int, number: int) -> str:
        width = min(WIDTH, (self.size >> (HEIGHT * level)) - number * WIDTH)
        digits = str(number)
        digits = digits.zfill((len(digits) + 2) // 3 * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return f"tile/{level}/{path}" + (f".p/{width}" if width < WIDTH else "")


class Log:
    """A log of the trust file: its origin, and its keys by their ids."""

    def __init__(self, value: Any) -> None:
        self.origin = str(value["origin"])
        self.log_id = value.get("log_id")
        self._keys: dict[bytes, bytes] = {}
        for text in value["keys"]:
            name, identifier, material = text.split("+", 2)
            key = b64decode(material, validate=True)
            named = sha256(name.encode() + b"\n" + key).digest()[:4]
            if name != self.origin or named.hex() != identifier or key[:1] != b"\x01":
                raise Wrong(f"the trust file has a key that is none: {text}")
            self._keys[named] = key[1:]

    def open(self, note: str) -> list[str]:
        """Give the lines of a note that the log has signed (C2SP signed-note); raise Wrong."""
        text, blank, signatures = note.rpartition("\n\n")
        holds = False
        for line in signatures.splitlines() if blank else ():
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if dash != "\u2014" or name != self.origin:
                continue
            value = b64decode(encoded, validate=True)
            key = self._keys.get(value[:4])
            if key is None:
                continue
            if not verify_ed25519(key, f"{text}\n".encode(), value[4:]):
                raise Wrong("a signature by the log's key does not hold")
            holds = True
        if not holds:
            raise Wrong("no key that the trust file names for the log has signed it")
        return text.split("\n")

    def checkpoint(self, note: str) -> tuple[int, bytes]:
        """Give size and root of a checkpoint that the log has signed; raise Wrong."""
        origin, size, root, *_ = self.open(note)
        if origin != self.origin:
            raise Wrong("the checkpoint is another log's")
        return int(size), b64decode(root, validate=True)


def check_signed(jws: str) -> bool:
    """Check a JWS by the key that it brings along; False where none came, Wrong where it fails."""
    header, payload, signature = jws.split(".")
    named = parse(_base64url(header))
    key = named.get("jwk")
    if not isinstance(key, dict):
        return False
    text, value, x = f"{header}.{payload}".encode(), _base64url(signature), _base64url(key["x"])
    if (named.get("alg"), key.get("crv")) == ("ES256", "P-256"):
        y = int.from_bytes(_base64url(key["y"]), "big")
        holds = verify_es256(int.from_bytes(x, "big"), y, text, value)
    else:
        holds = key.get("crv") == "Ed25519" and verify_ed25519(x, text, value)
    if not holds:
        raise Wrong("its signature is not that of the key that it brings along")
    return True


def _base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
