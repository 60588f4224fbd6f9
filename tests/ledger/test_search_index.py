"""The search index: what it finds is what going through all entries finds, whatever it skips."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.search_index import backlog, index_log, rebuild
from ledger.search_terms import TERM_SIZE, Asked, term, terms
from ledger.statement import Statement
from ledger.store import Search, SearchRow, Store, search_rows
from ledger.store.search_rows import SearchRows
from tests.covered_transfer import records
from tests.log_home import NOW, SIGNER, Home
from tests.samples import transfer

WHO = ("acme", "bank", "clinic")
# Few of each, so that every combination finds something.
WAYS = [("CN", "HK"), ("CN", "SG"), ("HK", "CN")]


def asked(*pairs: tuple[Asked, str]) -> frozenset[bytes]:
    return frozenset(term(*pair) for pair in pairs)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    with store:
        yield Log.open(store, SIGNER, HeadRecord(tmp_path / "head"))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Log, list[Row]]]:
    """A log of 120 records of several hands, indexed, and what each of them is."""
    folder = tmp_path_factory.mktemp("grown")
    with Store.open(f"sqlite:///{folder / 'ledger.sqlite3'}") as store:
        log = Log.open(store, SIGNER, HeadRecord(folder / "head"))
        rows = []
        for number in range(120):
            who, (from_, to) = WHO[number % 3], WAYS[number % 7 % 3]
            recipient = WHO[number // 3 % 3]
            at = NOW + timedelta(minutes=number)
            day = 1 + number % 28
            statement = transfer(
                exporter={"id": who}, recipient={"id": recipient}, **{"from": from_}, to=to,
                scenario=f"s{number % 5}", occurred_at=f"2026-01-{day:02}T08:00:00Z",
            )  # fmt: skip
            log.append([Submission.of(statement)], submitter=WHO[number % 2], now=at)
            found, occurred = terms(statement.entry, WHO[number % 2])
            rows.append((found, at, occurred))
        assert index_log(log)
        yield log, rows


Row = tuple[set[bytes], datetime, int | None]

SCOPES = (
    None,
    asked((Asked.SUBMITTER, "acme"), (Asked.RECIPIENT, "acme")),
    asked((Asked.SUBMITTER, "clinic"), (Asked.RECIPIENT, "clinic")),
    asked((Asked.FROM, "HK"), (Asked.TO, "HK")),
    asked((Asked.SUBMITTER, "nobody")),
)
FILTERS = (
    asked((Asked.EXPORTER, "acme")),
    asked((Asked.RECIPIENT, "bank")),
    asked((Asked.SCENARIO, "s3")),
    asked((Asked.TO, "SG")),
    asked((Asked.KIND, "transfer")),
    asked((Asked.KIND, "plan")),
    asked((Asked.SUBMITTER, "acme"), (Asked.EXPORTER, "acme"), (Asked.RECIPIENT, "acme")),
)


def expected(rows: list[Row], search: Search) -> list[int]:
    """Go through all of them, as the store does not."""
    (since, until), (earliest, latest) = search.received, search.occurred
    return [
        index
        for index, (found, at, occurred) in enumerate(rows)
        if (search.scope is None or search.scope & found)
        and all(wanted & found for wanted in search.wanted)
        and (since is None or at >= since)
        and (until is None or at < until)
        and (earliest is None or (occurred is not None and occurred >= earliest))
        and (latest is None or (occurred is not None and occurred < latest))
    ]


def walk(log: Log, search: Search, *, newest_first: bool, limit: int) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        with log.store.search() as rows:
            page = rows.find(search, cursor=cursor, newest_first=newest_first, limit=limit)
        assert len(page.indexes) <= limit
        found += page.indexes
        if page.next is None:
            return found
        assert cursor is None or (page.next < cursor if newest_first else page.next > cursor)
        cursor = page.next


minutes = st.none() | st.integers(-10, 130).map(lambda n: NOW + timedelta(minutes=n))
days = st.none() | st.integers(1, 29).map(
    lambda day: int(datetime.fromisoformat("2026-01-01T00:00:00Z").timestamp()) + day * 86_400
)
searches = st.builds(
    Search,
    st.sampled_from(SCOPES),
    st.lists(st.sampled_from(FILTERS), max_size=3, unique=True).map(tuple),
    st.tuples(minutes, minutes),
    st.tuples(days, days),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    search=searches,
    newest_first=st.booleans(),
    limit=st.integers(1, 50),
    rare=st.sampled_from([1, 5, 1_000]),
    scanned=st.sampled_from([5, 7, 1_000]),
)
def test_find_gives_what_going_through_all_gives(
    grown: tuple[Log, list[Row]],
    search: Search,
    *,
    newest_first: bool,
    limit: int,
    rare: int,
    scanned: int,
) -> None:
    log, rows = grown
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_rows, "_RARE", rare)
        patch.setattr(search_rows, "MAX_SCANNED", scanned)
        found = walk(log, search, newest_first=newest_first, limit=limit)
    wanted = expected(rows, search)
    assert found == (wanted[::-1] if newest_first else wanted)


@pytest.mark.parametrize(("scope", "wanted"), list(product(SCOPES[1:], FILTERS)))
def test_cursor_is_of_an_entry_of_one_s_own(
    grown: tuple[Log, list[Row]],
    scope: frozenset[bytes],
    wanted: frozenset[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Others' entries move no cursor: neither how many there are, nor where they stand."""
    log, rows = grown
    monkeypatch.setattr(search_rows, "_RARE", 1)
    monkeypatch.setattr(search_rows, "MAX_SCANNED", 5)
    mine = {index for index, (found, _, _) in enumerate(rows) if scope & found}
    cursor = None
    while True:
        with log.store.search() as search:
            page = search.find(Search(scope, (wanted,)), cursor=cursor, newest_first=False, limit=2)
        cursor = page.next
        if cursor is None:
            break
        assert cursor - 1 in mine


def test_index_finds_what_was_logged_whenever_it_is_asked(log: Log) -> None:
    assert index_log(log)
    made = records()
    for name in ("plan", "transfer", "backup"):
        log.append([Submission.of(made[name])], submitter="acme", now=NOW)
        assert index_log(log)
    leaf = made["plan"].leaf_hash.hex()
    assert walk(log, Search(None, (asked((Asked.LEAF, leaf)),)), newest_first=False, limit=9) == [0]
    names = Search(None, (asked((Asked.NAMES, leaf)),))
    assert walk(log, names, newest_first=False, limit=9) == [1]


def test_index_leaves_for_later_what_is_logged_meanwhile(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([Submission.of(transfer())], submitter="acme", now=NOW)
    add = SearchRows.add
    written = []

    def meanwhile(rows: SearchRows, added: list[SearchRow], **sizes: int) -> bool:
        log.append([Submission.of(transfer())], submitter="acme", now=NOW)
        written.append(sizes["new_size"])
        return add(rows, added, **sizes)

    monkeypatch.setattr(SearchRows, "add", meanwhile)
    assert index_log(log)
    assert (written, backlog(log)) == ([1], (1, 2))


def test_index_made_again_is_the_same(log: Log) -> None:
    for _ in range(3):
        log.append([Submission.of(transfer()) for _ in range(5)], submitter="acme", now=NOW)
    index_log(log)
    kind = Search(None, (asked((Asked.KIND, "transfer")),))
    before = walk(log, kind, newest_first=False, limit=4)
    assert before == list(range(15))
    rebuild(log)
    assert walk(log, kind, newest_first=False, limit=4) == before


def test_index_is_written_once_by_two_who_follow_at_once(log: Log) -> None:
    log.append([Submission.of(transfer())], submitter="acme", now=NOW)
    index_log(log)
    with log.store.search(write=True) as rows:
        assert not rows.add([], old_size=0, new_size=1)


def test_file_and_leaf_are_terms_of_their_digests() -> None:
    digest = "ab" * 32
    made = transfer(files=[{"size": 1, "digests": {"sha-256": digest}}])
    found, occurred = terms(made.entry, None)
    assert {term(Asked.FILE, digest), term(Asked.LEAF, made.leaf_hash.hex())} <= found
    assert {len(one) for one in found} == {TERM_SIZE}
    assert occurred is not None


def test_concealed_members_are_in_no_term() -> None:
    shown = transfer(onward_recipients=[{"id": "hidden-one"}])
    value = shown.value
    del value["onward_recipients"]
    concealed = Statement.build({**value, "_sd": ["A" * 43], "_sd_alg": "sha-256"})
    hidden = term(Asked.RECIPIENT, "hidden-one")
    assert hidden in terms(shown.entry, None)[0]
    assert hidden not in terms(concealed.entry, None)[0]


@given(st.binary(max_size=80))
def test_terms_of_any_bytes_are_some(entry: bytes) -> None:
    found, occurred = terms(entry, "acme")
    assert {term(Asked.SUBMITTER, "acme")} < found
    assert occurred is None


def test_search_is_the_same_on_every_database(home: Home) -> None:
    log = home.open()
    made = [transfer(scenario=f"s{number % 2}") for number in range(9)]
    log.append([Submission.of(one) for one in made], submitter="acme", now=NOW)
    index_log(log)
    mine = asked((Asked.SUBMITTER, "acme"), (Asked.RECIPIENT, "acme"))
    odd = Search(mine, (asked((Asked.SCENARIO, "s1")),), (NOW, None), (0, None))
    assert walk(log, odd, newest_first=False, limit=2) == [1, 3, 5, 7]
    assert walk(log, odd, newest_first=True, limit=3) == [7, 5, 3, 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_rows, "_RARE", 1)
        patch.setattr(search_rows, "MAX_SCANNED", 2)
        assert walk(log, odd, newest_first=True, limit=3) == [7, 5, 3, 1]
    before = Search(mine, (), (None, NOW), (None, None))
    assert walk(log, before, newest_first=False, limit=9) == []
