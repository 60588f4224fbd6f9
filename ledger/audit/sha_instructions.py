"""SHA-256 of rows by the processor's own instructions, where it has them and `llvmlite` is there.

    a bundle's bytes ──► its entries' leaf hashes        SHA-256(0x00 || entry), RFC 9162, 2.1.1
    a row of hashes ──► the hash of the perfect subtree  SHA-256(0x01 || left || right), likewise

The standard library hashes with the same instructions (x86's SHA extensions), and spends more on
the call than on hashing what is as short as a node. So here a loop over a whole tile is written in
LLVM's language (`sha_assembly`); to compile it takes some hundredths of a second, so nothing is
kept on disk. What was compiled is held against the standard library before it is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from ledger.audit.sha_assembly import assembly
from ledger.merkle import HASH_SIZE
from ledger.tile import WIDTH, encode_entries

__all__ = ["ShaInstructions", "sha_instructions"]

# Odd, so that its multiples are all sizes up to a tile's width, large and small ones in turn.
_STRIDE = 119


class ShaInstructions:
    """Functions that were compiled for this processor."""

    def __init__(self, engine: object, leaves: int, parents: int) -> None:
        # The engine owns the memory that the functions stand in.
        self._engine = engine
        self._leaves = ctypes.CFUNCTYPE(None, *_ARGUMENTS)(leaves)
        self._parents = ctypes.CFUNCTYPE(None, *_ARGUMENTS)(parents)

    def leaf_row(self, bundle: bytes, entries: Sequence[bytes]) -> bytes:
        """Hash a bundle's first entries, as many as `decode_entries` has found in it."""
        row = ctypes.create_string_buffer(len(entries) * HASH_SIZE)
        self._leaves(bundle, len(entries), row)
        return row.raw

    def perfect_root(self, row: bytes) -> bytes:
        """Hash a perfect subtree given as its lowest row."""
        count = len(row) // HASH_SIZE
        hashes = ctypes.create_string_buffer(row, count * HASH_SIZE)
        while count > 1:
            count //= 2
            # In place: a pair has been read before its hash is written, at or before it.
            self._parents(hashes, count, hashes)
        return hashes.raw[:HASH_SIZE]


_ARGUMENTS = (ctypes.c_char_p, ctypes.c_int64, ctypes.c_char_p)


@cache
def sha_instructions() -> ShaInstructions | None:
    """Compile for this processor; None where it, or the package, has no such thing."""
    try:
        from llvmlite import binding  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        return None
    if not binding.get_process_triple().startswith("x86_64"):
        return None
    features = binding.get_host_cpu_features()
    if not (features.get("sha") and features.get("sse4.1")):
        return None
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features.flatten(), opt=3
    )
    module = binding.parse_assembly(assembly())
    module.verify()
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    compiled = ShaInstructions(
        engine, engine.get_function_address("leaves"), engine.get_function_address("parents")
    )
    return compiled if _is_right(compiled) else None


def _is_right(compiled: ShaInstructions) -> bool:
    """Hold what was compiled against the standard library: every way that a block may end.

    Messages are hashed in pairs, and either may be the longer one.
    """
    entries = [bytes(range(size * _STRIDE % WIDTH)) for size in range(WIDTH)]
    leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
    row = compiled.leaf_row(encode_entries(entries), entries)
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return compiled.perfect_root(row) == leaves[0]
