"""SHA-256 of rows by the processor's own instructions, where it has them and `llvmlite` is there.

    a bundle's bytes ──► its entries' leaf hashes        SHA-256(0x00 || entry), RFC 9162, 2.1.1
    a row of hashes ──► the hash of the perfect subtree  SHA-256(0x01 || left || right), likewise

The standard library hashes with the same instructions (x86's SHA extensions), and spends more on
the call than on hashing what is as short as a node. So here a loop over a whole tile is written in
LLVM's language; to compile it takes some hundredths of a second, so nothing is kept on disk. What
was compiled is held against the standard library before it is used (FIPS 180-4 has the function).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256

from ledger.merkle import HASH_SIZE
from ledger.tile import WIDTH, encode_entries

__all__ = ["ShaInstructions", "sha_instructions"]

# The 64 constants (FIPS 180-4, 4.2.2) and the beginning (5.3.3): fractions of roots of primes.
_PRIMES = [n for n in range(2, 312) if all(n % d for d in range(2, n))]
_BLOCK = 64
# Of the sixteen times four words of the schedule, so many are the block itself.
_FROM_BLOCK = 4
_LEAF, _NODE = 0, 1


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
    module = binding.parse_assembly(_assembly())
    module.verify()
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    compiled = ShaInstructions(
        engine, engine.get_function_address("leaves"), engine.get_function_address("parents")
    )
    return compiled if _is_right(compiled) else None


def _is_right(compiled: ShaInstructions) -> bool:
    """Hold what was compiled against the standard library: every way that a block may end."""
    entries = [bytes(range(size)) for size in range(WIDTH)]
    leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
    row = compiled.leaf_row(encode_entries(entries), entries)
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return compiled.perfect_root(row) == leaves[0]


def _assembly() -> str:
    """Write the functions in LLVM's language."""
    return "\n".join([*_declarations(), *_compress(), _DIGEST, _LEAVES, _PARENTS])


def _fraction(root: int, prime: int) -> int:
    """Take the first 32 bits of the fraction of a prime's square or cube root."""
    wanted = prime << 32 * root
    low, high = 0, prime << 32
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**root <= wanted else (low, middle - 1)
    return low & 0xFFFFFFFF


def _vector(words: list[int]) -> str:
    return "<" + ", ".join(f"i32 {word}" for word in words) + ">"


def _declarations() -> Iterator[str]:
    a, b, c, d, e, f, g, h = (_fraction(2, prime) for prime in _PRIMES[:8])
    # The order in which the instructions want the state.
    yield f"@first = private constant <4 x i32> {_vector([f, e, b, a])}"
    yield f"@second = private constant <4 x i32> {_vector([h, g, d, c])}"
    v = "<4 x i32>"
    yield f"declare {v} @llvm.x86.sha256rnds2({v}, {v}, {v})"
    yield f"declare {v} @llvm.x86.sha256msg1({v}, {v})"
    yield f"declare {v} @llvm.x86.sha256msg2({v}, {v})"
    yield f"declare {v} @llvm.bswap.v4i32({v})"
    yield "declare i64 @llvm.bswap.i64(i64)"
    yield "declare i16 @llvm.bswap.i16(i16)"
    yield "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
    yield "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"


def _compress() -> Iterator[str]:
    """Write the compression of a block (FIPS 180-4, 6.2.2), four rounds at a time."""
    v = "<4 x i32>"
    constants = [_fraction(3, prime) for prime in _PRIMES[:_BLOCK]]
    yield "define private void @compress(ptr %state, ptr %block) {"
    yield f"%s0 = load {v}, ptr %state, align 16"
    yield "%at = getelementptr i8, ptr %state, i64 16"
    yield f"%t0 = load {v}, ptr %at, align 16"
    for i in range(16):
        if i < _FROM_BLOCK:
            yield f"%p{i} = getelementptr i8, ptr %block, i64 {16 * i}"
            yield f"%r{i} = load {v}, ptr %p{i}, align 1"
            yield f"%w{i} = call {v} @llvm.bswap.v4i32({v} %r{i})"
        else:
            yield f"%a{i} = call {v} @llvm.x86.sha256msg1({v} %w{i - 4}, {v} %w{i - 3})"
            yield (
                f"%b{i} = shufflevector {v} %w{i - 2}, {v} %w{i - 1}, "
                f"{v} <i32 1, i32 2, i32 3, i32 4>"
            )
            yield f"%c{i} = add {v} %a{i}, %b{i}"
            yield f"%w{i} = call {v} @llvm.x86.sha256msg2({v} %c{i}, {v} %w{i - 1})"
        yield f"%k{i} = add {v} %w{i}, {_vector(constants[4 * i : 4 * i + 4])}"
        yield f"%t{i + 1} = call {v} @llvm.x86.sha256rnds2({v} %t{i}, {v} %s{i}, {v} %k{i})"
        yield f"%h{i} = shufflevector {v} %k{i}, {v} undef, {v} <i32 2, i32 3, i32 0, i32 0>"
        yield f"%s{i + 1} = call {v} @llvm.x86.sha256rnds2({v} %s{i}, {v} %t{i + 1}, {v} %h{i})"
    yield f"%x = add {v} %s0, %s16"
    yield f"%y = add {v} %t0, %t16"
    yield f"store {v} %x, ptr %state, align 16"
    yield f"store {v} %y, ptr %at, align 16"
    yield "ret void }"


# SHA-256 of a prefix byte and `size` bytes behind it.
_DIGEST = """
define private void @digest(i8 %prefix, ptr %data, i64 %size, ptr %out) {
  %state = alloca [32 x i8], align 16
  %state1 = getelementptr i8, ptr %state, i64 16
  %rest = alloca [128 x i8], align 16
  %first = load <4 x i32>, ptr @first
  %second = load <4 x i32>, ptr @second
  store <4 x i32> %first, ptr %state, align 16
  store <4 x i32> %second, ptr %state1, align 16
  call void @llvm.memset.p0.i64(ptr align 16 %rest, i8 0, i64 128, i1 false)
  store i8 %prefix, ptr %rest
  %rest1 = getelementptr i8, ptr %rest, i64 1
  %long = icmp uge i64 %size, 63
  br i1 %long, label %begin, label %short
begin:
  call void @llvm.memcpy.p0.p0.i64(ptr %rest1, ptr %data, i64 63, i1 false)
  call void @compress(ptr %state, ptr %rest)
  br label %test
test:
  %at = phi i64 [ 63, %begin ], [ %next, %body ]
  %next = add i64 %at, 64
  %more = icmp ule i64 %next, %size
  %here = getelementptr i8, ptr %data, i64 %at
  br i1 %more, label %body, label %tail
body:
  call void @compress(ptr %state, ptr %here)
  br label %test
tail:
  %left = sub i64 %size, %at
  call void @llvm.memset.p0.i64(ptr align 16 %rest, i8 0, i64 64, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %rest, ptr %here, i64 %left, i1 false)
  br label %pad
short:
  call void @llvm.memcpy.p0.p0.i64(ptr %rest1, ptr %data, i64 %size, i1 false)
  %filled = add i64 %size, 1
  br label %pad
pad:
  %used = phi i64 [ %left, %tail ], [ %filled, %short ]
  %end = getelementptr i8, ptr %rest, i64 %used
  store i8 128, ptr %end
  %bytes = add i64 %size, 1
  %bits = shl i64 %bytes, 3
  %length = call i64 @llvm.bswap.i64(i64 %bits)
  %fits = icmp ult i64 %used, 56
  %last = select i1 %fits, i64 0, i64 64
  %lastblock = getelementptr i8, ptr %rest, i64 %last
  %place = getelementptr i8, ptr %lastblock, i64 56
  store i64 %length, ptr %place, align 8
  br i1 %fits, label %finish, label %two
two:
  call void @compress(ptr %state, ptr %rest)
  br label %finish
finish:
  call void @compress(ptr %state, ptr %lastblock)
  %x = load <4 x i32>, ptr %state, align 16
  %y = load <4 x i32>, ptr %state1, align 16
  %abcd = shufflevector <4 x i32> %x, <4 x i32> %y, <4 x i32> <i32 3, i32 2, i32 7, i32 6>
  %efgh = shufflevector <4 x i32> %x, <4 x i32> %y, <4 x i32> <i32 1, i32 0, i32 5, i32 4>
  %abcdbytes = call <4 x i32> @llvm.bswap.v4i32(<4 x i32> %abcd)
  %efghbytes = call <4 x i32> @llvm.bswap.v4i32(<4 x i32> %efgh)
  store <4 x i32> %abcdbytes, ptr %out, align 1
  %out1 = getelementptr i8, ptr %out, i64 16
  store <4 x i32> %efghbytes, ptr %out1, align 1
  ret void
}
"""

_LEAVES = f"""
define void @leaves(ptr %bundle, i64 %count, ptr %out) {{
begin:
  br label %test
test:
  %i = phi i64 [ 0, %begin ], [ %j, %body ]
  %at = phi ptr [ %bundle, %begin ], [ %next, %body ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %raw = load i16, ptr %at, align 1
  %length = call i16 @llvm.bswap.i16(i16 %raw)
  %size = zext i16 %length to i64
  %entry = getelementptr i8, ptr %at, i64 2
  %offset = mul i64 %i, {HASH_SIZE}
  %place = getelementptr i8, ptr %out, i64 %offset
  call void @digest(i8 {_LEAF}, ptr %entry, i64 %size, ptr %place)
  %next = getelementptr i8, ptr %entry, i64 %size
  %j = add i64 %i, 1
  br label %test
done:
  ret void
}}
"""

_PARENTS = f"""
define void @parents(ptr %row, i64 %count, ptr %out) {{
begin:
  br label %test
test:
  %i = phi i64 [ 0, %begin ], [ %j, %body ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %from = mul i64 %i, {2 * HASH_SIZE}
  %pair = getelementptr i8, ptr %row, i64 %from
  %to = mul i64 %i, {HASH_SIZE}
  %place = getelementptr i8, ptr %out, i64 %to
  call void @digest(i8 {_NODE}, ptr %pair, i64 {2 * HASH_SIZE}, ptr %place)
  %j = add i64 %i, 1
  br label %test
done:
  ret void
}}
"""
