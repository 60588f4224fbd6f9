"""A bare HTTP connection that is kept: what the load costs, the server does not have."""

from __future__ import annotations

import asyncio
import re
from typing import Self

__all__ = ["Connection"]

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_STATUS = slice(len("HTTP/1.1 "), len("HTTP/1.1 200"))


class Connection:
    """One connection to a server on this machine; one request at a time."""

    def __init__(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._port, self._reader, self._writer = port, reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect."""
        return cls(port, *await asyncio.open_connection("127.0.0.1", port))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        media_type: str = "application/json",
        *,
        prefer: str = "wait=0",
    ) -> tuple[int, bytes]:
        """Send a request; give its answer's status and body."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
            f"Prefer: {prefer}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer)
        body = (
            await self._chunks()
            if length is None
            else await self._reader.readexactly(int(length[1]))
        )
        return int(answer[_STATUS]), body

    async def _chunks(self) -> bytes:
        """Read a body whose length was not known before (RFC 9112, 7.1)."""
        found = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            found.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(found)
