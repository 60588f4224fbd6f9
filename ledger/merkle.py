"""The Merkle tree of RFC 9162, pure: hashes in, hashes or a verdict out.

    leaf  = SHA-256(0x00 || entry)             2.1.1
    node  = SHA-256(0x01 || left || right)     2.1.1
    root of nothing = SHA-256()                2.1.1

A tree of n > 1 leaves splits at k, the largest power of two below n; the left part is perfect.
Hashes are 32 raw bytes. Proofs are lists of hashes, lowest first. The verifiers derive the shape
of a proof from (index, size) alone and accept exactly one length, so that no prover can choose it.

    >>> root([leaf_hash(b"a"), leaf_hash(b"b")]) == node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    True
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from ledger.errors import MalformedError, VerificationError

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "MAX_SIZE",
    "climb",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_SIZE = 32
# Sizes travel as uint64 on the chain; half of it keeps every shift here and there in range.
MAX_SIZE = 2**63 - 1

EMPTY_ROOT = sha256().digest()

_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry into its leaf (RFC 9162, 2.1.1)."""
    digest = _LEAF.copy()
    digest.update(entry)
    return digest.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent (RFC 9162, 2.1.1)."""
    digest = _NODE.copy()
    digest.update(left + right)
    return digest.digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Compute the root of a tree from its leaf hashes (RFC 9162, 2.1.1)."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    # Pairing row by row, a lone last node moving up unchanged, gives the RFC's recursive tree:
    # the left part of every split is perfect, so only the right edge is ever alone.
    while len(row) > 1:
        row = _parents(row)
    return row[0]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Prove that the leaf at `index` is in the tree (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < len(leaf_hashes):
        raise MalformedError(
            "merkle.index",
            "no such leaf",
            expected=f"an index below {len(leaf_hashes)}",
            found=str(index),
        )
    proof: list[bytes] = []
    row = list(leaf_hashes)
    while len(row) > 1:
        sibling = index ^ 1
        if sibling < len(row):
            proof.append(row[sibling])
        row = _parents(row)
        index >>= 1
    return proof


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Prove that the tree of the first `old_size` leaves is a prefix (RFC 9162, 2.1.4.1).

    Empty where there is nothing to prove: old size 0, or both sizes equal.
    """
    size = len(leaf_hashes)
    if not 0 <= old_size <= size:
        raise MalformedError(
            "merkle.size",
            "no such older tree",
            expected=f"a size of at most {size}",
            found=str(old_size),
        )
    if old_size in {0, size}:
        return []
    proof: list[bytes] = []
    row = list(leaf_hashes)
    # Climb from the last leaf of the old tree. While it is a right child the old tree ends at a
    # perfect subtree: that subtree's root starts the proof, unless it is the whole old tree.
    index = old_size - 1
    while index % 2:
        row = _parents(row)
        index >>= 1
    if index:
        proof.append(row[index])
    while len(row) > 1:
        sibling = index ^ 1
        if sibling < len(row):
            proof.append(row[sibling])
        row = _parents(row)
        index >>= 1
    return proof


def verify_inclusion(
    *, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check an inclusion proof (RFC 9162, 2.1.3.2).

    Raises VerificationError, also where the values cannot be a proof at all (lengths, ranges).
    """
    _check_size(size)
    _check_hashes(leaf_hash, root, *proof)
    _check_place("inclusion", index, size - 1)
    meeting = _meeting(index, size - 1)
    _check_length("inclusion", _path_length(index, size - 1), len(proof))
    # One check is some twenty of these: what `climb` and `node_hash` do, without their calls.
    prefix = _NODE.copy
    computed, node = leaf_hash, index
    for sibling in proof[:meeting]:
        digest = prefix()
        digest.update(sibling + computed if node & 1 else computed + sibling)
        computed = digest.digest()
        node >>= 1
    # On the right edge every sibling is on the left.
    for sibling in proof[meeting:]:
        digest = prefix()
        digest.update(sibling + computed)
        computed = digest.digest()
    if computed != root:
        raise VerificationError(
            "merkle.inclusion",
            "inclusion proof: the path leads to another root",
            expected=root.hex(),
            found=computed.hex(),
        )


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check a consistency proof (RFC 9162, 2.1.4.2).

    Equal sizes need equal roots and an empty proof; old size 0 needs the empty root and an empty
    proof. Raises as `verify_inclusion` does.
    """
    _check_size(old_size)
    _check_size(new_size)
    _check_hashes(old_root, new_root, *proof)
    if old_size > new_size:
        raise VerificationError(
            "merkle.size",
            "consistency proof: the older tree is larger than the newer",
            expected=f"at most {new_size}",
            found=str(old_size),
        )
    if old_size == 0:
        _check_root("older", EMPTY_ROOT, old_root)
    if old_size in {0, new_size}:
        _check_length("consistency", 0, len(proof))
        if old_size == new_size:
            _check_root("newer", old_root, new_root)
        return

    node, last = old_size - 1, new_size - 1
    while node % 2:
        node >>= 1
        last >>= 1
    # Where the old tree is one perfect subtree its root starts the path, and provers leave it out.
    implied = 1 if node == 0 else 0
    _check_length("consistency", _path_length(node, last) + 1 - implied, len(proof))
    path = [old_root, *proof] if implied else list(proof)
    old_computed = new_computed = path[0]
    for sibling, is_left in climb("consistency", node, last, path[1:]):
        if is_left:
            old_computed = node_hash(sibling, old_computed)
            new_computed = node_hash(sibling, new_computed)
        else:
            new_computed = node_hash(new_computed, sibling)
    _check_root("older", old_computed, old_root)
    _check_root("newer", new_computed, new_root)


def _parents(row: list[bytes]) -> list[bytes]:
    # What `node_hash` does, without its calls: a batch has as many nodes as lines.
    prefix = _NODE.copy
    parents = []
    for left, right in zip(row[::2], row[1::2], strict=False):
        digest = prefix()
        digest.update(left + right)
        parents.append(digest.digest())
    if len(row) % 2:
        parents.append(row[-1])
    return parents


def climb(kind: str, node: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each sibling with its side, from `node` up to the root of the tree ending at `last`.

    The shape follows from the two positions alone (the fn and sn of RFC 9162, 2.1.3.2 and
    2.1.4.2); a path that is too short or too long raises VerificationError.
    """
    _check_place(kind, node, last)
    _check_length(kind, _path_length(node, last), len(path))
    for sibling in path:
        is_left = bool(node & 1) or node == last
        if is_left:
            # A lone right edge moves up unchanged until it is a right child.
            while node and not node & 1:
                node >>= 1
                last >>= 1
        yield sibling, is_left
        node >>= 1
        last >>= 1


def _path_length(node: int, last: int) -> int:
    """Count the siblings on the way from `node` to the root of the tree ending at `last`."""
    # Below the height where both positions meet every level has a sibling; above it `node` is on
    # the right edge, which has one at each set bit only.
    meeting = _meeting(node, last)
    return meeting + (node >> meeting).bit_count()


def _meeting(node: int, last: int) -> int:
    """Find the height from which on `node` is on the right edge."""
    return (node ^ last).bit_length()


def _check_place(kind: str, node: int, last: int) -> None:
    if not 0 <= node <= last:
        raise VerificationError(
            "merkle.index",
            f"{kind} proof: the index is outside the tree",
            expected=f"0 to {last}" if last >= 0 else "a tree that is not empty",
            found=str(node),
        )


def _check_size(size: int) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise VerificationError(
            "merkle.size", "tree size out of range", expected=f"0 to {MAX_SIZE}", found=str(size)
        )


def _check_hashes(*hashes: bytes) -> None:
    for value in hashes:
        if len(value) != HASH_SIZE:
            raise VerificationError(
                "merkle.hash",
                "not a SHA-256 hash",
                expected=f"{HASH_SIZE} bytes",
                found=f"{len(value)} bytes",
            )


def _check_root(which: str, computed: bytes, claimed: bytes) -> None:
    if computed != claimed:
        raise VerificationError(
            "merkle.consistency",
            f"consistency proof: the proof leads to another {which} root",
            expected=claimed.hex(),
            found=computed.hex(),
        )


def _check_length(kind: str, expected: int, found: int) -> None:
    if found != expected:
        raise VerificationError(
            "merkle.proof-length",
            f"{kind} proof: its length does not belong to these sizes",
            expected=f"{expected} hashes",
            found=f"{found} hashes",
        )
