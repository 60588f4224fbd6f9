"""Speed, as what it is a share of: SHA-256 on the same machine, in the same second.

Never an absolute time. Each share asked for is some 0.7 of what was measured when it was written:
a change that makes something twice as slow fails. Of several rounds the best counts, since
whatever else runs on the machine can only take away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

import pytest

from ledger.audit.columns import Columns
from ledger.audit.pieces import cut_bundle
from ledger.audit.sha_instructions import sha_instructions
from ledger.entry import decode_canonical
from ledger.hash_tile import perfect_root
from ledger.merkle import HASH_SIZE
from ledger.tile import WIDTH, encode_entries
from scripts.benchmarks.measure import OURS, Rates
from scripts.benchmarks.proving import (
    BUNDLES,
    CEILING,
    PROVED,
    TREE,
    VERIFIED,
    Proving,
    anchored,
    bundles,
    ceiling,
    verifying,
)
from tests.statement_load import statements

_ROUNDS = 6
_LEAVES = 100_000


def best_share(what: str, work: Callable[[], Rates], *, enough: float) -> float:
    """Measure what share of the rate of tree nodes something has, until it is enough."""
    best = 0.0
    for _ in range(_ROUNDS):
        nodes = ceiling(count=50_000)[TREE, CEILING]
        best = max(best, work()[what, OURS] / nodes)
        if best >= enough:
            break
    return best


@pytest.fixture(scope="module")
def proving() -> Proving:
    return Proving(_LEAVES)


# Measured: 0.70, 0.050, 0.041 and 0.0048.
def test_tree_takes_leaves_in_near_the_speed_of_hashing(proving: Proving) -> None:
    assert best_share(TREE, proving.rates, enough=0.5) >= 0.5


def test_inclusion_proofs_in_order_cost_few_hashes_each(proving: Proving) -> None:
    assert best_share(PROVED, proving.rates, enough=0.036) >= 0.036


def test_verifying_an_inclusion_proof_costs_little_more_than_its_hashes() -> None:
    assert best_share(VERIFIED, verifying, enough=0.03) >= 0.03


def test_many_bundles_cost_what_is_theirs_alone() -> None:
    with anchored() as (node, record_ids):
        share = best_share(BUNDLES, lambda: bundles(node, record_ids), enough=0.0034)
    assert share >= 0.0034


def cheaper(work: Callable[[], object], than: Callable[[], object], *, enough: float) -> float:
    """Measure by how much the processor time of one thing is below another's, until enough."""
    best = 0.0
    for _ in range(_ROUNDS):
        begun = time.process_time()
        than()
        between = time.process_time()
        work()
        best = max(best, (between - begun) / (time.process_time() - between))
        if best >= enough:
            break
    return best


# Twice and four times as cheap, when they were written.
def test_an_audit_reads_transfers_by_the_tile_for_less_than_each_would_cost() -> None:
    made = (record.entry for record in statements())
    transfers = [entry for entry in islice(made, 10 * WIDTH) if b'"transfer"' in entry]
    tiles = [transfers[start : start + WIDTH] for start in range(0, len(transfers), WIDTH)]
    bundles = [(encode_entries(tile), len(tile)) for tile in tiles]
    reader = Columns()

    def together() -> None:
        for bundle, width in bundles:
            cut = cut_bundle(bundle, width)
            assert cut is not None
            assert not reader.read(cut.entries, (), cut.columns).others

    def one_by_one() -> None:
        assert all(map(decode_canonical, transfers))

    assert cheaper(together, one_by_one, enough=1.4) >= 1.4


def test_an_audit_hashes_tiles_by_the_processors_instructions() -> None:
    compiled = sha_instructions()
    if compiled is None:
        pytest.skip("no SHA instructions here")
    row = bytes(WIDTH * HASH_SIZE)

    def many(root: Callable[[bytes], bytes]) -> Callable[[], object]:
        return lambda: [root(row) for _ in range(40)]

    assert cheaper(many(compiled.perfect_root), many(perfect_root), enough=2) >= 2
