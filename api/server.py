"""The server: the application on a socket, with the limits that hold before any request is one.

make_server(create_app(node)).run(sockets=[listening])
"""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI

from api.connections import Capacity, Connection, Room

__all__ = ["Server", "make_server"]

# Connections that wait to be taken need no descriptor yet: they wait with the system.
_QUEUE = 2048


class Server(uvicorn.Server):
    """A server of uvicorn's with as many connections as the process has room for."""

    def __init__(self, config: uvicorn.Config, room: Room) -> None:
        super().__init__(config)
        self.server_state = room

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve on these sockets."""
        await super().startup(sockets)
        # uvicorn's backlog says how many are taken at once too, and has to be small for that.
        for listening in sockets or ():
            listening.listen(_QUEUE)


def make_server(app: FastAPI) -> Server:
    """Make a server that is yet to run; it takes its log lines to whoever has set logging up."""
    capacity = Capacity.of_process()
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        backlog=capacity.backlog,
        log_config=None,
        access_log=False,
    )
    return Server(config, Room(capacity.connections))
