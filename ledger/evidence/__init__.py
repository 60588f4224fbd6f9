"""Evidence: entries of a span of time in one archive, with all that it takes to check them.

    manifest.json          every file with its SHA-256; manifest.note: its digest, signed by the log
    checkpoint             the newest published head
    tile/…                 the hash tiles that lead from the entries, and other roots, to it
    entries/<N>.jsonl      {"entry": base64, "index": N} from entry N on
    checkpoints.jsonl      {"note", "published_at"} of the checkpoints published in the span
    anchors.jsonl          the anchors of sizes in the span, and the first behind it
    submissions.jsonl      who submitted what, and when
    report.json            what the audit of the span found
    trust.json             what the exporter believes; a reader brings one of his own
    verify.py …            checks all of it with Python's standard library
    verify.html            the page that verifies single bundles in a browser, where it is given

A zip, stored and not compressed, without times: the same range of the same log makes the same bytes
on every machine, whatever its zlib.
"""

from __future__ import annotations

import json
import os
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

from ledger.archive.sidecar import checkpoint_line, submission_line
from ledger.canonical import canonicalize
from ledger.errors import NotFoundError
from ledger.head import Head
from ledger.log import Log
from ledger.note import Signer, sign
from ledger.store import AnchorState, StoredAnchor
from ledger.tile import HEIGHT, WIDTH, Tile
from ledger.tree import Tree
from ledger.trust import Trust

__all__ = ["MEDIA_TYPE", "PURPOSE", "write_evidence"]

MEDIA_TYPE = "application/vnd.crossproof.evidence.v1+json"
PURPOSE = "crossproof evidence manifest v1"

# Entries in one file, and so in memory of whoever checks.
_ENTRIES = 16_384
_PAGE = 1_000
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o600
# Of a regular file, as Unix has it in the upper half.
_ATTRIBUTES = (0o100000 | _FILE_MODE) << 16
_UNIX = 3
_PROGRAMS = ("verify.py", "proofs.py", "curves.py")
_README = """Evidence of {origin}: entries {first} to {last} of {size}.

    python verify.py . --trust YOUR-TRUST-FILE.json

checks all of it with Python 3.11 or later and nothing else, unpacked or not (python verify.py
ARCHIVE.zip ...). Bring a trust file of your own, had in another way: the one in here is the
exporter's. Whoever doubts this verify.py takes one from a release of Crossproof. A verify.html, if
there is one, checks single bundles in a browser, and not this archive.
"""


def write_evidence(
    log: Log,
    path: Path,
    *,
    within: range,
    trust: Trust,
    report: dict[str, Any],
    signer: Signer,
    page: str | None = None,
) -> Head:
    """Write the entries `within` that are published, with what proves them; give the head.

    `signer` is the log's own, `page` the one that verifies bundles in a browser. Raises
    NotFoundError where nothing is published.
    """
    head = log.published()
    if head is None:
        raise NotFoundError("evidence.unpublished", "the log has published no checkpoint yet")
    span = range(min(within.start, head.size), min(within.stop, head.size))
    draft = path.with_name(f"{path.name}.new")
    try:
        # Entries name parties: for their owner only.
        opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
        with (
            os.fdopen(opened, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ):
            _Writer(archive, log, head, span).write(trust, report, signer, page)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return head


class _Writer:
    def __init__(self, archive: zipfile.ZipFile, log: Log, head: Head, span: range) -> None:
        self._archive = archive
        self._log = log
        self._head = head
        self._span = span
        self._listed: list[dict[str, Any]] = []

    def write(self, trust: Trust, report: dict[str, Any], signer: Signer, page: str | None) -> None:
        span, head = self._span, self._head
        readme = _README.format(
            origin=head.origin, first=span.start, last=max(span.stop - 1, 0), size=head.size
        )
        self._add("README.txt", [readme.encode()])
        for name in _PROGRAMS:
            self._add(name, [files("ledger.evidence").joinpath(name).read_bytes()])
        if page is not None:
            self._add("verify.html", [page.encode()])
        self._add("trust.json", [trust.to_json().encode()])
        self._add("report.json", [_json(report)])
        self._add("checkpoint", [head.note.encode()])
        checkpoints = list(self._checkpoints())
        self._add("checkpoints.jsonl", (checkpoint_line(found) for found in checkpoints))
        anchors = self._anchors()
        lines = (canonicalize(found.anchor.to_value()) + b"\n" for found in anchors)
        self._add("anchors.jsonl", lines)
        self._add("submissions.jsonl", self._submissions())
        sizes = {found.head.size for found in checkpoints} | {a.anchor.size for a in anchors}
        for tile in self._tiles(sizes):
            self._add(tile.path(), [self._log.read_tile(tile)])
        for first in range(span.start, span.stop, _ENTRIES):
            self._add(f"entries/{first:012}.jsonl", self._entries(first))
        manifest = _json(
            {
                "mediaType": MEDIA_TYPE,
                "origin": head.origin,
                "size": head.size,
                "root": head.root.hex(),
                "range": {"first": span.start, "end": span.stop},
                "files": sorted(self._listed, key=lambda file: str(file["path"])),
                "left_out": [] if page is not None else ["verify.html"],
            }
        )
        text = f"{PURPOSE}\n{head.origin}\n{sha256(manifest).hexdigest()}\n"
        self._add("manifest.note", [sign(text, signer).encode()])
        self._add("manifest.json", [manifest])

    def _add(self, name: str, pieces: Iterable[bytes]) -> None:
        info = zipfile.ZipInfo(name, _NO_TIME)
        info.external_attr = _ATTRIBUTES
        # Else the system that this runs on would be in the bytes.
        info.create_system = _UNIX
        length, digest = 0, sha256()
        with self._archive.open(info, "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                length += len(piece)
        self._listed.append({"path": name, "length": length, "sha256": digest.hexdigest()})

    def _checkpoints(self) -> Iterator[Any]:
        start = self._span.start + 1
        while True:
            with self._log.store.reading() as reading:
                page = reading.checkpoints(start, _PAGE)
            for published in page:
                if published.head.size > self._span.stop:
                    return
                yield published
            if not page:
                return
            start = page[-1].head.size + 1

    def _anchors(self) -> list[StoredAnchor]:
        standing = [row for row in self._log.store.anchors() if row.state != AnchorState.GONE]
        within = [r for r in standing if self._span.start < r.anchor.size <= self._head.size]
        behind = [row for row in within if row.anchor.size >= self._span.stop]
        return [row for row in within if row.anchor.size < self._span.stop] + behind[:1]

    def _submissions(self) -> Iterator[bytes]:
        with self._log.store.reading() as reading:
            before = reading.submission_before(self._span.start)
        if before is not None and before.first_index + before.length > self._span.start:
            yield submission_line(before)
        start = self._span.start
        while True:
            with self._log.store.reading() as reading:
                page = reading.submissions(start, _PAGE)
            for submitted in page:
                if submitted.first_index >= self._span.stop:
                    return
                yield submission_line(submitted)
            if not page:
                return
            start = page[-1].first_index + 1

    def _entries(self, first: int) -> Iterator[bytes]:
        stop = min(first + _ENTRIES, self._span.stop)
        for start in range(first, stop, WIDTH):
            entries = self._log.entries(start, min(WIDTH, stop - start))
            for index, entry in enumerate(entries, start):
                line = {"entry": b64encode(entry).decode(), "index": index}
                yield canonicalize(line) + b"\n"

    def _tiles(self, sizes: set[int]) -> list[Tile]:
        """List the tiles that lead from the span, and from the roots at `sizes`, to the root."""
        needed: set[tuple[int, int]] = set()

        def reading(tile: Tile) -> bytes:
            needed.add((tile.level, tile.number))
            return self._log.read_tile(tile)

        size = self._head.size
        for wanted in sizes | {size}:
            Tree(wanted, reading).root()
        for level in count():
            if not size >> (HEIGHT * level):
                break
            if (size >> (HEIGHT * level)) % WIDTH:
                needed.add((level, (size >> (HEIGHT * level)) // WIDTH))
        if self._span:
            needed |= {(0, n) for n in range(self._span[0] // WIDTH, self._span[-1] // WIDTH + 1)}
        for level, number in list(needed):
            place = (level, number)
            # A full tile's root stands in the tile above it.
            while (place[1] + 1) * WIDTH <= size >> (HEIGHT * place[0]):
                place = (place[0] + 1, place[1] // WIDTH)
                needed.add(place)
        return [Tile.holding(level, number * WIDTH, size) for level, number in sorted(needed)]


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
