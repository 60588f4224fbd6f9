"""Proofs for other tools, checked as those tools would: without any code of ours."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from blockcerts_merkletools import MerkleTools
from hypothesis import given
from hypothesis import strategies as st

from ledger.bundle import Bundle, LoggedEntry
from ledger.checkpoint import Checkpoint
from ledger.errors import VerificationError
from ledger.merkle import inclusion_proof, leaf_hash, root
from ledger.note import Signer, sign
from ledger.proof import merkletools, tlog_proof

_SIGNER = Signer.from_seed("example.com/log", b"\x01" * 32)


@pytest.fixture(scope="session")
def own(vectors: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((vectors / "bundle.json").read_text("utf-8"))
    return loaded


def _bundle(size: int, index: int) -> Bundle:
    entries = [f"entry {i}".encode() for i in range(size)]
    leaves = [leaf_hash(entry) for entry in entries]
    return Bundle(
        LoggedEntry(index, entries[index], tuple(inclusion_proof(leaves, index))),
        sign(Checkpoint(_SIGNER.name, size, root(leaves)).text(), _SIGNER),
    )


_bundles = st.integers(1, 100).flatmap(
    lambda size: st.builds(_bundle, st.just(size), st.integers(0, size - 1))
)


def test_own_vectors_match(own: dict[str, Any]) -> None:
    for value in own["bundles"]:
        bundle = Bundle.from_json(json.dumps(value))
        assert tlog_proof(bundle) == own["tlog_proof"]
        assert merkletools(bundle) == own["merkletools"]


def _node_prefixed(data: bytes) -> Any:
    return sha256(b"\x01" + data)


@given(_bundles)
def test_merkletools_itself_validates_the_path(bundle: Bundle) -> None:
    tool = MerkleTools()
    tool.hash_function = _node_prefixed
    leaf = sha256(b"\x00" + bundle.entry.body).hexdigest()
    claimed = b64decode(bundle.checkpoint.split("\n")[2]).hex()
    path = merkletools(bundle)
    assert tool.validate_proof(path, leaf, claimed)
    assert not tool.validate_proof(path, sha256(b"\x00another").hexdigest(), claimed)


@given(_bundles)
def test_tlog_proof_is_laid_out_as_specified_and_leads_to_the_root(bundle: Bundle) -> None:
    """Read by the words of C2SP tlog-proof, folded by those of RFC 9162, 2.1.3.2."""
    head, _, checkpoint = tlog_proof(bundle).partition("\n\n")
    first, index_line, *path = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    assert index_line == f"index {bundle.entry.index}"
    assert checkpoint == bundle.checkpoint
    _, size, claimed = checkpoint.split("\n")[:3]
    fn, sn = int(index_line.removeprefix("index ")), int(size) - 1
    node = sha256(b"\x00" + bundle.entry.body).digest()
    for line in path:
        sibling = b64decode(line, validate=True)
        assert sn
        if fn & 1 or fn == sn:
            node = sha256(b"\x01" + sibling + node).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01" + node + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    assert node == b64decode(claimed)


@given(_bundles, st.integers(0, 300))
def test_merkletools_of_an_index_beyond_the_tree_is_refused(bundle: Bundle, more: int) -> None:
    """A path for a leaf that is not there must not be invented, whatever its length."""
    size = int(bundle.checkpoint.split("\n")[1])
    false = replace(bundle, entry=replace(bundle.entry, index=size + more))
    with pytest.raises(VerificationError):
        merkletools(false)


@given(bundle=_bundles, longer=st.booleans())
def test_merkletools_of_a_path_of_another_length_is_refused(
    *, bundle: Bundle, longer: bool
) -> None:
    path = bundle.entry.path
    other = (*path, bytes(32)) if longer or not path else path[:-1]
    with pytest.raises(VerificationError):
        merkletools(replace(bundle, entry=replace(bundle.entry, path=other)))
