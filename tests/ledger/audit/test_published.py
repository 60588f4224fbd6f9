"""The structure of a served log: what anyone can check of it, from the files that it publishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.archive import write_archive
from ledger.archive.source import Directory
from ledger.audit.published import audit_published
from ledger.audit.report import AuditReport
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.log import Log
from ledger.note import Signer, sign
from ledger.trust import TrustedLog
from tests.log_home import NOW, SIGNER, anchor_of, append, fresh_records, sqlite_home

SIZE = 66_000
LOG = TrustedLog(SIGNER.name, (SIGNER.verifier,))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    log = sqlite_home(tmp_path_factory.mktemp("log")).open()
    append(log, fresh_records(SIZE))
    log.publish(now=NOW)
    return log


@pytest.fixture(scope="module")
def published(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("published")
    write_archive(log, directory, signer=SIGNER)
    return directory


class Changed(Directory):
    """A source of which one file is another, or none."""

    def __init__(self, path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
        super().__init__(path)
        self._name = name
        self._change = change

    def read(self, path: str) -> bytes:
        data = super().read(path)
        return self._change(data) if path == self._name else data


def flipped(byte: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:byte] + bytes([data[byte] ^ 1]) + data[byte + 1 :]


def found(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in report.findings]


def test_published_log_that_is_whole(log: Log, published: Path) -> None:
    told: list[tuple[int, int]] = []
    anchors = [anchor_of(log, size) for size in (0, 1, 255, 256, 300, 65_536, 65_537, SIZE)]
    report = audit_published(
        Directory(published), LOG, anchors=anchors, progress=lambda *p: told.append(p)
    )
    assert report.findings == []
    assert (report.size, report.root) == (SIZE, log.head().root)
    assert (report.tiles, report.anchors, report.entries) == (258 + 2 + 1, 8, 0)
    assert told[-1] == (SIZE, SIZE)


def test_published_log_of_no_entries(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text(sign(Checkpoint(LOG.origin, 0, ROOT).text(), SIGNER))
    assert audit_published(Directory(tmp_path), LOG).clean


ROOT = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@pytest.mark.parametrize(
    ("name", "byte", "where"),
    [
        ("tile/0/007", 32 * 9, "tile/0/007 is not the tile that the tree has there"),
        ("tile/0/257.p/208", 0, "the tiles at the right edge do not lead to the root"),
    ],
)
def test_published_leaf_that_is_wrong_is_named(
    published: Path, name: str, byte: int, where: str
) -> None:
    report = audit_published(Changed(published, name, flipped(byte)), LOG)
    assert ("audit.tile", where) in found(report)
    assert ("audit.head", "the checkpoint") in found(report)


@pytest.mark.parametrize(
    ("name", "byte", "where"),
    [
        ("tile/1/000", 32 * 200, "tile/1/000, hash 200"),
        ("tile/2/000.p/1", 31, "tile/2/000.p/1, hash 0"),
    ],
)
def test_published_tile_above_that_is_wrong_is_named_alone(
    published: Path, name: str, byte: int, where: str
) -> None:
    report = audit_published(Changed(published, name, flipped(byte)), LOG)
    assert found(report) == [("audit.tile", where)]


def test_published_tile_that_is_cut_short_is_named(published: Path) -> None:
    report = audit_published(Changed(published, "tile/0/003", lambda data: data[:-1]), LOG)
    assert found(report)[0] == ("audit.tile", "tile/0/003")


@pytest.mark.parametrize(
    ("size", "changed", "clean"),
    [(300, {}, True), (300, {"root": bytes(32)}, False), (10, {"size": SIZE + 1}, False)],
)
def test_published_log_is_held_against_anchors(
    log: Log, published: Path, size: int, changed: dict[str, Any], *, clean: bool
) -> None:
    anchor = replace(anchor_of(log, size), **changed)
    report = audit_published(Directory(published), LOG, anchors=[anchor])
    assert [finding.code for finding in report.findings] == ([] if clean else ["audit.anchor"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda _: b"\xff", MalformedError),
        (lambda _: b"nothing", MalformedError),
        (flipped(2), VerificationError),
        (lambda data: sign(data.decode().partition("\n\n")[0] + "\n",
                           Signer.generate(SIGNER.name)).encode(), VerificationError),
    ],
)  # fmt: skip
def test_published_checkpoint_that_nobody_signed_is_no_claim(
    published: Path, change: Callable[[bytes], bytes], error: type[LedgerError]
) -> None:
    with pytest.raises(error):
        audit_published(Changed(published, "checkpoint", change), LOG)
