"""Proofs and bundles of a large log, from storage and through the server.

From storage: this process alone, each rate beside how fast it hashes tree nodes. Through the
server: one client after another, by the clock, HTTP and JSON included.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from api.auth.principal import LOCAL
from api.many import bundle_lines
from ledger.batch import decode_batch
from ledger.canonical import canonicalize
from ledger.follower import catch_up
from ledger.node import Node
from ledger.settings import Settings
from ledger.statement import record_id_text
from scripts.benchmarks.connection import Connection
from scripts.benchmarks.load import batches
from scripts.benchmarks.measure import OURS, Figure, Options, Rates, compared, once, percentile
from scripts.benchmarks.server import serving

__all__ = ["reads"]

_RECORDS, _LONG = 200_000, 2_000_000
_BATCH = 10_000
# Records that are asked for scattered over the log; and in its order, as who fetches all does.
_SCATTERED, _ORDERED = 1_000, 5_000
_AT_ONCE, _PAGE = 1_000, 256
_OK = 200


class _Ids(NamedTuple):
    """Ids of records of the log."""

    scattered: list[bytes]
    ordered: list[bytes]


def reads(options: Options) -> list[Figure]:
    """Make the log, and measure in rounds; the first one through the server warms up."""
    size = options.size(_RECORDS, _LONG)
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as made:
        directory = Path(made)
        ids = _fill(directory, size)
        with _node(directory) as node:
            rounds = [_from_storage(node, ids, size) for _ in range(options.runs)]
            single = [_one_by_one(node, size) for _ in range(options.runs)]
        with serving(directory=directory) as server:
            served = [_served(server.port, ids) for _ in range(options.runs + 1)][1:]
    proofs, bundles, scattered, ordered = zip(*served, strict=True)
    of, at = f"of {size:,}", f"of {size:,}, through the server"
    many = f"bundles {at}, {_AT_ONCE:,} at once"
    return [
        *compared(rounds),
        _milliseconds(f"an inclusion proof {of}, from storage: 99th percentile", single, 0.99),
        _milliseconds(f"an inclusion proof {at}: median", proofs, 0.5),
        _milliseconds(f"an inclusion proof {at}: 99th percentile", proofs, 0.99),
        _milliseconds(f"a bundle {at}: 99th percentile", bundles, 0.99),
        Figure(f"{many}, in the log's order", OURS, "/s", ordered),
        Figure(f"{many}, scattered", OURS, "/s", scattered),
    ]


def _fill(directory: Path, size: int) -> _Ids:
    """Log so many records, and let those who follow the log come to its end."""
    step, middle = max(1, size // _SCATTERED), size // 2
    scattered: list[bytes] = []
    ordered: list[bytes] = []
    with _node(directory) as node:
        for first in range(0, size, _BATCH):
            (body,) = batches(1, min(_BATCH, size - first), first=first)
            submissions = decode_batch(body)
            node.submit(submissions, submitter=LOCAL.organisation)
            for index, submission in enumerate(submissions, first):
                if index % step == 0:
                    scattered.append(submission.record_id)
                if middle <= index < middle + _ORDERED:
                    ordered.append(submission.record_id)
        node.publish()
        while not catch_up(node.log, pages=64):
            pass
    return _Ids(random.sample(scattered, len(scattered)), ordered)


@contextmanager
def _node(directory: Path) -> Iterator[Node]:
    """Open the ledger, its workers at rest."""
    node = Node.open(Settings.load(data_dir=directory, chain_urls=()))
    try:
        yield node
    finally:
        node.close()


def _from_storage(node: Node, ids: _Ids, size: int) -> Rates:
    middle = size // 2
    ordered = range(middle, min(size, middle + 20_000))
    scattered = random.sample(range(size), min(_SCATTERED, size))
    of = f"of {size:,}, from storage"
    return {
        (f"inclusion proofs {of}, in the log's order", OURS): once(lambda: _prove(node, ordered)),
        (f"inclusion proofs {of}, scattered", OURS): once(lambda: _prove(node, scattered)),
        (f"bundles {of}, in the log's order", OURS): once(lambda: _bundle(node, ids.ordered)),
        (f"bundles {of}, scattered", OURS): once(lambda: _bundle(node, ids.scattered)),
    }


def _bundle(node: Node, record_ids: list[bytes]) -> int:
    return sum(lines.count(b"\n") for lines in bundle_lines(node, record_ids, LOCAL))


def _one_by_one(node: Node, size: int) -> list[float]:
    times = []
    for index in random.sample(range(size), min(_SCATTERED, size)):
        started = time.perf_counter()
        with node.log.snapshot() as log:
            log.tree(size).inclusion_proof(index)
        times.append(time.perf_counter() - started)
    return times


def _prove(node: Node, indexes: range | list[int]) -> int:
    size = node.log.head().size
    for start in range(0, len(indexes), _PAGE):
        with node.log.snapshot() as log:
            tree = log.tree(size)
            for index in indexes[start : start + _PAGE]:
                tree.inclusion_proof(index)
    return len(indexes)


def _served(port: int, ids: _Ids) -> tuple[list[float], list[float], float, float]:
    """Ask for proofs, for bundles, and for many bundles at once: seconds of each, and rates."""
    paths = [f"/v1/records/{record_id_text(name)}/bundle" for name in ids.scattered]
    return (
        asyncio.run(_ask(port, paths, "?format=tlog-proof")),
        asyncio.run(_ask(port, paths, "")),
        asyncio.run(_ask_many(port, ids.scattered)),
        asyncio.run(_ask_many(port, ids.ordered)),
    )


async def _ask(port: int, paths: list[str], query: str) -> list[float]:
    connection = await Connection.open(port)
    times = []
    for path in paths:
        started = time.perf_counter()
        status, answer = await connection.ask("GET", path + query)
        times.append(time.perf_counter() - started)
        if status != _OK:
            raise RuntimeError(answer.decode())
    connection.close()
    return times


async def _ask_many(port: int, record_ids: list[bytes]) -> float:
    connection = await Connection.open(port)
    started = time.perf_counter()
    for start in range(0, len(record_ids), _AT_ONCE):
        wanted = [record_id_text(name) for name in record_ids[start : start + _AT_ONCE]]
        status, answer = await connection.ask(
            "POST", "/v1/bundles", canonicalize({"record_ids": wanted})
        )
        if status != _OK or answer.count(b"\n") != len(wanted):
            raise RuntimeError(answer[:1000].decode())
    took = time.perf_counter() - started
    connection.close()
    return len(record_ids) / took


def _milliseconds(what: str, rounds: Iterable[list[float]], share: float) -> Figure:
    runs = tuple(1000 * percentile(times, share) for times in rounds)
    return Figure(what, OURS, "ms", runs)
