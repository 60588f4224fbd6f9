"""Proofs, verification and bundles beside their ceiling, SHA-256 itself, and beside peers.

Everything takes turns, round by round, so that all see the same machine. A rate is per second of
processor time of one process, which a busy machine disturbs least; only what waits for another
process (transactions) is by the clock. Peers run in environments of their own (see `peers/`), on
trees of their own, smaller ones where theirs are slow.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx2

from api.auth.principal import LOCAL
from api.many import bundle_lines
from ledger.batch import decode_batch
from ledger.log.tile_cache import TileCache
from ledger.merkle import verify_inclusion
from ledger.node import Node
from ledger.settings import Settings
from ledger.tile import Tile
from ledger.tree import Tree, grow
from ledger.trust import Trust
from ledger.verify import CheckedHeads, verify
from scripts.benchmarks.environments import PEERS, node_peers, python_peers, tlog_peer
from scripts.benchmarks.load import batches
from scripts.benchmarks.measure import OURS, Figure, Options, Rates, compared
from tests.anvil import Anvil, start_anvil

__all__ = [
    "BUNDLES",
    "CEILING",
    "PROVED",
    "TREE",
    "VERIFIED",
    "Proving",
    "anchored",
    "bundles",
    "ceiling",
    "proving",
    "verifying",
]

LEAVES = 2_000_000
PEERS_LEAVES = 100_000
CEILING = "ceiling: SHA-256 by hashlib"
TREE = "tree: leaves taken in"
VERIFIED = "inclusion proofs verified"
BUNDLES = "bundles from storage, many at once"
PROVED = "inclusion proofs made"
_VERIFIED_WHOLE = "records verified, offline"
_JAVASCRIPT_LEAVES, _DOCUMENTS = 10_000, 300
_PROOFS, _PAGE = 5_000, 256
_RECORDS = 5_000
_TRANSACTIONS = 300
_BLOCK = 64
_SPEED = re.compile(rb"^sha256 +([0-9.]+)k", re.MULTILINE | re.IGNORECASE)


def proving(options: Options) -> list[Figure]:
    """Measure everything, round by round."""
    tree = Proving(LEAVES)
    with anchored() as (node, record_ids), start_anvil() as chain:
        return compared(
            [
                {
                    **tree.rates(),
                    **ceiling(),
                    **_openssl(),
                    **verifying(),
                    **bundles(node, record_ids),
                    **_python_peers(),
                    **_tlog_peer(),
                    **_javascript_peers(),
                    **_transactions(chain),
                }
                for _ in range(options.runs)
            ],
            unit="/s of processor",
        )


def ceiling(count: int = 200_000) -> Rates:
    """Hash tree nodes and nothing else; and so many at a time as a path has."""
    nodes = _rate(count, lambda: _hash_nodes(count))
    return {(TREE, CEILING): nodes, (VERIFIED, CEILING): nodes / (PEERS_LEAVES - 1).bit_length()}


def verifying(proofs: int = 2_000) -> Rates:
    """Verify inclusion proofs of a tree of PEERS_LEAVES."""
    growth = grow(0, (), hashes := _random_hashes(PEERS_LEAVES))
    tree = Tree(PEERS_LEAVES, TileCache(lambda tile: growth.tiles[tile.level, tile.number]))
    chosen = random.sample(range(PEERS_LEAVES), proofs)
    shown = [(hashes[index], index, tree.inclusion_proof(index)) for index in chosen]

    def check() -> None:
        for leaf, index, proof in shown:
            verify_inclusion(
                leaf_hash=leaf, index=index, size=PEERS_LEAVES, proof=proof, root=growth.root
            )

    return {(VERIFIED, OURS): _rate(proofs, check)}


class Proving:
    """A tree of random leaves in tiles, and proofs from them, read cold."""

    def __init__(self, leaves: int) -> None:
        self._leaves = leaves
        self._tiles = grow(0, (), _random_hashes(leaves)).tiles
        self._new = _random_hashes(PEERS_LEAVES)

    def rates(self) -> Rates:
        """Measure proofs in the log's order, and of scattered leaves."""
        middle = self._leaves // 2
        scattered = random.sample(range(self._leaves), _PROOFS)
        ordered = range(middle, middle + 4 * _PROOFS)
        of = f"of {self._leaves:,}"
        return {
            (TREE, OURS): _rate(PEERS_LEAVES, lambda: grow(0, (), self._new)),
            (PROVED, OURS): _rate(len(ordered), lambda: self._prove(ordered)),
            (f"{PROVED}, {of}, scattered", OURS): _rate(_PROOFS, lambda: self._prove(scattered)),
        }

    def _prove(self, indexes: Sequence[int]) -> None:
        cache = TileCache(self._read)
        for start in range(0, len(indexes), _PAGE):
            tree = Tree(self._leaves, cache)
            for index in indexes[start : start + _PAGE]:
                tree.inclusion_proof(index)

    def _read(self, tile: Tile) -> bytes:
        return self._tiles[tile.level, tile.number]


@contextmanager
def anchored() -> Iterator[tuple[Node, list[bytes]]]:
    """Open a ledger of some records that are anchored."""
    with tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory:
        node = Node.open(Settings.load(data_dir=Path(directory), chain_urls=()))
        try:
            (body,) = batches(1, _RECORDS)
            submissions = decode_batch(body)
            node.submit(submissions, submitter=LOCAL.organisation)
            node.publish()
            while node.newest_anchor() is None:
                error = node.publisher.step().error
                if error is not None:
                    raise error
            yield node, [submission.record_id for submission in submissions]
        finally:
            node.close()


def bundles(node: Node, record_ids: Sequence[bytes]) -> Rates:
    """Make bundles from storage, one by one and many at once; and verify them whole."""
    some = record_ids[:500]
    trust = _trust(node)
    lines = b"".join(bundle_lines(node, some, LOCAL)).splitlines()
    return {
        ("bundles from storage, one by one", OURS): _rate(
            len(some), lambda: [node.bundle(record_id) for record_id in some]
        ),
        (BUNDLES, OURS): _rate(
            len(record_ids), lambda: list(bundle_lines(node, record_ids, LOCAL))
        ),
        (_VERIFIED_WHOLE, "ours, each checkpoint anew"): _rate(
            len(lines), lambda: _verify(lines, trust, None)
        ),
        (_VERIFIED_WHOLE, OURS): _rate(len(lines), lambda: _verify(lines, trust, CheckedHeads())),
    }


def _trust(node: Node) -> Trust:
    newest = node.newest_anchor()
    if newest is None:
        raise RuntimeError("no anchor")
    return node.trust().pin(newest.anchor)


def _verify(lines: Sequence[bytes], trust: Trust, heads: CheckedHeads | None) -> None:
    for line in lines:
        report = verify(line, trust=trust, without_files=True, heads=heads)
        if report.verdict != "verified":
            raise RuntimeError(report.to_json())


def _python_peers() -> Rates:
    return _peers(python_peers(), "peers.py", PEERS_LEAVES, _PROOFS)


def _javascript_peers() -> Rates:
    return _peers(
        node_peers(), "peers.mjs", _JAVASCRIPT_LEAVES, _JAVASCRIPT_LEAVES // 10, _DOCUMENTS
    )


def _tlog_peer() -> Rates:
    python = tlog_peer()
    return {} if python is None else _peers(python, "tlog.py", "tree", PEERS_LEAVES, _PROOFS)


def _peers(program: str, script: str, *arguments: str | int) -> Rates:
    command = [program, str(PEERS / script), *map(str, arguments)]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    names = {"tree": TREE, "proof": PROVED, "verification": VERIFIED, "document": _VERIFIED_WHOLE}
    return {
        (names[what], who): float(rate)
        for what, rates in json.loads(output).items()
        for who, rate in rates.items()
    }


def _transactions(chain: Anvil) -> Rates:
    """Anchor each record by a transaction of its own, all of them sent at once into one block."""
    account = chain.rpc("eth_accounts")[0]
    first = int(chain.rpc("eth_getTransactionCount", account, "latest"), 16)
    chain.rpc("evm_setAutomine", False)  # noqa: FBT003 - JSON-RPC
    calls = [
        {"jsonrpc": "2.0", "id": nonce, "method": "eth_sendTransaction", "params": [transaction]}
        for nonce in range(first, first + _TRANSACTIONS)
        for transaction in [
            {
                "from": account,
                "to": account,
                "nonce": hex(nonce),
                "data": f"0x{os.urandom(32).hex()}",
            }
        ]
    ]
    started = time.perf_counter()
    httpx2.post(chain.url, json=calls, timeout=60).raise_for_status()
    chain.rpc("evm_mine")
    seconds = time.perf_counter() - started
    mined = int(chain.rpc("eth_getTransactionCount", account, "latest"), 16) - first
    if mined != _TRANSACTIONS:
        raise RuntimeError(f"{mined} of {_TRANSACTIONS} transactions are in the block")
    return {("records anchored by a transaction each", "anvil, by the clock"): mined / seconds}


def _openssl() -> Rates:
    """Ask OpenSSL for the machine's own speed, in blocks of the size of a node."""
    command = ["openssl", "speed", "-seconds", "1", "-bytes", str(_BLOCK), "-evp", "sha256"]
    found = _SPEED.search(subprocess.run(command, capture_output=True, check=True).stdout)
    if found is None:
        raise RuntimeError("openssl speed says something else than it used to")
    return {(TREE, "ceiling: openssl speed"): float(found[1]) * 1000 / _BLOCK}


def _rate(count: int, work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return count / (time.process_time() - started)


def _hash_nodes(count: int) -> None:
    prefix = sha256(b"\x01").copy
    computed, sibling = bytes(32), b"\x07" * 32
    for _ in range(count):
        node = prefix()
        node.update(computed + sibling)
        computed = node.digest()


def _random_hashes(count: int) -> list[bytes]:
    return [os.urandom(32) for _ in range(count)]
