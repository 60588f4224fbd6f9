"""Why nobody answers, in words: with real sockets, through both libraries of HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest
import requests

from ledger.silence import why_silent


def _ask_httpx2(url: str) -> None:
    httpx2.get(url, timeout=0.5)


def _ask_requests(url: str) -> None:
    requests.get(url, timeout=0.5)


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """Take connections; answer each with bytes and an end, or not at all."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                if answer is not None:
                    connection.recv(65_536)
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in kept:
                connection.close()


def told(ask: Callable[[str], None], url: str) -> str:
    with pytest.raises((httpx2.HTTPError, requests.RequestException)) as caught:
        ask(url)
    words = why_silent(caught.value)
    assert "Error" not in words
    assert "127.0.0.1" not in words
    return words


@pytest.mark.parametrize("ask", [_ask_httpx2, _ask_requests])
def test_each_silence_is_told_in_words(ask: Callable[[str], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert told(ask, f"http://127.0.0.1:{port}") == "it refuses connections"
    assert told(ask, "http://nobody.invalid/") == "its name is not known"
    with listening(None) as port:
        assert told(ask, f"http://127.0.0.1:{port}") == "no answer in time"
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf") as port:
        early = "the connection ended before the answer did"
        assert told(ask, f"http://127.0.0.1:{port}") == early
    with listening(b"not TLS") as port:
        assert told(ask, f"https://127.0.0.1:{port}") == "it does not speak TLS as it should"


def test_error_that_is_its_own_cause_ends() -> None:
    error = httpx2.ConnectError("x")
    error.__cause__ = error
    assert why_silent(error) == "no answer that can be read"
