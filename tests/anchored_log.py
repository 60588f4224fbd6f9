"""A real log in a directory, to be anchored on a real chain, and ways to make its publisher die."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger.chain import Account, AnchoredEvent, Chain
from ledger.deploy import deploy
from ledger.head import Head
from ledger.head_signature import HeadSigner
from ledger.local_key import LocalKey
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.note import Signer
from ledger.publisher import Publisher, PublisherState, Status, operator_signer
from ledger.statement import new_record_id, parse_record_id
from ledger.store import Store

OPERATOR = bytes.fromhex("11" * 32)
WEALTH = 10**21
# More than any path to rest needs: opening, two transactions, and one recovery.
_MOST_STEPS = 20


class AnchoredLog:
    """A log with its keys; `log` is opened anew by `reopen`, as after a death of the process."""

    def __init__(
        self,
        directory: Path,
        chain: Chain,
        sender: bytes,
        *,
        signer: Signer | None = None,
        database: str | None = None,
    ) -> None:
        self.directory = directory
        self.chain = chain
        self.sender = sender
        self.signer = signer or Signer.generate(f"example.com/{secrets.token_hex(8)}")
        self.database = database or f"sqlite:///{directory / 'ledger.sqlite3'}"
        directory.mkdir(exist_ok=True)
        self.log = self._open()
        self.publisher = self.new_publisher()

    def _open(self) -> Log:
        store = Store.open(self.database)
        return Log.open(store, self.signer, HeadRecord(self.directory / "head"))

    def close(self) -> None:
        self.log.close()

    def reopen(self) -> None:
        self.log.close()
        self.log = self._open()
        self.publisher = self.new_publisher()

    def new_publisher(self, **changed: Any) -> Publisher:
        arguments = {"operator": OPERATOR, "sender": self.sender, **changed}
        for name, value in arguments.items():
            if isinstance(value, bytes):
                arguments[name] = LocalKey(value)
        log, chain = arguments.pop("log", self.log), arguments.pop("chain", self.chain)
        return Publisher(log, chain, **arguments)

    def operator(self) -> HeadSigner:
        admin = self.publisher.admin
        return operator_signer(self.chain, self.log.origin, LocalKey(OPERATOR), admin=admin)

    def append(self, *entries: bytes) -> None:
        submissions = [Submission(parse_record_id(new_record_id()), entry) for entry in entries]
        self.log.append(submissions, submitter="tester", now=datetime.now(UTC))

    def publish(self, *entries: bytes) -> Head:
        """Append and publish; the publisher has not heard of it."""
        self.append(*entries)
        head = self.log.publish(self.operator(), now=datetime.now(UTC))
        assert head is not None
        return head

    def settle(self, publisher: Publisher | None = None) -> PublisherState:
        """Step until nothing is on its way."""
        for _ in range(_MOST_STEPS):
            state = (publisher or self.publisher).step()
            if state.status is not Status.WAITING:
                return state
        return state

    def events(self) -> list[AnchoredEvent]:
        return list(self.chain.anchored_events(self.publisher.log_id))

    def anchors(self) -> list[tuple[int, str]]:
        """List the sizes and states of the anchors on the chain of today."""
        identity = self.chain.identity()
        return [
            (row.anchor.size, str(row.state))
            for row in self.log.store.anchors()
            if row.anchor.chain == identity
        ]

    def attempts(self) -> list[tuple[int, str]]:
        return [(attempt.size, str(attempt.state)) for attempt in self.log.store.attempts()]


def assert_at_rest(ledger: AnchoredLog, *sizes: int) -> None:
    """Each of these heads was anchored once, the last is the log's, and all of it is recorded."""
    published = ledger.log.published()
    head = ledger.chain.head(ledger.publisher.log_id)
    assert published is not None
    assert head is not None
    assert (head.size, head.root) == (published.size, published.root)
    assert [event.size for event in ledger.events()] == list(sizes)
    assert ledger.anchors() == [(size, "final") for size in sizes]
    assert not {state for _, state in ledger.attempts()} & {"prepared", "sent"}


class KilledError(BaseException):
    """The process is gone: nothing may catch this."""


class Fuse:
    """Counts calls, each as it has been answered, and acts at one of them, by number or name.

    Only calls that are in `among` count, all of them where it is not given.
    """

    def __init__(
        self, at: int | str, act: Callable[[str], None], *, among: Collection[str] | None = None
    ) -> None:
        self.calls = 0
        self._at = at
        self._act = act
        self._among = among

    def answered(self, name: str) -> None:
        if self._among is None or name in self._among:
            if self._at in {self.calls, name}:
                self._act(name)
            self.calls += 1


class Fused:
    """Stands before a real object: the answer of each of its methods passes the fuse."""

    def __init__(self, real: object, fuse: Fuse, *inner: str) -> None:
        self._real = real
        self._fuse = fuse
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name)
        if name in self._inner:
            return Fused(value, self._fuse)
        if not callable(value):
            return value

        @functools.wraps(value)
        def call(*arguments: Any, **named: Any) -> Any:
            result = value(*arguments, **named)
            self._fuse.answered(name)
            return result

        return call


def fused_publisher(ledger: AnchoredLog, fuse: Fuse, **changed: Any) -> Publisher:
    """Make a publisher all of whose calls to log, store, chain and node pass a fuse."""
    log, chain = Fused(ledger.log, fuse, "store"), Fused(ledger.chain, fuse, "node")
    return ledger.new_publisher(log=log, chain=chain, **changed)


def new_registry(chain: Chain, account: Account) -> bytes:
    """Create an AnchorRegistry that no other test uses, and give its address."""
    done = deploy(chain, account, names=("AnchorRegistry",), salt=None)
    return done.identity.contract


def funded_key(chain: Chain) -> bytes:
    """Make a key whose account has money on a sandbox chain."""
    key = secrets.token_bytes(32)
    chain.node.fund(Account.from_key(key).address, WEALTH)
    return key


def forked(ledger: AnchoredLog, directory: Path, *entries: bytes) -> AnchoredLog:
    """Make a log of the same name and keys with a history of its own."""
    other = AnchoredLog(directory, ledger.chain, ledger.sender, signer=ledger.signer)
    other.publish(*entries)
    return other
