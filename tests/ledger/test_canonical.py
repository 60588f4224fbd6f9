"""Canonical JSON: the RFC's vectors, the double sequence of its authors, and strict reading."""

from __future__ import annotations

import json
import math
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.canonical import MAX_DEPTH, MAX_INTEGER, canonicalize, parse
from ledger.errors import MalformedError

_integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
_texts = st.text(st.characters(exclude_categories=["Cs"]))


def _values(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | numbers | _texts
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_texts, inner, max_size=5),
        max_leaves=20,
    )


def _code(data: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        parse(data)
    return caught.value.code


# Known answers


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_canonicalize_rfc8785_vectors_match(shared_vectors: Path, name: str) -> None:
    vectors = shared_vectors / "jcs-rfc8785"
    found = canonicalize(parse((vectors / "input" / f"{name}.json").read_bytes()))
    assert found == (vectors / "output" / f"{name}.json").read_bytes()
    assert found.hex(" ").split() == (vectors / "outhex" / f"{name}.txt").read_text().split()


def test_canonicalize_own_vectors_match(vectors: Path) -> None:
    cases = json.loads((vectors / "canonical.json").read_text(encoding="utf-8"))
    for case in cases["canonical"]:
        assert canonicalize(parse(bytes.fromhex(case["input"]))).hex() == case["output"], case
    for case in cases["malformed"]:
        assert _code(bytes.fromhex(case["input"])) == case["code"], case
    assert len(cases["canonical"]) > 10
    assert len(cases["malformed"]) > 10


def _doubles(chosen: list[int]) -> Iterator[int]:
    """Yield doubles as 64 bits: those chosen, the smallest normal ones, then random ones."""
    yield from chosen
    yield from range(1 << 52, (1 << 52) + 2000)
    block = bytes(32)
    while True:
        block = sha256(block).digest()
        for (bits,) in struct.iter_unpack("<Q", block):
            if _double(bits) and math.isfinite(_double(bits)):
                yield bits


def _double(bits: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value


@pytest.mark.parametrize("lines", [1_000, 10_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_canonicalize_double_sequence_has_published_digest(
    shared_vectors: Path, lines: int
) -> None:
    """The authors of RFC 8785 publish how to make their test file, and the digests of its parts."""
    text = (shared_vectors / "jcs-rfc8785/README.upstream.md").read_text(encoding="utf-8")
    chosen = text.partition("BigUint64Array([")[2].partition("])")[0]
    digests = dict(re.findall(r"\| ([0-9a-f]{64}) \| (\d+) ", text))
    made = sha256()
    for bits in islice(_doubles([int(x, 16) for x in re.findall("0x([0-9a-f]+)n", chosen)]), lines):
        made.update(f"{bits:x},{canonicalize(_double(bits)).decode()}\n".encode())
    assert digests[made.hexdigest()] == str(lines)


# Properties


@given(_values(_integers | st.floats(allow_nan=False, allow_infinity=False)))
def test_canonicalize_any_value_is_stable(value: Any) -> None:
    """What was canonical once stays so, also through another parser."""
    canonical = canonicalize(value)
    assert canonicalize(_as_doubles(json.loads(canonical))) == canonical


def _as_doubles(value: Any) -> Any:
    # Doubles of 2^53 or more are written without a fraction: read them as what they are.
    if isinstance(value, list):
        return [_as_doubles(element) for element in value]
    if isinstance(value, dict):
        return {name: _as_doubles(member) for name, member in value.items()}
    return float(value) if type(value) is int and abs(value) > MAX_INTEGER else value


@given(_values(_integers))
def test_parse_canonical_integers_and_text_is_the_inverse(value: Any) -> None:
    assert parse(canonicalize(value)) == value


@given(st.dictionaries(st.text(st.characters(codec="ascii"), max_size=5), _integers | _texts))
def test_canonicalize_ascii_names_equals_msgspec_sorted(value: dict[str, Any]) -> None:
    """The statement's short way rests on this."""
    assert msgspec.json.encode(value, order="sorted") == canonicalize(value)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"9" * 100_000)
@example(b"-" + b"9" * 5_000 + b".5e99999")
@example(b'"\\ud800\\udc00\\udc00"')
def test_parse_any_bytes_gives_value_or_malformed(data: bytes) -> None:
    try:
        value = parse(data)
    except MalformedError:
        return
    assert parse(json.dumps(value).encode()) == value


# Refusals


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json.invalid"),
        (b"{", "json.invalid"),
        (b"[1,]", "json.invalid"),
        (b"01", "json.invalid"),
        (b"1 2", "json.invalid"),
        (b"{}\x00", "json.invalid"),
        (b"'a'", "json.invalid"),
        (b'"\n"', "json.invalid"),
        (b"NaN", "json.invalid"),
        (b"[Infinity]", "json.invalid"),
        (b"-Infinity", "json.invalid"),
        (b"\xef\xbb\xbf{}", "json.invalid"),
        (b"{\x00}\x00", "json.invalid"),
        (b'"\xff"', "json.invalid"),
        (b'"\xc0\xaf"', "json.invalid"),
        (b'"\xed\xa0\x80"', "json.invalid"),
        ("\uff11".encode(), "json.invalid"),
        (b'{"a":1,"a":1}', "json.duplicate-name"),
        (b'{"a":1,"\\u0061":1}', "json.duplicate-name"),
        (b'[{"x":{"b":1,"c":2,"b":3}}]', "json.duplicate-name"),
        (b'"\\ud800"', "json.surrogate"),
        (b'"\\udc00\\ud800"', "json.surrogate"),
        (b'{"\\udfff":1}', "json.surrogate"),
        (b"9007199254740992", "json.integer-range"),
        (b"-9007199254740992", "json.integer-range"),
        (b"9" * 5_000, "json.integer-range"),
        (b"1e309", "json.number-range"),
        (b"-1e309", "json.number-range"),
    ],
)
def test_parse_malformed_is_refused_with_code(data: bytes, code: str) -> None:
    assert _code(data) == code


def test_parse_largest_integers_are_taken() -> None:
    assert parse(b"[9007199254740991,-9007199254740991]") == [MAX_INTEGER, -MAX_INTEGER]


def test_parse_depth_at_limit_is_taken_and_above_refused() -> None:
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert _code(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)) == "json.depth"
    assert _code(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)) == "json.depth"


def test_parse_deep_json_is_refused_however_deep_python_may_recurse() -> None:
    """In a process of its own, which a decoder that recursed so far would kill."""
    program = (
        "import sys\n"
        "sys.setrecursionlimit(1_000_000)\n"
        "from ledger.canonical import parse\n"
        "from ledger.errors import MalformedError\n"
        "from ledger.statement import Statement\n"
        'for start in (b\'[\', b\'{"a":\', b\'{"kind":"transfer","x":[\'):\n'
        "    for read in (parse, Statement.parse):\n"
        "        try:\n"
        "            read(start * 30_000)\n"
        "        except MalformedError as error:\n"
        "            print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["json.depth"] * 6


@pytest.mark.parametrize(
    "data",
    [
        b"[" * MAX_DEPTH + b'"' + b"[" * 1_000 + b'"' + b"]" * MAX_DEPTH,
        b"[" + b"[]," * 1_000 + b"1]",
        b'["' + b'\\"[' * 1_000 + b'"]',
    ],
    ids=["in a string", "beside each other", "after an escaped quote"],
)
def test_parse_many_brackets_that_are_not_deep_are_taken(data: bytes) -> None:
    assert parse(data)


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "json.number-range"),
        ([math.inf], "json.number-range"),
        (MAX_INTEGER + 1, "json.integer-range"),
        ([-MAX_INTEGER - 1], "json.integer-range"),
        pytest.param(10**5_000, "json.integer-range", id="5001 digits"),
        ("\ud800", "json.surrogate"),
        ({"\udfff": 1}, "json.surrogate"),
        ({1: "a"}, "json.type"),
        ({"a": b"bytes"}, "json.type"),
        ([{1, 2}], "json.type"),
        (_nested(MAX_DEPTH + 1), "json.depth"),
        pytest.param(_nested(100_000), "json.depth", id="100000 levels"),
    ],
)
def test_canonicalize_what_has_no_form_is_refused_with_code(value: Any, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        canonicalize(value)
    assert caught.value.code == code
