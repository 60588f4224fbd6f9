"""The file that remembers where contracts stand: DIRECTORY/<chain id>.json, JSON in and out.

    {"chain_id": 1, "genesis_hash": "0x…", "admin": "0x…",
     "contracts": {"AnchorRegistry": {"address": "0x…", "how": "create2", "transaction": "0x…",
                                      "block_number": 12, "code_hash": "0x…"}, …},
     "pending": {"ProvenanceGate": {"address": "0x…", "how": "create", "sender": "0x…", "nonce": 7,
                                    "transactions": ["0x…"]}},
     "former": [{"name": "AnchorRegistry", …}]}

`admin` is whom AttestorRegistry was created with. `how`: `create2` through the keyless deployer,
`create` by a plain creation. Transaction and block are left out where the contract stood already.
`pending` is written before a transaction is sent, so that one whose answer is lost is found again;
`former` is what stood in the file before: nothing that anchors may be in is forgotten. Files of the
first version have AnchorRegistry alone, without `how` and `code_hash`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from ledger import durable_file
from ledger.anchor import MAX_CHAIN_ID
from ledger.canonical import MAX_INTEGER, parse
from ledger.errors import ConfigurationError, MalformedError
from ledger.members import Members

__all__ = ["Deployments", "Entry", "How", "Pending"]

_T = TypeVar("_T")
_ADDRESS_SIZE = 20
_HAS_ADMIN = "AttestorRegistry"
_MAX_FILE_SIZE = 1_000_000
_MAX_FORMER = 1_000
# A transaction that waits is replaced once a run at most.
_MAX_TRANSACTIONS = 1_000


class How(StrEnum):
    """By what a contract was created."""

    CREATE2 = "create2"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class Entry:
    """A contract that stands; `code_hash` is keccak256 of its code, as EXTCODEHASH gives it."""

    address: bytes
    how: How
    transaction: bytes | None = None
    block_number: int | None = None
    code_hash: bytes | None = None

    @classmethod
    def from_members(cls, members: Members) -> Entry:
        """Take the entry out of a JSON object; raise MalformedError."""
        return cls(
            address=members.prefixed("address", _ADDRESS_SIZE),
            how=How(members.literal("how", *How)) if members.has("how") else How.CREATE,
            transaction=members.hash("transaction") if members.has("transaction") else None,
            block_number=(
                members.integer("block_number", 0, MAX_INTEGER)
                if members.has("block_number")
                else None
            ),
            code_hash=members.hash("code_hash") if members.has("code_hash") else None,
        )

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_members` reads."""
        value: dict[str, Any] = {"address": _hex(self.address), "how": self.how.value}
        if self.transaction is not None:
            value["transaction"] = _hex(self.transaction)
        if self.block_number is not None:
            value["block_number"] = self.block_number
        if self.code_hash is not None:
            value["code_hash"] = _hex(self.code_hash)
        return value


@dataclass(frozen=True, slots=True)
class Pending:
    """A contract that was sent for, by one of these transactions, all of one nonce."""

    address: bytes
    how: How
    sender: bytes
    nonce: int
    transactions: tuple[bytes, ...]

    @classmethod
    def from_members(cls, members: Members) -> Pending:
        """Take it out of a JSON object; raise MalformedError."""
        return cls(
            address=members.prefixed("address", _ADDRESS_SIZE),
            how=How(members.literal("how", *How)),
            sender=members.prefixed("sender", _ADDRESS_SIZE),
            nonce=members.integer("nonce", 0, MAX_INTEGER),
            transactions=members.array("transactions", _read_hash, longest=_MAX_TRANSACTIONS),
        )

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_members` reads."""
        return {
            "address": _hex(self.address),
            "how": self.how.value,
            "sender": _hex(self.sender),
            "nonce": self.nonce,
            "transactions": [_hex(transaction) for transaction in self.transactions],
        }


@dataclass(frozen=True, slots=True)
class Deployments:
    """All that is remembered of one chain."""

    chain_id: int
    genesis_hash: bytes
    admin: bytes | None = None
    contracts: Mapping[str, Entry] = field(default_factory=dict)
    pending: Mapping[str, Pending] = field(default_factory=dict)
    former: tuple[tuple[str, Entry], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Deployments | None:
        """Read a file of deployments, None where there is none; raise ConfigurationError."""
        try:
            with path.open("rb") as opened:
                return cls._from_value(parse(opened.read(_MAX_FILE_SIZE)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (MalformedError, OSError) as error:
            raise ConfigurationError(
                "deploy.file",
                f"{path} is no file of deployments",
                found=str(error),
                hint="Move it away to deploy anew.",
            ) from error

    @classmethod
    def _from_value(cls, value: object) -> Deployments:
        members = Members(value, "deployments")
        contracts = _by_name(members, "contracts", Entry.from_members)
        pending = (
            _by_name(members, "pending", Pending.from_members) if members.has("pending") else {}
        )
        has_admin = members.has("admin") or _HAS_ADMIN in {*contracts, *pending}
        deployments = cls(
            chain_id=members.integer("chain_id", 1, MAX_CHAIN_ID),
            genesis_hash=members.hash("genesis_hash"),
            admin=members.prefixed("admin", _ADDRESS_SIZE) if has_admin else None,
            contracts=contracts,
            pending=pending,
            former=(
                members.array("former", _read_former, longest=_MAX_FORMER)
                if members.has("former")
                else ()
            ),
        )
        members.end()
        return deployments

    def write(self, path: Path) -> None:
        """Replace the file, durably and as a whole; OSError where it cannot be."""
        text = json.dumps(self.to_value(), indent=2) + "\n"
        durable_file.replace(path, [text.encode()])

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object; what there is none of is left out."""
        value: dict[str, Any] = {
            "chain_id": self.chain_id,
            "genesis_hash": _hex(self.genesis_hash),
        }
        if self.admin is not None:
            value["admin"] = _hex(self.admin)
        value["contracts"] = {name: entry.to_value() for name, entry in self.contracts.items()}
        if self.pending:
            value["pending"] = {name: each.to_value() for name, each in self.pending.items()}
        if self.former:
            value["former"] = [{"name": name, **entry.to_value()} for name, entry in self.former]
        return value

    def with_entry(self, name: str, entry: Entry) -> Deployments:
        """Remember a contract that stands, and that nothing is pending for it."""
        known = self.contracts.get(name)
        former = self.former
        if known is not None and known.address != entry.address:
            former = (*former, (name, known))
        pending = {other: each for other, each in self.pending.items() if other != name}
        contracts = {**self.contracts, name: entry}
        return replace(self, contracts=contracts, pending=pending, former=former)

    def with_pending(self, name: str, pending: Pending) -> Deployments:
        """Remember what is about to be sent."""
        return replace(self, pending={**self.pending, name: pending})


def _read_former(value: object, where: str) -> tuple[str, Entry]:
    members = Members(value, where)
    name, entry = members.text("name"), Entry.from_members(members)
    members.end()
    return name, entry


def _by_name(members: Members, name: str, read: Callable[[Members], _T]) -> dict[str, _T]:
    value = members.take(name)
    if not isinstance(value, dict):
        raise MalformedError("members.malformed", name, expected="an object")
    taken = {}
    for contract, each in value.items():
        inner = Members(each, f"{name}.{contract}")
        taken[contract] = read(inner)
        inner.end()
    return taken


def _read_hash(value: object, where: str) -> bytes:
    return Members({"hash": value}, where).hash("hash")


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
