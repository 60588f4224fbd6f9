"""The access trail, written while the ledger serves: a queue in, chained rows in the store out.

A request does not wait for its row: rows are written together, TRAIL_SECONDS later at the latest,
and when the server stops. So what a crash can lose is the last moment's rows, and nothing that was
recorded in it, for a record's own row is its entry in the log. Where rows cannot be written for
longer than BEHIND_SECONDS, or too many wait, whatever needs a scope is refused (503
`trail.unavailable`): nobody reads on unseen.

Once a day, where there is news, the head is logged as an entry; `POST /v1/trail/heads` does it now.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.principal import Principal
from ledger.errors import LedgerError, UnavailableError
from ledger.node import Node
from ledger.submission import Submission
from ledger.trail import LEDGER, LoggedHead, Visit, chain, logged_heads, statement

__all__ = ["TrailWriter", "Trailed", "note"]

TRAIL_SECONDS = 0.5
BEHIND_SECONDS = 10.0
# Some hundred bytes each.
MAX_WAITING = 100_000
# On SQLite entries wait while rows are written: so few of them take some milliseconds.
MAX_WRITTEN_AT_ONCE = 500
HEAD_EVERY = timedelta(days=1)
_KEY = "key:"
_SHOWN = 200

_logger = structlog.get_logger(__name__)


class TrailWriter:
    """Writes down who did and looked at what; methods may be called from any thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._waiting: deque[tuple[float, Visit]] = deque()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._newest: LoggedHead | None = None
        self._looked = False
        self._worker = threading.Thread(target=self._run, name="trail", daemon=True)
        self._worker.start()

    def note(self, visit: Visit) -> None:
        """Take a row to be written."""
        self._waiting.append((time.monotonic(), visit))

    def check(self) -> None:
        """Raise UnavailableError where rows wait that should long be written."""
        try:
            since, _ = self._waiting[0]
        except IndexError:
            return
        waiting = len(self._waiting)
        if waiting > MAX_WAITING or time.monotonic() - since > BEHIND_SECONDS:
            raise UnavailableError(
                "trail.unavailable",
                "the access trail cannot be written",
                expected="a trail of every access",
                found=f"{waiting} waiting",
            )

    def flush(self) -> None:
        """Write what waits; raise UnavailableError."""
        with self._writing:
            while self._waiting:
                # A copy is made at once, while requests go on adding at the other end.
                batch = [v for _, v in islice(self._waiting.copy(), MAX_WRITTEN_AT_ONCE)]
                self._write(batch)
                for _ in batch:
                    self._waiting.popleft()

    def log_head(self) -> LoggedHead | None:
        """Log the head of what is written, where it is news; None while there are no rows.

        Raises whatever an append raises.
        """
        self.flush()
        with self._writing:
            newest = self._newest_logged()
            with self._node.log.store.trail() as rows:
                head = rows.head()
                first = rows.read(1 if newest is None else newest.head.size, 1)
            if newest is not None and newest.head == head:
                return newest
            if not first:
                return None
            since = newest.until if newest is not None else Visit.from_row(first[0].row)[1].time
            until = datetime.now(UTC)
            made = statement(head, since=since, until=until)
            appended = self._node.submit([Submission.of(made)], submitter=LEDGER)
            self._newest = LoggedHead(appended.indexes[0], head, until)
            return self._newest

    def close(self) -> None:
        """Write what waits, and stop."""
        self._stop.set()
        self._worker.join()

    def _run(self) -> None:
        while not self._stop.wait(TRAIL_SECONDS):
            self._step()
        self._step(last=True)

    def _step(self, *, last: bool = False) -> None:
        try:
            self.flush()
            if not last and self._is_head_due():
                self.log_head()
        except LedgerError as error:
            _logger.warning("trail is written later", code=error.code, reason=str(error))
        except Exception as error:
            # A worker that dies of a defect would leave everyone refused, unexplained.
            _logger.exception("trail failed; trying again", error=type(error).__name__)

    def _is_head_due(self) -> bool:
        if self._node.log.read_only_reason is not None:
            return False
        newest = self._newest_logged()
        if newest is not None:
            return datetime.now(UTC) - newest.until >= HEAD_EVERY
        with self._node.log.store.trail() as rows:
            first = rows.read(1, 1)
        return bool(first) and (
            datetime.now(UTC) - Visit.from_row(first[0].row)[1].time >= HEAD_EVERY
        )

    def _newest_logged(self) -> LoggedHead | None:
        if not self._looked:
            heads = logged_heads(self._node.log)
            self._newest, self._looked = (heads[-1] if heads else None), True
        return self._newest

    def _write(self, batch: list[Visit]) -> None:
        used = {
            part.removeprefix(_KEY)
            for visit in batch
            for part in visit.credential.split()
            if part.startswith(_KEY)
        }
        store = self._node.log.store
        with store.trail() as rows:
            old = rows.head()
        # Before anybody waits for it; and again where another process was faster.
        chained = chain(old, batch)
        with store.trail(write=True) as rows:
            newest = rows.head(locked=True)
            if newest != old:
                chained = chain(newest, batch)
            rows.add(chained, old=newest)
            if used:
                rows.access.use_keys(used, now=batch[-1].time)


class Trailed:
    """Note every request that someone known made, as its answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note who asked for what."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                note(scope, message["status"])
            await send(message)

        await self._app(scope, receive, noting if scope["type"] == "http" else send)


def note(scope: Scope, status: int) -> None:
    """Note a request that someone known made, and how it is answered."""
    state = scope.get("state", {})
    principal: Principal | None = state.get("visitor")
    if principal is None:
        return
    writer: TrailWriter = scope["app"].state.trail
    named = scope.get("path_params", {})
    subject = state.get("subject") or named.get("record_id") or named.get("path")
    now = datetime.now(UTC)
    # Whoever asks for many records at once has looked at each.
    for each in state.get("subjects") or [subject]:
        writer.note(
            Visit(
                time=now,
                organisation=principal.organisation,
                credential=principal.credential,
                method=scope["method"],
                route=getattr(scope.get("route"), "path", "unmatched"),
                status=status,
                subject=None if each is None else str(each)[:_SHOWN],
            )
        )
