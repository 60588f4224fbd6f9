"""A log in its contract, as the commands of `crossproof log` look at it and change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.agreement import MAX_AGREEMENT_SIZE, Agreement, Closing, OperatorChange, gather
from ledger.cli.console import say
from ledger.cli.files import read_file
from ledger.cli.hexadecimal import ADDRESS_DIGITS, HASH_DIGITS, digits
from ledger.errors import ConflictError, NotFoundError
from ledger.head_signature import HeadDomain
from ledger.key_source import KeySource

if TYPE_CHECKING:
    from ledger.anchor import ChainIdentity
    from ledger.chain import Account, Chain, ChainHead, Governance

__all__ = [
    "ContractLog",
    "Place",
    "contract_log_of",
    "load_account",
    "open_contract_log",
    "read_agreements",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log is to be found, as options say it; fees in gwei."""

    rpc: str
    contract: str
    log_id: str
    max_fee: float = 200
    max_tip: float = 5


@dataclass(frozen=True, slots=True)
class ContractLog:
    """A log that is open on a chain, as it was found there."""

    chain: Chain
    identity: ChainIdentity
    log_id: bytes
    governance: Governance
    head: ChainHead

    @property
    def domain(self) -> HeadDomain:
        """Give the domain in which its operators sign today."""
        identity, epoch = self.identity, self.governance.info.epoch
        return HeadDomain(identity.chain_id, identity.contract, self.log_id, epoch)

    def agreed(
        self, agreements: Sequence[Agreement]
    ) -> tuple[OperatorChange | Closing, tuple[bytes, ...]]:
        """Take what enough operators of today have agreed to; raise ConflictError."""
        return gather(
            agreements,
            domain=self.domain,
            operators=self.governance.active_operators,
            threshold=self.governance.info.threshold,
        )

    def check_operator(self, signer: bytes | None) -> None:
        """Raise ConflictError where this key is none that the contract counts today."""
        if signer in self.governance.active_operators:
            return
        raise ConflictError(
            "agreement.signer",
            "the key is not that of an operator of the log today",
            expected=", ".join(f"0x{o.hex()}" for o in self.governance.active_operators),
            found="nobody" if signer is None else f"0x{signer.hex()}",
        )

    def send(self, account: Account, call: bytes) -> None:
        """Send a call, wait for its block and say what it cost; raise ConflictError."""
        signed = self.chain.sign_call(account, call)
        self.chain.node.send(signed.raw)
        receipt = self.chain.node.wait(signed.hash)
        if not receipt.succeeded:
            raise ConflictError(
                "chain.reverted",
                "the contract refused the transaction when a block took it",
                found=f"0x{signed.hash.hex()} in block {receipt.block_number}",
                hint="Somebody else was faster: look at `crossproof log show`.",
            )
        say(f"  transaction 0x{signed.hash.hex()}")
        say(f"  block {receipt.block_number}, gas {receipt.gas_used:,}")


@contextmanager
def open_contract_log(place: Place) -> Iterator[ContractLog]:
    """Ask a node for a log; raise NotFoundError where the contract knows none of this id."""
    from ledger.chain import GWEI, Ceiling, Chain  # noqa: PLC0415 - web3 takes a second to import

    contract = digits("--contract", place.contract, ADDRESS_DIGITS)
    log_id = digits("--log-id", place.log_id, HASH_DIGITS)
    ceiling = Ceiling(fee=int(place.max_fee * GWEI), tip=int(place.max_tip * GWEI))
    with Chain.connect(place.rpc, contract=contract, ceiling=ceiling) as chain:
        yield contract_log_of(chain, log_id)


def contract_log_of(chain: Chain, log_id: bytes) -> ContractLog:
    """Ask a chain for a log; raise NotFoundError where its contract knows none of this id."""
    identity = chain.identity()
    governance, head = chain.governance(log_id), chain.head(log_id)
    if governance is None or head is None:
        raise NotFoundError(
            "log.not-open",
            "the contract knows no log of this id",
            found=f"0x{log_id.hex()}, {identity}",
            hint="The id follows from origin and admin: `crossproof log id`. A log is opened "
            "by `crossproof serve`, at its first start on the chain.",
        )
    return ContractLog(chain, identity, log_id, governance, head)


def load_account(source: KeySource, passphrase: str | None, signer_timeout: float) -> Account:
    """Load the key of an account that pays, or name its signer; raises as `KeySource.load` does."""
    from ledger.chain import Account  # noqa: PLC0415 - likewise

    return Account(source.load(passphrase=passphrase, timeout=signer_timeout))


def read_agreements(paths: Sequence[Path]) -> list[Agreement]:
    """Read the files in which operators have agreed to something; raise MalformedError."""
    return [
        Agreement.from_json(read_file(path, "agreement", limit=MAX_AGREEMENT_SIZE))
        for path in paths
    ]
