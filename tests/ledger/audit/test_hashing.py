"""Whoever hashes, the bytes are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.audit import sha_instructions as compiled
from ledger.audit.hashing import MIN_COMPILED, Hashing, StandardHashing, hashing_for
from ledger.audit.sha_assembly import assembly
from ledger.audit.sha_instructions import ShaInstructions, sha_instructions
from ledger.tile import decode_entries, encode_entries
from tests.crossproof import environment

_entries = st.lists(st.binary(max_size=300), min_size=1, max_size=5)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Let a test ask anew what the machine can do, and the next one too."""
    sha_instructions.cache_clear()
    yield
    sha_instructions.cache_clear()


@pytest.fixture(scope="module", params=[StandardHashing, ShaInstructions])
def hashing(request: pytest.FixtureRequest) -> Hashing:
    if request.param is StandardHashing:
        return StandardHashing()
    found = sha_instructions()
    if found is None:
        pytest.skip("no SHA instructions here")
    return found


@given(data=st.data())
def test_leaves_and_roots_are_those_of_the_rfc(data: st.DataObject, hashing: Hashing) -> None:
    entries = data.draw(_entries) * data.draw(st.sampled_from([1, 3]))
    bundle = encode_entries(entries)
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    assert hashing.leaf_row(bundle, decode_entries(bundle)) == b"".join(leaves)
    row = leaves[: 1 << (len(leaves).bit_length() - 1)]
    assert hashing.perfect_root(b"".join(row)) == merkle.root(row)


@pytest.mark.parametrize("size", [0, 1, 54, 55, 62, 63, 118, 119, 126, 127, 128, 1_000, 65_535])
def test_an_entry_may_end_anywhere_in_a_block(size: int, hashing: Hashing) -> None:
    entry = bytes(n % 251 for n in range(size))
    bundle = encode_entries([entry, b"more"])
    assert hashing.leaf_row(bundle, [entry]) == merkle.leaf_hash(entry)


@pytest.mark.parametrize("sizes", [(900, 10), (10, 900), (63, 64), (900, 10, 130), (0, 0, 0)])
def test_entries_of_any_lengths_may_be_neighbours(sizes: tuple[int, ...], hashing: Hashing) -> None:
    entries = [bytes(n % 251 for n in range(size)) for size in sizes]
    leaves = b"".join(map(merkle.leaf_hash, entries))
    assert hashing.leaf_row(encode_entries(entries), entries) == leaves


def test_the_least_of_a_bundle_is_hashed_that_was_cut_out_of_it(hashing: Hashing) -> None:
    """A partial tile of a log that has grown since."""
    bundle = encode_entries([b"one", b"two", b"three"])
    assert len(hashing.leaf_row(bundle, decode_entries(bundle, 2))) == 2 * merkle.HASH_SIZE


def test_small_logs_are_hashed_by_the_standard_library() -> None:
    assert isinstance(hashing_for(MIN_COMPILED - 1), StandardHashing)


@pytest.mark.usefixtures("forgotten")
def test_without_the_package_the_standard_library_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    assert isinstance(hashing_for(MIN_COMPILED), StandardHashing)


@pytest.mark.usefixtures("forgotten")
def test_without_the_instructions_the_standard_library_hashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    binding = pytest.importorskip("llvmlite.binding")
    monkeypatch.setattr(binding, "get_host_cpu_features", dict)
    assert isinstance(hashing_for(MIN_COMPILED), StandardHashing)


@pytest.mark.usefixtures("forgotten")
def test_what_hashes_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    if sha_instructions() is None:
        pytest.skip("no SHA instructions here")
    sha_instructions.cache_clear()
    right = assembly()
    wrong = right.replace("i32 1116352408", "i32 1116352409")  # The first constant.
    assert wrong != right
    monkeypatch.setattr(compiled, "assembly", lambda: wrong)
    assert sha_instructions() is None


def test_the_package_is_not_loaded_before_it_is_wanted() -> None:
    program = "import sys, ledger.audit, ledger.cli.audit; sys.exit('llvmlite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], env=environment(), check=False)
    assert done.returncode == 0
