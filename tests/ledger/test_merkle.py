"""The tree of RFC 9162: known answers, an independent oracle, and every forgery we can think of."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from blockcerts_merkletools import MerkleTools
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import MalformedError, VerificationError

_LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(130)]
_hashes = st.binary(min_size=32, max_size=32)
_paths = st.lists(_hashes, max_size=70)
# Numbers where shifts, signs and machine words go wrong.
_numbers = st.one_of(
    st.integers(-2, 10),
    st.integers(-(2**65), 2**65),
    st.integers(0, 64).flatmap(lambda bits: st.integers(2**bits - 1, 2**bits + 1)),
)


@pytest.fixture(scope="session")
def ct(shared_vectors: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared_vectors / "merkle-extra/vectors.json").read_text())
    return loaded


def _leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(i.to_bytes(4, "big")) for i in range(size)]


# Known answers


def test_hasher_known_answers(ct: dict[str, Any]) -> None:
    for case in ct["hasher"]:
        if case["kind"] == "empty":
            found = merkle.root([])
        elif case["kind"] == "leaf":
            found = merkle.leaf_hash(bytes.fromhex(case["data"]))
        else:
            found = merkle.node_hash(bytes.fromhex(case["left"]), bytes.fromhex(case["right"]))
        assert found.hex() == case["want"]


def test_ct_roots_known_answers(ct: dict[str, Any]) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in ct["ct_leaves"]]
    roots = [merkle.root(leaves[: size + 1]).hex() for size in range(len(leaves))]
    assert roots == ct["ct_roots"]


def test_ct_paths_known_answers(ct: dict[str, Any]) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in ct["ct_leaves"]]
    for number, size, want in ct["ct_paths"]:
        proof = merkle.inclusion_proof(leaves[:size], number - 1)
        assert [node.hex() for node in proof] == want
        merkle.verify_inclusion(
            leaf_hash=leaves[number - 1],
            index=number - 1,
            size=size,
            proof=[bytes.fromhex(node) for node in want],
            root=bytes.fromhex(ct["ct_roots"][size - 1]),
        )


def test_ct_consistency_known_answers(ct: dict[str, Any]) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in ct["ct_leaves"]]
    for old, new, want in ct["ct_consistency"]:
        assert [node.hex() for node in merkle.consistency_proof(leaves[:new], old)] == want
        merkle.verify_consistency(
            old_size=old,
            old_root=bytes.fromhex(ct["ct_roots"][old - 1]),
            new_size=new,
            new_root=bytes.fromhex(ct["ct_roots"][new - 1]),
            proof=[bytes.fromhex(node) for node in want],
        )


def _is_subtree(start: int, end: int) -> bool:
    if start in {0, end}:
        return True
    return start % (1 << (end - start - 1).bit_length()) == 0


@cache
def _slice_root(start: int, end: int) -> bytes:
    return merkle.root(_LEAVES[start:end])


def test_accumulated_subtree_hashes_match(ct: dict[str, Any]) -> None:
    folded = sha256()
    for end in range(131):
        for start in range(end + 1):
            if _is_subtree(start, end):
                folded.update(f"[{start}, {end}) {_slice_root(start, end).hex()}\n".encode())
    assert folded.hexdigest() == ct["accumulated"]["subtree_hash"]["want"]


def test_accumulated_subtree_inclusion_matches(ct: dict[str, Any]) -> None:
    """A subtree is a tree of its own leaves, so its paths are ours, of every tree up to 130."""
    folded = sha256()
    for end in range(131):
        for start in range(end + 1):
            if _is_subtree(start, end):
                for index in range(start, end):
                    proof = merkle.inclusion_proof(_LEAVES[start:end], index - start)
                    folded.update(f"{index} [{start}, {end}){_hex(proof)}\n".encode())
    assert folded.hexdigest() == ct["accumulated"]["subtree_inclusion"]["want"]


def test_accumulated_subtree_consistency_matches(ct: dict[str, Any]) -> None:
    """Where a subtree begins a tree it is an older tree: there, the proofs are ours.

    `subtree_covering` is about choosing subtrees, for which nothing of ours has a use.
    """
    folded = sha256()
    for size in range(131):
        for end in range(size + 1):
            for start in range(end + 1):
                if _is_subtree(start, end):
                    proof = _subtree_proof(start, end, 0, size) if start < end else []
                    folded.update(f"[{start}, {end}) {size}{_hex(proof)}\n".encode())
    assert folded.hexdigest() == ct["accumulated"]["subtree_consistency"]["want"]


def _subtree_proof(start: int, end: int, first: int, last: int) -> list[bytes]:
    """Prove a subtree of [first, last), by the recursion down to where it begins a tree."""
    if start == first:
        return merkle.consistency_proof(_LEAVES[first:last], end - first)
    split = first + (1 << (last - first - 1).bit_length() - 1)
    if end <= split:
        return [*_subtree_proof(start, end, first, split), _slice_root(split, last)]
    return [*_subtree_proof(start, end, split, last), _slice_root(first, split)]


def _hex(proof: Sequence[bytes]) -> str:
    return "".join(f" {node.hex()}" for node in proof)


def test_own_vectors_match(vectors: Path) -> None:
    """The numbers are ours; what makes them is `generate_core.py`, by the RFC's recursion."""
    for case in json.loads((vectors / "merkle.json").read_text())["trees"]:
        leaves = _leaves(case["size"])
        assert merkle.root(leaves).hex() == case["root"]
        for index, proof in case["inclusion"].items():
            found = merkle.inclusion_proof(leaves, int(index))
            assert [node.hex() for node in found] == proof
        for old_size, proof in case["consistency"].items():
            found = merkle.consistency_proof(leaves, int(old_size))
            assert [node.hex() for node in found] == proof


def test_own_vectors_are_what_the_script_makes(vectors: Path) -> None:
    made = subprocess.run(
        [sys.executable, vectors / "generate_core.py", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr


# An oracle that shares no code with ours


def _node_prefixed(data: bytes) -> Any:
    return sha256(b"\x01" + data)


@given(st.integers(1, 300), st.data())
def test_merkletools_makes_the_same_roots_and_paths(size: int, data: st.DataObject) -> None:
    leaves = _leaves(size)
    oracle = MerkleTools()
    oracle.hash_function = _node_prefixed
    oracle.add_leaf([leaf.hex() for leaf in leaves])
    oracle.make_tree()
    assert oracle.get_merkle_root() == merkle.root(leaves).hex()
    index = data.draw(st.integers(0, size - 1))
    path = [
        {"left" if is_left else "right": sibling.hex()}
        for sibling, is_left in merkle.climb(
            "inclusion", index, size - 1, merkle.inclusion_proof(leaves, index)
        )
    ]
    assert path == oracle.get_proof(index)
    assert oracle.validate_proof(path, leaves[index].hex(), oracle.get_merkle_root())


# Completeness: every honest proof verifies


def test_every_inclusion_proof_up_to_70_verifies() -> None:
    for size in range(1, 71):
        leaves = _LEAVES[:size]
        for index in range(size):
            merkle.verify_inclusion(
                leaf_hash=leaves[index],
                index=index,
                size=size,
                proof=merkle.inclusion_proof(leaves, index),
                root=_slice_root(0, size),
            )


def test_every_consistency_proof_up_to_70_verifies_and_no_other_root_does() -> None:
    for new in range(71):
        for old in range(new + 1):
            proof = merkle.consistency_proof(_LEAVES[:new], old)
            merkle.verify_consistency(
                old_size=old,
                old_root=_slice_root(0, old),
                new_size=new,
                new_root=_slice_root(0, new),
                proof=proof,
            )
            with pytest.raises(VerificationError):
                merkle.verify_consistency(
                    old_size=old,
                    old_root=sha256(b"another").digest(),
                    new_size=new,
                    new_root=_slice_root(0, new),
                    proof=proof,
                )
            if old:
                with pytest.raises(VerificationError):
                    merkle.verify_consistency(
                        old_size=old,
                        old_root=_slice_root(0, old),
                        new_size=new,
                        new_root=sha256(b"another").digest(),
                        proof=proof,
                    )


# Soundness: no change of anything passes, and what refuses it is VerificationError


@given(st.integers(1, 300), st.data())
def test_inclusion_with_one_value_changed_is_refused(size: int, data: st.DataObject) -> None:
    leaves = _leaves(size)
    index = data.draw(st.integers(0, size - 1))
    claim: dict[str, Any] = {
        "leaf_hash": leaves[index],
        "index": index,
        "size": size,
        "proof": merkle.inclusion_proof(leaves, index),
        "root": merkle.root(leaves),
    }
    merkle.verify_inclusion(**claim)
    name = data.draw(st.sampled_from(["leaf_hash", "index", "proof", "root"]))
    claim[name] = data.draw(_other(claim[name]))
    with pytest.raises(VerificationError):
        merkle.verify_inclusion(**claim)


@given(st.integers(1, 300), st.data())
def test_inclusion_in_another_size_holds_only_where_the_way_up_is_the_same(
    size: int, data: st.DataObject
) -> None:
    """A path alone does not fix the size, the signed checkpoint does; but its shape must fit."""
    leaves = _leaves(size)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.one_of(st.integers(1, 600), _numbers))
    proof = merkle.inclusion_proof(leaves, index)
    accepted = True
    try:
        merkle.verify_inclusion(
            leaf_hash=leaves[index], index=index, size=other, proof=proof, root=merkle.root(leaves)
        )
    except VerificationError:
        accepted = False
    same_way = 0 < other <= merkle.MAX_SIZE and _way(index, 0, other) == _way(index, 0, size)
    assert accepted == same_way


def _way(index: int, first: int, last: int) -> list[str] | None:
    """Say on which side each sibling stands, from the leaf up, by the RFC's recursion."""
    if not first <= index < last:
        return None
    if last - first == 1:
        return []
    split = first + (1 << (last - first - 1).bit_length() - 1)
    if index < split:
        return [*(_way(index, first, split) or []), "right"]
    return [*(_way(index, split, last) or []), "left"]


@given(st.data())
def test_consistency_with_one_value_changed_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    leaves = _leaves(new)
    claim: dict[str, Any] = {
        "old_root": merkle.root(leaves[:old]),
        "new_root": merkle.root(leaves),
        "proof": merkle.consistency_proof(leaves, old),
    }
    merkle.verify_consistency(old_size=old, new_size=new, **claim)
    name = data.draw(st.sampled_from(sorted(claim)))
    claim[name] = data.draw(_other(claim[name]))
    with pytest.raises(VerificationError):
        merkle.verify_consistency(old_size=old, new_size=new, **claim)


@given(st.data())
def test_consistency_of_a_rewritten_history_has_no_proof(data: st.DataObject) -> None:
    """The fork that the proof is there to catch: one old leaf replaced, all else honest."""
    new = data.draw(st.integers(2, 200))
    old = data.draw(st.integers(1, new - 1))
    leaves = _leaves(new)
    forged = list(leaves)
    forged[data.draw(st.integers(0, old - 1))] = merkle.leaf_hash(b"rewritten")
    with pytest.raises(VerificationError):
        merkle.verify_consistency(
            old_size=old,
            old_root=merkle.root(leaves[:old]),
            new_size=new,
            new_root=merkle.root(forged),
            proof=merkle.consistency_proof(forged, old),
        )


@given(_numbers, _numbers, st.binary(max_size=40), st.binary(max_size=40), _paths)
def test_verifiers_given_anything_say_only_verification_error(
    first: int, second: int, one: bytes, other: bytes, proof: list[bytes]
) -> None:
    with suppress(VerificationError):
        merkle.verify_inclusion(leaf_hash=one, index=first, size=second, proof=proof, root=other)
    with suppress(VerificationError):
        merkle.verify_consistency(
            old_size=first, old_root=one, new_size=second, new_root=other, proof=proof
        )


def _other(value: Any) -> st.SearchStrategy[Any]:
    """Draw another value of the same type, near ones among them."""
    if isinstance(value, int):
        return _numbers.filter(lambda number: number != value)
    if isinstance(value, bytes):
        flipped = st.integers(0, 255).map(lambda bit: _flip(value, bit))
        return st.one_of(flipped, st.binary(max_size=40)).filter(lambda other: other != value)
    return _other_proof(value)


def _other_proof(proof: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    drawn = [_paths]
    if proof:
        at = st.integers(0, len(proof) - 1)
        drawn += [
            at.map(lambda i: proof[:i] + proof[i + 1 :]),
            at.map(lambda i: proof[: i + 1] + proof[i:]),
            st.permutations(proof),
            at.flatmap(
                lambda i: _other(proof[i]).map(lambda node: [*proof[:i], node, *proof[i + 1 :]])
            ),
        ]
    return st.one_of(drawn).filter(lambda other: other != proof)


def _flip(node: bytes, bit: int) -> bytes:
    return (int.from_bytes(node, "big") ^ (1 << bit)).to_bytes(len(node), "big")


@pytest.mark.parametrize("extra", [[], [b"\x00" * 32]])
def test_proof_of_another_length_names_both_lengths(extra: list[bytes]) -> None:
    proof = merkle.inclusion_proof(_LEAVES[:8], 5)[: 3 if extra else 2] + extra
    with pytest.raises(VerificationError) as caught:
        merkle.verify_inclusion(
            leaf_hash=_LEAVES[5], index=5, size=8, proof=proof, root=_slice_root(0, 8)
        )
    assert caught.value.code == "merkle.proof-length"
    assert (caught.value.expected, caught.value.found) == ("3 hashes", f"{len(proof)} hashes")


def test_node_does_not_pass_for_a_leaf() -> None:
    """The second preimage that a tree without domain separation falls to."""
    inner = merkle.node_hash(_LEAVES[0], _LEAVES[1])
    assert merkle.leaf_hash(_LEAVES[0] + _LEAVES[1]) != inner
    with pytest.raises(VerificationError) as caught:
        merkle.verify_inclusion(
            leaf_hash=inner,
            index=0,
            size=4,
            proof=[merkle.node_hash(_LEAVES[2], _LEAVES[3])],
            root=_slice_root(0, 4),
        )
    assert caught.value.code == "merkle.proof-length"


# Edges


def test_consistency_of_equal_sizes_needs_equal_roots_and_no_proof() -> None:
    root, other = _slice_root(0, 5), _slice_root(0, 6)
    for old_root, new_root, proof in ((root, other, []), (root, root, [other])):
        with pytest.raises(VerificationError):
            merkle.verify_consistency(
                old_size=5, old_root=old_root, new_size=5, new_root=new_root, proof=proof
            )


def test_consistency_from_nothing_needs_the_empty_root_and_no_proof() -> None:
    root = _slice_root(0, 5)
    merkle.verify_consistency(
        old_size=0, old_root=merkle.EMPTY_ROOT, new_size=5, new_root=root, proof=[]
    )
    for old_root, proof in ((root, []), (merkle.EMPTY_ROOT, [root])):
        with pytest.raises(VerificationError):
            merkle.verify_consistency(
                old_size=0, old_root=old_root, new_size=5, new_root=root, proof=proof
            )


def test_consistency_backwards_is_refused() -> None:
    with pytest.raises(VerificationError) as caught:
        merkle.verify_consistency(
            old_size=6,
            old_root=_slice_root(0, 6),
            new_size=5,
            new_root=_slice_root(0, 5),
            proof=merkle.consistency_proof(_LEAVES[:6], 5),
        )
    assert caught.value.code == "merkle.size"


@given(st.integers(0, 20), _numbers)
def test_proof_of_what_is_not_there_is_malformed(size: int, number: int) -> None:
    if not 0 <= number < size:
        with pytest.raises(MalformedError):
            merkle.inclusion_proof(_LEAVES[:size], number)
    if not 0 <= number <= size:
        with pytest.raises(MalformedError):
            merkle.consistency_proof(_LEAVES[:size], number)


def test_climb_beyond_the_tree_is_refused_whatever_the_length() -> None:
    for length in range(5):
        for node, last in ((9, 3), (0, -1), (-1, 3)):
            with pytest.raises(VerificationError) as caught:
                list(merkle.climb("inclusion", node, last, [b"\x00" * 32] * length))
            assert caught.value.code == "merkle.index"


@pytest.mark.parametrize("cut", [0, 1, 31, 33, 63, 64])
def test_hashes_whose_border_was_moved_are_refused(cut: int) -> None:
    """The node hash takes 64 bytes wherever one half ends; only the lengths tell them apart."""
    both = _LEAVES[0] + _LEAVES[1]
    root = _slice_root(0, 2)
    with pytest.raises(VerificationError) as caught:
        merkle.verify_inclusion(
            leaf_hash=both[:cut], index=0, size=2, proof=[both[cut:]], root=root
        )
    assert caught.value.code == "merkle.hash"
    with pytest.raises(VerificationError) as caught:
        merkle.verify_consistency(
            old_size=1, old_root=both[:cut], new_size=2, new_root=root, proof=[both[cut:]]
        )
    assert caught.value.code == "merkle.hash"


def test_largest_tree_is_proved_and_a_larger_refused() -> None:
    size = 2**63 - 1
    assert size == merkle.MAX_SIZE
    path = [bytes([i]) * 32 for i in range(63)]
    node = _LEAVES[0]
    for sibling in path:
        node = merkle.node_hash(node, sibling)
    claim: dict[str, Any] = {"leaf_hash": _LEAVES[0], "index": 0, "proof": path, "root": node}
    merkle.verify_inclusion(size=size, **claim)
    with pytest.raises(VerificationError) as caught:
        merkle.verify_inclusion(size=size + 1, **claim)
    assert caught.value.code == "merkle.size"
