"""Log lines of a serving process, structlog's and the library's own, to stderr.

On a terminal they are words, elsewhere one JSON object a line. No line holds a secret or the body
of a request: what is logged are codes, counts and places. What libraries say of strangers' requests
is said once in a while, or whoever sends nonsense would fill the disk.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from time import monotonic

import structlog

__all__ = ["Sparing", "log_to_stderr"]

REPEAT_SECONDS = 60.0
MAX_TEXTS = 1000
# One line for each bad request, or for each second in which no connection can be taken.
_TALKATIVE = ("asyncio", "uvicorn")


class Sparing(logging.Filter):
    """Let each text of a library pass once in a while, with how often it was said meanwhile."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        # By logger and text: when it may pass again, and how often it was held back.
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line passes."""
        if not record.name.startswith(_TALKATIVE):
            return True
        # As the program has it, before what differs each time is put in.
        key = (record.name, str(record.msg))
        with self._lock:
            now = self._clock()
            until, held = self._said.get(key, (now, 0))
            if now < until:
                self._said[key] = (until, held + 1)
                return False
            if len(self._said) >= MAX_TEXTS:
                self._said.clear()
            self._said[key] = (now + REPEAT_SECONDS, 0)
        if held:
            record.msg = f"{record.msg} ({held} more since it was last told)"
        return True


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send the log lines of this process to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor
    if sys.stderr is not None and sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    else:
        renderer = structlog.processors.JSONRenderer()
    handler = logging.StreamHandler()
    handler.addFilter(Sparing())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # Libraries tell what they do, and with which addresses, at this level.
    for name in ("ledger", "api"):
        logging.getLogger(name).setLevel(level)
