"""Measure and print the README's figures; see `scripts/bench`."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ledger.batch import decode_batch
from ledger.bundle import Bundle
from ledger.checkpoint import parse_checkpoint
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.node import Node
from ledger.note import Signer
from ledger.settings import Settings
from ledger.store import Store
from ledger.trust import Trust
from ledger.verify import verify
from scripts.benchmarks.appending import appending
from scripts.benchmarks.attestations import attestations
from scripts.benchmarks.growth import growth
from scripts.benchmarks.ingest import CONNECTIONS, post_all, published, singles
from scripts.benchmarks.load import batches
from scripts.benchmarks.measure import Figure, machine, once, rate
from scripts.benchmarks.server import serving
from tests.postgres import running_server

_MANY = 100_000
_SAMPLE = 2_000


def main() -> None:
    """Run all measurements, print them as a table, and as JSON where asked."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measure the figures of the README."
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each measurement")
    parser.add_argument("--batch", type=int, default=5_000, help="records in a batch")
    parser.add_argument("--batches", type=int, default=20, help="batches in a run")
    parser.add_argument(
        "--long",
        type=int,
        default=0,
        metavar="COUNT",
        help="also grow a log to so many records, such as 2000000, on each database",
    )
    parser.add_argument(
        "--only-long", action="store_true", help="measure that growth, and nothing else"
    )
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()

    figures = []
    with running_server() as postgres:
        databases: dict[str, Callable[[], str | None]] = {
            "SQLite": lambda: None,
            "PostgreSQL": postgres.create_database,
        }
        for name, create in databases.items():
            if not options.only_long:
                figures += _ingest(name, create, options)
                with serving(create()) as server:
                    figures += singles(name, server, options.runs)
                    figures.append(published(name, server, options.runs))
            if options.long:
                with serving(create()) as server, _bare_log(create()) as log:
                    figures += growth(name, server, log, options.long)
    if not options.only_long:
        figures += appending(options.runs)
        figures += _memory()
        figures += _reading(options.runs)
        figures += attestations(options.runs)
    _print(figures)
    if options.json:
        report = {"machine": machine(), "figures": [asdict(figure) for figure in figures]}
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def _ingest(
    name: str, create: Callable[[], str | None], options: argparse.Namespace
) -> list[Figure]:
    """Measure POST /v1/batches beside the same work in one process, without HTTP.

    A server reads batches with all cores, so it may be faster. Runs take turns, so that both see
    the same machine.
    """
    served, direct = [], []
    with ExitStack() as stack:
        server = stack.enter_context(serving(create()))
        log = stack.enter_context(_bare_log(create()))
        for run in range(options.runs + 1):
            first = 2 * run * options.batches * options.batch
            theirs = batches(options.batches, options.batch, first=first)
            ours = batches(options.batches, options.batch, first=first)
            http = once(partial(post_all, server, theirs))
            bare = once(partial(_append, log, ours))
            if run:  # the first warms up
                served.append(http)
                direct.append(bare)
    ratios = tuple(100 * a / b for a, b in zip(served, direct, strict=True))
    what = f"records in batches of {options.batch:,} over {CONNECTIONS} connections"
    return [
        Figure(
            f"{name}: {what}",
            "/s",
            tuple(served),
        ),
        Figure(f"{name}: the same in one process, without HTTP", "/s", tuple(direct)),
        Figure(f"{name}: the server's share of that", "%", ratios),
    ]


def _append(log: Log, bodies: list[bytes]) -> int:
    for body in bodies:
        log.append(decode_batch(body), submitter="bench", now=datetime.now(UTC))
    return sum(body.count(b"\n") for body in bodies)


@contextmanager
def _bare_log(database_url: str | None) -> Iterator[Log]:
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        path = Path(directory)
        store = Store.open(database_url or f"sqlite:///{path / 'ledger.sqlite3'}")
        log = Log.open(store, Signer.generate("bench.example/log"), HeadRecord(path / "head"))
        try:
            yield log
        finally:
            log.close()


def _memory() -> list[Figure]:
    """Measure what one batch of the largest number of lines needs in the server."""
    (body,) = batches(1, _MANY)
    with serving() as server:
        before = server.peak_memory()
        server.post(body)
        after = server.peak_memory()
    return [
        Figure("memory of the server, before any batch", "MB", (before / 1e6,)),
        Figure(f"memory of the server, a batch of {_MANY:,}", "MB", (after / 1e6,)),
    ]


def _reading(runs: int) -> list[Figure]:
    """Measure proofs, bundles, verification and gas on a log of many records, anchored once."""
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        node = Node.open(Settings.load(data_dir=Path(directory), chain_urls=()))
        try:
            (body,) = batches(1, _MANY)
            submissions = decode_batch(body)
            node.submit(submissions, submitter="bench")
            node.publish()
            while (anchored := node.newest_anchor()) is None:
                state = node.publisher.step()
                if state.error is not None:
                    raise state.error
            anchor = anchored.anchor
            receipt = node.chain.node.receipt(anchor.transaction)
            gas = receipt.gas_used if receipt else 0
            chosen = random.Random(1).sample(range(_MANY), _SAMPLE)  # noqa: S311 - a sample
            ids = [submissions[i].record_id for i in chosen]
            bundles = [node.bundle(record_id) for record_id in ids]
            texts = [bundle.to_json() for bundle in bundles]
            trust = node.trust().pin(anchor)
            size = f"{_MANY:,}"
            return [
                rate(f"inclusion proofs at {size}", "/s", lambda: _proofs(node, chosen), runs=runs),
                rate(f"bundles at {size}", "/s", lambda: _bundles(node, ids), runs=runs),
                rate("inclusion proofs verified", "/s", lambda: _inclusions(bundles), runs=runs),
                rate("bundles verified, whole", "/s", lambda: _verify(texts, trust), runs=runs),
                Figure(f"gas of the first anchor, {size} records", "gas", (gas,)),
                Figure("gas per record in it", "gas", (gas / _MANY,)),
            ]
        finally:
            node.close()


def _proofs(node: Node, indexes: list[int]) -> int:
    size = node.log.head().size
    for index in indexes:
        node.log.tree(size).inclusion_proof(index)
    return len(indexes)


def _bundles(node: Node, record_ids: list[bytes]) -> int:
    for record_id in record_ids:
        node.bundle(record_id)
    return len(record_ids)


def _inclusions(bundles: list[Bundle]) -> int:
    head = parse_checkpoint(bundles[0].checkpoint)
    for bundle in bundles:
        verify_inclusion(
            leaf_hash=leaf_hash(bundle.entry.body),
            index=bundle.entry.index,
            size=head.size,
            proof=bundle.entry.path,
            root=head.root,
        )
    return len(bundles)


def _verify(texts: list[str], trust: Trust) -> int:
    for text in texts:
        report = verify(text, trust=trust, without_files=True)
        if report.verdict != "verified":
            raise RuntimeError(report.to_json())
    return len(texts)


def _print(figures: list[Figure]) -> None:
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    print("\n| what | median | spread |\n|---|---|---|")
    for figure in figures:
        print(figure.row())


if __name__ == "__main__":
    main()
