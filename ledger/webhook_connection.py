"""One POST to a webhook's address: resolved once, checked, and connected to what was checked.

    post(address, body, headers)  →  the status of the answer

The name is looked up once. Every address that it has must be one that it may have, or nobody is
connected to: a name that means a public address and a private one is an attack. The connection goes
to an address of that look-up, never to the name, which could mean something else a moment later
(DNS rebinding); the certificate must be the name's all the same. No redirect is followed, no proxy
of the environment asked, and of the answer nothing is read but its first line. From the look-up on,
for which the system has limits of its own, all takes TIMEOUT_SECONDS at most, however the other
side dribbles.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address

from ledger.errors import UnavailableError
from ledger.webhook_address import WebhookAddress

__all__ = ["MAX_STATUS_LINE", "TIMEOUT_SECONDS", "Resolver", "post", "resolve"]

TIMEOUT_SECONDS = 10.0
MAX_STATUS_LINE = 1_024
# Of a name with many addresses no more are tried.
_MAX_TRIED = 3
_MAX_INTERIM = 4
_PIECE = 4_096
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
_INTERIM = range(100, 200)

Resolver = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """Look a host up: its IP addresses, in the system's order; raise OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def post(
    address: WebhookAddress,
    body: bytes,
    headers: Mapping[str, str],
    *,
    resolver: Resolver = resolve,
    context: ssl.SSLContext | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> int:
    """Post a body, and give the status that it is answered with.

    Raises UnavailableError, which tells no more than what kind of failure it was: of an address
    that must not be asked (`webhook.forbidden`) nothing is learnt by asking.
    """
    try:
        places = _checked(address, resolver)
        deadline = time.monotonic() + timeout
        connection = _connect(address, places, deadline, context)
        with connection:
            connection.settimeout(_left(deadline))
            connection.sendall(_request(address, body, headers))
            return _status(connection, deadline)
    except OSError as error:
        raise _unreachable(address, _kind(error)) from error


def _checked(address: WebhookAddress, resolver: Resolver) -> list[str]:
    found = resolver(address.host, address.port)
    allowed = [text for text in found if _may_mean(address, text)]
    if not allowed or len(allowed) < len(found):
        raise UnavailableError(
            "webhook.forbidden",
            "the webhook's address is not one that may be asked",
            expected="this machine's own addresses alone"
            if address.is_local
            else "public addresses alone",
            found=f"others, of {address.authority}",
        )
    return allowed[:_MAX_TRIED]


def _may_mean(address: WebhookAddress, text: str) -> bool:
    try:
        return address.may_mean(ip_address(text))
    except ValueError:
        return False


def _connect(
    address: WebhookAddress,
    places: Sequence[str],
    deadline: float,
    context: ssl.SSLContext | None,
) -> socket.socket:
    """Connect to the first of these IP addresses that answers."""
    failure: OSError = TimeoutError()
    for number, place in enumerate(places):
        # Those that do not answer leave time for the others.
        patience = _left(deadline) / (len(places) - number)
        try:
            plain = socket.create_connection((place, address.port), timeout=patience)
        except OSError as error:
            failure = error
            continue
        if address.is_local:
            return plain
        try:
            plain.settimeout(_left(deadline))
            secure = context or ssl.create_default_context()
            return secure.wrap_socket(plain, server_hostname=address.host)
        except OSError:
            plain.close()
            raise
    raise failure


def _request(address: WebhookAddress, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = {
        "Host": address.authority,
        "User-Agent": "crossproof",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {address.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _status(connection: socket.socket, deadline: float) -> int:
    """Read until the first line of the answer is there, past those that only say "wait"."""
    read = b""
    for _ in range(_MAX_INTERIM):
        while b"\n" not in read:
            read += _receive(connection, deadline, read)
        match = _STATUS.match(read)
        if match is None:
            raise _NoAnswerError("no HTTP")
        status = int(match[1])
        if status not in _INTERIM:
            # What else comes is not of interest; whoever sends it finds nobody there.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            return status
        while b"\r\n\r\n" not in read:
            read += _receive(connection, deadline, read)
        read = read.partition(b"\r\n\r\n")[2]
    raise _NoAnswerError("no HTTP")


def _receive(connection: socket.socket, deadline: float, before: bytes) -> bytes:
    if len(before) > MAX_STATUS_LINE:
        raise _NoAnswerError("no HTTP")
    connection.settimeout(_left(deadline))
    piece = connection.recv(_PIECE)
    if not piece:
        raise _NoAnswerError("no answer")
    return piece


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _NoAnswerError(OSError):
    """An answer that is none."""


def _kind(error: OSError) -> str:
    """Say what went wrong in words of our own: an error's text may tell of a network inside."""
    match error:
        case _NoAnswerError():
            return str(error)
        case ssl.SSLCertVerificationError():
            return "a certificate that is not valid for this host"
        case ssl.SSLError():
            return "no TLS"
        case socket.gaierror():
            return "a name that cannot be looked up"
        case TimeoutError():
            return "no answer in time"
    return "no connection"


def _unreachable(address: WebhookAddress, found: str) -> UnavailableError:
    return UnavailableError(
        "webhook.undelivered",
        "the webhook's receiver did not take the event",
        expected=f"an answer of 2xx from {address.authority}",
        found=found,
    )
