"""aics-tlog, measured once, in an environment of its own (scripts/tool-environment bench-tlog).

tlog.py tree LEAVES PROOFS             prints {what: {who: a second}} as JSON, in processor time
tlog.py append DIRECTORY BATCHES COUNT  prints entries a second, by the clock, each batch durable
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from aics_tlog import DirectoryTileStore, IncrementalTileWriter, MerkleTree, verify_leaf_inclusion

NAME = "aics-tlog"
_RECORD = 600


def rate(count: int, work: Callable[[], object]) -> float:
    """Measure how many a second `work` does, in processor time."""
    started = time.process_time()
    work()
    return count / (time.process_time() - started)


def tree(leaves: int, proofs: int) -> None:
    """Measure a tree, proofs from it and their verification."""
    entries = [os.urandom(32) for _ in range(leaves)]
    chosen = [i * leaves // proofs for i in range(proofs)]
    grown = MerkleTree()
    taken = rate(leaves, lambda: (grown.extend(entries), grown.root()))
    made: list[list[bytes]] = []
    proved = rate(proofs, lambda: made.extend(grown.inclusion_proof(i) for i in chosen))
    root = grown.root()

    def check() -> None:
        for index, proof in zip(chosen, made, strict=True):
            if not verify_leaf_inclusion(entries[index], index, leaves, proof, root):
                raise RuntimeError("a peer refuses its own proof")

    checked = rate(proofs, check)
    found = {"tree": {NAME: taken}, "proof": {NAME: proved}, "verification": {NAME: checked}}
    print(json.dumps(found))


def append(directory: str, batches: int, count: int) -> None:
    """Append batches to tiles in a directory, each synced before the next."""
    made = [[os.urandom(_RECORD) for _ in range(count)] for _ in range(batches)]
    writer = IncrementalTileWriter(DirectoryTileStore(directory))
    started = time.perf_counter()
    for batch in made:
        writer.append(batch)
    print(json.dumps(batches * count / (time.perf_counter() - started)))


if __name__ == "__main__":
    if sys.argv[1] == "tree":
        tree(int(sys.argv[2]), int(sys.argv[3]))
    else:
        append(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
