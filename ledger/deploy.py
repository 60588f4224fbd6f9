"""Deploying `AnchorRegistry`: an account pays, a file remembers where the contract stands.

    DIRECTORY/<chain id>.json
    {"chain_id": 1, "genesis_hash": "0x…",
     "contracts": {"AnchorRegistry": {"address": "0x…", "transaction": "0x…", "block_number": 12}}}

The file is believed only as far as the chain bears it out: of this genesis, and this very code at
that address. Everything else, an anvil started anew included, is deployed again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from ledger.anchor import ChainIdentity
from ledger.canonical import parse
from ledger.chain import Account, Chain
from ledger.contracts import load
from ledger.errors import ConfigurationError, ConflictError, MalformedError
from ledger.members import Members
from ledger.merkle import MAX_SIZE

__all__ = ["Deployment", "deploy", "sandbox"]

_CONTRACT = "AnchorRegistry"
_ADDRESS_SIZE = 20
_MAX_FILE_SIZE = 1_000_000
# 1,000 ether of a chain where it is worth nothing.
_ALLOWANCE = 10**21


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contract stands; not `created` where it stood there already, for no gas."""

    identity: ChainIdentity
    transaction: bytes
    block_number: int
    gas_used: int
    created: bool


def deploy(chain: Chain, account: Account | None, *, directory: Path | None = None) -> Deployment:
    """Deploy the contract unless DIRECTORY/<chain id>.json names one that stands; remember it.

    Without an account one is made, which only a sandbox gives the money for: ConfigurationError
    elsewhere.
    """
    chain_id, genesis_hash = chain.node.network()
    file = None if directory is None else directory / f"{chain_id}.json"
    if file is not None and file.exists():
        known = _read(file)
        mine = (known.identity.chain_id, known.identity.genesis_hash) == (chain_id, genesis_hash)
        if mine and load(_CONTRACT).is_code(chain.node.code(known.identity.contract)):
            return known
    if file is not None:
        # Before anything is paid for.
        _make_directory(file.parent)
    signed = chain.node.sign(account or _paid_for(chain), to=None, data=load(_CONTRACT).bytecode)
    chain.node.send(signed.raw)
    receipt = chain.node.wait(signed.hash)
    if not receipt.succeeded or receipt.contract is None:
        raise ConflictError(
            "deploy.failed", "the contract was not created", found=f"0x{signed.hash.hex()} reverted"
        )
    deployment = Deployment(
        identity=ChainIdentity(chain_id, genesis_hash, receipt.contract),
        transaction=signed.hash,
        block_number=receipt.block_number,
        gas_used=receipt.gas_used,
        created=True,
    )
    if file is not None:
        _write(file, deployment)
    return deployment


def sandbox(account: Account, *others: Account) -> Chain:
    """Start an embedded chain on which the accounts have money and the contract stands."""
    chain = Chain.embedded()
    for funded in {account.address, *(other.address for other in others)}:
        chain.node.fund(funded, _ALLOWANCE)
    return chain.at(deploy(chain, account).identity.contract)


def _paid_for(chain: Chain) -> Account:
    """Make an account and give it money from a sandbox's own accounts."""
    if not chain.node.sandbox():
        raise ConfigurationError(
            "deploy.key",
            "a key is needed to pay for the contract",
            expected="--key-file, the key of an account that has money on this chain",
            found=f"none, on chain {chain.node.network()[0]}",
        )
    account = Account.generate()
    chain.node.fund(account.address, _ALLOWANCE)
    return account


def _read(file: Path) -> Deployment:
    try:
        with file.open("rb") as opened:
            members = Members(parse(opened.read(_MAX_FILE_SIZE)), "deployment")
        chain_id = members.integer("chain_id", 1, MAX_SIZE)
        genesis_hash = members.hash("genesis_hash")
        contract = Members(
            Members(members.take("contracts"), "contracts").take(_CONTRACT), _CONTRACT
        )
        return Deployment(
            identity=ChainIdentity(
                chain_id, genesis_hash, contract.prefixed("address", _ADDRESS_SIZE)
            ),
            transaction=contract.hash("transaction"),
            block_number=contract.integer("block_number", 0, MAX_SIZE),
            gas_used=0,
            created=False,
        )
    except (MalformedError, OSError) as error:
        raise ConfigurationError(
            "deploy.file",
            f"{file} is no file of deployments",
            found=str(error),
            hint="Move it away to deploy anew.",
        ) from error


def _write(file: Path, deployment: Deployment) -> None:
    identity = deployment.identity
    value: dict[str, Any] = {
        "chain_id": identity.chain_id,
        "genesis_hash": f"0x{identity.genesis_hash.hex()}",
        "contracts": {
            _CONTRACT: {
                "address": f"0x{identity.contract.hex()}",
                "transaction": f"0x{deployment.transaction.hex()}",
                "block_number": deployment.block_number,
            }
        },
    }
    try:
        # Whole or not at all: the next start would refuse half a file.
        with NamedTemporaryFile("w", dir=file.parent, delete=False, encoding="utf-8") as draft:
            json.dump(value, draft, indent=2)
            draft.write("\n")
        os.replace(draft.name, file)  # noqa: PTH105 - the name is all that is known of the draft
    except OSError as error:
        # It stands, and was paid for: its address must not be lost.
        raise ConfigurationError(
            "deploy.unwritable",
            f"the contract stands at 0x{identity.contract.hex()}, and {file} cannot be written",
            found=error.strerror or type(error).__name__,
        ) from error


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "deploy.unwritable",
            f"{path}: no file of deployments can be written there, so nothing was deployed",
            found=error.strerror or type(error).__name__,
        ) from error
