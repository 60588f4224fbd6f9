"""Posting to a webhook's address: to the address that was checked, and for so long only."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.errors import UnavailableError
from ledger.webhook_address import WebhookAddress
from ledger.webhook_connection import MAX_STATUS_LINE, post

NAME = "receiver.example"
PUBLIC = "93.184.215.14"
_OK = b"HTTP/1.1 204 No Content\r\n\r\n"

Answer = Callable[[socket.socket], None]


class Peer:
    """A real server on loopback that answers each connection with what a test wants."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.closing = threading.Event()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                with connection:
                    if self._context is not None:
                        connection = self._context.wrap_socket(connection, server_side=True)
                    self.requests.append(connection.recv(65_536))
                    self._answer(connection)
                    connection.close()
            except OSError:
                continue

    def close(self) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def address(self) -> WebhookAddress:
        return WebhookAddress.parse(f"http://127.0.0.1:{self.port}/hook?a=1", local=True)


@contextmanager
def peer(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    made = Peer(answer, context)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


def saying(data: bytes) -> Answer:
    return lambda connection: connection.sendall(data)


def certificate_of(name: str, directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def serving(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (_OK, 204),
        (b"HTTP/1.0 200\n\n", 200),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + _OK, 204),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n", 302),
        (b"HTTP/1.1 503 Later\r\n\r\n", 503),
    ],
)
def test_post_gives_the_status_and_follows_nobody(answer: bytes, status: int) -> None:
    with peer(saying(answer)) as receiver:
        found = post(receiver.address, b'{"a":1}', {"webhook-id": "msg_1"})
    assert found == status
    (request,) = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?a=1 HTTP/1.1"
    assert {f"Host: 127.0.0.1:{receiver.port}", "webhook-id: msg_1", "Content-Length: 7"} <= {
        *lines
    }
    assert body == b'{"a":1}'


def drip(connection: socket.socket) -> None:
    """Send the first line of an answer a byte at a time, and never its end."""
    try:
        for byte in b"HTTP/1.1 200 " + b"a" * 200:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
    except OSError:
        return


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda _: None, "no answer"),
        (saying(b"SSH-2.0-OpenSSH\r\n"), "no HTTP"),
        (saying(b"HTTP/1.1 2000 OK\r\n"), "no HTTP"),
        (saying(b"HTTP/1.1 200 " + b"a" * (4 * MAX_STATUS_LINE)), "no HTTP"),
        (saying(b"HTTP/1.1 100 Continue\r\n\r\n" * 9), "no HTTP"),
        (saying(b"HTTP/1.1 100 Continue\r\n" + b"a" * (4 * MAX_STATUS_LINE)), "no HTTP"),
        (lambda connection: connection.recv(1), "no answer in time"),
        (drip, "no answer in time"),
    ],
)
def test_post_to_whoever_does_not_answer_ends_in_time(answer: Answer, found: str) -> None:
    with peer(answer) as receiver:
        start = time.monotonic()
        with pytest.raises(UnavailableError) as caught:
            post(receiver.address, b"{}", {}, timeout=0.5)
        assert time.monotonic() - start < 5
    assert (caught.value.code, caught.value.found) == ("webhook.undelivered", found)


def test_post_to_a_closed_port_is_no_connection() -> None:
    with peer(saying(_OK)) as receiver:
        address = receiver.address
    with pytest.raises(UnavailableError) as caught:
        post(address, b"{}", {})
    assert caught.value.found == "no connection"


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Lead what is connected to by a public IP address to a port of this machine.

    Gives the way from address to port; where it leads nowhere, the connection fails.
    """
    ways: dict[str, int] = {}
    connect = socket.create_connection

    def lead(place: tuple[str, int], timeout: float) -> socket.socket:
        if place[0] not in ways:
            raise ConnectionRefusedError(place)
        return connect(("127.0.0.1", ways[place[0]]), timeout)

    monkeypatch.setattr("ledger.webhook_connection.socket.create_connection", lead)
    return ways


def test_post_asks_for_the_name_s_certificate_at_the_checked_address(
    routed: dict[str, int], tmp_path: Path
) -> None:
    path = certificate_of(NAME, tmp_path)
    looked_up: list[str] = []

    def resolver(host: str, port: int) -> Sequence[str]:
        looked_up.append(f"{host}:{port}")
        # Whoever asks again is led elsewhere.
        return [PUBLIC] if len(looked_up) == 1 else ["127.0.0.1"]

    believed = ssl.create_default_context(cafile=path)
    with peer(saying(_OK), serving(path)) as receiver:
        routed[PUBLIC] = receiver.port
        address = WebhookAddress.parse(f"https://{NAME}/hook")
        assert post(address, b"{}", {}, resolver=resolver, context=believed) == 204
    assert looked_up == [f"{NAME}:443"]


@pytest.mark.parametrize("case", ["another name", "nobody's word", "no TLS"])
def test_post_tells_nothing_to_whoever_is_not_the_name(
    routed: dict[str, int], tmp_path: Path, case: str
) -> None:
    path = certificate_of("other.example" if case == "another name" else NAME, tmp_path)
    believed = None if case == "nobody's word" else ssl.create_default_context(cafile=path)
    with peer(saying(_OK), None if case == "no TLS" else serving(path)) as receiver:
        routed[PUBLIC] = receiver.port
        with pytest.raises(UnavailableError) as caught:
            post(
                WebhookAddress.parse(f"https://{NAME}/hook"), b"secret", {},
                resolver=lambda *_: [PUBLIC], context=believed,
            )  # fmt: skip
    expected = "no TLS" if case == "no TLS" else "a certificate that is not valid for this host"
    assert caught.value.found == expected
    assert not any(b"secret" in request for request in receiver.requests)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["0.0.0.1"], ["224.0.0.1"],
        [PUBLIC, "127.0.0.1"], ["fd00::1", PUBLIC], [], ["nonsense"],
    ],
)  # fmt: skip
def test_post_connects_to_nobody_where_one_address_is_not_public(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ledger.webhook_connection.socket.create_connection",
        lambda *_, **__: pytest.fail("somebody was connected to"),
    )
    with pytest.raises(UnavailableError) as caught:
        post(WebhookAddress.parse(f"https://{NAME}/"), b"{}", {}, resolver=lambda *_: found)
    assert caught.value.code == "webhook.forbidden"


@pytest.mark.parametrize("found", [["10.0.0.1"], [PUBLIC], ["127.0.0.1", "10.0.0.1"]])
def test_post_to_localhost_leads_to_this_machine_alone(found: list[str]) -> None:
    address = WebhookAddress.parse("http://localhost:9000/", local=True)
    with pytest.raises(UnavailableError) as caught:
        post(address, b"{}", {}, resolver=lambda *_: found)
    assert caught.value.code == "webhook.forbidden"


def test_post_tries_the_next_address_where_one_refuses(
    routed: dict[str, int], tmp_path: Path
) -> None:
    path = certificate_of(NAME, tmp_path)
    believed = ssl.create_default_context(cafile=path)
    with peer(saying(_OK), serving(path)) as receiver:
        routed[PUBLIC] = receiver.port
        address = WebhookAddress.parse(f"https://{NAME}/")
        status = post(address, b"{}", {}, resolver=lambda *_: ["8.8.8.8", PUBLIC], context=believed)
    assert status == 204


def test_look_up_that_fails_is_told_as_such() -> None:
    def resolver(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(host, port)

    with pytest.raises(UnavailableError) as caught:
        post(WebhookAddress.parse(f"https://{NAME}/"), b"{}", {}, resolver=resolver)
    assert caught.value.found == "a name that cannot be looked up"
