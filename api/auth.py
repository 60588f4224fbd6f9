"""Who asks: API keys, the organisations they stand for, and what each may do.

    Authorization: Bearer cpk_<prefix>_<secret>

The keys file keeps no secret, only its SHA-256 (256 random bits need no slow hash):

    {"keys": [{"prefix": "3f9c…", "sha256": hex, "organisation": "acme", "scopes": ["submit"]}]}

    submit   record statements
    read     one's own records, and those that name one's organisation as recipient
    audit    every record, entry bundles and figures: for those who watch the log as a whole
    attest   with `submit`: attestations and statuses, which bundles of others' records carry

Without a keys file everyone is `local` and may do everything, and nobody but this machine is
served: no other address (`check_bind`), no request that a proxy on this machine hands on, and none
that a web page makes a browser on this machine send: it names another host (DNS rebinding), or
another origin.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import RequestError
from ledger.canonical import parse
from ledger.errors import ConfigurationError, MalformedError
from ledger.members import Members, read_hash, read_text
from ledger.settings import Settings

__all__ = [
    "ApiKeys",
    "Auditor",
    "Principal",
    "Reader",
    "Scope",
    "Submitter",
    "Visitor",
    "add_key",
    "check_bind",
    "make_key",
]

LOCAL = "local"
MAX_KEYS = 100_000
# The log tells it of every submission, and archives take no longer one.
MAX_ORGANISATION = 1_000
_MARK = "cpk"
_MODE = 0o600
_PREFIX_BYTES = 6
_SECRET_BYTES = 32
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain"})
# What a proxy adds. Behind one on this machine everyone would be `local`.
_PROXIED = frozenset({"forwarded", "via", "x-real-ip"})
_PROXIED_PREFIX = "x-forwarded-"
_PROXIED_VERSION = "1.0"


class Scope(StrEnum):
    """What a key may be used for."""

    SUBMIT = "submit"
    READ = "read"
    AUDIT = "audit"
    ATTEST = "attest"


_ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """The organisation that asks, and its scopes."""

    organisation: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One key of the keys file."""

    prefix: str
    digest: bytes
    principal: Principal

    @classmethod
    def from_value(cls, value: object, where: str) -> KeyEntry:
        """Read a key's JSON object; raise MalformedError."""
        members = Members(value, where)
        entry = cls(
            members.text("prefix"),
            read_hash(members.take("sha256"), f"{where}.sha256"),
            Principal(
                _read_organisation(members.text("organisation"), f"{where}.organisation"),
                frozenset(members.array("scopes", _read_scope, longest=len(Scope))),
            ),
        )
        members.end()
        return entry

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            "prefix": self.prefix,
            "sha256": self.digest.hex(),
            "organisation": self.principal.organisation,
            "scopes": sorted(self.principal.scopes),
        }


class ApiKeys:
    """The keys that are accepted; without a file, nobody's from elsewhere and no key at all."""

    def __init__(self, entries: Mapping[str, KeyEntry] | None) -> None:
        self._entries = entries

    @classmethod
    def load(cls, path: Path | None) -> ApiKeys:
        """Read the keys file; raise ConfigurationError where it cannot be used."""
        if path is None:
            return cls(None)
        try:
            members = Members(parse(path.read_bytes()), "keys file")
            entries = members.array("keys", KeyEntry.from_value, longest=MAX_KEYS)
            members.end()
        except (OSError, MalformedError) as error:
            raise ConfigurationError(
                "auth.keys-file", f"API keys file {path}: cannot be used", found=str(error)
            ) from error
        by_prefix = {entry.prefix: entry for entry in entries}
        if len(by_prefix) != len(entries):
            raise ConfigurationError(
                "auth.keys-file", f"API keys file {path}: two keys have the same prefix"
            )
        return cls(by_prefix)

    def values(self) -> list[dict[str, Any]]:
        """Write the entries of the keys file."""
        return [entry.to_value() for entry in (self._entries or {}).values()]

    def identify(self, request: Request, token: str | None) -> Principal:
        """Say who asks; raise RequestError for nobody that is known."""
        if self._entries is None:
            _check_local(request)
            return Principal(LOCAL, _ALL_SCOPES)
        if token is None:
            _unauthorized("auth.required", "This needs an API key.")
        mark, _, rest = token.partition("_")
        prefix, _, secret = rest.partition("_")
        entry = self._entries.get(prefix)
        # Hashed and compared also where no such key is: both refusals take the same time.
        digest = sha256(secret.encode(errors="replace")).digest()
        expected = entry.digest if entry is not None else bytes(len(digest))
        matches = hmac.compare_digest(digest, expected)
        if entry is None or not matches or mark != _MARK:
            _unauthorized("auth.unknown-key", "This API key is not known.")
        return entry.principal

    def recognise(self, request: Request, token: str | None) -> Principal | None:
        """Say who asks where anyone may; None for whoever gives no key, or has no scope.

        A key that is given and not known is refused all the same.
        """
        if self._entries is None:
            try:
                _check_local(request)
            except RequestError:
                return None
            return Principal(LOCAL, _ALL_SCOPES)
        if token is None:
            return None
        principal = self.identify(request, token)
        return principal if principal.scopes else None


def make_key(organisation: str, scopes: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """Make a key: the secret, to be shown once, and its entry for the keys file.

    Raises MalformedError for a scope that there is not.
    """
    prefix = secrets.token_hex(_PREFIX_BYTES)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    entry: dict[str, Any] = {
        "prefix": prefix,
        "sha256": sha256(secret.encode()).hexdigest(),
        "organisation": organisation,
        "scopes": sorted(set(scopes)),
    }
    KeyEntry.from_value(entry, "key")
    return f"{_MARK}_{prefix}_{secret}", entry


def add_key(path: Path, organisation: str, scopes: Iterable[str]) -> str:
    """Make a key and write its entry to the keys file, which may not be there yet.

    A running server reads the file when it starts. Raises ConfigurationError where the file
    cannot be used, MalformedError for a scope that there is not.
    """
    secret, entry = make_key(organisation, scopes)
    keys = [*ApiKeys.load(path).values(), entry] if path.exists() else [entry]
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(_PREFIX_BYTES)}")
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w"
        ) as file:
            file.write(json.dumps({"keys": keys}, ensure_ascii=False, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigurationError(
            "auth.keys-file", f"API keys file {path}: cannot be written", found=str(error.strerror)
        ) from error
    return secret


def check_bind(settings: Settings) -> None:
    """Refuse to serve other machines without keys; raise ConfigurationError."""
    if settings.api_keys_file is None and not _is_loopback(settings.host):
        raise ConfigurationError(
            "auth.bind",
            "without API keys only this machine is served",
            expected="a loopback address, or CROSSPROOF_API_KEYS_FILE",
            found=settings.host,
            hint="Everyone who reaches the address could record and read in anyone's name.",
        )


_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="apiKey",
    description="`cpk_<prefix>_<secret>`; not asked for where a ledger serves its own machine only",
)


def _require(*scopes: Scope) -> Callable[..., Awaitable[Principal]]:
    """Make a dependency that lets in whoever has one of these scopes."""

    async def identify(
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        keys: ApiKeys = request.app.state.keys
        principal = keys.identify(request, bearer.credentials if bearer is not None else None)
        if principal.scopes.isdisjoint(scopes):
            raise RequestError(
                "auth.scope",
                "This API key may not be used for this.",
                status=HTTPStatus.FORBIDDEN,
                expected=" or ".join(scopes),
                found=", ".join(sorted(principal.scopes)) or "no scope",
            )
        return principal

    return identify


async def _recognise(request: Request) -> Principal | None:
    bearer = await _bearer(request)
    keys: ApiKeys = request.app.state.keys
    return keys.recognise(request, bearer.credentials if bearer is not None else None)


Submitter = Annotated[Principal, Depends(_require(Scope.SUBMIT))]
Reader = Annotated[Principal, Depends(_require(Scope.READ, Scope.AUDIT))]
Auditor = Annotated[Principal, Depends(_require(Scope.AUDIT))]
# Where anyone may ask, and whoever has a scope is told, or may bring, more.
Visitor = Annotated[Principal | None, Depends(_recognise)]


def _unauthorized(code: str, message: str) -> NoReturn:
    raise RequestError(
        code,
        message,
        status=HTTPStatus.UNAUTHORIZED,
        expected="Authorization: Bearer cpk_<prefix>_<secret>",
        headers={"WWW-Authenticate": 'Bearer realm="crossproof"'},
    )


def _check_local(request: Request) -> None:
    """Refuse whatever may not come from this machine itself; raise RequestError."""
    # A request over a Unix socket has no client address, and comes from this machine.
    client = request.client.host if request.client is not None else "localhost"
    places = {"client": client, "Host": _host_name(request.headers.get("host", ""))}
    if "origin" in request.headers:
        places["Origin"] = _host_name(request.headers["origin"].partition("://")[2])
    for place, name in places.items():
        if not _is_loopback(name):
            raise _elsewhere(f"a loopback {place}", name)
    for name in request.headers:
        if name in _PROXIED or name.startswith(_PROXIED_PREFIX):
            raise _elsewhere("a request that no proxy hands on", name)
    # nginx hands requests on with no sign but this one, unless it is told otherwise.
    if request.scope.get("http_version") == _PROXIED_VERSION:
        raise _elsewhere("HTTP/1.1", f"HTTP/{_PROXIED_VERSION}, as proxies speak it")


def _elsewhere(expected: str, found: str) -> RequestError:
    return RequestError(
        "auth.local-only",
        "Without API keys only this machine is served.",
        status=HTTPStatus.FORBIDDEN,
        expected=expected,
        found=found[:100],
        hint="Ask 127.0.0.1, or let the operator set CROSSPROOF_API_KEYS_FILE.",
    )


def _host_name(header: str) -> str:
    """Take the port off a Host header, whatever else it holds."""
    name, bracket, _ = header.partition("]")
    return f"{name}]" if bracket else header.partition(":")[0]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in _LOCAL_NAMES


def _read_organisation(name: str, where: str) -> str:
    if not name.strip() or len(name) > MAX_ORGANISATION:
        raise MalformedError(
            "auth.organisation",
            where,
            expected=f"a name of at most {MAX_ORGANISATION} characters",
            found=name[:100] or "nothing",
        )
    return name


def _read_scope(value: object, where: str) -> Scope:
    name = read_text(value, where)
    try:
        return Scope(name)
    except ValueError:
        raise MalformedError(
            "auth.scope", where, expected=" or ".join(Scope), found=name[:100]
        ) from None
