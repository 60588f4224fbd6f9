"""Addresses that webhooks are posted to: a URL in, checked, and which IP addresses it may mean.

    https://receiver.example/hook       any public address, port 443 or 1024 to 65535
    http://127.0.0.1:9000/hook          this machine's own, where a ledger serves nobody else

Whoever may subscribe chooses where a server inside someone's network connects to. So a URL has one
reading only (no account, no fragment, no number for a host but an IP address as it is usually
written), and every IP address that its name means must be one that the whole Internet reaches.
Connecting to an address that was checked, and to no other, is `webhook_connection`'s affair.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from ledger.errors import MalformedError

__all__ = ["MAX_URL", "WebhookAddress", "is_public"]

MAX_URL = 2_048

_HTTPS_PORT, _HTTP_PORT = 443, 80
_FIRST_FREE_PORT, _LAST_PORT = 1_024, 65_535
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<target>[/?][A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?"
)
_LABEL = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_MAX_NAME = 253
# What resolvers take for a number, and so for an address: 2130706433, 0x7f.1, 127.1.
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")
_LOOPBACK_NAME = "localhost"
_SHOWN = 100

# What an IPv6 host may have: all else is private, local, multicast, reserved or a translation.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Protocols' own, ways to other addresses, and what is for documents alone: not every Python knows
# all of these, and a cloud's metadata may be at one of them (192.0.0.192).
_NOT_GLOBAL_IPV4 = tuple(IPv4Network(network) for network in ("192.0.0.0/24", "192.88.99.0/24"))
_NOT_GLOBAL_IPV6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# RFC 6052: an IPv4 address as a network without IPv4 writes it.
_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_MASK = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """An address: `host` in lower case and without brackets, `target` as it goes into a request."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str, *, local: bool = False) -> WebhookAddress:
        """Read an https URL; with `local` an http URL of this machine itself too.

        Raises MalformedError, in which the URL is not shown: its path is often a secret.
        """
        match = _URL.fullmatch(url) if len(url) <= MAX_URL else None
        if match is None:
            raise _malformed(f"a URL of at most {MAX_URL} characters, without account or fragment")
        host = match["host"].strip("[]").lower()
        is_secure = match["scheme"] == "https"
        port = int(match["port"] or (_HTTPS_PORT if is_secure else _HTTP_PORT))
        found = cls(match["scheme"], host, port, _target(match["target"]))
        address = _literal(host)
        if address is None:
            _check_name(host)
        if not is_secure:
            if not local or not _is_own(host, address):
                raise _malformed(
                    "https://, or http:// and a loopback address where nobody needs a key"
                )
        elif address is not None and not is_public(address):
            raise _malformed("a public address", host)
        elif port != _HTTPS_PORT and port < _FIRST_FREE_PORT:
            raise _malformed(f"port {_HTTPS_PORT}, or {_FIRST_FREE_PORT} to {_LAST_PORT}", port)
        if port > _LAST_PORT:
            raise _malformed(f"a port up to {_LAST_PORT}", port)
        return found

    @property
    def is_local(self) -> bool:
        """Whether it is one of this machine itself: nothing else is reached without TLS."""
        return self.scheme == "http"

    @property
    def authority(self) -> str:
        """Write host and port as the Host header has them; for people too: no secret is in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = _HTTP_PORT if self.is_local else _HTTPS_PORT
        return host if self.port == default else f"{host}:{self.port}"

    def may_mean(self, address: IPv4Address | IPv6Address) -> bool:
        """Say whether the host may turn out to have this IP address."""
        return _plain(address).is_loopback if self.is_local else is_public(address)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether the whole Internet reaches an address, and it is one host's."""
    plain = _plain(address)
    if isinstance(plain, IPv6Address):
        if plain not in _GLOBAL_UNICAST or any(plain in net for net in _NOT_GLOBAL_IPV6):
            return False
        # With a zone it is one of this machine's links.
        return plain.is_global and plain.scope_id is None
    if plain.is_multicast or plain.is_reserved or any(plain in net for net in _NOT_GLOBAL_IPV4):
        return False
    return plain.is_global


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Give the IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & _IPV4_MASK)
    return address


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        if ":" in host:
            raise _malformed("an IPv6 address", host) from None
        return None


def _check_name(host: str) -> None:
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise _malformed("a name, or an IP address as it is usually written", host)
    if len(host) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise _malformed("a host's name in ASCII", host)


def _is_own(host: str, address: IPv4Address | IPv6Address | None) -> bool:
    return host == _LOOPBACK_NAME if address is None else address.is_loopback


def _target(text: str | None) -> str:
    target = text or "/"
    return target if target.startswith("/") else f"/{target}"


def _malformed(expected: str, found: object = None) -> MalformedError:
    shown = None if found is None else str(found)[:_SHOWN]
    return MalformedError("webhook.address", "webhook address", expected=expected, found=shown)
