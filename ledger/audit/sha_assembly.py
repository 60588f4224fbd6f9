"""SHA-256 (FIPS 180-4) in LLVM's language, by x86's SHA instructions: a program's text out.

    leaves(bundle, count, out)      each entry, its length before it, to its leaf hash
    parents(row, count, out)        each pair of hashes to its node; `out` may be `row` itself

Two messages are hashed at a time: a round waits for the one before it, and the other message's does
not, so that both take little longer than one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.merkle import HASH_SIZE

__all__ = ["assembly"]

# The 64 constants (FIPS 180-4, 4.2.2) and the beginning (5.3.3): fractions of roots of primes.
_PRIMES = [n for n in range(2, 312) if all(n % d for d in range(2, n))]
_BLOCK = 64
# Of the sixteen times four words of the schedule, so many are the block itself.
_FROM_BLOCK = 4
_LEAF, _NODE = 0, 1
_V = "<4 x i32>"


def assembly() -> str:
    """Write the functions in LLVM's language."""
    compress = [*_compress("a"), *_compress("a", "b")]
    return "\n".join([*_declarations(), *compress, _PREPARE, _DIGESTS, _LEAVES, _PARENTS])


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
    yield f"declare {_V} @llvm.x86.sha256rnds2({_V}, {_V}, {_V})"
    yield f"declare {_V} @llvm.x86.sha256msg1({_V}, {_V})"
    yield f"declare {_V} @llvm.x86.sha256msg2({_V}, {_V})"
    yield f"declare {_V} @llvm.bswap.v4i32({_V})"
    yield "declare i64 @llvm.bswap.i64(i64)"
    yield "declare i16 @llvm.bswap.i16(i16)"
    yield "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
    yield "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"


def _compress(*streams: str) -> Iterator[str]:
    """Write the compression of a block (FIPS 180-4, 6.2.2), four rounds at a time.

    Of several streams at once: a round waits for the one before, and another stream's does not.
    """
    constants = [_fraction(3, prime) for prime in _PRIMES[:_BLOCK]]
    arguments = ", ".join(f"ptr %state{x}, ptr %block{x}" for x in streams)
    yield f"define private void @compress{len(streams)}({arguments}) {{"
    for x in streams:
        yield f"%s{x}0 = load {_V}, ptr %state{x}, align 16"
        yield f"%at{x} = getelementptr i8, ptr %state{x}, i64 16"
        yield f"%t{x}0 = load {_V}, ptr %at{x}, align 16"
    for i in range(16):
        added = _vector(constants[4 * i : 4 * i + 4])
        for lines in zip(*(_four_rounds(x, i, added) for x in streams), strict=True):
            yield from lines
    for x in streams:
        yield f"%x{x} = add {_V} %s{x}0, %s{x}16"
        yield f"%y{x} = add {_V} %t{x}0, %t{x}16"
        yield f"store {_V} %x{x}, ptr %state{x}, align 16"
        yield f"store {_V} %y{x}, ptr %at{x}, align 16"
    yield "ret void }"


def _four_rounds(x: str, i: int, added: str) -> Iterator[str]:
    if i < _FROM_BLOCK:
        yield f"%p{x}{i} = getelementptr i8, ptr %block{x}, i64 {16 * i}"
        yield f"%r{x}{i} = load {_V}, ptr %p{x}{i}, align 1"
        yield f"%w{x}{i} = call {_V} @llvm.bswap.v4i32({_V} %r{x}{i})"
    else:
        yield f"%a{x}{i} = call {_V} @llvm.x86.sha256msg1({_V} %w{x}{i - 4}, {_V} %w{x}{i - 3})"
        yield (
            f"%b{x}{i} = shufflevector {_V} %w{x}{i - 2}, {_V} %w{x}{i - 1}, "
            f"{_V} <i32 1, i32 2, i32 3, i32 4>"
        )
        yield f"%c{x}{i} = add {_V} %a{x}{i}, %b{x}{i}"
        yield f"%w{x}{i} = call {_V} @llvm.x86.sha256msg2({_V} %c{x}{i}, {_V} %w{x}{i - 1})"
    yield f"%k{x}{i} = add {_V} %w{x}{i}, {added}"
    rounds = f"call {_V} @llvm.x86.sha256rnds2"
    yield f"%t{x}{i + 1} = {rounds}({_V} %t{x}{i}, {_V} %s{x}{i}, {_V} %k{x}{i})"
    yield f"%h{x}{i} = shufflevector {_V} %k{x}{i}, {_V} undef, {_V} <i32 2, i32 3, i32 0, i32 0>"
    yield f"%s{x}{i + 1} = {rounds}({_V} %s{x}{i}, {_V} %t{x}{i + 1}, {_V} %h{x}{i})"


# What one message needs: 32 bytes of state, its first block, and its last one or two.
_WORK = 32 + 64 + 128

# A message is a prefix byte and `size` bytes behind it: put its first block together, and its end,
# which is padded, and say how many blocks it has (FIPS 180-4, 5.1.1).
_PREPARE = """
define private i64 @prepare(i8 %prefix, ptr %data, i64 %size, ptr %work) {
  %work1 = getelementptr i8, ptr %work, i64 16
  %head = getelementptr i8, ptr %work, i64 32
  %head1 = getelementptr i8, ptr %work, i64 33
  %tail = getelementptr i8, ptr %work, i64 96
  %first = load <4 x i32>, ptr @first
  %second = load <4 x i32>, ptr @second
  store <4 x i32> %first, ptr %work, align 16
  store <4 x i32> %second, ptr %work1, align 16
  call void @llvm.memset.p0.i64(ptr align 16 %tail, i8 0, i64 128, i1 false)
  %bytes = add i64 %size, 1
  %full = lshr i64 %bytes, 6
  %left = and i64 %bytes, 63
  %long = icmp ne i64 %full, 0
  br i1 %long, label %begin, label %short
begin:
  store i8 %prefix, ptr %head
  call void @llvm.memcpy.p0.p0.i64(ptr %head1, ptr %data, i64 63, i1 false)
  %from = sub i64 %size, %left
  %rest = getelementptr i8, ptr %data, i64 %from
  call void @llvm.memcpy.p0.p0.i64(ptr %tail, ptr %rest, i64 %left, i1 false)
  br label %pad
short:
  store i8 %prefix, ptr %tail
  %tail1 = getelementptr i8, ptr %tail, i64 1
  call void @llvm.memcpy.p0.p0.i64(ptr %tail1, ptr %data, i64 %size, i1 false)
  br label %pad
pad:
  %end = getelementptr i8, ptr %tail, i64 %left
  store i8 128, ptr %end
  %bits = shl i64 %bytes, 3
  %length = call i64 @llvm.bswap.i64(i64 %bits)
  %fits = icmp ult i64 %left, 56
  %more = select i1 %fits, i64 1, i64 2
  %last = select i1 %fits, i64 56, i64 120
  %place = getelementptr i8, ptr %tail, i64 %last
  store i64 %length, ptr %place, align 8
  %count = add i64 %full, %more
  ret i64 %count
}

define private ptr @block(ptr %data, i64 %size, ptr %work, i64 %i) alwaysinline {
  %bytes = add i64 %size, 1
  %full = lshr i64 %bytes, 6
  %offset = shl i64 %i, 6
  %behind = sub i64 %offset, 1
  %inside = getelementptr i8, ptr %data, i64 %behind
  %head = getelementptr i8, ptr %work, i64 32
  %tail = getelementptr i8, ptr %work, i64 96
  %beyond = sub i64 %i, %full
  %skipped = shl i64 %beyond, 6
  %ending = getelementptr i8, ptr %tail, i64 %skipped
  %isfirst = icmp eq i64 %i, 0
  %isend = icmp uge i64 %i, %full
  %begun = select i1 %isfirst, ptr %head, ptr %inside
  %found = select i1 %isend, ptr %ending, ptr %begun
  ret ptr %found
}

define private void @finish(ptr %work, ptr %out) alwaysinline {
  %work1 = getelementptr i8, ptr %work, i64 16
  %x = load <4 x i32>, ptr %work, align 16
  %y = load <4 x i32>, ptr %work1, align 16
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

# SHA-256 of two messages, which are read before either hash is written.
_DIGESTS = f"""
define private void @digests(
  i8 %prefix, ptr %data, i64 %size, ptr %out, ptr %datab, i64 %sizeb, ptr %outb
) {{
begin:
  %work = alloca [{_WORK} x i8], align 16
  %workb = alloca [{_WORK} x i8], align 16
  %count = call i64 @prepare(i8 %prefix, ptr %data, i64 %size, ptr %work)
  %countb = call i64 @prepare(i8 %prefix, ptr %datab, i64 %sizeb, ptr %workb)
  %fewer = icmp ult i64 %count, %countb
  %both = select i1 %fewer, i64 %count, i64 %countb
  br label %pair
pair:
  %i = phi i64 [ 0, %begin ], [ %j, %pair ]
  %block = call ptr @block(ptr %data, i64 %size, ptr %work, i64 %i)
  %blockb = call ptr @block(ptr %datab, i64 %sizeb, ptr %workb, i64 %i)
  call void @compress2(ptr %work, ptr %block, ptr %workb, ptr %blockb)
  %j = add i64 %i, 1
  %more = icmp ult i64 %j, %both
  br i1 %more, label %pair, label %test
test:
  %n = phi i64 [ %both, %pair ], [ %m, %body ]
  %rest = icmp ult i64 %n, %count
  br i1 %rest, label %body, label %testb
body:
  %alone = call ptr @block(ptr %data, i64 %size, ptr %work, i64 %n)
  call void @compress1(ptr %work, ptr %alone)
  %m = add i64 %n, 1
  br label %test
testb:
  %nb = phi i64 [ %both, %test ], [ %mb, %bodyb ]
  %restb = icmp ult i64 %nb, %countb
  br i1 %restb, label %bodyb, label %done
bodyb:
  %aloneb = call ptr @block(ptr %datab, i64 %sizeb, ptr %workb, i64 %nb)
  call void @compress1(ptr %workb, ptr %aloneb)
  %mb = add i64 %nb, 1
  br label %testb
done:
  call void @finish(ptr %work, ptr %out)
  call void @finish(ptr %workb, ptr %outb)
  ret void
}}
"""

# Where a last one is left over, it is hashed as a pair with itself.
_LEAVES = f"""
define void @leaves(ptr %bundle, i64 %count, ptr %out) {{
begin:
  br label %test
test:
  %i = phi i64 [ 0, %begin ], [ %k, %body ]
  %at = phi ptr [ %bundle, %begin ], [ %next, %body ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %raw = load i16, ptr %at, align 1
  %length = call i16 @llvm.bswap.i16(i16 %raw)
  %size = zext i16 %length to i64
  %entry = getelementptr i8, ptr %at, i64 2
  %end = getelementptr i8, ptr %entry, i64 %size
  %j = add i64 %i, 1
  %two = icmp ult i64 %j, %count
  %i2 = select i1 %two, i64 %j, i64 %i
  %at2 = select i1 %two, ptr %end, ptr %at
  %raw2 = load i16, ptr %at2, align 1
  %length2 = call i16 @llvm.bswap.i16(i16 %raw2)
  %size2 = zext i16 %length2 to i64
  %entry2 = getelementptr i8, ptr %at2, i64 2
  %offset = mul i64 %i, {HASH_SIZE}
  %place = getelementptr i8, ptr %out, i64 %offset
  %offset2 = mul i64 %i2, {HASH_SIZE}
  %place2 = getelementptr i8, ptr %out, i64 %offset2
  call void @digests(
    i8 {_LEAF}, ptr %entry, i64 %size, ptr %place, ptr %entry2, i64 %size2, ptr %place2
  )
  %next = getelementptr i8, ptr %entry2, i64 %size2
  %k = add i64 %i, 2
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
  %i = phi i64 [ 0, %begin ], [ %k, %body ]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %body, label %done
body:
  %j = add i64 %i, 1
  %two = icmp ult i64 %j, %count
  %i2 = select i1 %two, i64 %j, i64 %i
  %from = mul i64 %i, {2 * HASH_SIZE}
  %pair = getelementptr i8, ptr %row, i64 %from
  %from2 = mul i64 %i2, {2 * HASH_SIZE}
  %pair2 = getelementptr i8, ptr %row, i64 %from2
  %to = mul i64 %i, {HASH_SIZE}
  %place = getelementptr i8, ptr %out, i64 %to
  %to2 = mul i64 %i2, {HASH_SIZE}
  %place2 = getelementptr i8, ptr %out, i64 %to2
  call void @digests(
    i8 {_NODE}, ptr %pair, i64 {2 * HASH_SIZE}, ptr %place,
    ptr %pair2, i64 {2 * HASH_SIZE}, ptr %place2
  )
  %k = add i64 %i, 2
  br label %test
done:
  ret void
}}
"""
