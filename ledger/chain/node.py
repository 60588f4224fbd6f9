"""A node of any EVM chain: blocks, receipts and transactions, by one seam for HTTP and embedded.

Every failure of a network or a node is UnavailableError; what is asked together goes out as one
JSON-RPC batch, so that its answers speak of one moment as nearly as a node can manage.
"""

from __future__ import annotations

import time
from typing import Any, TypeVar

from ledger.anchor import MAX_CHAIN_ID, ChainIdentity
from ledger.chain import query
from ledger.chain.account import Account, SignedTransaction
from ledger.chain.answer import Block, Receipt, read_bytes
from ledger.chain.fees import Ceiling, Prices, offer
from ledger.chain.query import Query
from ledger.chain.registry import read_result
from ledger.chain.rpc import Rpc, RpcError
from ledger.errors import ConfigurationError, LedgerError, MalformedError, UnavailableError
from ledger.finality import FINALIZED, INSTANT, Finality

__all__ = ["SANDBOX_CHAIN_IDS", "Node"]

T = TypeVar("T")

# eth-tester; anvil and hardhat; ganache and `geth --dev`.
SANDBOX_CHAIN_IDS = frozenset({131277322940537, 31337, 1337})

# Gas is paid as used; the margin is for a head that somebody else anchors in between.
_GAS_MARGIN = 4
_TRANSFER_GAS = 21_000
_POLL_SECONDS = 0.25


class Node:
    """One node. It asks nothing until something is asked of it."""

    def __init__(
        self, rpc: Rpc, *, finality: Finality | None = None, ceiling: Ceiling | None = None
    ) -> None:
        self._rpc = rpc
        self._finality = finality
        self._ceiling = ceiling or Ceiling()
        self._chain_id: int | None = None

    @property
    def place(self) -> str:
        """Where the node is, for people: no credentials, no path."""
        return self._rpc.place

    def close(self) -> None:
        """Let go of connections."""
        self._rpc.close()

    def ask(self, question: Query[T]) -> T:
        """Ask one question; raise UnavailableError, its kind RpcError where the node says no."""
        answer: T = self.ask_all(question)[0]
        return answer

    def ask_all(self, *questions: Query[Any]) -> list[Any]:
        """Ask several at once; raise UnavailableError where any has no answer."""
        answers = self.try_all(*questions)
        for answer in answers:
            if isinstance(answer, RpcError):
                raise answer
        return answers

    def try_all(self, *questions: Query[Any]) -> list[Any]:
        """Ask several at once, a node's "no" to one of them standing in its place as RpcError."""
        answers = self._rpc.batch([(q.method, q.parameters) for q in questions])
        return [
            answer if isinstance(answer, RpcError) else self.read(question, answer)
            for question, answer in zip(questions, answers, strict=True)
        ]

    def read(self, question: Query[T], answer: object) -> T:
        """Read an answer; raise UnavailableError where it is none."""
        try:
            return question.read(answer)
        except MalformedError as error:
            raise self.nonsense(error) from error

    def decode(self, function: str, data: bytes) -> tuple[Any, ...]:
        """Decode what a view of the contract returned; raise UnavailableError where it is not."""
        try:
            return read_result(function, data)
        except MalformedError as error:
            raise self.nonsense(error) from error

    def nonsense(self, error: LedgerError) -> UnavailableError:
        """Say that the node, not the one who asked, is at fault."""
        return UnavailableError(
            "chain.malformed",
            f"{self.place} answers what no node would",
            expected=error.expected,
            found=error.found,
        )

    def network(self) -> tuple[int, bytes]:
        """Ask for the chain id and the hash of block 0."""
        chain_id, genesis = self.ask_all(query.chain_id(), query.block(0))
        return self.read_network(chain_id, genesis)

    def read_network(self, chain_id: int, genesis: Block | None) -> tuple[int, bytes]:
        """Check the answers to the chain's id and block 0."""
        if genesis is None or genesis.number != 0 or not 0 < chain_id <= MAX_CHAIN_ID:
            raise UnavailableError(
                "chain.malformed",
                f"{self.place} has no chain",
                expected="a chain id and a block 0",
                found=f"chain id {chain_id}",
            )
        self._chain_id = chain_id
        return chain_id, genesis.hash

    def sandbox(self) -> bool:
        """Say whether this is a chain for trying things out, which proves nothing to others."""
        chain_id = self.network()[0] if self._chain_id is None else self._chain_id
        return chain_id in SANDBOX_CHAIN_IDS

    def finality(self) -> Finality:
        """Say when a block counts as final here."""
        if self._finality is None:
            self._finality = INSTANT if self.sandbox() else FINALIZED
        return self._finality

    def block(self, number: int | str) -> Block | None:
        """Ask for a block by number or tag, None where the node has none."""
        return self.ask(query.block(number))

    def height(self) -> int:
        """Ask for the number of the latest block."""
        latest = self.block("latest")
        if latest is None:
            raise UnavailableError("chain.malformed", f"{self.place} has no latest block")
        return latest.number

    def is_final(self, block_number: int) -> bool:
        """Say whether the chain's block of this number is final by this node's policy."""
        return self.covers(block_number, self.block(self.finality().tag))

    def final_block(self, chain: ChainIdentity) -> int:
        """Ask which block of this very chain is the newest that is final.

        Raises UnavailableError where the node is of another chain, or has none yet.
        """
        finality = self.finality()
        chain_id, genesis, tagged = self.ask_all(
            query.chain_id(), query.block(0), query.block(finality.tag)
        )
        found = ChainIdentity(*self.read_network(chain_id, genesis), chain.contract)
        if found != chain or tagged is None:
            raise UnavailableError(
                "chain.other",
                f"{self.place} is a node of another chain, or has no final block",
                expected=str(chain),
                found=str(found),
            )
        return max(0, int(tagged.number) - finality.confirmations)

    def covers(self, block_number: int, tagged: Block | None) -> bool:
        """Say whether a block is final where `tagged` is the block that the policy goes by."""
        return tagged is not None and self.finality().covers(block_number, tagged.number)

    def receipt(self, transaction: bytes) -> Receipt | None:
        """Ask what became of a transaction, None while no block includes it."""
        return self._own(transaction, self.ask(query.receipt(transaction)))

    def wait(self, transaction: bytes, *, timeout: float = 60.0) -> Receipt:
        """Wait until a block includes the transaction; raise UnavailableError."""
        deadline = time.monotonic() + timeout
        while (receipt := self.receipt(transaction)) is None:
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "chain.not-included",
                    f"no block includes transaction 0x{transaction.hex()}",
                    expected=f"one within {timeout:g} seconds",
                )
            time.sleep(_POLL_SECONDS)
        return receipt

    def trace(self, transaction: bytes, sender: bytes) -> tuple[Receipt | None, int, bool]:
        """Ask for a transaction's receipt, its sender's used nonces, and whether it is known."""
        receipt, used, known = self.ask_all(
            query.receipt(transaction), query.nonce(sender), query.is_known(transaction)
        )
        return self._own(transaction, receipt), used, known

    def nonce(self, address: bytes) -> int:
        """Ask how many transactions of an account blocks include."""
        return self.ask(query.nonce(address))

    def balance(self, address: bytes) -> int:
        """Ask what an account holds, in wei."""
        return self.ask(query.balance(address))

    def code(self, address: bytes) -> bytes:
        """Ask for a contract's code, empty where there is none."""
        return self.ask(query.code(address))

    def sign(
        self,
        account: Account,
        *,
        to: bytes | None,
        data: bytes,
        nonce: int | None = None,
        rises: int = 0,
    ) -> SignedTransaction:
        """Make a transaction, not sent yet; `to` is None where it creates a contract.

        With a `nonce` that is pending already it takes that transaction's place, `rises` saying
        how often the fee has been raised. Where a contract would revert, RpcError has its data;
        where the chain asks more than the node's ceiling allows, UnderpricedError says so.
        """
        chain_id, genesis, latest, pending, gas, price, tip = self.try_all(
            query.chain_id(),
            query.block(0),
            query.block("latest"),
            query.nonce(account.address, "pending"),
            query.gas(account.address, to, data),
            query.gas_price(),
            query.priority_fee(),
        )
        for answer in (chain_id, genesis, latest, pending, gas, price):
            if isinstance(answer, RpcError):
                raise answer
        fields = {
            "chainId": self.read_network(chain_id, genesis)[0],
            "nonce": pending if nonce is None else nonce,
            "gas": self._limit(gas),
            "value": 0,
            "data": data,
            **self._offer(latest, price, tip, rises=rises),
        }
        return account.sign(fields if to is None else {**fields, "to": to})

    def estimate(self, sender: bytes, *, to: bytes | None, data: bytes) -> int:
        """Ask how much gas a transaction would use; RpcError has what a contract says to it."""
        return self.ask(query.gas(sender, to, data))

    def cost(self, *gas: int) -> int:
        """Say what transactions of so much gas as estimated may cost together, in wei, at most.

        Raises UnderpricedError where that is more than the ceiling allows.
        """
        latest, price, tip = self.try_all(
            query.block("latest"), query.gas_price(), query.priority_fee()
        )
        for answer in (latest, price):
            if isinstance(answer, RpcError):
                raise answer
        fees = self._offer(latest, price, tip, rises=0)
        each = fees["gasPrice"] if "gasPrice" in fees else fees["maxFeePerGas"]
        return each * sum(self._limit(estimated) for estimated in gas)

    def send(self, raw: bytes) -> None:
        """Hand a signed transaction to the node; raise RpcError where it does not take it."""
        self.ask(query.send(raw))

    def fund(self, address: bytes, wei: int) -> None:
        """Give an account of a sandbox money from the node's own; raise ConfigurationError."""
        if not self.sandbox():
            raise ConfigurationError(
                "chain.not-sandbox", "money comes from nowhere only on a sandbox chain"
            )
        account, price = self.ask_all(query.own_account(), query.gas_price())
        payment = {
            "from": f"0x{account.hex()}",
            "to": f"0x{address.hex()}",
            "value": hex(wei),
            "gas": hex(_TRANSFER_GAS),
            "gasPrice": hex(2 * price),
        }
        hash_ = self.ask(Query("eth_sendTransaction", [payment], read_bytes))
        self.wait(hash_)

    def own_account(self) -> bytes:
        """Name the account that `fund` takes money from; raise UnavailableError."""
        return self.ask(query.own_account())

    def _limit(self, estimated: int) -> int:
        most = self._ceiling.gas
        if estimated > most:
            raise UnavailableError(
                "chain.gas",
                f"{self.place} asks for too much gas, so nothing is sent",
                expected=f"at most {most}",
                found=str(estimated),
                hint="If that is what it takes, raise CROSSPROOF_CHAIN_MAX_GAS.",
            )
        return min(estimated + estimated // _GAS_MARGIN, most)

    def _offer(
        self, latest: Block | None, price: int, tip: int | RpcError, *, rises: int
    ) -> dict[str, int]:
        if latest is None:
            raise UnavailableError("chain.malformed", f"{self.place} has no latest block")
        prices = Prices(latest.base_fee, price, None if isinstance(tip, RpcError) else tip)
        return offer(prices, rises=rises, ceiling=self._ceiling)

    def _own(self, transaction: bytes, receipt: Receipt | None) -> Receipt | None:
        if receipt is not None and receipt.transaction != transaction:
            raise UnavailableError(
                "chain.malformed",
                f"{self.place} answers with another transaction's receipt",
                expected=transaction.hex(),
                found=receipt.transaction.hex(),
            )
        return receipt
