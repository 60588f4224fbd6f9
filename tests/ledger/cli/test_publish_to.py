"""A server that publishes to a directory, is killed, and whose log comes back from there."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from ledger.archive.source import Directory, SourceReader
from ledger.errors import NotFoundError
from ledger.note import Verifier
from tests.crossproof import CommandLine, serving
from tests.deadline import eventually
from tests.samples import transfer


def is_published(directory: Path, verifier: Verifier, size: int) -> bool:
    try:
        return SourceReader(Directory(directory), verifier).head.size == size
    except NotFoundError:
        return False


def test_log_comes_back_from_what_its_server_has_published(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    home, public = tmp_path / "home", tmp_path / "public"
    settings = {"PUBLISH_TO": f"file://{public}", "PUBLISH_TO_INTERVAL": "0.05"}
    with serving(home, **settings, PUBLISH_ENTRIES="true") as served:
        key = eventually(lambda: _key(served.lines), "the key is told")
        assert key is not None
        verifier = Verifier.from_string(key)
        for size in (200, 400, 600):
            assert served.post([transfer() for _ in range(200)]) == 201
            eventually(partial(is_published, public, verifier, size), "published")
        served.process.kill()
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"):
        (home / name).unlink(missing_ok=True)
    recovered = crossproof("recover", "--from", public, "--without-side-files", "--data-dir", home)
    assert recovered.code == 0, recovered.stderr
    assert "from 0 to 600 entries" in recovered.stderr
    audited = crossproof("audit", "--without-chain", "--data-dir", home)
    assert audited.code == 0, audited.stderr


def _key(lines: list[str]) -> str | None:
    return next((line.split()[-1] for line in lines if "log key:" in line), None)


@pytest.mark.parametrize("url", ["/srv/tiles", "s3://key:secret@bucket"])
def test_place_that_cannot_be_used_is_refused_at_the_start_and_not_shown(
    crossproof: CommandLine, tmp_path: Path, url: str
) -> None:
    outcome = crossproof("serve", "--data-dir", tmp_path / "home", PORT="0", PUBLISH_TO=url)
    assert (outcome.code, "publication.url" in outcome.stderr) == (2, True), outcome.stderr
    assert "secret@" not in outcome.stderr
