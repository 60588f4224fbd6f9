"""Several processes that write one log, as tests start, stop and kill them."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread

from tests.log_home import Home

_REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Line:
    """What a process has said, and when by the machine's clock."""

    time: float
    words: tuple[str, ...]


@dataclass
class Writer:
    """A running process; what it has said so far is in `lines`."""

    process: subprocess.Popen[str]
    lines: list[Line] = field(default_factory=list)
    said: Condition = field(default_factory=Condition)
    reader: Thread = field(default_factory=Thread)

    @classmethod
    def start(cls, home: Home, *, seat: int, first: int, stop: str = "") -> Writer:
        command = [
            sys.executable, "-m", "tests.writer_process", home.url, str(home.directory),
            str(seat), home.signer.to_string(), str(first), *([stop] if stop else []),
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True)
        writer = cls(process)
        writer.reader = Thread(target=writer._read, daemon=True)
        writer.reader.start()
        writer.wait_for("open")
        return writer

    def wait_for(self, word: str, *, after: float = 0.0, within: float = 30.0) -> Line:
        """Wait until it has said a word at a time after this one."""

        def found() -> Line | None:
            return next((x for x in self.lines if x.time > after and x.words[0] == word), None)

        with self.said:
            line = self.said.wait_for(found, timeout=within)
        assert line is not None, f"it has not said {word!r} within {within} s"
        return line

    def logged(self) -> list[tuple[int, int, int]]:
        """Give the first number, length and index of each batch that was acknowledged."""
        with self.said:
            lines = [line for line in self.lines if line.words[0] == "logged"]
        return [(int(n), int(length), int(i)) for _, n, length, i in (x.words for x in lines)]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            with self.said:
                # A kill may have cut the last line.
                if text.endswith("\n"):
                    time, *words = text.split()
                    self.lines.append(Line(float(time), tuple(words)))
                self.said.notify_all()
