"""`crossproof audit export`: an archive that its own verify.py checks."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.crossproof import CommandLine
from tests.ledger.cli.conftest import Home


def test_export_writes_an_archive_that_verifies_by_itself(
    crossproof: CommandLine, home: Home, tmp_path: Path
) -> None:
    archive = tmp_path / "all.zip"
    outcome = crossproof("audit", "export", "-o", archive, "--data-dir", home.directory)
    assert (outcome.code, outcome.stdout) == (0, ""), outcome.stderr
    assert "300 entries of 300, root " in outcome.stderr
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "unpacked")
        report = json.loads(packed.read("report.json"))
        assert json.loads(packed.read("manifest.json"))["left_out"] == []
        assert b"<html" in packed.read("verify.html")
    assert (report["verdict"], report["derived"]["entries"]) == ("verified", 300)
    program = tmp_path / "unpacked" / "verify.py"
    words = [program, archive, "--trust", program.with_name("trust.json"), "--json"]
    done = subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, check=False
    )
    # No anchor is pinned: nothing is wrong, and the chain was not asked.
    assert done.returncode == 3, done.stderr
    value = json.loads(done.stdout)
    assert value["verdict"] == "undetermined"
    assert {c["check"] for c in value["checks"] if c["status"] != "verified"} == {"anchors"}


def test_export_of_a_span_without_entries_is_an_archive_too(
    crossproof: CommandLine, home: Home, tmp_path: Path
) -> None:
    outcome = crossproof(
        "audit", "export", "-o", tmp_path / "none.zip", "--since", "2999-01-01T00:00:00Z",
        "--data-dir", home.directory,
    )  # fmt: skip
    assert (outcome.code, "0 entries of 300" in outcome.stderr) == (0, True), outcome.stderr


def test_export_of_a_damaged_log_says_so(
    crossproof: CommandLine, home: Home, tmp_path: Path
) -> None:
    data = bytearray(home.database.read_bytes())
    place = data.index(b"credit-report")
    data[place] ^= 1
    home.database.write_bytes(data)
    outcome = crossproof("audit", "export", "-o", tmp_path / "x.zip", "--data-dir", home.directory)
    assert (outcome.code, "audit.entry" in outcome.stderr) == (1, True), outcome.stderr
    assert json.loads(zipfile.ZipFile(tmp_path / "x.zip").read("report.json"))["findings"]


@pytest.mark.parametrize("name", ["x.tar", "x", "-"])
def test_export_into_what_is_no_zip_is_refused(
    crossproof: CommandLine, home: Home, tmp_path: Path, name: str
) -> None:
    outcome = crossproof("audit", "export", "-o", tmp_path / name, "--data-dir", home.directory)
    assert (outcome.code, "usage.archive" in outcome.stderr) == (2, True)
