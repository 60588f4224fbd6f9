"""A word in `AttestationRegistry`, said by an account of one's own beside the log's entry.

A contract cannot read a leaf, so what is said stands under the account: readers count the
controllers that a key's accreditation names, and of transfers and plans the authorities.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.attestation import Attestation
from ledger.cli.console import Style, problem, say
from ledger.cli.hexadecimal import ADDRESS_DIGITS, digits
from ledger.cli.signing import accreditations_of
from ledger.errors import ConflictError, UnavailableError
from ledger.key_source import KeySource
from ledger.report import catalogue
from ledger.statement import Statement
from ledger.status import Action
from ledger.trust import Trust, TrustedChain

if TYPE_CHECKING:
    from ledger.chain import Account, Node, SignedTransaction

__all__ = ["Registry", "RegistryPlace", "open_registry"]


@dataclass(frozen=True, slots=True)
class RegistryPlace:
    """Where the registry is, and who speaks there, as options say it; fees in gwei."""

    rpc: str | None
    registry: str | None
    key_file: Path | None
    signer_url: str | None
    signer_timeout: float
    passphrase: str | None
    max_fee: float
    max_tip: float


@dataclass(frozen=True, slots=True)
class Registry:
    """`AttestationRegistry` on a node's chain, and the account that is to speak."""

    node: Node
    address: bytes
    account: Account

    def sign(self, action: Action, leaf: bytes) -> SignedTransaction:
        """Make the transaction, not sent; raise ConflictError where the contract would refuse."""
        from ledger.chain import sign_status  # noqa: PLC0415 - web3 takes a second to import

        return sign_status(self.node, self.account, self.address, action=action, leaves=[leaf])

    def send(self, signed: SignedTransaction) -> str:
        """Send it and wait for its block; give its hash. Raises ConflictError, UnavailableError."""
        self.node.send(signed.raw)
        receipt = self.node.wait(signed.hash)
        name = f"0x{signed.hash.hex()}"
        if not receipt.succeeded:
            raise ConflictError(
                "chain.reverted",
                "the contract refused the transaction when a block took it",
                found=f"{name} in block {receipt.block_number}",
                hint="Somebody spoke with this account meanwhile; look at what the chain holds.",
            )
        say(f"on the chain: block {receipt.block_number}, gas {receipt.gas_used:,}")
        say(f"  transaction {name}, of account 0x{self.account.address.hex()}")
        return name

    def warn(self, about: Statement, trust: Trust) -> None:
        """Tell where readers would not count this account's word on an attestation."""
        if about.kind != "attestation":
            return
        said = Attestation.read(about.value["jws"])
        if said.jws.thumbprint is None:
            return
        try:
            known = accreditations_of(trust).accreditation(
                said.claims.jurisdiction, said.jws.thumbprint
            )
        except UnavailableError:
            known = None
        controllers = {change.controller for change in known.changes} if known else set()
        if self.account.address not in controllers:
            texts = catalogue("en")["reasons"]["status.no-controller"]
            say(f"? {texts['text']} [status.no-controller]", Style.YELLOW)
            say(f"    {texts['hint']}")


@contextmanager
def open_registry(place: RegistryPlace, trust: Trust) -> Iterator[Registry]:
    """Find the registry and the account; raise ConfigurationError where one cannot be used."""
    from ledger.chain import GWEI, Account, Ceiling, Chain  # noqa: PLC0415 - likewise

    trusted = _trusted(trust)
    rpc = place.rpc or next(iter(() if trusted is None else trusted.rpc), None)
    address = None if trusted is None else trusted.attestations
    if place.registry is not None:
        address = digits("--registry", place.registry, ADDRESS_DIGITS)
    if rpc is None or address is None:
        raise problem(
            "usage.registry",
            "where AttestationRegistry stands is not said",
            expected="--rpc and --registry, or a trust file that names both",
        )
    source = KeySource.beside_environment(
        "sender", file=place.key_file, signer_url=place.signer_url
    )
    account = Account(source.load(passphrase=place.passphrase, timeout=place.signer_timeout))
    ceiling = Ceiling(fee=int(place.max_fee * GWEI), tip=int(place.max_tip * GWEI))
    with Chain.connect(rpc, ceiling=ceiling) as chain:
        node = chain.node
        if trusted is not None and place.registry is None:
            wanted = (trusted.identity.chain_id, trusted.identity.genesis_hash)
            if node.network() != wanted:
                raise problem(
                    "usage.registry",
                    "the node is of another chain than the trust file's",
                    expected=f"chain {wanted[0]}, genesis 0x{wanted[1].hex()}",
                    found=f"chain {node.network()[0]}",
                )
        # A call to an address without code succeeds, and says nothing to anybody.
        if not node.code(address):
            raise problem(
                "usage.registry",
                "no contract stands where AttestationRegistry should",
                found=f"0x{address.hex()}",
            )
        yield Registry(node, address, account)


def _trusted(trust: Trust) -> TrustedChain | None:
    """Give the one chain of the trust file that names a registry."""
    named = [chain for chain in trust.chains if chain.attestations is not None]
    return named[0] if len(named) == 1 else None
