"""A running ledger: log, chain and publisher at work together (see `assembly`).

Three workers go on beside the requests: one publishes a checkpoint every `publish_interval` while
there is news, one anchors the newest of them (see `publisher`), one keeps the lease. Recording
waits for none of them, and publishing not for a chain that does not answer.

On PostgreSQL several processes may run one ledger. Each of them takes records; the one that has the
lease publishes and anchors for all (see `lease`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog

from ledger.assembly import Parts, assemble
from ledger.bundle import Bundle
from ledger.chain import Witness
from ledger.errors import ConflictError, LedgerError, UnavailableError
from ledger.follower import catch_up
from ledger.head import Head
from ledger.log import Appended, Lines, Submission
from ledger.log.snapshot import Snapshot
from ledger.prover import prepare, prove
from ledger.publisher import operator_signer
from ledger.publisher.epochs import PastOperators
from ledger.search_index import index_log
from ledger.settings import Settings
from ledger.stapling import staple
from ledger.statement import check_record_times
from ledger.store import AnchorState, AttemptState, StoredAnchor
from ledger.trust import Trust, TrustedChain, TrustedLog

__all__ = ["Node"]

_logger = structlog.get_logger(__name__)
# How much of the log one bundle looks through at most: 65,536 entries, a quarter of a second.
_FOLLOWED_PAGES = 64


class Node:
    """One ledger: `open` it, `start` its workers, `close` it; or use it as a context manager."""

    def __init__(
        self, settings: Settings, parts: Parts, *, is_followed_apart: bool = False
    ) -> None:
        self.settings = settings
        # Whether a process of its own finds what is in the log, and not this one.
        self.is_followed_apart = is_followed_apart
        self._directory = parts.directory
        self.lease = parts.lease
        self.log = parts.log
        self.chain = parts.chain
        self.publisher = parts.publisher
        self.publication = parts.publication
        self._operator = parts.operator
        self._verifiers = parts.witnesses
        self._past_operators = PastOperators(parts.log)
        self._news = threading.Event()
        self._to_index = threading.Event()
        self._stop = threading.Event()
        self._workers: list[threading.Thread] = []
        # What is to be done after each checkpoint that this process has published.
        self.on_published: Callable[[Head], None] = lambda _: None
        # Held by who follows the log for all that wait for it; owns the next.
        self._following = threading.Lock()
        self._follow_at = 0.0

    @classmethod
    def open(cls, settings: Settings, *, is_followed_apart: bool = False) -> Node:
        """Open what a ledger is made of (see `assembly`), making what a first start needs.

        With `is_followed_apart` the caller has the log followed (see `following`).
        """
        return cls(settings, assemble(settings), is_followed_apart=is_followed_apart)

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
        """Start the workers."""
        self.lease.on_gained = self._news.set
        self._workers = [
            threading.Thread(target=self.lease.run, name="lease", daemon=True),
            threading.Thread(target=self._publish_news, name="publish", daemon=True),
            threading.Thread(target=self.publisher.run, name="anchor", daemon=True),
        ]
        if not self.is_followed_apart:
            index = threading.Thread(target=self._index_news, name="index", daemon=True)
            self._workers.append(index)
        if self.publication is not None:
            self._workers.append(
                threading.Thread(target=self.publication.run, name="tiles", daemon=True)
            )
        # What an earlier process logged and did not publish is news too.
        self._news.set()
        self._to_index.set()
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """Stop the workers after the step they are in, then let go of chain and store."""
        self._stop.set()
        self._news.set()
        self.lease.stop()
        self._to_index.set()
        self.publisher.stop()
        if self.publication is not None:
            self.publication.stop()
        for worker in self._workers:
            worker.join()
        self.lease.release()
        self.chain.close()
        self.log.close()
        self._directory.close()

    def submit(self, submissions: Sequence[Submission] | Lines, *, submitter: str) -> Appended:
        """Append a batch: whole, durably, or not at all (see `log.append` for what it raises)."""
        now = datetime.now(UTC)
        lines = submissions if isinstance(submissions, Lines) else Lines.of(submissions)
        check_record_times(lines.record_ids, now)
        appended = self.log.append(lines, submitter=submitter, now=now)
        if appended.added:
            self._news.set()
            self._to_index.set()
        return appended

    def publish(self) -> Head | None:
        """Publish the newest head where there is news, unless another process does so.

        The operator signs it too where the chain has been reached, which says for what to sign,
        and where its key can be; else its line comes with the anchor.
        """
        token = self.lease.take()
        if token is None:
            return None
        operator = self.publisher.operator
        cosigners = () if operator is None else (operator,)
        head = self.log.publish(*cosigners, now=datetime.now(UTC), token=token)
        if head is not None:
            self.publisher.wake()
            self.on_published(head)
        return head

    def bundle(self, record_id: bytes) -> Bundle:
        """Make a record's bundle (see `prover`)."""
        with self.snapshot([record_id]) as log:
            return self.bundle_from(log, record_id)

    @contextmanager
    def snapshot(self, record_ids: Sequence[bytes]) -> Iterator[Snapshot]:
        """Open the log as it is now, what these records' bundles need read together."""
        self._follow()
        with self.log.snapshot() as log:
            prepare(log, record_ids)
            yield log

    def _follow(self) -> None:
        """Find what others said, as often as it is published; one request does it for all."""
        if time.monotonic() < self._follow_at:
            return
        with self._following:
            now = time.monotonic()
            if now >= self._follow_at:
                is_done = catch_up(self.log, pages=_FOLLOWED_PAGES)
                self._follow_at = now + (self.settings.publish_interval if is_done else 0)

    def bundle_from(self, log: Snapshot, record_id: bytes) -> Bundle:
        """Make a record's bundle from a snapshot, with the status lists that are published here."""
        chain = self.publisher.chain_identity
        covering = None if chain is None else log.covering(chain, self.publisher.log_id)
        proven = prove(log, record_id, covering=covering or (lambda _: None))
        return staple(proven, log.status_list_at) if proven.attestations else proven

    def covering(self, index: int) -> StoredAnchor | None:
        """Find the first anchor that covers an entry, on the chain of today."""
        chain = self.publisher.chain_identity
        if chain is None:
            return None
        return self.log.store.covering_anchor(chain, self.publisher.log_id, index)

    def anchors(self, *, beyond: int = 0, limit: int) -> list[StoredAnchor]:
        """List up to `limit` anchors on the chain of today, of sizes beyond `beyond`, by size.

        Those that the chain has taken back are among them, until their size is anchored again.
        """
        chain = self.publisher.chain_identity
        if chain is None:
            return []
        return self.log.store.standing_anchors(
            chain, self.publisher.log_id, beyond=beyond, limit=limit, states=tuple(AnchorState)
        )

    def anchoring_counts(self) -> tuple[dict[AnchorState, int], dict[AttemptState, int]]:
        """Count anchors and attempts by state, on the chain of today."""
        chain = self.publisher.chain_identity
        if chain is None:
            return {}, {}
        return self.log.store.anchoring_counts(chain, self.publisher.log_id)

    def newest_anchor(self) -> StoredAnchor | None:
        """Find the anchor of the largest size on the chain of today."""
        chain = self.publisher.chain_identity
        if chain is None:
            return None
        newest = self.log.store.standing_anchors(
            chain, self.publisher.log_id, limit=1, newest_first=True
        )
        return newest[0] if newest else None

    def trust(self) -> Trust:
        """Say what a verifier must believe to follow this log; raise UnavailableError.

        Whoever takes this from us should compare the key with one had by another way.
        """
        identity = self.chain.identity()
        log_id = self.publisher.log_id
        operator = operator_signer(
            self.chain, self.log.origin, self._operator, admin=self.publisher.admin
        )
        # Old checkpoints bear the lines of their time.
        past = self._past_operators.before(identity, log_id, epoch=operator.domain.epoch)
        operators = (*past, operator.verifier)
        log = TrustedLog(self.log.origin, (self.log.verifier,), log_id, operators)
        chain = TrustedChain(
            identity,
            self.chain.sandbox(),
            self.chain.finality(),
            self.settings.chain_urls,
            self.settings.chain_agree if self.settings.chain_urls else 1,
            _address(self.settings.chain_attestors),
            _address(self.settings.chain_attestations),
        )
        return Trust((log,), (chain,))

    def verifier_chain(self) -> Witness:
        """Give the chain as a verifier asks it: all configured nodes, as many as must agree."""
        return self._verifiers

    def _publish_news(self) -> None:
        # What other processes log is not told here: the one that publishes looks for it.
        patience = self.settings.publish_interval if self.log.store.is_shared else None
        while not self._stop.is_set():
            self._news.wait(patience)
            self._news.clear()
            try:
                self.publish()
            except UnavailableError as error:
                _logger.warning("publishing again later", code=error.code, reason=str(error))
                self._news.set()
            except ConflictError as error:
                _logger.info("not published here", code=error.code)
            except LedgerError as error:
                _logger.critical("cannot publish", code=error.code, reason=str(error))
            except Exception as error:
                # A worker that dies of a defect would leave the log unpublished, unnoticed.
                _logger.exception("publishing failed; trying again", error=type(error).__name__)
                self._news.set()
            self._stop.wait(self.settings.publish_interval)

    def _index_news(self) -> None:
        """Follow the log with the search index, a page at a time: appends come in between."""
        while not self._stop.is_set():
            self._to_index.wait()
            self._to_index.clear()
            try:
                while not self._stop.is_set() and not index_log(self.log, pages=1):
                    pass
            except Exception as error:
                # As above; whoever searches meanwhile lets the index follow by himself.
                _logger.exception("indexing failed; trying again", error=type(error).__name__)
                self._to_index.set()
            self._stop.wait(self.settings.publish_interval)


def _address(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text.removeprefix("0x"))
