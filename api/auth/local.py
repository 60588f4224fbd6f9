"""This machine: what is served where nobody has set up who is who.

Then everyone is `local` and may do everything, and nobody but this machine is served: no other
address (`check_bind`), no request that a proxy on this machine hands on, and none that a web page
makes a browser on this machine send: it names another host (DNS rebinding), or another origin.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address

from fastapi import Request

from api.problems import RequestError
from ledger.errors import ConfigurationError, LedgerError
from ledger.settings import Settings
from ledger.store import Store

__all__ = ["check_bind", "check_local", "is_loopback"]

_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
# What a proxy adds. Behind one on this machine everyone would be `local`.
_PROXIED = frozenset({"forwarded", "via", "x-real-ip"})
_PROXIED_PREFIX = "x-forwarded-"
_PROXIED_VERSION = "1.0"
_SHOWN = 100
_ASKED = 256


def check_bind(settings: Settings) -> None:
    """Refuse to serve other machines while nobody has to say who he is; ConfigurationError."""
    if is_loopback(settings.host) or settings.api_keys_file or settings.oidc_issuer:
        return
    if _has_keys(settings):
        return
    raise ConfigurationError(
        "auth.bind",
        "without API keys or an identity provider only this machine is served",
        expected="a loopback address, a key (`crossproof api-key new`), CROSSPROOF_API_KEYS_FILE "
        "or CROSSPROOF_OIDC_ISSUER",
        found=settings.host,
        hint="Everyone who reaches the address could record and read in anyone's name.",
    )


def check_local(request: Request) -> None:
    """Refuse whatever may not come from this machine itself; raise RequestError."""
    client, headers = request.client, request.headers
    # A request over a Unix socket has no client address, and comes from this machine.
    places = {
        "client": client.host if client is not None else "localhost",
        "Host": _host_name(headers.get("host", "")),
    }
    if "origin" in headers:
        places["Origin"] = _host_name(headers["origin"].partition("://")[2])
    for place, name in places.items():
        if not is_loopback(name):
            raise _elsewhere(f"a loopback {place}", name)
    for name in headers:
        if name in _PROXIED or name.startswith(_PROXIED_PREFIX):
            raise _elsewhere("a request that no proxy hands on", name)
    # nginx hands requests on with no sign but this one, unless it is told otherwise.
    if request.scope.get("http_version") == _PROXIED_VERSION:
        raise _elsewhere("HTTP/1.1", f"HTTP/{_PROXIED_VERSION}, as proxies speak it")


# Every request asks, nearly always about the same few names.
@lru_cache(maxsize=_ASKED)
def is_loopback(host: str) -> bool:
    """Say whether a host's name or address is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOCAL_NAMES


def _has_keys(settings: Settings) -> bool:
    """Look into the store, which may not be there yet, or still be of an earlier version."""
    try:
        with (
            Store.open(settings.database, create=False, migrates=True) as store,
            store.access() as access,
        ):
            return access.has_keys()
    except LedgerError:
        return False


def _elsewhere(expected: str, found: str) -> RequestError:
    return RequestError(
        "auth.local-only",
        "Without API keys only this machine is served.",
        status=HTTPStatus.FORBIDDEN,
        expected=expected,
        found=found[:_SHOWN],
        hint="Ask 127.0.0.1, or let the operator make a key: `crossproof api-key new`.",
    )


def _host_name(header: str) -> str:
    """Take the port off a Host header, whatever else it holds."""
    name, bracket, _ = header.partition("]")
    return f"{name}]" if bracket else header.partition(":")[0]
