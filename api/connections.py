"""Connections: how many there may be, and how long one may wait, for a head or for its reader.

uvicorn closes a connection that is quiet between two requests, and no other: one that sends half a
head, or the rest of a body that was refused, or that does not read its answer, would stay for good.
Each costs a file descriptor, and a server without any can neither serve nor write its head record.

    waiting     no request is being answered      at most HEAD_SECONDS
    sending     an answer is on its way out       while MIN_BYTES_PER_SECOND of it go
    full        `most` connections are open       the one that has waited longest makes room
"""

from __future__ import annotations

import asyncio
import fcntl
import resource
import sys
import termios
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

__all__ = ["MAX_HEAD_BYTES", "Capacity", "Connection", "Room"]

HEAD_SECONDS = 10.0
# A head, or what stands between the parts of a body and after it: the parser keeps all of it.
MAX_HEAD_BYTES = 64 * 1024
# A reader takes a large answer in pieces: in each such time as much must go as makes this rate.
SENDING_SECONDS = 30.0
MIN_BYTES_PER_SECOND = 8 * 1024
MAX_CONNECTIONS = 4096
MAX_BACKLOG = 2048
# Database, head record, log, chain: what the server itself opens, with room to spare.
OWN_DESCRIPTORS = 128
# A connection that makes room closes one or two turns of the loop later, and in each turn a whole
# backlog may come in.
_TURNS = 4
_MIN_CONNECTIONS = 16
_INT_SIZE = 4


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many connections may be open, and how many may wait to be taken."""

    connections: int
    backlog: int

    @classmethod
    def of(cls, descriptors: int) -> Self:
        """Share out a process's file descriptors."""
        left = max(descriptors - OWN_DESCRIPTORS, _MIN_CONNECTIONS)
        backlog = max(1, min(MAX_BACKLOG, left // (2 * _TURNS)))
        return cls(min(MAX_CONNECTIONS, left - _TURNS * backlog), backlog)

    @classmethod
    def of_process(cls) -> Self:
        """Share out what this process may open, raising its soft limit as far as is of use."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        useful = OWN_DESCRIPTORS + MAX_CONNECTIONS + _TURNS * MAX_BACKLOG
        limits = [limit for limit in (hard, useful) if limit != resource.RLIM_INFINITY]
        wanted = min(limits)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        return cls.of(useful if soft == resource.RLIM_INFINITY else soft)


class Room(ServerState):
    """The connections of one server: `most` at once."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        # In the order in which they began to wait.
        self._waiting: OrderedDict[Connection, None] = OrderedDict()

    def wait(self, connection: Connection) -> None:
        """Count a connection as waiting, and close the first of them where there are too many."""
        self._waiting[connection] = None
        if len(self.connections) > self._most:
            longest, _ = self._waiting.popitem(last=False)
            longest.transport.abort()

    def leave(self, connection: Connection) -> None:
        """Count a connection as no longer waiting."""
        self._waiting.pop(connection, None)


class Connection(HttpToolsProtocol):
    """One connection, looked at now and then: whether it still has a reason to be open."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: Room,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._room = server_state
        # While it waits: since when. While an answer was last seen on its way: what was left of it.
        self._since: float | None = None
        self._unsent: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Bytes that came since the last head, or part of a body, was whole.
        self._pending = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._look_again(HEAD_SECONDS)
        self._note()

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self._room.leave(self)
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a whole head ends the waiting."""
        self._pending += len(data)
        super().data_received(data)
        if self._pending > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse()
        self._note()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._pending = 0
        super().on_headers_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of a head; what follows a body is not one."""
        # uvicorn says it is never None; before the first request it is.
        if self.cycle is None or self.cycle.scope is not self.scope:  # type: ignore[redundant-expr]
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next head."""
        self._pending = 0
        super().on_message_complete()

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]
            self.send_400_response("The request's head is too long.")
        else:
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Wait again: for the next head, or for the end of a body that nobody reads."""
        # What is left to send may be more than before, without anything being wrong.
        self._unsent = None
        super().on_response_complete()
        self._note()

    def _note(self) -> None:
        # uvicorn says it is never None; before the first request it is.
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]
            self._since = None
            self._room.leave(self)
        elif self._since is None:
            self._since = self.loop.time()
            self._room.wait(self)

    def _look(self) -> None:
        now = self.loop.time()
        unsent = _unsent(self.transport)
        if unsent:
            sent = None if self._unsent is None else self._unsent - unsent
            stuck = sent is not None and sent < SENDING_SECONDS * MIN_BYTES_PER_SECOND
            until = now + SENDING_SECONDS
        else:
            until = (now if self._since is None else self._since) + HEAD_SECONDS
            stuck = until <= now
        if stuck:
            self.transport.abort()
            return
        self._unsent = unsent or None
        self._look_again(until - now)

    def _look_again(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._look)


def _unsent(transport: asyncio.Transport) -> int:
    """Count the bytes that the other side has not taken yet, here and in the system's buffer.

    The system's alone would not do, nor ours: it takes ours over in large pieces, which a slow
    reader takes minutes for.
    """
    waiting = bytearray(_INT_SIZE)
    try:
        fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, waiting)
    except (OSError, ValueError):
        # Closed meanwhile, or a system that does not tell.
        return transport.get_write_buffer_size()
    return transport.get_write_buffer_size() + int.from_bytes(waiting, sys.byteorder)
