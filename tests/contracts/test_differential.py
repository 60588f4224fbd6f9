"""Solidity and Python give one verdict on every proof, true or mangled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from ledger import merkle
from ledger.errors import VerificationError
from tests.anvil import start_anvil

pytestmark = pytest.mark.chain

_SEED = 9162
_CASES = {"default": 3_000, "full": 60_000}
_BATCH = 250
_MAX_TREE = 700
_OVERGROWN = sha256(b"a sibling above the root").digest()
_UINT64_MAX = 2**64 - 1
# A batch of 250 proofs takes about a million gas; no block is made of it.
_CALL_GAS = 10**9


@dataclass(frozen=True)
class Inclusion:
    leaf_hash: bytes
    index: int
    size: int
    proof: tuple[bytes, ...]
    root: bytes

    def python_verdict(self) -> bool:
        return _holds(
            lambda: merkle.verify_inclusion(
                leaf_hash=self.leaf_hash,
                index=self.index,
                size=self.size,
                proof=self.proof,
                root=self.root,
            )
        )

    def arguments(self) -> tuple[Any, ...]:
        return (self.leaf_hash, self.index, self.size, list(self.proof), self.root)


@dataclass(frozen=True)
class Consistency:
    old_size: int
    old_root: bytes
    new_size: int
    new_root: bytes
    proof: tuple[bytes, ...]

    def python_verdict(self) -> bool:
        return _holds(
            lambda: merkle.verify_consistency(
                old_size=self.old_size,
                old_root=self.old_root,
                new_size=self.new_size,
                new_root=self.new_root,
                proof=self.proof,
            )
        )

    def arguments(self) -> tuple[Any, ...]:
        return (self.old_size, self.old_root, self.new_size, self.new_root, list(self.proof))


@pytest.fixture(scope="module")
def harness(foundry_output: Path) -> Iterator[Contract]:
    """contracts/test/Rfc9162Harness.sol on a chain of its own."""
    built = json.loads((foundry_output / "Rfc9162Harness.sol/Rfc9162Harness.json").read_text())
    with start_anvil("--gas-limit", str(_CALL_GAS)) as anvil:
        w3 = Web3(HTTPProvider(anvil.url))
        w3.eth.default_account = w3.eth.accounts[0]
        factory = w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"]["object"])
        receipt = w3.eth.wait_for_transaction_receipt(factory.constructor().transact())
        address = receipt["contractAddress"]
        assert address is not None
        yield w3.eth.contract(address=address, abi=built["abi"])


@pytest.fixture(scope="module")
def case_count(pytestconfig: pytest.Config) -> int:
    return _CASES[pytestconfig.getoption("--profile")]


def test_verify_inclusion_any_case_has_one_verdict(harness: Contract, case_count: int) -> None:
    random = Random(_SEED)  # noqa: S311 - repeatable, not secret
    cases = [_mangled_inclusion(random, _inclusion(random)) for _ in range(case_count)]
    _compare(harness.functions.verifyInclusions, cases)


def test_verify_consistency_any_case_has_one_verdict(harness: Contract, case_count: int) -> None:
    random = Random(_SEED + 1)  # noqa: S311
    cases = [_mangled_consistency(random, _consistency(random)) for _ in range(case_count)]
    _compare(harness.functions.verifyConsistencies, cases)


def test_verify_consistency_every_pair_of_small_sizes_has_one_verdict(harness: Contract) -> None:
    """The proof of one pair of sizes, shown for every other pair."""
    cases = [
        Consistency(old, _root(old), new, _root(new), proof)
        for proof in {_consistency_proof(m, n) for n in range(6) for m in range(n + 1)}
        for new in range(9)
        for old in range(9)
    ]
    _compare(harness.functions.verifyConsistencies, cases)


def _compare(call: Callable[..., Any], cases: list[Inclusion] | list[Consistency]) -> None:
    expected = [case.python_verdict() for case in cases]
    found: list[bool] = []
    for start in range(0, len(cases), _BATCH):
        batch = [case.arguments() for case in cases[start : start + _BATCH]]
        found += call(batch).call({"gas": _CALL_GAS})
    differing = [
        case
        for case, python, solidity in zip(cases, expected, found, strict=True)
        if python != solidity
    ]
    assert not differing, differing[0]
    assert set(expected) == {True, False}, "cases of one verdict alone show little"


def _holds(verify: Callable[[], None]) -> bool:
    try:
        verify()
    except VerificationError:
        return False
    return True


@cache
def _leaves() -> list[bytes]:
    return [merkle.leaf_hash(str(i).encode()) for i in range(_MAX_TREE)]


@cache
def _root(size: int) -> bytes:
    return merkle.root(_leaves()[:size])


@cache
def _consistency_proof(old_size: int, new_size: int) -> tuple[bytes, ...]:
    return tuple(merkle.consistency_proof(_leaves()[:new_size], old_size))


def _size(random: Random) -> int:
    """Small trees as often as large ones, and the edges around powers of two."""
    size = random.choice([random.randint(1, 9), random.randint(1, _MAX_TREE - 1)])
    return random.choice([size, 1 << (size.bit_length() - 1), (1 << (size.bit_length() - 1)) + 1])


def _inclusion(random: Random) -> Inclusion:
    size = _size(random)
    index = random.randrange(size)
    proof = merkle.inclusion_proof(_leaves()[:size], index)
    return Inclusion(_leaves()[index], index, size, tuple(proof), _root(size))


def _consistency(random: Random) -> Consistency:
    new_size = _size(random)
    old_size = random.choice([0, new_size, *(random.randint(0, new_size) for _ in range(8))])
    proof = _consistency_proof(old_size, new_size)
    return Consistency(old_size, _root(old_size), new_size, _root(new_size), proof)


def _mangled_inclusion(random: Random, case: Inclusion) -> Inclusion:
    return random.choice(
        [
            case,
            case,
            replace(case, leaf_hash=_other_hash(random, case.leaf_hash)),
            replace(case, root=_other_hash(random, case.root)),
            replace(case, index=_other_number(random, case.index)),
            replace(case, size=_other_number(random, case.size)),
            replace(case, proof=_other_proof(random, case.proof)),
            # One sibling more, and the root that it leads to: only the length gives it away.
            replace(case, proof=(*case.proof, _OVERGROWN), root=_overgrow(case.root)),
        ]
    )


def _mangled_consistency(random: Random, case: Consistency) -> Consistency:
    return random.choice(
        [
            case,
            case,
            case,
            replace(case, old_root=_other_hash(random, case.old_root)),
            replace(case, new_root=_other_hash(random, case.new_root)),
            replace(case, old_size=_other_number(random, case.old_size)),
            replace(case, new_size=_other_number(random, case.new_size)),
            replace(case, proof=_other_proof(random, case.proof)),
            replace(
                case,
                proof=(*case.proof, _OVERGROWN),
                old_root=_overgrow(case.old_root),
                new_root=_overgrow(case.new_root),
            ),
            # What the shortcuts for equal and empty trees could get wrong.
            replace(case, new_root=case.old_root),
            replace(case, new_size=case.old_size),
        ]
    )


def _overgrow(root: bytes) -> bytes:
    return merkle.node_hash(_OVERGROWN, root)


def _other_hash(random: Random, value: bytes) -> bytes:
    flipped = int.from_bytes(value, "big") ^ (1 << random.randrange(256))
    return random.choice([flipped.to_bytes(32, "big"), bytes(32), merkle.EMPTY_ROOT])


def _other_number(random: Random, value: int) -> int:
    near = random.choice([value - 1, value + 1, value * 2, value // 2, value ^ (1 << 62)])
    edge = random.choice([0, merkle.MAX_SIZE, merkle.MAX_SIZE + 1, _UINT64_MAX])
    return min(max(random.choice([near, near, edge]), 0), _UINT64_MAX)


def _other_proof(random: Random, proof: tuple[bytes, ...]) -> tuple[bytes, ...]:
    stranger = sha256(random.randbytes(8)).digest()
    if not proof:
        return (stranger,)
    place = random.randrange(len(proof))
    return random.choice(
        [
            proof[:place] + proof[place + 1 :],
            (*proof[:place], stranger, *proof[place:]),
            (*proof[:place], _other_hash(random, proof[place]), *proof[place + 1 :]),
            tuple(reversed(proof)),
            (*proof, *([stranger] * 70)),
            (),
        ]
    )
