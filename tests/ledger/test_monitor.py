"""The monitor's judgement of what a log publishes: files on disk, changed by an attacker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.anchor import Anchor
from ledger.archive import write_archive
from ledger.archive.source import Directory
from ledger.checkpoint import Checkpoint
from ledger.errors import (
    ConfigurationError,
    LedgerError,
    MalformedError,
    NotFoundError,
    VerificationError,
)
from ledger.head import Head
from ledger.log import Log
from ledger.merkle import leaf_hash, root
from ledger.monitor import AlarmError, Memory, Seen, look
from ledger.note import Signer, sign
from ledger.tree import grow
from ledger.trust import TrustedLog
from tests.log_home import NOW, SIGNER, anchor_of, append, records, sqlite_home

LOG = TrustedLog(SIGNER.name, (SIGNER.verifier,))


class History:
    """A log that publishes into a directory; forks of it are copies that go on differently."""

    def __init__(self, place: Path) -> None:
        (place / "home").mkdir(parents=True)
        self.log: Log = sqlite_home(place / "home").open()
        self.directory = place / "published"

    def extend(self, first: int, count: int) -> History:
        append(self.log, records(range(first, first + count)))
        self.log.publish(now=NOW)
        write_archive(self.log, self.directory, signer=SIGNER)
        return self

    def look(self, seen: Seen | None = None, **options: object) -> Seen:
        return look(Directory(self.directory), LOG, seen, **{"now": NOW, **options})  # type: ignore[arg-type]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "one").extend(0, 300)


@pytest.fixture
def other(tmp_path: Path) -> History:
    """The same first 200 entries, and others behind them."""
    return History(tmp_path / "other").extend(0, 200).extend(1_000, 100)


def code_of(history: History, seen: Seen | None, **options: object) -> str:
    with pytest.raises(AlarmError) as caught:
        history.look(seen, **options)
    return caught.value.code


def test_log_that_grows_is_as_it_should_be(history: History) -> None:
    seen = history.look()
    assert (seen.head.size, seen.since) == (300, NOW)
    assert history.look(seen) is seen
    later = NOW + timedelta(hours=1)
    grown = history.extend(300, 500).look(seen, now=later)
    assert (grown.head.size, grown.since) == (800, later)


def test_fork_of_one_size_is_told_with_both_heads(history: History, other: History) -> None:
    seen = history.look()
    with pytest.raises(AlarmError) as caught:
        other.look(seen)
    assert caught.value.code == "monitor.fork"
    assert caught.value.proof is not None
    first, second = caught.value.proof
    assert first == seen.head
    assert (second.size, second.root) == (300, other.log.head().root)


def test_fork_that_has_grown_is_told_with_both_heads(history: History, other: History) -> None:
    seen = history.look()
    other.extend(2_000, 700)
    with pytest.raises(AlarmError) as caught:
        other.look(seen)
    assert caught.value.code == "monitor.fork"
    assert caught.value.found == other.log.tree(300).root().hex()
    assert caught.value.proof is not None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40))
def test_fork_is_found_at_every_size(old: int, more: int, place: int) -> None:
    """Of two trees that differ at one leaf, only one contains a head that covers that leaf."""
    leaves = [leaf_hash(bytes([i])) for i in range(old + more)]
    forked = list(leaves)
    forked[place % len(forked)] = leaf_hash(b"other")
    seen = Seen(signed(old, root(leaves[:old])), NOW)
    is_fork = place % len(forked) < old
    source = Published(forked)
    if not is_fork:
        assert look(source, LOG, seen, now=NOW).head.size == old + more
        return
    with pytest.raises(AlarmError) as caught:
        look(source, LOG, seen, now=NOW)
    assert caught.value.code == "monitor.fork"


class Published:
    """The files of a small log, as a source."""

    def __init__(self, leaves: list[bytes]) -> None:
        tiles = grow(0, (), leaves).tiles
        self._files = {"checkpoint": signed(len(leaves), root(leaves)).note.encode()}
        for (level, number), hashes in tiles.items():
            self._files[f"tile/{level}/{number:03}.p/{len(hashes) // 32}"] = hashes

    def read(self, path: str) -> bytes:
        return self._files[path]


def signed(size: int, root_: bytes) -> Head:
    return Head.parse(sign(Checkpoint(LOG.origin, size, root_).text(), SIGNER))


def test_head_that_has_vanished_is_told(history: History, tmp_path: Path) -> None:
    seen = history.look()
    older = History(tmp_path / "older").extend(0, 200)
    assert code_of(older, seen) == "monitor.vanished"
    (history.directory / "checkpoint").unlink()
    assert code_of(history, seen) == "monitor.vanished"
    with pytest.raises(NotFoundError):
        history.look()


def test_head_that_stays_too_long_is_told(history: History) -> None:
    seen = history.look()
    day = timedelta(days=1)
    assert history.look(seen, now=NOW + day, max_age=day) is seen
    assert code_of(history, seen, now=NOW + 2 * day, max_age=day) == "monitor.stale"
    # What is new is not stale, however old what was seen before.
    assert history.extend(300, 1).look(seen, now=NOW + 2 * day, max_age=day).head.size == 301


def test_anchor_must_be_in_what_is_served(history: History, other: History) -> None:
    anchors = [anchor_of(history.log, size) for size in (1, 200, 256, 300)]
    assert history.look(anchors=anchors).head.size == 300

    def told(anchor: Anchor) -> str:
        return code_of(other, None, anchors=[anchor])

    assert other.look(anchors=anchors[:2]).head.size == 300
    assert told(anchors[2]) == "monitor.anchor"
    assert told(replace(anchors[0], size=301)) == "monitor.anchor"


@pytest.mark.parametrize("path", ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"])
@pytest.mark.parametrize("change", ["flip", "cut", "remove"])
def test_tiles_that_are_not_the_heads_are_told(history: History, path: str, change: str) -> None:
    seen = history.look()
    history.extend(300, 300)
    file = history.directory / path
    data = file.read_bytes()
    if change == "flip":
        file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    elif change == "cut":
        file.write_bytes(data[:-1])
    else:
        file.unlink()
    assert code_of(history, seen) == "monitor.tiles"


def test_checkpoint_by_a_strangers_key_is_no_alarm(history: History) -> None:
    text = history.log.head().checkpoint.text()
    stranger = sign(text, Signer.generate(LOG.origin))
    for note in (stranger.encode(), b"\xff", b"nothing"):
        (history.directory / "checkpoint").write_bytes(note)
        with pytest.raises(LedgerError) as caught:
            history.look()
        assert isinstance(caught.value, VerificationError | MalformedError)
        assert not isinstance(caught.value, AlarmError)


# Memory


def test_memory_gives_back_what_it_was_given(history: History, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "seen.json")
    assert memory.read(LOG) is None
    seen = history.look()
    memory.write(seen)
    assert memory.read(LOG) == seen
    assert (tmp_path / "seen.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", None])
def test_memory_that_is_something_else_accuses_nobody(
    history: History, tmp_path: Path, damage: bytes | None
) -> None:
    path = tmp_path / "seen.json"
    Memory(path).write(history.look())
    if damage is None:
        path.write_text(path.read_text().replace("300", "299"))
    else:
        path.write_bytes(damage)
    with pytest.raises(ConfigurationError, match="not what a monitor remembers"):
        Memory(path).read(LOG)
