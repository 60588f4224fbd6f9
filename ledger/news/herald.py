"""The herald: follows log, checkpoints and anchors, and writes down what is to be told to whom.

A step takes a page of entries that have come further, and writes messages and the place that they
lead to in one transaction. What nobody wants to hear of is not looked at; while there is no
webhook, nothing is.

    logged      entries; what they say of others (`news.subject`)
    published   entries that a checkpoint covers, one checkpoint at a time
    anchored    entries that a standing anchor covers, one anchor at a time; likewise final
    gone        where the newest anchor that was told does not stand any more
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.follower import catch_up
from ledger.log import Log, State
from ledger.news.audience import Audience
from ledger.news.subject import subject_of
from ledger.news.telling import Seen, Sheet, Words, message
from ledger.news.topic import SAID, Topic
from ledger.statement import Statement
from ledger.store import AnchorState, StoredAnchor
from ledger.store.anchors import STANDING
from ledger.store.webhook_row import NewMessage, Told
from ledger.trust import Trust

__all__ = ["Herald"]

_PAGE = 1_024
_SIGNED = b'{"jws":"'
_FINAL = (AnchorState.FINAL,)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the log, as it was submitted."""

    index: int
    body: bytes
    submitter: str | None
    received_at: datetime | None


class Herald:
    """Follows one log for its webhooks, from one thread.

    `audiences` gives those who are to be told now; `base` is the ledger's own address, where links
    begin, as far as it is known.
    """

    def __init__(
        self,
        log: Log,
        *,
        trust: Trust,
        audiences: Callable[[], Sequence[Audience]],
        base: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._log = log
        self._trust = trust
        self._audiences = audiences
        self._words = Words(log.origin, base.rstrip("/"))
        self._clock = clock

    def lag(self) -> int:
        """Say how many entries were logged that nobody has been told of; 0 without webhooks."""
        with self._log.store.webhooks() as rows:
            if not rows.exist():
                return 0
            logged = rows.told().logged
        return self._log.head().size - logged

    def follow(self) -> bool:
        """Take one step of each kind; say whether there may be more to do at once."""
        with self._log.store.webhooks() as rows:
            if not rows.exist():
                return False
            told: Told | None = rows.told()
        audiences = self._audiences()
        begun = told
        for step in (self._follow_log, self._follow_checkpoints, self._follow_anchors):
            # None: another process was faster.
            told = None if told is None else step(told, audiences)
        return bool(audiences) and told != begun

    def _follow_log(self, told: Told, audiences: Sequence[Audience]) -> Told | None:
        size = self._log.head().size
        if told.logged >= size:
            return told
        if not _is_wanted(audiences, {Topic.LOGGED, *SAID}):
            return self._move(told, told._replace(logged=size))
        span = _page(told.logged, size)
        entries = list(self._entries(span))
        if any(entry.body.startswith(_SIGNED) for entry in entries):
            # What was said before of the same leaf is found through it.
            catch_up(self._log)
        sheet = Sheet()
        for entry in entries:
            self._tell(sheet, audiences, Topic.LOGGED, State.LOGGED, entry)
            self._tell_subject(sheet, audiences, entry)
        return self._move(told, told._replace(logged=span.stop), sheet)

    def _follow_checkpoints(self, told: Told, audiences: Sequence[Audience]) -> Told | None:
        with self._log.store.reading() as reading:
            size = min(reading.published_size(), told.logged)
            found = reading.checkpoints(told.published + 1, 1)
        if told.published >= size or not found:
            return told
        if not _is_wanted(audiences, {Topic.PUBLISHED}):
            return self._move(told, told._replace(published=size))
        span = _page(told.published, min(found[0].head.size, size))
        sheet = Sheet()
        for entry in self._entries(span):
            at = found[0].published_at
            self._tell(sheet, audiences, Topic.PUBLISHED, State.PUBLISHED, entry, at=at)
        return self._move(told, told._replace(published=span.stop), sheet)

    def _follow_anchors(self, told: Told, audiences: Sequence[Audience]) -> Told | None:
        if self._log.anchored_on is None:
            # Whose anchors count is not known before the chain is.
            return told
        if told.anchored:
            # Of those that were told, the newest: whatever takes another one back takes it too.
            newest = self._anchor_beyond(told.anchored - 1, STANDING)
            if newest is None or told.block not in {b"", newest.anchor.block_hash}:
                return self._take_back(told, audiences)
            if not told.block:
                # Where following began, nobody had looked.
                return self._move(told, told._replace(block=newest.anchor.block_hash))
        found = self._anchor_beyond(told.anchored, STANDING)
        if found is not None and told.anchored < min(found.anchor.size, told.published):
            span = _page(told.anchored, min(found.anchor.size, told.published))
            sheet = self._anchored(audiences, Topic.ANCHORED, State.ANCHORED, span, found)
            new = told._replace(anchored=span.stop, block=found.anchor.block_hash)
            return self._move(told, new, sheet)
        found = self._anchor_beyond(told.final, _FINAL)
        if found is not None and told.final < min(found.anchor.size, told.anchored):
            span = _page(told.final, min(found.anchor.size, told.anchored))
            sheet = self._anchored(audiences, Topic.FINAL, State.FINAL, span, found)
            return self._move(told, told._replace(final=span.stop), sheet)
        return told

    def _take_back(self, told: Told, audiences: Sequence[Audience]) -> Told | None:
        """Tell that anchors are gone. Those that stand all the same are told again, by their ids.

        What was final stays so, but on a chain that is no more.
        """
        with self._log.store.reading() as reading:
            final = reading.anchored_size(*_FINAL, on=self._log.anchored_on)
        back = min(told.final, final)
        gone = {
            "id": self._words.event_id(Topic.GONE, back, told.anchored, told.block.hex()),
            "from_index": back,
            "until_index": told.anchored,
            "links": {"anchors": f"{self._words.base}/v1/anchors"},
        }
        now = self._clock()
        messages = [
            message(audience.webhook_id, Topic.GONE, {"gone": gone}, now=now)
            for audience in audiences
            if audience.wants(Topic.GONE)
        ]
        new = told._replace(anchored=back, final=back, block=b"")
        return self._write(told, new, messages)

    def _anchored(
        self,
        audiences: Sequence[Audience],
        topic: Topic,
        state: State,
        span: range,
        found: StoredAnchor,
    ) -> Sheet:
        sheet, anchor = Sheet(), found.anchor
        told = {
            "chain_id": anchor.chain.chain_id,
            "transaction": f"0x{anchor.transaction.hex()}",
            "block_number": anchor.block_number,
        }
        entries = self._entries(span) if _is_wanted(audiences, {topic}) else ()
        for entry in entries:
            # To be anchored again, in another block, is news.
            facts = (anchor.block_hash.hex(),)
            self._tell(
                sheet, audiences, topic, state, entry,
                at=anchor.time, facts=facts, more={"anchor": told},
            )  # fmt: skip
        return sheet

    def _tell(
        self,
        sheet: Sheet,
        audiences: Sequence[Audience],
        topic: Topic,
        state: State,
        entry: _Entry,
        *,
        at: datetime | None = None,
        facts: tuple[object, ...] = (),
        more: dict[str, object] | None = None,
    ) -> None:
        """Tell that an entry has reached a state; when it came, where no other time is given."""
        seen = Seen.by(
            audiences, topic, index=entry.index, entry=entry.body, submitter=entry.submitter
        )
        if seen is not None:
            happened = self._words.event_id(topic, entry.index, *facts)
            item = self._words.item(seen, state, happened, time=at or entry.received_at)
            sheet.add(seen, topic, {**item, **(more or {})})

    def _tell_subject(self, sheet: Sheet, audiences: Sequence[Audience], by: _Entry) -> None:
        """Tell of the record that a signed entry speaks of, to those who may see that record."""
        subject = subject_of(self._log, by.index, by.body, self._trust)
        if subject is None:
            return
        about = subject.statement
        seen = Seen.by(
            audiences, subject.topic, index=subject.index, entry=about.entry,
            submitter=self._log.submitter_of(subject.index),
        )  # fmt: skip
        if seen is None:
            return
        said = Statement.from_entry(by.body)
        happened = self._words.event_id(subject.topic, subject.index, by.index)
        state = self._log.state_of(subject.index)
        item = self._words.item(seen, state, happened, time=by.received_at)
        item["by"] = {
            "record_id": str(said.members.record_id),
            "kind": said.kind,
            "index": by.index,
            "leaf_hash": said.leaf_hash.hex(),
        }
        if subject.stage is not None:
            item["stage"] = subject.stage
        sheet.add(seen, subject.topic, item)

    def _entries(self, span: range) -> Iterator[_Entry]:
        entries = self._log.entries(span.start, len(span))
        last = None
        with self._log.store.reading() as reading:
            for index, body in zip(span, entries, strict=True):
                if last is None or index >= last.first_index + last.length:
                    last = reading.submission_of(index)
                yield _Entry(index, body, last.submitter, last.received_at)

    def _anchor_beyond(self, size: int, states: Collection[AnchorState]) -> StoredAnchor | None:
        """Find the smallest anchor of a larger size, on the chain of today."""
        chain, log_id = self._log.anchored_on or (None, b"")
        if chain is None:
            return None
        found = self._log.store.standing_anchors(chain, log_id, beyond=size, limit=1, states=states)
        return found[0] if found else None

    def _move(self, told: Told, new: Told, sheet: Sheet | None = None) -> Told | None:
        messages = () if sheet is None else tuple(sheet.messages(self._clock()))
        return self._write(told, new, messages)

    def _write(self, told: Told, new: Told, messages: Sequence[NewMessage]) -> Told | None:
        with self._log.store.webhooks(write=True) as rows:
            if not rows.move(told, new):
                return None
            rows.put(messages)
        return new


def _page(start: int, size: int) -> range:
    return range(start, min(start + _PAGE, size))


def _is_wanted(audiences: Sequence[Audience], topics: Collection[Topic]) -> bool:
    return any(audience.wants(topic) for audience in audiences for topic in topics)
