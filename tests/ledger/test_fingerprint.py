"""File fingerprints: known answers, streaming, and what counts as the same file."""

from __future__ import annotations

import json
import tracemalloc
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonicalize
from ledger.errors import MalformedError, VerificationError
from ledger.fingerprint import CHUNK_SIZE, Fingerprint
from ledger.statement import Statement

# GB/T 32905-2016, appendix A.
_SM3_OF_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
_SM3_OF_ABCD_16 = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
# FIPS 180-4's example.
_SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_of_bytes_known_answers() -> None:
    fingerprint = Fingerprint.of_bytes(b"abc", sm3=True)
    assert fingerprint.digests == {"sha-256": _SHA256_OF_ABC, "sm3": _SM3_OF_ABC}
    assert fingerprint.size == 3
    assert Fingerprint.of_bytes(b"abcd" * 16, sm3=True).digests["sm3"] == _SM3_OF_ABCD_16


def test_of_bytes_without_sm3_has_sha256_alone() -> None:
    assert Fingerprint.of_bytes(b"").digests == {"sha-256": sha256().hexdigest()}


@pytest.mark.parametrize("size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1])
@pytest.mark.parametrize("sm3", [False, True])
def test_of_file_equals_that_of_its_bytes(tmp_path: Path, size: int, *, sm3: bool) -> None:
    data = bytes(i % 251 for i in range(size))
    path = tmp_path / "报告.bin"
    path.write_bytes(data)
    assert Fingerprint.of_file(path, sm3=sm3) == Fingerprint.of_bytes(
        data, name="报告.bin", sm3=sm3
    )
    assert Fingerprint.of_file(str(path)).digests["sha-256"] == sha256(data).hexdigest()


def test_of_file_large_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(32 * CHUNK_SIZE)
    tracemalloc.start()
    try:
        assert Fingerprint.of_file(path, sm3=True).size == 32 * CHUNK_SIZE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * CHUNK_SIZE


# Its JSON value


@given(st.binary(max_size=100), st.none() | st.text(min_size=1), st.booleans())
def test_to_value_is_read_back(data: bytes, name: str | None, sm3: bool) -> None:  # noqa: FBT001
    fingerprint = Fingerprint.of_bytes(data, name=name, sm3=sm3)
    assert Fingerprint.from_value(json.loads(json.dumps(fingerprint.to_value()))) == fingerprint


def test_to_value_is_taken_by_a_statement(vectors: Path) -> None:
    cases = json.loads((vectors / "statement.json").read_text(encoding="utf-8"))
    members = json.loads(cases["valid"][0]["entry"])
    fingerprint = Fingerprint.of_bytes(b"abc", name="abc.txt", sm3=True)
    statement = Statement.parse(canonicalize({**members, "files": [fingerprint.to_value()]}))
    assert Fingerprint.from_value(statement.value["files"][0]) == fingerprint


def test_from_value_concealed_name_is_absent() -> None:
    value = Fingerprint.of_bytes(b"abc").to_value()
    assert Fingerprint.from_value({**value, "_sd": ["x" * 43]}).name is None


_DIGESTS = {"sha-256": _SHA256_OF_ABC}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"size": 3},
        {"size": -1, "digests": _DIGESTS},
        {"size": 2**53, "digests": _DIGESTS},
        {"size": True, "digests": _DIGESTS},
        {"size": 3.0, "digests": _DIGESTS},
        {"size": 3, "digests": {}},
        {"size": 3, "digests": {"sm3": _SM3_OF_ABC}},
        {"size": 3, "digests": {**_DIGESTS, "md5": "00"}},
        {"size": 3, "digests": {"sha-256": _SHA256_OF_ABC.upper()}},
        {"size": 3, "digests": {"sha-256": _SHA256_OF_ABC[:-1]}},
        {"size": 3, "digests": {**_DIGESTS, "sm3": None}},
        {"size": 3, "digests": _DIGESTS, "name": 1},
        {"size": 3, "digests": _DIGESTS, "path": "/etc/passwd"},
    ],
    ids=str,
)
def test_from_value_malformed_is_refused(value: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        Fingerprint.from_value(value)
    assert caught.value.code == "fingerprint.malformed"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["name", "size", "digests", "sha-256", "sm3"]), inner, max_size=3
            )
        ),
    )
)
def test_from_value_any_value_gives_a_fingerprint_or_malformed(value: Any) -> None:
    try:
        fingerprint = Fingerprint.from_value(value)
    except MalformedError:
        return
    assert Fingerprint.from_value(fingerprint.to_value()) == fingerprint


# Comparison


def _of(size: int, **digests: str) -> Fingerprint:
    return Fingerprint(
        None, size, {name.replace("sha", "sha-"): digest * 64 for name, digest in digests.items()}
    )


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (_of(3, sha256="a"), _of(3, sha256="a"), None),
        (_of(3, sha256="a", sm3="b"), _of(3, sha256="a", sm3="b"), None),
        (_of(3, sha256="a", sm3="b"), _of(3, sha256="a"), None),
        (_of(3, sha256="a"), _of(4, sha256="a"), "file.size"),
        (_of(3, sha256="a"), _of(3, sha256="b"), "file.digest"),
        (_of(3, sha256="a", sm3="b"), _of(3, sha256="a", sm3="c"), "file.digest"),
        (_of(3, sha256="a", sm3="b"), _of(3, sha256="c", sm3="b"), "file.digest"),
        (_of(3, sm3="b"), _of(3, sm3="b"), "file.digest"),
        (_of(3, sm3="b"), _of(3, sha256="a"), "file.digest"),
        (_of(3), _of(3), "file.digest"),
    ],
)
def test_matches_compares_size_sha256_and_what_both_have(
    one: Fingerprint, other: Fingerprint, code: str | None
) -> None:
    assert one.matches(other) == other.matches(one) == (code is None)
    if code is not None:
        with pytest.raises(VerificationError) as caught:
            one.verify(other)
        assert caught.value.code == code


def test_matches_other_name_is_the_same_file() -> None:
    assert Fingerprint.of_bytes(b"x", name="a").matches(Fingerprint.of_bytes(b"x", name="b"))
