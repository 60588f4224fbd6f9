"""Python peers, measured once: `peers.py LEAVES PROOFS` prints {what: {who: a second}} as JSON.

Runs in an environment of their own (scripts/tool-environment bench-peers), without ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from blockcerts_merkletools import MerkleTools
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
)
from opentimestamps.core.timestamp import Timestamp
from pymerkle import InmemoryTree, verify_inclusion

# pymerkle hashes a node in some 15 microseconds.
_SMALLER = 10


def rate(count: int, work: Callable[[], object]) -> float:
    """Measure how many a second `work` does, in processor time."""
    started = time.process_time()
    work()
    return count / (time.process_time() - started)


def main(leaves: int, proofs: int) -> None:
    """Measure each on a tree of its own."""
    found: dict[str, dict[str, float]] = {"tree": {}, "proof": {}, "verification": {}}
    chosen = [i * leaves // proofs for i in range(proofs)]

    tools = MerkleTools(hash_type="sha256")
    entries = [os.urandom(32).hex() for _ in range(leaves)]
    tools.add_leaf(entries)
    found["tree"]["blockcerts-merkletools"] = rate(leaves, tools.make_tree)
    made: list[Any] = []
    found["proof"]["blockcerts-merkletools"] = rate(
        proofs, lambda: made.extend(tools.get_proof(i) for i in chosen)
    )
    root = tools.get_merkle_root()
    pairs = [(path, entries[i]) for path, i in zip(made, chosen, strict=True)]
    found["verification"]["blockcerts-merkletools"] = rate(
        proofs, lambda: checked(tools.validate_proof(path, leaf, root) for path, leaf in pairs)
    )

    tree = InmemoryTree(algorithm="sha256")
    few, fewer = leaves // _SMALLER, proofs // _SMALLER
    blobs = [bytes.fromhex(entry) for entry in entries[:few]]
    found["tree"]["pymerkle"] = rate(
        few, lambda: ([tree.append_entry(b) for b in blobs], tree.get_root())
    )
    shown: list[Any] = []
    places = [1 + i * few // fewer for i in range(fewer)]
    found["proof"]["pymerkle"] = rate(
        fewer, lambda: shown.extend(tree.prove_inclusion(i) for i in places)
    )
    state = tree.get_root()
    bases = [tree.get_leaf(i) for i in places]
    found["verification"]["pymerkle"] = rate(
        fewer, lambda: [verify_inclusion(b, state, p) for b, p in zip(bases, shown, strict=True)]
    )

    depth = (leaves - 1).bit_length()
    stamps = [stamp(os.urandom(32), depth) for _ in range(proofs)]
    found["verification"]["opentimestamps"] = rate(
        proofs,
        lambda: [Timestamp.deserialize(BytesDeserializationContext(s), m) for m, s in stamps],
    )
    print(json.dumps(found))


def checked(verdicts: Any) -> None:
    """Run all; a peer that says no to its own proof is used wrongly here."""
    if not all(verdicts):
        raise RuntimeError("a peer refuses its own proof")


def stamp(message: bytes, depth: int) -> tuple[bytes, bytes]:
    """Make a time stamp with a path of that length; reading it hashes the path."""
    first = last = Timestamp(hashlib.sha256(message).digest())
    for _ in range(depth):
        last = last.ops.add(OpAppend(os.urandom(32))).ops.add(OpSHA256())
    last.attestations.add(BitcoinBlockHeaderAttestation(1))
    context = BytesSerializationContext()
    first.serialize(context)
    return first.msg, context.getbytes()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
