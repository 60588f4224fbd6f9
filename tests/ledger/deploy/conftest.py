"""Chains to deploy on: with the keyless deployer (anvil) and without it, and a line that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ledger.chain import DEFAULT_TIMEOUT, Account, Chain, Node
from ledger.chain.embedded import EmbeddedRpc
from ledger.chain.rpc import HttpRpc, Request
from tests.anchored_log import funded_key
from tests.anvil import Anvil, anvil, start_anvil

__all__ = ["anvil"]

WITHOUT_DEPLOYER = "--disable-default-create2-deployer"
SEND = "eth_sendRawTransaction"


@dataclass
class Line:
    """A line to a real node; `before` and `after` are called with the method and may raise.

    `lie` is given a method and its answer, and says what comes out of the line.
    """

    url: str
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    lie: Callable[[str, Any], Any] = lambda _, result: result

    def __post_init__(self) -> None:
        self._rpc = HttpRpc(self.url, timeout=DEFAULT_TIMEOUT)
        self.place = self._rpc.place

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        for method, _ in requests:
            self.before(method)
        answers = self._rpc.batch(requests)
        for method, _ in requests:
            self.after(method)
        return [
            self.lie(method, answer) for (method, _), answer in zip(requests, answers, strict=True)
        ]

    def close(self) -> None:
        self._rpc.close()


@dataclass(frozen=True)
class Ground:
    """A chain of one's own to deploy on, and an account that has money there."""

    anvil: Anvil
    chain: Chain
    account: Account

    def sent(self) -> int:
        """How many transactions of the account blocks include."""
        return self.chain.node.nonce(self.account.address)

    def line(self) -> tuple[Chain, Line]:
        """The same chain over a line that can be made to fail."""
        line = Line(self.anvil.url)
        return Chain(Node(line)), line


@contextmanager
def ground_on(*arguments: str) -> Iterator[Ground]:
    with start_anvil(*arguments) as node, Chain.connect(node.url) as chain:
        account = Account.generate()
        node.rpc("anvil_setBalance", f"0x{account.address.hex()}", hex(10**21))
        yield Ground(node, chain, account)


@pytest.fixture
def ground() -> Iterator[Ground]:
    """An anvil of one's own: it has the keyless deployer."""
    with ground_on() as made:
        yield made


@pytest.fixture(params=["create2", "create"])
def either_ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """A chain with the deployer, and one without."""
    with ground_on(*([] if request.param == "create2" else [WITHOUT_DEPLOYER])) as made:
        yield made


@pytest.fixture(scope="module")
def embedded() -> Iterator[Chain]:
    """A chain in this process: no deployer."""
    with Chain(Node(EmbeddedRpc())) as chain:
        yield chain


@pytest.fixture(scope="module")
def payer(embedded: Chain) -> Account:
    return Account.from_key(funded_key(embedded))
