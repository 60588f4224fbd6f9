"""`crossproof demo`: it does what it says, and each command that it prints exits as it promises."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.bundle import Bundle
from ledger.trust import Trust
from tests.crossproof import CommandLine, Outcome, run

_ESCAPE = "\x1b["


@dataclass(frozen=True)
class Shown:
    """A demo that has run in a directory of its own."""

    directory: Path
    outcome: Outcome

    @property
    def output(self) -> Path:
        return self.directory / "demo-output"

    def by_hand(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the commands that it prints last, with the exit codes that it promises."""
        _, _, printed = self.outcome.stderr.partition("By hand")
        for line in printed.splitlines()[1:]:
            code, program, *words = shlex.split(line)
            assert program == "crossproof"
            yield int(code), words


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demo as a stranger runs it: no arguments, and settings that must not touch it."""
    directory = tmp_path_factory.mktemp("demo")
    mine = {"CROSSPROOF_DATA_DIR": str(directory / "mine"), "CROSSPROOF_CHAIN_URLS": "http://x"}
    return Shown(directory, run("demo", cwd=directory, env=mine))


def test_demo_finishes_and_leaves_what_it_names(shown: Shown) -> None:
    assert (shown.outcome.code, shown.outcome.stdout) == (0, ""), shown.outcome.stderr
    names = {path.name for path in shown.output.iterdir()}
    bundles = {name for name in names if name.endswith(".bundle.json")}
    assert len(bundles) >= 3
    # Beside each bundle the file that it proves, and apart from all of them what is false.
    assert names == {
        *bundles,
        *(name.removesuffix(".bundle.json") for name in bundles),
        "trust.json",
        "tampered",
    }
    changed = tampered_name(shown)
    assert {path.name for path in (shown.output / "tampered").iterdir()} == {
        changed,
        f"{changed}.bundle.json",
        "forged.bundle.json",
    }
    for path in shown.output.rglob("*.bundle.json"):
        Bundle.from_json(path.read_bytes())
    assert Trust.from_json((shown.output / "trust.json").read_bytes()).anchors


def test_demo_bundles_are_verified_every_one(crossproof: CommandLine, shown: Shown) -> None:
    for bundle in shown.output.glob("*.bundle.json"):
        file = bundle.with_name(bundle.name.removesuffix(".bundle.json"))
        trust = shown.output / "trust.json"
        assert crossproof("verify", bundle, file, "--trust", trust, "--offline").code == 0


def tampered_name(shown: Shown) -> str:
    """Give the file that is tampered with: the first that was recorded by itself."""
    return shown.outcome.stderr.split("   logged ")[2].split(" at index ")[0]


def test_demo_touches_no_ledger_of_ones_own(shown: Shown) -> None:
    assert [path.name for path in shown.directory.iterdir()] == ["demo-output"]


def test_demo_commands_by_hand_exit_as_promised(
    crossproof: CommandLine, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shown.directory)
    commands = list(shown.by_hand())
    assert [code for code, _ in commands] == [0, 1, 1, 1]
    for code, words in commands:
        assert crossproof(*words).code == code, words


def test_demo_tells_its_figures_and_shows_three_failures(shown: Shown) -> None:
    told = shown.outcome.stderr
    for figure in ("logged 1000 records", "records/s", "root ", "transaction 0x", "gas "):
        assert figure in told
    assert told.count("✗ Failed") == 3
    assert told.count("✓ Verified") == 1
    assert "Inconsistent" in told


def test_demo_in_a_pipe_has_no_escapes(shown: Shown) -> None:
    assert _ESCAPE not in shown.outcome.stderr


def test_demo_with_files_of_ones_own_keeps_them_apart_and_as_they_are(
    crossproof: CommandLine, here: Path
) -> None:
    """Of one name, empty, named as a result is, with a name that a shell would take apart."""
    files = {
        here / "a" / "report.csv": b"one\n",
        here / "b" / "report.csv": b"two\n",
        here / "empty": b"",
        here / "trust.json": b"{}",
        here / "it's 报告; $(x).csv": b"3",
    }
    for path, data in files.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    outcome = crossproof("demo", *files, "-o", here / "an output")
    assert outcome.code == 0, outcome.stderr
    assert {path: path.read_bytes() for path in files} == files
    for name in ("report.csv", "2-report.csv", "empty", "2-trust.json", "it's 报告; $(x).csv"):
        bundle = here / "an output" / f"{name}.bundle.json"
        verified = crossproof(
            "verify", bundle, here / "an output" / name, "--offline",
            "--trust", here / "an output" / "trust.json",
        )  # fmt: skip
        assert verified.code == 0, verified.stderr


def test_demo_over_itself_and_a_file_in_its_output(crossproof: CommandLine, here: Path) -> None:
    """Twice into one directory, where the file lies; the first byte of it is what is tampered."""
    file = here / "it's 报告; $(x).csv"
    file.write_bytes(b"")
    for _ in range(2):
        outcome = crossproof("demo", file, "-o", ".")
        assert outcome.code == 0, outcome.stderr
        assert file.read_bytes() == b""
        for code, words in Shown(here, outcome).by_hand():
            assert crossproof(*words).code == code, words


@pytest.mark.parametrize("name", ["none.csv", ".", "pipe/x", os.fsdecode(b"\xff.csv")])
def test_demo_with_a_file_that_cannot_be_read_exits_2_and_leaves_nothing(
    crossproof: CommandLine, here: Path, name: str
) -> None:
    outcome = crossproof("demo", name)
    assert (outcome.code, "Traceback" in outcome.stderr) == (2, False), outcome.stderr
    assert not list(here.iterdir())


def test_demo_onto_what_is_no_directory_exits_2(crossproof: CommandLine, here: Path) -> None:
    (here / "file").write_bytes(b"x")
    for place in ("file", "file/below"):
        outcome = crossproof("demo", "file", "-o", place)
        assert (outcome.code, "file.unusable" in outcome.stderr) == (2, True), outcome.stderr
    assert (here / "file").read_bytes() == b"x"
