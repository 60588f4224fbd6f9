"""A chain that is trusted: which one, when its blocks are final, and who may be asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ledger.anchor import ChainIdentity
from ledger.errors import ConfigurationError, MalformedError
from ledger.finality import FINALIZED, Finality
from ledger.members import Members, read_text
from ledger.trust.listing import MAX_LISTED, check_unique

__all__ = ["TrustedChain", "node_address"]

_SHOWN = 80
_ADDRESS_SIZE = 20
_PORTS = {"http": 80, "https": 443}


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
    attestations: bytes | None = None
    """Where AttestationRegistry stands, which is asked what became of attestations."""

    @classmethod
    def from_value(cls, value: object, where: str) -> TrustedChain:
        """Read a chain's JSON object; raise MalformedError."""
        members = Members(value, where)
        identity = ChainIdentity.from_members(members)
        sandbox = members.boolean("sandbox")
        finality = _read_finality(members.text("finality"), f"{where}.finality")
        rpc = members.array("rpc", _read_url, longest=MAX_LISTED)
        # One node asked twice always agrees with itself.
        check_unique(rpc, node_address, f"{where}.rpc")
        agree = members.integer("agree", 1, max(1, len(rpc)))
        attestors = (
            members.prefixed("attestors", _ADDRESS_SIZE) if members.has("attestors") else None
        )
        attestations = (
            members.prefixed("attestations", _ADDRESS_SIZE) if members.has("attestations") else None
        )
        members.end()
        return cls(identity, sandbox, finality, rpc, agree, attestors, attestations)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            **self.identity.to_members(),
            "sandbox": self.sandbox,
            "finality": str(self.finality),
            "rpc": list(self.rpc),
            "agree": self.agree,
            **{
                name: f"0x{address.hex()}"
                for name, address in (
                    ("attestors", self.attestors),
                    ("attestations", self.attestations),
                )
                if address is not None
            },
        }


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


def _read_finality(text: str, where: str) -> Finality:
    try:
        return Finality.parse(text)
    except ConfigurationError as error:
        raise MalformedError(
            "trust.finality", where, expected=error.expected, found=error.found
        ) from error
