"""Streams and signals: data, words and exit codes, whatever becomes of who listens."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ledger.cli.console import BROKEN_PIPE
from tests.crossproof import CommandLine, environment, run, start
from tests.ledger.cli.conftest import Case, Home

_ESCAPE = b"\x1b["


def on_terminal(*arguments: object, **variables: str) -> bytes:
    """Run a command whose stderr is a terminal; give what appears on it."""
    ours, theirs = pty.openpty()
    process = start(*arguments, env=variables, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    # A terminal whose other end is closed reports EIO.
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    process.stdin.close()
    process.wait()
    return shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        return b""


def test_colour_is_for_terminals_without_no_color(case: Case) -> None:
    command = ("verify", case.bundle, case.file, "--trust", case.trust)
    assert _ESCAPE in on_terminal(*command, TERM="xterm")
    assert _ESCAPE not in on_terminal(*command, TERM="xterm", NO_COLOR="1")
    assert _ESCAPE not in on_terminal(*command, TERM="dumb")
    assert _ESCAPE.decode() not in run(*command).stderr


def test_progress_is_for_terminals(home: Home) -> None:
    """The audit of a real log shows how far it is, and nothing of it remains."""
    command = ("audit", "--without-chain", "--data-dir", home.directory)
    shown = on_terminal(*command, TERM="xterm")
    assert b"entries " in shown
    assert b"300 of 300, " in shown
    # The bar's line is cleared (ECMA-48, EL), and the cursor is back.
    assert shown.rindex(b"\x1b[2K") > shown.rindex(b"300 of 300, ")
    assert b"\x1b[?25h" in shown
    assert "\r" not in run(*command).stderr


@pytest.mark.parametrize("code", [0, 1])
def test_exit_code_outlives_a_stderr_that_nobody_reads(case: Case, code: int) -> None:
    if code:
        case.file.write_bytes(b"changed")
    reading, writing = os.pipe()
    os.close(reading)
    process = start("verify", case.bundle, case.file, "--trust", case.trust, stderr=writing)
    os.close(writing)
    out, _ = process.communicate()
    assert (process.returncode, out) == (code, b"")


@pytest.mark.parametrize("code", [0, 1])
def test_exit_code_outlives_a_closed_stderr(case: Case, code: int) -> None:
    if code:
        case.file.write_bytes(b"changed")
    command = ["sh", "-c", 'exec 2>&- "$@"', "sh"]
    outcome = run("verify", case.bundle, case.file, "--trust", case.trust, prefix=command)
    assert outcome.code == code


def test_json_that_nobody_reads_is_no_verdict(case: Case) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start(
        "verify", case.bundle, case.file, "--trust", case.trust, "--json", stdout=writing
    )
    os.close(writing)
    _, err = process.communicate()
    assert (process.returncode, err) == (BROKEN_PIPE, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_json_onto_a_full_disk_is_told(case: Case) -> None:
    with Path("/dev/full").open("wb") as full:
        outcome = run("trust", "show", "--trust", case.trust, "--json", stdout=full)
    assert outcome.code == 2
    assert "stdout.unwritable" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "Exception" not in outcome.stderr


def test_json_is_utf_8_wherever_it_goes(case: Case) -> None:
    """A file's name that is no UTF-8 is in the report as an escape."""
    named = case.file.rename(os.fsdecode(os.fsencode(case.file.parent) + b"/\xff.csv"))
    named.write_bytes(b"changed")
    command = ("verify", case.bundle, named, "--trust", case.trust)
    outcome = run(*command, "--json", env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert (outcome.code, outcome.stderr) == (1, "")
    outcome = run(*command, "--lang", "zh", env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert outcome.code == 1
    assert "Traceback" not in outcome.stderr


def test_interrupt_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    """Ctrl-C while a server that never answers is waited for: the statement is kept."""
    statement = tmp_path / "statement.json"
    statement.write_text(
        '{"kind":"transfer","occurred_at":"2026-01-31T12:00:00Z","exporter":{"id":"a"},'
        '"recipient":{"id":"b"},"from":"CN","to":"HK","scenario":"s","data_items":'
        '[{"name":"n","class":"general","personal":false,"sensitive":false}]}'
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        # Started in the background these tests ignore Ctrl-C, and so would what they start.
        inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = start("record", "--from-json", statement, "--server", url, cwd=tmp_path)
        signal.signal(signal.SIGINT, inherited)
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        connection, _ = silent.accept()
        # It has sent its request, and waits.
        assert connection.recv(4)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        connection.close()
        watchdog.cancel()
    assert process.returncode == 130
    assert b"Traceback" not in err
    (kept,) = tmp_path.glob("*.statement.json")
    assert kept.name.encode() in err


def test_defect_is_not_taken_for_a_verdict(case: Case) -> None:
    """What nobody foresaw exits 3: exit code 1 would say that the bundle is false."""
    program = (
        "import ledger.verify\n"
        "def broken(*_, **__): raise ZeroDivisionError('a defect')\n"
        "ledger.verify.verify = broken\n"
        "from ledger.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "verify", case.bundle, "--trust", case.trust],
        check=False, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.returncode == 3
    assert "please report" in done.stderr


def test_closed_stdin_is_told(case: Case) -> None:
    command = ["sh", "-c", 'exec 0<&- "$@"', "sh"]
    outcome = run("verify", "-", case.file, "--trust", case.trust, prefix=command)
    assert (outcome.code, "file.unreadable" in outcome.stderr) == (2, True), outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_rows_are_a_table_on_a_terminal_and_lines_in_a_pipe(
    home: Home, crossproof: CommandLine
) -> None:
    """What a row says is shown as it is: no markup, no escape sequence of its own."""
    data = ("--data-dir", home.directory)
    assert crossproof("api-key", "new", "[red]\x1b[2J", "--scope", "read", *data).code == 0
    (line,) = crossproof("api-key", "list", *data).stdout.splitlines()
    assert line.endswith("  stands    [red]\\x1b[2J  (read)  used never")
    ours, theirs = pty.openpty()
    with start("api-key", "list", *data, env={"NO_COLOR": "1"}, stdout=theirs):
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    head, row = shown.decode().splitlines()
    assert head.split() == ["prefix", "state", "organisation", "may", "used"]
    assert row.split()[1:] == ["stands", "[red]\\x1b[2J", "read", "never"]
    assert b"\x1b[2J" not in shown
