"""A chain as a place to deploy on: what the file, or CREATE2, names, held against what stands.

A file is believed only as far as the chain bears it out: of this genesis, and the committed code at
each address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from ledger.chain import Node
from ledger.deploy.blueprint import Blueprint
from ledger.deploy.deployments import Deployments, Entry, How, Pending
from ledger.errors import ConfigurationError, ConflictError, UnavailableError
from ledger.keccak import keccak256

__all__ = ["Site", "Standing", "State", "check_not_other"]


class State(StrEnum):
    """What stands at a contract's address."""

    COMMITTED = "committed"
    OTHER = "other"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """A contract, where it is looked for, and what is there; `detail` says more of a bad state.

    `admin` is AttestorRegistry's of today, which need not be the one that it was created with.
    """

    name: str
    state: State
    entry: Entry | None = None
    detail: str | None = None
    admin: bytes | None = None

    def to_value(self) -> dict[str, Any]:
        """Write it as a JSON object; what is not known is left out."""
        value: dict[str, Any] = {"state": self.state.value}
        if self.entry is not None:
            value |= self.entry.to_value()
        if self.detail is not None:
            value["detail"] = self.detail
        if self.admin is not None:
            value["admin"] = f"0x{self.admin.hex()}"
        return value


class Site:
    """A chain, and what is remembered of it; `file` is None where nothing is to be remembered."""

    def __init__(self, node: Node, deployments: Deployments, file: Path | None) -> None:
        self._node = node
        self._file = file
        self.deployments = deployments

    @classmethod
    def open(cls, node: Node, directory: Path | None, *, chain_id: int | None = None) -> Site:
        """Ask which chain it is, and read its file; raise ConfigurationError.

        A file of another genesis is the past of a sandbox, and begun anew. On any other chain it is
        refused: the node is of another chain, or says so.
        """
        found, genesis_hash = node.network()
        if chain_id not in {None, found}:
            raise ConfigurationError(
                "deploy.other-chain",
                f"{node.place} is a node of another chain",
                expected=f"chain {chain_id}",
                found=f"chain {found}",
            )
        empty = Deployments(found, genesis_hash)
        file = None if directory is None else directory / f"{found}.json"
        known = None if file is None else Deployments.read(file)
        if known is None:
            return cls(node, empty, file)
        if (known.chain_id, known.genesis_hash) == (found, genesis_hash):
            return cls(node, known, file)
        if not node.sandbox() or known.chain_id != found:
            raise ConfigurationError(
                "deploy.other-chain",
                f"{file} is of another chain than the one of {node.place}",
                expected=f"chain {known.chain_id}, genesis 0x{known.genesis_hash.hex()}",
                found=f"chain {found}, genesis 0x{genesis_hash.hex()}",
                hint="If the node is the right one, move the file away to deploy anew.",
            )
        return cls(node, empty, file)

    def choose_admin(self, wanted: bytes | None, default: bytes | None) -> bytes | None:
        """Choose whom AttestorRegistry is created with; raise ConfigurationError.

        That is who is wanted, who is remembered, or else the default. Another one than who is
        remembered is no admin of what stands already.
        """
        known = self.deployments.admin
        if wanted is not None and known is not None and wanted != known:
            raise ConfigurationError(
                "deploy.admin",
                f"{self._file} remembers an AttestorRegistry that was created with another admin",
                expected=f"0x{known.hex()}",
                found=f"0x{wanted.hex()}",
                hint="Its admin hands it on in the contract. For a registry of your own, name"
                " another directory: --deployments.",
            )
        admin = wanted or known or default
        self.deployments = replace(self.deployments, admin=admin)
        return admin

    def candidates(self, blueprint: Blueprint, salt: bytes | None) -> Iterator[Entry]:
        """Name where a contract may stand: as the file says, as was sent for, by CREATE2."""
        name = blueprint.name
        if name in self.deployments.contracts:
            yield self.deployments.contracts[name]
        if name in self.deployments.pending:
            pending = self.deployments.pending[name]
            yield Entry(pending.address, pending.how)
        if salt is not None:
            yield Entry(blueprint.create2_address(salt), How.CREATE2)

    def look(self, blueprint: Blueprint, entry: Entry) -> Standing:
        """Hold the code at an address against the committed one; raise UnavailableError.

        The entry comes back with the hash of the code that was found.
        """
        name, address = blueprint.name, entry.address
        code = self._node.code(address)
        if not code:
            self._check_reached(name, entry)
            return Standing(name, State.ABSENT, entry)
        difference = blueprint.difference(code, chain_id=self.deployments.chain_id, address=address)
        state = State.COMMITTED if difference is None else State.OTHER
        return Standing(name, state, replace(entry, code_hash=keccak256(code)), difference)

    def find(self, blueprint: Blueprint, salt: bytes | None) -> Entry | None:
        """Find where a contract stands, None where it has to be created; raise ConflictError."""
        for entry in self.candidates(blueprint, salt):
            standing = self.look(blueprint, entry)
            if standing.state is State.COMMITTED and standing.entry is not None:
                return self._traced(blueprint.name, standing.entry)
            if salt is not None and entry.address == blueprint.create2_address(salt):
                check_not_other(standing)
        return None

    def keep(self, name: str, entry: Entry) -> None:
        """Remember a contract that stands; raise ConfigurationError, which tells its address."""
        self._write(
            self.deployments.with_entry(name, entry), f"{name} stands at 0x{entry.address.hex()}"
        )

    def keep_pending(self, name: str, pending: Pending) -> None:
        """Remember what is about to be sent; raise ConfigurationError."""
        self._write(self.deployments.with_pending(name, pending), f"{name} was not sent for")

    def earlier(self, name: str) -> Pending | None:
        """Give what was sent for before and has not come to stand."""
        pending = self.deployments.pending.get(name)
        return None if pending is None or self._node.code(pending.address) else pending

    def make_directory(self) -> None:
        """Make the file's directory before anything is paid for; raise ConfigurationError."""
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(self._file, "nothing was sent", error) from error

    def _traced(self, name: str, entry: Entry) -> Entry:
        """Add by which transaction it was created, where that was remembered when it was sent."""
        pending = self.deployments.pending.get(name)
        if pending is None or pending.address != entry.address:
            return entry
        for transaction in pending.transactions:
            receipt = self._node.receipt(transaction)
            if receipt is not None and receipt.succeeded:
                return replace(entry, transaction=transaction, block_number=receipt.block_number)
        return entry

    def _check_reached(self, name: str, entry: Entry) -> None:
        """Refuse to take a node that lags behind for a chain without the contract."""
        if entry.block_number is None or self._node.sandbox():
            return
        height = self._node.height()
        if height < entry.block_number:
            raise UnavailableError(
                "deploy.behind",
                f"{self._node.place} has not reached the block in which {name} was created",
                expected=f"block {entry.block_number}",
                found=f"block {height}",
            )

    def _write(self, deployments: Deployments, done: str) -> None:
        changed = deployments != self.deployments
        self.deployments = deployments
        if self._file is None or not changed:
            return
        try:
            deployments.write(self._file)
        except OSError as error:
            raise _unwritable(self._file, done, error) from error


def check_not_other(standing: Standing) -> None:
    """Raise ConflictError where other code stands at the one address that will do."""
    if standing.state is State.OTHER and standing.entry is not None:
        raise ConflictError(
            "deploy.other-code",
            f"something else stands where {standing.name} belongs",
            expected=f"the committed code at 0x{standing.entry.address.hex()}",
            found=standing.detail,
            hint="Either the chain began with that code, or the node does not tell the truth.",
        )


def _unwritable(file: Path, done: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        "deploy.unwritable",
        f"{file} cannot be written; {done}",
        found=error.strerror or type(error).__name__,
    )
