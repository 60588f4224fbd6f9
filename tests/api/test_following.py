"""Following apart: a process finds what is logged, and one that is killed has lost nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.following import Following, followed_apart
from ledger.docket import Docket, Lag
from ledger.dossier import Terms
from ledger.log import Submission
from ledger.node import Node
from ledger.search_index import backlog
from ledger.search_terms import Asked, term
from ledger.settings import Settings
from ledger.store import Reach, Search, Wanted
from ledger.trust import Trust
from tests.deadline import eventually
from tests.samples import transfer

_ALL = Reach(everything=True)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """A node that leaves following to another process; its workers are not started."""
    opened = Node.open(Settings.load(data_dir=tmp_path, chain_urls=()), is_followed_apart=True)
    yield opened
    opened.close()


def log_some(node: Node, count: int) -> None:
    made = [Submission.of(transfer(scenario=f"s{number % 7}")) for number in range(count)]
    node.log.append(made, submitter="acme", now=datetime.now(UTC))


def searchable(node: Node) -> int:
    return backlog(node.log)[0]


def is_followed(node: Node) -> bool:
    done, end = backlog(node.log)
    docket = Docket(node.log, trust=Trust(), terms=Terms())
    return done == end and docket.lag() == Lag(0, 0) and node.log.store.backlog() == (end, end)


def found(node: Node) -> tuple[list[int], list[int]]:
    """Read the index of every entry that search and docket give."""
    every = Search(None, (frozenset([term(Asked.KIND, "transfer")]),))
    with node.log.store.search() as rows:
        listed = rows.find(every, cursor=None, newest_first=False, limit=100_000).indexes
    with node.log.store.docket() as dossiers:
        kept = dossiers.find(_ALL, Wanted(), limit=100_000)
    return listed, sorted(row.entry_index for row in kept)


def test_killed_follower_is_replaced_by_one_that_goes_on_where_it_was(node: Node) -> None:
    with followed_apart(node, Trust()) as following:
        assert isinstance(following, Following)
        node.lease.take()
        # Several pages of the search index: the first one is seen before the last is there.
        for _ in range(6):
            log_some(node, 2_000)
        eventually(lambda: searchable(node), "a first page is found")
        first = following.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        log_some(node, 10)
        eventually(lambda: is_followed(node), "all is found")
        assert following.pid not in {None, first}
    assert found(node) == (list(range(12_010)), list(range(12_010)))
    assert following.pid is None


def test_nobody_follows_where_another_process_has_the_lease(node: Node) -> None:
    with followed_apart(node, Trust()) as following:
        assert following is not None
        log_some(node, 1)
        assert following.pid is None
        assert searchable(node) == 0


def test_node_that_follows_by_itself_has_no_process(tmp_path: Path) -> None:
    opened = Node.open(Settings.load(data_dir=tmp_path, chain_urls=()))
    try:
        with followed_apart(opened, Trust()) as following:
            assert following is None
    finally:
        opened.close()
