"""Reading a JSON object's members: each checked, none unread, and only MalformedError."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.members import Members, read_hash, read_text
from tests.mutations import anything

_HASH = "ab" * 32
_READERS: dict[str, Callable[[Members], object]] = {
    "take": lambda members: members.take("x"),
    "text": lambda members: members.text("x", longest=5),
    "literal": lambda members: members.literal("x", "one", "two"),
    "integer": lambda members: members.integer("x", 0, 9),
    "boolean": lambda members: members.boolean("x"),
    "prefixed": lambda members: members.prefixed("x", 2),
    "hash": lambda members: members.hash("x"),
    "base64": lambda members: members.base64("x"),
    "array": lambda members: members.array("x", read_text, longest=2),
    "hashes": lambda members: members.hashes("x", longest=2),
}


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        ("take", None, None),
        ("text", "12345", "12345"),
        ("text", "", ""),
        ("literal", "two", "two"),
        ("integer", 0, 0),
        ("integer", 9, 9),
        ("boolean", False, False),
        ("prefixed", "0x0aff", b"\x0a\xff"),
        ("hash", f"0x{_HASH}", bytes.fromhex(_HASH)),
        ("base64", "AAE=", b"\0\1"),
        ("base64", "", b""),
        ("array", ["a", ""], ("a", "")),
        ("hashes", [_HASH], (bytes.fromhex(_HASH),)),
        ("hashes", [], ()),
    ],
)
def test_member_of_its_type_is_read(reader: str, value: object, read: object) -> None:
    members = Members({"x": value}, "thing")
    assert members.has("x")
    assert _READERS[reader](members) == read
    assert not members.has("x")
    members.end()


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("text", "123456"), ("text", 1), ("text", None), ("text", b"1"),
        ("literal", "three"), ("literal", ""), ("literal", ["one"]), ("literal", 1),
        ("integer", -1), ("integer", 10), ("integer", 1.0), ("integer", True), ("integer", "1"),
        ("boolean", 0), ("boolean", 1), ("boolean", "true"), ("boolean", None),
        ("prefixed", "0aff"), ("prefixed", "0X0aff"), ("prefixed", "0x0aFF"), ("prefixed", "0x0a"),
        ("prefixed", "0x0affff"), ("prefixed", "0x0a f"), ("prefixed", 0x0AFF),
        ("hash", _HASH), ("hash", f"0x{_HASH[:-1]}\u0660"), ("hash", f"0x{_HASH.upper()}"),
        ("base64", "AAE"), ("base64", "AAF="), ("base64", "AA-_"), ("base64", "AAE=\n"),
        ("base64", "\ud800"), ("base64", 1),
        ("array", ["a"] * 3), ("array", "ab"), ("array", {"0": "a"}), ("array", [1]),
        ("hashes", [f"0x{_HASH}"]), ("hashes", [_HASH.upper()]), ("hashes", [None]),
    ],
)  # fmt: skip
def test_member_of_another_type_or_spelling_is_malformed_and_placed(
    reader: str, value: object
) -> None:
    with pytest.raises(MalformedError) as caught:
        _READERS[reader](Members({"x": value}, "thing"))
    assert caught.value.code == "members.malformed"
    assert caught.value.message.startswith("thing.x")
    assert caught.value.expected or "base64" in caught.value.message


@pytest.mark.parametrize("reader", sorted(_READERS))
def test_member_that_is_missing_or_taken_is_malformed(reader: str) -> None:
    members = Members({"y": 1}, "thing")
    with pytest.raises(MalformedError):
        _READERS[reader](members)


def test_member_that_nobody_takes_is_malformed() -> None:
    members = Members({"x": 1, "y": 2}, "thing")
    members.take("x")
    with pytest.raises(MalformedError) as caught:
        members.end()
    assert caught.value.found == "y"


def test_reading_leaves_the_object_as_it_was() -> None:
    value = {"x": 1}
    Members(value, "thing").take("x")
    assert value == {"x": 1}


@given(st.sampled_from(sorted(_READERS)), anything)
def test_any_member_is_read_or_malformed(reader: str, value: Any) -> None:
    with suppress(MalformedError):
        _READERS[reader](Members({"x": value}, "thing"))


@given(anything)
def test_any_value_is_an_object_or_malformed(value: Any) -> None:
    if isinstance(value, dict):
        Members(value, "thing")
    else:
        with pytest.raises(MalformedError):
            Members(value, "thing")


@given(anything)
def test_found_is_short_whatever_was_found(value: Any) -> None:
    """An error is for people, and for logs that have a limit."""
    for read in (read_hash, read_text):
        with suppress(MalformedError):
            read(value, "thing")
    with pytest.raises(MalformedError) as caught:
        Members([value] * 100, "thing")
    assert len(str(caught.value)) < 200
