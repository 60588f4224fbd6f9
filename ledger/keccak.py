"""keccak256, the hash of the EVM's chains: any bytes go in, 32 come out.

Keccak[c=512] (The Keccak reference 3.0, section 1) with the padding of the submission, not the one
that FIPS 202 gave SHA3-256:

    keccak256(b"").hex()    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"

Whoever verifies one bundle needs ten of these, and loading the library takes as long as a hundred
of them computed here. So a process computes the first hundred itself, where they are of little, and
has the library do all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from operator import itemgetter

__all__ = ["keccak256"]

_FEW = 100
_LITTLE = 1_024
_SIZE = 32
_RATE = 136
_ROUNDS = 24
_MASK = (1 << 64) - 1

_asked = count()


def keccak256(data: bytes) -> bytes:
    """Hash bytes."""
    here = len(data) <= _LITTLE and next(_asked) < _FEW
    return _absorb(data) if here else _library()(data)


@cache
def _library() -> Callable[[bytes], bytes]:
    # Slow to load: it reads the metadata of all that is installed, and C by a parser in Python.
    from eth_hash.auto import keccak  # noqa: PLC0415

    return keccak


def _absorb(data: bytes) -> bytes:
    padding = bytearray(_RATE - len(data) % _RATE)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    padded, state = data + padding, [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[: _SIZE // 8])


def _permuted(state: list[int]) -> list[int]:
    """Permute 25 lanes of 64 bits, lane x + 5y for (x, y): Keccak-f[1600]."""
    for constant in _CONSTANTS:
        columns = [
            state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in _X
        ]
        mixed = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in _X]
        moved = [0] * 25
        for source, target, distance in _MOVES:
            moved[target] = _rotated(state[source] ^ mixed[source % 5], distance)
        state = [a ^ (~b & c) for a, b, c in zip(moved, _NEXT(moved), _SECOND(moved), strict=True)]
        state[0] ^= constant
    return state


def _rotated(lane: int, distance: int) -> int:
    return (lane << distance | lane >> (64 - distance)) & _MASK


def _moves() -> Iterator[tuple[int, int, int]]:
    """Tell of each lane where it goes and how far it is rotated (rho and pi)."""
    yield 0, 0, 0
    x, y = 1, 0
    for step in range(24):
        turned = y, (2 * x + 3 * y) % 5
        yield x + 5 * y, turned[0] + 5 * turned[1], (step + 1) * (step + 2) // 2 % 64
        x, y = turned


def _constants() -> Iterator[int]:
    """Give each round's constant (iota): bits of a shift register, x^8 + x^6 + x^5 + x^4 + 1."""
    register = 1
    for _round in range(_ROUNDS):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = register << 1 ^ (register >> 7) * 0x171
        yield constant


_X = range(5)
_MOVES = tuple(_moves())
_CONSTANTS = tuple(_constants())
_NEXT, _SECOND = (
    itemgetter(*((x + by) % 5 + 5 * y for y in range(5) for x in _X)) for by in (1, 2)
)
