"""Deploying the contracts: an account pays, a file remembers where they stand.

    blueprint      what is created, with which arguments; addresses and code that follow
    deployments    the file DIRECTORY/<chain id>.json
    site           what the file, or CREATE2, names, held against what stands on the chain
    inspection     the same for all contracts, nothing being sent
    preflight      what must hold before anything is paid for
    creation       one contract sent for, however often that is begun

Where the chain has the keyless deployer, an address follows from the contract's code, its
arguments and the salt, and is found without a file. Elsewhere plain transactions create the
contracts, and the file is all that knows where. What stands already is not created again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ledger.anchor import ChainIdentity
from ledger.chain import Account, Chain, Node, RpcError
from ledger.deploy.blueprint import DEPLOYER, DEPLOYER_CODE, NAMES, SALT, Blueprint, draw
from ledger.deploy.creation import Creation
from ledger.deploy.deployments import Deployments, Entry, How
from ledger.deploy.inspection import check
from ledger.deploy.preflight import check_before_paying
from ledger.deploy.site import Site, Standing, State, check_not_other
from ledger.errors import ConfigurationError, ConflictError, UnavailableError

__all__ = [
    "NAMES",
    "SALT",
    "Deployment",
    "Deployments",
    "Entry",
    "How",
    "Standing",
    "State",
    "check",
    "deploy",
    "sandbox",
]

# All that a log is anchored in; the others are asked by contracts and authorities.
_FOR_A_LEDGER = ("AnchorRegistry",)
_TIMEOUT = 120.0
# 1,000 ether of a chain where it is worth nothing.
_ALLOWANCE = 10**21
# 10 ether, likewise: the contracts take a small part of it.
_FARE = 10**19
# Stands for an address that only a creation will tell.
_NOWHERE = b"\xff" * 20


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contracts stand; `gas_used` has those that were created just now."""

    deployments: Deployments
    gas_used: Mapping[str, int] = field(default_factory=dict)

    @property
    def contracts(self) -> Mapping[str, Entry]:
        """The contracts by name."""
        return self.deployments.contracts

    @property
    def identity(self) -> ChainIdentity:
        """The chain as a log's anchors name it."""
        known = self.deployments
        address = known.contracts["AnchorRegistry"].address
        return ChainIdentity(known.chain_id, known.genesis_hash, address)


def deploy(
    chain: Chain,
    account: Account | None = None,
    *,
    directory: Path | None = None,
    admin: bytes | None = None,
    names: Sequence[str] = NAMES,
    salt: bytes | None = SALT,
    chain_id: int | None = None,
    timeout: float = _TIMEOUT,
) -> Deployment:
    """Create the contracts that do not stand yet; remember all in DIRECTORY/<chain id>.json.

    AttestorRegistry is created with `admin`: if not given, with the one that the file remembers, or
    the account. Without a salt the creations are plain, whatever the chain has. Without an account
    one is made, which only a sandbox gives the money for: ConfigurationError elsewhere. `timeout`,
    in seconds, is how long each transaction is waited for.
    """
    node = chain.node
    site = Site.open(node, directory, chain_id=chain_id)
    chosen = site.choose_admin(admin, _default_admin(node, account))
    if chosen is None:
        raise _no_key(node)
    with_deployer = salt is not None and node.code(DEPLOYER) == DEPLOYER_CODE
    standing, missing = _survey(site, names, chosen, salt=salt, with_deployer=with_deployer)
    site.make_directory()
    payer = None if not missing else account or _funded(node)
    if payer is not None:
        check_before_paying(node, payer.address, missing)
    addresses: dict[str, bytes] = {}
    gas_used: dict[str, int] = {}
    for name in names:
        if payer is None or name in standing:
            entry = standing[name]
        else:
            blueprint = draw(name, admin=chosen, addresses=addresses)
            creation = Creation(
                node,
                payer,
                blueprint,
                salt=salt if with_deployer else None,
                remember=partial(site.keep_pending, name),
            )
            entry, gas = _create(site, creation, blueprint, timeout=timeout)
            if gas:
                gas_used[name] = gas
        addresses[name] = entry.address
        site.keep(name, entry)
    return Deployment(site.deployments, gas_used)


def sandbox(account: Account, *others: Account) -> Chain:
    """Start an embedded chain on which the accounts have money and a ledger's contract stands."""
    chain = Chain.embedded()
    for funded in {account.address, *(other.address for other in others)}:
        chain.node.fund(funded, _ALLOWANCE)
    return chain.at(deploy(chain, account, names=_FOR_A_LEDGER).identity.contract)


def _survey(
    site: Site, names: Sequence[str], admin: bytes, *, salt: bytes | None, with_deployer: bool
) -> tuple[dict[str, Entry], list[Blueprint]]:
    """Tell what stands from what is missing, before anything is sent."""
    standing: dict[str, Entry] = {}
    missing: list[Blueprint] = []
    addresses: dict[str, bytes] = {}
    for name in names:
        blueprint = draw(name, admin=admin, addresses=addresses)
        entry = site.find(blueprint, salt)
        if entry is not None:
            standing[name] = entry
            addresses[name] = entry.address
            continue
        missing.append(blueprint)
        # What names a contract whose address only its creation will tell cannot stand yet.
        addresses[name] = (
            blueprint.create2_address(salt) if salt is not None and with_deployer else _NOWHERE
        )
    return standing, missing


def _create(
    site: Site, creation: Creation, blueprint: Blueprint, *, timeout: float
) -> tuple[Entry, int]:
    """Create a contract and look at it; 0 gas where another transaction was faster with it."""
    try:
        pending, receipt = creation.run(site.earlier(blueprint.name), timeout=timeout)
    except RpcError:
        # By CREATE2 anyone may create it, even a transaction of an earlier run.
        if (found := site.find(blueprint, creation.salt)) is None:
            raise
        return found, 0
    standing = site.look(blueprint, Entry(pending.address, pending.how))
    check_not_other(standing)
    if standing.state is State.COMMITTED and standing.entry is not None:
        if not receipt.succeeded:
            return standing.entry, 0
        transaction, block_number = receipt.transaction, receipt.block_number
        made = replace(standing.entry, transaction=transaction, block_number=block_number)
        return made, receipt.gas_used
    if not receipt.succeeded:
        raise ConflictError(
            "deploy.failed",
            f"{blueprint.name} was not created",
            found=f"0x{receipt.transaction.hex()} reverted",
        )
    raise UnavailableError(
        "deploy.unseen",
        f"{blueprint.name} was created, and the node does not show it",
        expected=f"code at 0x{pending.address.hex()}",
        found="none",
        hint="Run the command again: it goes on from here.",
    )


def _default_admin(node: Node, account: Account | None) -> bytes | None:
    if account is not None:
        return account.address
    # Not the account that is made to pay: nobody keeps its key.
    return node.own_account() if node.sandbox() else None


def _funded(node: Node) -> Account:
    """Make an account and give it money from a sandbox's own accounts."""
    if not node.sandbox():
        raise _no_key(node)
    account = Account.generate()
    node.fund(account.address, _FARE)
    return account


def _no_key(node: Node) -> ConfigurationError:
    return ConfigurationError(
        "deploy.key",
        "a key is needed to pay for the contracts",
        expected="--key-file, --signer-url or CROSSPROOF_SENDER_KEY, of one with money there",
        found=f"none, on chain {node.network()[0]}",
    )
