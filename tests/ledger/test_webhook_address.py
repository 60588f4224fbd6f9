"""Addresses of webhooks: one reading of a URL, and no way to what is not public."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.webhook_address import MAX_URL, WebhookAddress, is_public

NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "fe80::1", "fe80::1%eth0",
    "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "100::1", "2001::1",
    "2001:db8::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "4000::1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_address_of_no_public_host_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(MalformedError, match="webhook address"):
        WebhookAddress.parse(f"https://{host}/hook")


@pytest.mark.parametrize("text", PUBLIC)
def test_address_of_a_public_host_is_public(text: str) -> None:
    assert is_public(ip_address(text))
    host = f"[{text}]" if ":" in text else text
    assert WebhookAddress.parse(f"https://{host}/").may_mean(ip_address(text))


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "authority"),
    [
        ("https://receiver.example/hook", "receiver.example", 443, "/hook", "receiver.example"),
        ("https://Receiver.Example", "receiver.example", 443, "/", "receiver.example"),
        ("https://a.example:443?x=1", "a.example", 443, "/?x=1", "a.example"),
        ("https://a.example:8443/a%20b", "a.example", 8443, "/a%20b", "a.example:8443"),
        ("https://[2606:4700::1]:8443/x", "2606:4700::1", 8443, "/x", "[2606:4700::1]:8443"),
    ],
)
def test_parse_gives_the_parts_of_a_url(
    url: str, host: str, port: int, target: str, authority: str
) -> None:
    found = WebhookAddress.parse(url)
    assert (found.host, found.port, found.target) == (host, port, target)
    assert found.authority == authority
    assert not found.is_local


@pytest.mark.parametrize(
    "url",
    [
        "", "receiver.example", "ftp://receiver.example/", "file:///etc/passwd",
        "http://receiver.example/", "http://127.0.0.1:9000/", "HTTPS://receiver.example/",
        "https://", "https:///hook", "https://.example/", "https://a..example/",
        "https://a.example./", "https://-a.example/", f"https://{'a' * 64}.example/",
        # Accounts: the host is behind the at sign.
        "https://user@receiver.example/", "https://user:secret@receiver.example/",
        "https://receiver.example:443@127.0.0.1/", "https://receiver.example\\@127.0.0.1/",
        # Numbers that a resolver takes for an address.
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://127.1/",
        "https://0177.0.0.1/", "https://127.0.0.0x1/", "https://0/", "https://127.0.0.1./",
        "https://[::ffff:7f00:1]/", "https://[::1]:8443/", "https://[fe80::1%25eth0]/",
        "https://[::1/", "https://[receiver.example]/",
        # Ports of other protocols.
        "https://receiver.example:0/", "https://receiver.example:22/",
        "https://receiver.example:25/", "https://receiver.example:80/",
        "https://receiver.example:1023/", "https://receiver.example:65536/",
        "https://receiver.example:99999/", "https://receiver.example:/",
        "https://receiver.example:+443/", "https://receiver.example:0443/",
        # Two readings, or two lines.
        "https://receiver.example/#@127.0.0.1", "https://receiver.example/a b",
        "https://receiver.example/\r\nHost: x", "https://receiver.example\n", "https://exämple.de/",
        "https://\uff11\uff12\uff17.0.0.1/", " https://receiver.example/",
        "https://receiver.example/" + "a" * MAX_URL,
    ],
)  # fmt: skip
def test_parse_refuses_what_has_another_reading(url: str) -> None:
    with pytest.raises(MalformedError) as caught:
        WebhookAddress.parse(url)
    assert caught.value.code == "webhook.address"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://127.0.0.1:9000/hook", True),
        ("http://localhost:9000/hook", True),
        ("http://[::1]:9000/hook", True),
        ("http://127.0.0.1/", True),
        ("http://10.0.0.1:9000/", False),
        ("http://169.254.169.254/", False),
        ("http://localhost.example/", False),
        ("http://0.0.0.0:9000/", False),
        ("https://127.0.0.1:9000/", False),
        ("http://receiver.example/", False),
    ],
)
def test_parse_for_this_machine_takes_this_machine_alone(url: str, *, taken: bool) -> None:
    if not taken:
        with pytest.raises(MalformedError):
            WebhookAddress.parse(url, local=True)
        return
    found = WebhookAddress.parse(url, local=True)
    assert found.is_local
    assert found.may_mean(ip_address("127.0.0.1"))
    assert not any(found.may_mean(ip_address(text)) for text in (*PUBLIC, "10.0.0.1", "0.0.0.0"))  # noqa: S104 - not bound to


def test_error_does_not_show_what_may_be_a_secret() -> None:
    with pytest.raises(MalformedError) as caught:
        WebhookAddress.parse("https://receiver.example:22/services/T0/secret")
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60) | st.from_regex(r"https?://\S{0,40}", fullmatch=True))
def test_parse_raises_nothing_else(text: str) -> None:
    for local in (False, True):
        try:
            found = WebhookAddress.parse(text, local=local)
        except MalformedError:
            continue
        assert found.target.isascii()
        assert found.target.isprintable()
        assert found.is_local == local
