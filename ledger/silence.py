"""Silence: why somebody on the network did not answer, in words.

An HTTP library's error is named after its own class, and its text may hold an address with a key in
it; what lies beneath, the system's error, says what happened. Takes those of httpx2 and requests.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

__all__ = ["why_silent"]

_IN_TIME = "no answer in time"
_EARLY = "the connection ended before the answer did"
_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ssl.SSLError,), "it does not speak TLS as it should"),
    ((socket.gaierror,), "its name is not known"),
    ((ConnectionRefusedError,), "it refuses connections"),
    ((ConnectionResetError, ConnectionAbortedError, BrokenPipeError), _EARLY),
)
# Of an error in a chain of them; more are not looked at.
_MAX_DEPTH = 16


def why_silent(error: BaseException) -> str:
    """Say why there is no answer."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, TimeoutError) or "Timeout" in type(one).__name__:
            return _IN_TIME
    for one in chain:
        words = _of_the_system(one)
        if words is not None:
            return words
    ended = {"RemoteProtocolError", "ReadError", "WriteError", "ChunkedEncodingError"}
    if any(type(one).__name__ in ended for one in chain):
        return _EARLY
    return "no answer that can be read"


def _of_the_system(error: BaseException) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not taken: {error.verify_message}"
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    # Libraries of HTTP derive from OSError too, without a number.
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error, and what lies beneath: its causes, and what urllib3 wraps as an argument."""
    waiting, seen = [error], 0
    while waiting and seen < _MAX_DEPTH:
        one = waiting.pop(0)
        seen += 1
        yield one
        beneath = (one.__cause__ or one.__context__, getattr(one, "reason", None), *one.args)
        waiting.extend(each for each in beneath if isinstance(each, BaseException))
