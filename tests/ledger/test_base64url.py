"""Base64url: RFC 4648's vectors in its URL alphabet, and one text for each value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.base64url import decode, encode
from ledger.errors import MalformedError


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        (b"\xfb\xff\xfe", "-__-"),
    ],
)
def test_encode_known_answers(data: bytes, text: str) -> None:
    assert encode(data) == text
    assert decode(text) == data


@given(st.text() | st.text("AZaz09-_+/= \n", max_size=12))
def test_decode_any_text_gives_its_bytes_or_malformed(text: str) -> None:
    try:
        data = decode(text)
    except MalformedError:
        return
    assert encode(data) == text


@pytest.mark.parametrize("text", ["Zg==", "Zh", "Z", "+/+/", "Zm 9v", "Zm9v\n", "Zé", "\ud800"])
def test_decode_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode(text)
    assert caught.value.code == "base64url.invalid"
