"""The command line as tests use it: in this process, or as a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ledger.cli import main
from ledger.statement import Statement
from tests.command_answer import check_answer

PROGRAM = (sys.executable, "-c", "from ledger.cli import main; main()")
_REPOSITORY = Path(__file__).resolve().parents[1]
# A start takes seconds, on a busy machine minutes; pytest gives a test five.
_START_SECONDS = 200


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code, data, words."""

    code: int
    stdout: str
    stderr: str

    @property
    def told_code(self) -> str:
        """The code of the error that was told as JSON, the last line of stderr."""
        return str(json.loads(self.stderr.splitlines()[-1])["error"]["code"])


@dataclass
class CommandLine:
    """Runs commands in this process: the same `main`, its streams read at their descriptors."""

    streams: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def __call__(self, *arguments: object, **environment: str) -> Outcome:
        """Run a command; named arguments are CROSSPROOF_… variables."""
        self.streams.readouterr()
        with self.patch.context() as patch:
            patch.setattr(sys, "argv", ["crossproof", *(str(a) for a in arguments)])
            for name, value in environment.items():
                patch.setenv(f"CROSSPROOF_{name}", value)
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = self.streams.readouterr()
        if "--json" in arguments and out:
            check_answer([str(a) for a in arguments], out)
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else 0 if code is None else 1, out, err)


def environment(**variables: str) -> dict[str, str]:
    """The environment for a program: ours without its settings, and these."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("CROSSPROOF_")}
    return {**kept, "PYTHONPATH": str(_REPOSITORY), **variables}


def start(*arguments: object, env: Mapping[str, str] | None = None, **more: Any) -> Any:
    """Start a command as a program of its own; its streams are pipes where not given."""
    for name in ("stdin", "stdout", "stderr"):
        more.setdefault(name, subprocess.PIPE)
    words = [*more.pop("prefix", ()), *PROGRAM, *(str(a) for a in arguments)]
    return subprocess.Popen(words, env=environment(**(env or {})), **more)


def run(*arguments: object, env: Mapping[str, str] | None = None, **more: Any) -> Outcome:
    """Run a command as a program of its own, to its end."""
    data = more.pop("input", None)
    with start(*arguments, env=env, **more) as process:
        out, err = process.communicate(data, timeout=_START_SECONDS)
    return Outcome(process.returncode, (out or b"").decode(), (err or b"").decode())


@dataclass
class Served:
    """A running `crossproof serve`; `lines` is all that it has written so far."""

    url: str
    process: subprocess.Popen[bytes]
    lines: list[str]
    drain: Thread

    def get(self, path: str) -> bytes:
        with urlopen(self.url + path, timeout=30) as response:  # noqa: S310 - to ourselves
            return bytes(response.read())

    def post(self, statements: Sequence[Statement]) -> int:
        """Log a batch; give the status of the answer."""
        body = b"\n".join(statement.entry for statement in statements)
        headers = {"content-type": "application/x-ndjson"}
        request = Request(f"{self.url}/v1/batches", body, headers)  # noqa: S310 - likewise
        with urlopen(request, timeout=30) as response:  # noqa: S310
            return int(response.status)

    def stop(self) -> str:
        """Stop it as an operator does; give what it wrote."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(_START_SECONDS)
        # What it wrote last may still be on its way here.
        self.drain.join()
        return "".join(self.lines)


@contextmanager
def serving(data_dir: Path, **environ: str) -> Iterator[Served]:
    """Run `crossproof serve` on a free port until the block ends."""
    with listening("serve", "--data-dir", data_dir, **environ) as served:
        yield served


@contextmanager
def listening(*arguments: object, **environ: str) -> Iterator[Served]:
    """Run a command that serves, on a free port, until the block ends."""
    variables = {f"CROSSPROOF_{name}": value for name, value in environ.items()}
    process = start(
        *arguments, "--port", 0, env=variables,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    # A start that hangs must fail the test, not hang it.
    watchdog = Timer(_START_SECONDS, process.kill)
    watchdog.start()
    lines: list[str] = []
    try:
        for raw in process.stdout:
            lines.append(raw.decode())
            if lines[-1].startswith("crossproof on "):
                break
        else:
            process.wait()
            process.stdout.close()
            process.stdin.close()
            pytest.fail(f"it did not start: {''.join(lines)}")
    finally:
        watchdog.cancel()

    url = lines[-1].split()[2].rstrip(",")

    def read() -> None:
        lines.extend(raw.decode() for raw in process.stdout)

    # Nobody reading it, a full pipe would stop the server.
    drain = Thread(target=read, daemon=True)
    drain.start()
    served = Served(url, process, lines, drain)
    try:
        yield served
    finally:
        served.stop()
        process.stdout.close()
        process.stdin.close()
