from __future__ import annotations

import subprocess
import sys

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from ledger import keccak as module
from ledger.keccak import keccak256

# Of the submission's known answers (ShortMsgKAT_256), and of every empty account of a chain.
_KNOWN = {
    "": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    "cc": "eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a",
    "41fb": "a8eaceda4d47b3281a795ad9e1ea2122b407baf9aabcb9e18b5717b7873537d2",
}


@pytest.mark.parametrize(("message", "digest"), list(_KNOWN.items()))
def test_keccak256_of_a_known_message_is_its_known_digest(message: str, digest: str) -> None:
    assert module._absorb(bytes.fromhex(message)).hex() == digest
    assert keccak(bytes.fromhex(message)).hex() == digest


@given(st.binary(max_size=600))
def test_keccak256_computed_here_is_what_the_library_says(message: bytes) -> None:
    assert module._absorb(message) == keccak(message)


@pytest.mark.parametrize("size", [135, 136, 137, 271, 272, 273, 1_024])
def test_keccak256_around_a_block_is_what_the_library_says(size: int) -> None:
    assert module._absorb(b"\xff" * size) == keccak(b"\xff" * size)


def test_keccak256_is_the_same_before_and_after_the_library_is_loaded() -> None:
    """Of a fresh process: the first hundred hashes, one of much, and those after them."""
    program = (
        "import sys\n"
        "from ledger.keccak import keccak256\n"
        "few = [keccak256(bytes([i])) for i in range(100)]\n"
        "assert 'eth_hash' not in sys.modules\n"
        "much = keccak256(bytes(1_025))\n"
        "assert 'eth_hash' in sys.modules\n"
        "more = [keccak256(bytes([i])) for i in range(100)]\n"
        "from eth_hash.auto import keccak\n"
        "assert few == more == [keccak(bytes([i])) for i in range(100)]\n"
        "assert much == keccak(bytes(1_025))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_keccak256_of_what_is_no_bytes_is_refused() -> None:
    with pytest.raises(TypeError):
        keccak256("text")  # type: ignore[arg-type]
