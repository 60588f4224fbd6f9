"""The trust file: the only thing that a verifier believes.

    {"mediaType": "application/vnd.crossproof.trust.v1+json",
     "logs": [{"origin": "example.com/log", "keys": ["example.com/log+…+…"],
               "operators": ["example.com/log+…+…"], "log_id": "0x…"}],
     "chains": [{"chain_id": 1, "genesis_hash": "0x…", "contract": "0x…", "sandbox": false,
                 "finality": "finalized", "rpc": ["https://…"], "agree": 1,
                 "attestors": "0x…"}],               AttestorRegistry there, may be absent
     "anchors": [{…}],                                pinned: believed without asking anyone
     "organisations": [{"id": "uscc:…", "roles": ["enterprise"], "keys": [JWK]}],
     "accreditations": [{"jurisdiction": "CN", "key": "0x…", "changes": […]}]}

`finality` is "instant", "finalized" or "confirmations:N". `log_id` is the log's name in
the contract, hash(origin, admin): without it no anchor of the log can be believed, since anyone
may open a log of that origin under an address of his own. The last two, which may be absent, say
whose keys are whose, and who may attest (see `organisation`, `accreditation`). A bundle never
widens a trust file. Published schema: `schemas/trust.v1.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ledger.accreditation import Accreditation
from ledger.anchor import Anchor, ChainIdentity
from ledger.canonical import parse
from ledger.checkpoint import check_origin
from ledger.errors import ConfigurationError, MalformedError, VerificationError
from ledger.finality import FINALIZED, Finality
from ledger.head_signature import HeadVerifier
from ledger.members import Members, read_text
from ledger.note import Verifier
from ledger.organisation import Organisation

__all__ = ["MEDIA_TYPE", "Trust", "TrustedChain", "TrustedLog", "node_address"]

MEDIA_TYPE = "application/vnd.crossproof.trust.v1+json"
MAX_TRUST_SIZE = 64 * 1024 * 1024
MAX_LISTED = 100_000

_T = TypeVar("_T")
_SHOWN = 80
_ADDRESS_SIZE = 20
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log's origin, the keys that may sign its checkpoints, and its name on the chain.

    Where operators are named, one of them must have signed the head as the contract wants it.
    """

    origin: str
    keys: tuple[Verifier, ...]
    log_id: bytes | None = None
    operators: tuple[HeadVerifier, ...] = ()

    @classmethod
    def from_value(cls, value: object, where: str) -> TrustedLog:
        """Read a log's JSON object; raise MalformedError."""
        members = Members(value, where)
        origin = members.text("origin")
        check_origin(origin)
        keys = members.array("keys", _read_key, longest=MAX_LISTED)
        log_id = members.hash("log_id") if members.has("log_id") else None
        operators: tuple[HeadVerifier, ...] = ()
        if members.has("operators"):
            operators = members.array("operators", _read_operator, longest=MAX_LISTED)
        members.end()
        if not keys:
            raise MalformedError("trust.key", f"{where}.keys", expected="a key", found="none")
        signers: tuple[Verifier | HeadVerifier, ...] = (*keys, *operators)
        for key in signers:
            if key.name != origin:
                raise MalformedError(
                    "trust.key",
                    f"{where}: a key of another log",
                    expected=origin,
                    found=key.name,
                )
        # Two keys of one id could never be told apart, and no checkpoint of the log would open.
        _unique(signers, lambda key: key.key_id.hex(), f"{where}.keys")
        return cls(origin, keys, log_id, operators)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value: dict[str, Any] = {"origin": self.origin, "keys": [str(key) for key in self.keys]}
        if self.operators:
            value["operators"] = [str(operator) for operator in self.operators]
        if self.log_id is not None:
            value["log_id"] = f"0x{self.log_id.hex()}"
        return value


@dataclass(frozen=True, slots=True)
class TrustedChain:
    """A chain, when its blocks count as final, and the nodes that may be asked about it."""

    identity: ChainIdentity
    sandbox: bool
    finality: Finality = FINALIZED
    rpc: tuple[str, ...] = ()
    agree: int = 1
    attestors: bytes | None = None
    """Where AttestorRegistry stands, which is asked who was accredited."""

    @classmethod
    def from_value(cls, value: object, where: str) -> TrustedChain:
        """Read a chain's JSON object; raise MalformedError."""
        members = Members(value, where)
        identity = ChainIdentity.from_members(members)
        sandbox = members.boolean("sandbox")
        finality = _read_finality(members.text("finality"), f"{where}.finality")
        rpc = members.array("rpc", _read_url, longest=MAX_LISTED)
        # One node asked twice always agrees with itself.
        _unique(rpc, node_address, f"{where}.rpc")
        agree = members.integer("agree", 1, max(1, len(rpc)))
        attestors = (
            members.prefixed("attestors", _ADDRESS_SIZE) if members.has("attestors") else None
        )
        members.end()
        return cls(identity, sandbox, finality, rpc, agree, attestors)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            **self.identity.to_members(),
            "sandbox": self.sandbox,
            "finality": str(self.finality),
            "rpc": list(self.rpc),
            "agree": self.agree,
            **({} if self.attestors is None else {"attestors": f"0x{self.attestors.hex()}"}),
        }


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier believes: logs, chains, anchors that were checked before, and who is who."""

    logs: tuple[TrustedLog, ...] = ()
    chains: tuple[TrustedChain, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    accreditations: tuple[Accreditation, ...] = ()

    @classmethod
    def from_json(cls, data: bytes | str) -> Trust:
        """Read a trust file; raise MalformedError for anything that is none."""
        raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
        if len(raw) > MAX_TRUST_SIZE:
            raise MalformedError(
                "trust.size",
                "trust file: too large",
                expected=f"at most {MAX_TRUST_SIZE} bytes",
                found=f"{len(raw)} bytes",
            )
        members = Members(parse(raw), "trust")
        members.literal("mediaType", MEDIA_TYPE)
        trust = cls(
            members.array("logs", TrustedLog.from_value, longest=MAX_LISTED),
            members.array("chains", TrustedChain.from_value, longest=MAX_LISTED),
            members.array("anchors", Anchor.from_value, longest=MAX_LISTED),
            members.listed("organisations", Organisation.from_value, longest=MAX_LISTED),
            members.listed("accreditations", Accreditation.from_value, longest=MAX_LISTED),
        )
        members.end()
        _unique(trust.logs, lambda log: log.origin, "trust.logs")
        _unique(trust.chains, lambda chain: chain.identity, "trust.chains")
        # Two pins of one head differ or are the same: a contradiction, or noise.
        _unique(trust.anchors, _head, "trust.anchors")
        _unique(trust.organisations, lambda known: known.id, "trust.organisations")
        # A key of two organisations would let either speak for the other.
        keys = [key for known in trust.organisations for key in known.keys]
        _unique(tuple(keys), lambda key: key.thumbprint.hex(), "trust.organisations: a key")
        _unique(
            trust.accreditations,
            lambda known: (known.jurisdiction, known.key.hex()),
            "trust.accreditations",
        )
        return trust

    def to_value(self) -> dict[str, Any]:
        """Write the trust file as a JSON value."""
        return {
            "mediaType": MEDIA_TYPE,
            "logs": [log.to_value() for log in self.logs],
            "chains": [chain.to_value() for chain in self.chains],
            "anchors": [anchor.to_value() for anchor in self.anchors],
            **{
                name: [known.to_value() for known in listed]
                for name, listed in (
                    ("organisations", self.organisations),
                    ("accreditations", self.accreditations),
                )
                if listed
            },
        }

    def to_json(self) -> str:
        """Write the trust file as `from_json` reads it."""
        return json.dumps(self.to_value(), ensure_ascii=False, indent=2) + "\n"

    def log(self, origin: str) -> TrustedLog | None:
        """Find a log by its origin."""
        return next((log for log in self.logs if log.origin == origin), None)

    def chain(self, identity: ChainIdentity) -> TrustedChain | None:
        """Find a chain by its whole identity."""
        return next((chain for chain in self.chains if chain.identity == identity), None)

    def owner(self, thumbprint: bytes) -> Organisation | None:
        """Find the organisation that a key is of, by the key's thumbprint."""
        return next((known for known in self.organisations if known.key(thumbprint)), None)

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        """Find what an authority has said of a key, by its thumbprint."""
        names = (jurisdiction, key)
        found = (known for known in self.accreditations if (known.jurisdiction, known.key) == names)
        return next(found, None)

    def pin(self, anchor: Anchor) -> Trust:
        """Keep an anchor, for use offline; the caller has checked it.

        Raises VerificationError where another one of the same head is pinned.
        """
        if anchor in self.anchors:
            return self
        for pinned in self.anchors:
            field = anchor.contradicts(pinned)
            if field is not None:
                raise VerificationError(
                    "anchor.contradicts-pin",
                    "the trust file pins this anchor with another value",
                    expected=f"{field} {pinned.to_value()[field]}",
                    found=f"{field} {anchor.to_value()[field]}",
                )
        return replace(self, anchors=(*self.anchors, anchor))


def _read_key(value: object, where: str) -> Verifier:
    return Verifier.from_string(read_text(value, where))


def _read_operator(value: object, where: str) -> HeadVerifier:
    return HeadVerifier.from_string(read_text(value, where))


def _read_url(value: object, where: str) -> str:
    url = read_text(value, where)
    try:
        parts = urlsplit(url)
        # Reading the port raises ValueError where it is none.
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    # The library drops tabs and newlines before it looks; who sends the address may not.
    if not sound or not url.isprintable() or " " in url:
        raise MalformedError(
            "trust.rpc", where, expected="an http or https address", found=ascii(url[:_SHOWN])
        )
    return url


def node_address(url: str) -> str:
    """Give the one spelling of a node's address by which it is told from others.

    Who asks it (user, query) makes no other node of it. What is no address stays as it is.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return url
    host = (parts.hostname or "").rstrip(".")
    return f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"


def _read_finality(text: str, where: str) -> Finality:
    try:
        return Finality.parse(text)
    except ConfigurationError as error:
        raise MalformedError(
            "trust.finality", where, expected=error.expected, found=error.found
        ) from error


def _head(anchor: Anchor) -> tuple[str, str, int]:
    return str(anchor.chain), anchor.log_id.hex(), anchor.size


def _unique(items: tuple[_T, ...], key: Callable[[_T], object], where: str) -> None:
    seen = set()
    for item in items:
        if key(item) in seen:
            raise MalformedError("trust.repeated", f"{where}: named twice", found=str(key(item)))
        seen.add(key(item))
