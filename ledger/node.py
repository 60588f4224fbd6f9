"""A running ledger: log, chain and publisher, put together from settings.

Two workers go on beside the requests: one publishes a checkpoint every `publish_interval` while
there is news, one anchors the newest of them (see `publisher`). Recording never waits for either.
At the first start the keys are made; they are never made again where a log exists already.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from ledger.anchor import Anchor, ChainSource
from ledger.bundle import Bundle
from ledger.chain import Account, Chain, Quorum
from ledger.deploy import sandbox
from ledger.errors import ConfigurationError, LedgerError, MalformedError, UnavailableError
from ledger.finality import Finality
from ledger.head import Head
from ledger.head_record import HeadRecord
from ledger.head_signature import HeadSigner
from ledger.keys import load_log_key, load_operator_key, make_log_key, make_operator_key
from ledger.log import Appended, Log, Submission
from ledger.note import Signer
from ledger.prover import prove
from ledger.publisher import Publisher, operator_signer
from ledger.settings import Settings
from ledger.statement import LineError, check_record_time
from ledger.store import AnchorState, Store
from ledger.trust import Trust, TrustedChain, TrustedLog

__all__ = ["Node"]

_logger = structlog.get_logger(__name__)
_ORIGIN_BYTES = 4


class Node:
    """One ledger: `open` it, `start` its workers, `close` it; or use it as a context manager."""

    def __init__(
        self, settings: Settings, log: Log, chain: Chain, publisher: Publisher, operator: bytes
    ) -> None:
        self.settings = settings
        self.log = log
        self.chain = chain
        self.publisher = publisher
        self._operator = operator
        self._signer: HeadSigner | None = None
        self._news = threading.Event()
        self._stop = threading.Event()
        self._workers: list[threading.Thread] = []

    @classmethod
    def open(cls, settings: Settings) -> Node:
        """Open the store and the chain, making what a first start needs.

        Raises ConfigurationError where keys, store and settings do not belong together. A log
        that could fork opens all the same, for reading only (see `log`).
        """
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = Store.open(settings.database)
        signer = _log_key(settings, store)
        operator = _evm_key(settings.operator_key, settings.passphrase)
        sender = operator
        if settings.sender_key_file is not None:
            sender = load_operator_key(settings.sender_key_file, settings.passphrase)
        log = Log.open(store, signer, HeadRecord(settings.head_record))
        chain = _connect(settings, sender)
        publisher = Publisher(
            log, chain, operator=operator, sender=sender, interval=settings.anchor_interval
        )
        return cls(settings, log, chain, publisher, operator)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the two workers."""
        self._workers = [
            threading.Thread(target=self._publish_news, name="publish", daemon=True),
            threading.Thread(target=self.publisher.run, name="anchor", daemon=True),
        ]
        # What an earlier process logged and did not publish is news too.
        self._news.set()
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """Stop the workers after the step they are in, then let go of chain and store."""
        self._stop.set()
        self._news.set()
        self.publisher.stop()
        for worker in self._workers:
            worker.join()
        self.chain.close()
        self.log.close()

    def submit(self, submissions: Sequence[Submission], *, submitter: str) -> Appended:
        """Append a batch: whole, durably, or not at all (see `log.append` for what it raises)."""
        now = datetime.now(UTC)
        for line, submission in enumerate(submissions, start=1):
            try:
                check_record_time(submission.record_id, now)
            except MalformedError as error:
                raise LineError(line, error) from error
        appended = self.log.append(submissions, submitter=submitter, now=now)
        if appended.added:
            self._news.set()
        return appended

    def publish(self) -> Head | None:
        """Publish the newest head where there is news, signed by log and operator."""
        head = self.log.publish(*self._cosigners(), now=datetime.now(UTC))
        if head is not None:
            self.publisher.wake()
        return head

    def bundle(self, record_id: bytes) -> Bundle:
        """Make a record's bundle (see `prover`)."""
        return prove(self.log, record_id, anchors=[anchor for anchor, _ in self.anchors()])

    def anchors(self) -> list[tuple[Anchor, AnchorState]]:
        """List this log's anchors on the chain of today, by size."""
        return [
            (row.anchor, row.state)
            for row in self.log.store.anchors(states={AnchorState.INCLUDED, AnchorState.FINAL})
            if row.anchor.log_id == self.publisher.log_id
        ]

    def trust(self) -> Trust:
        """Say what a verifier must believe to follow this log; raise UnavailableError.

        Whoever takes this from us should compare the key with one had by another way.
        """
        identity = self.chain.identity()
        operators = tuple(signer.verifier for signer in self._cosigners())
        log = TrustedLog(self.log.origin, (self.log.verifier,), self.publisher.log_id, operators)
        chain = TrustedChain(
            identity,
            self.chain.sandbox(),
            self.chain.finality(),
            self.settings.chain_urls,
            self.settings.chain_agree if self.settings.chain_urls else 1,
        )
        return Trust((log,), (chain,))

    def verifier_chain(self) -> ChainSource:
        """Give the chain as a verifier asks it: all configured nodes, as many as must agree."""
        if len(self.settings.chain_urls) <= 1:
            return self.chain
        identity = self.chain.identity()
        nodes = [_node(self.settings, url, identity.contract) for url in self.settings.chain_urls]
        return Quorum(nodes, agree=self.settings.chain_agree)

    def _cosigners(self) -> tuple[HeadSigner, ...]:
        """Give the operator's signer; none while the chain has never been reached.

        Publishing must not wait for a node; a head published meanwhile gets its operator's
        signature with the next one, which covers it.
        """
        if self._signer is None:
            try:
                self._signer = operator_signer(
                    self.chain, self.log.origin, self._operator, admin=self.publisher.admin
                )
            except LedgerError as error:
                _logger.warning("operator signature not possible yet", code=error.code)
                return ()
        return (self._signer,)

    def _publish_news(self) -> None:
        while not self._stop.is_set():
            self._news.wait()
            self._news.clear()
            try:
                self.publish()
            except UnavailableError as error:
                _logger.warning("publishing again later", code=error.code, reason=str(error))
                self._news.set()
            except LedgerError as error:
                _logger.critical("cannot publish", code=error.code, reason=str(error))
            self._stop.wait(self.settings.publish_interval)


def _log_key(settings: Settings, store: Store) -> Signer:
    path = settings.log_key
    if path.exists():
        signer = load_log_key(path, settings.passphrase)
        if settings.origin not in {None, signer.name}:
            raise ConfigurationError(
                "settings.origin",
                "the log's origin is fixed by its key",
                expected=signer.name,
                found=settings.origin,
                hint="Leave CROSSPROOF_ORIGIN away, or start a new log in another directory.",
            )
        return signer
    with store.reading() as reading:
        known = reading.log()
    if known is not None:
        raise ConfigurationError(
            "key.missing",
            "the store holds a log, and its key is not there",
            expected=f"the key of {known.origin} in {path}",
            found="no file",
            hint="Put the key back. A new key cannot go on with this log.",
        )
    origin = settings.origin or f"localhost/crossproof-{secrets.token_hex(_ORIGIN_BYTES)}"
    return make_log_key(path, origin, settings.passphrase)


def _evm_key(path: Path, passphrase: str | None) -> bytes:
    if path.exists():
        return load_operator_key(path, passphrase)
    return make_operator_key(path, passphrase)


def _connect(settings: Settings, sender: bytes) -> Chain:
    if not settings.chain_urls:
        return sandbox(Account.from_key(sender))
    contract = settings.chain_contract
    return _node(
        settings,
        settings.chain_urls[0],
        bytes.fromhex(contract.removeprefix("0x")) if contract else None,
    )


def _node(settings: Settings, url: str, contract: bytes | None) -> Chain:
    finality = settings.chain_finality
    return Chain.connect(
        url,
        contract=contract,
        finality=Finality.parse(finality) if finality else None,
        timeout=settings.chain_timeout,
    )
