"""Signed transactions, read: what eth-account makes, and what nobody would."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.local_key import LocalKey
from ledger.signed_transaction import SignedFields

KEY = LocalKey(b"\x09" * 32)
WORD = 2**256 - 1

common = {
    "chainId": st.integers(1, 2**53 - 1),
    "nonce": st.integers(0, 2**64 - 2),
    "gas": st.integers(21_000, 2**63),
    "value": st.integers(0, WORD),
    "data": st.binary(max_size=70) | st.binary(min_size=250, max_size=300),
}
to = {"to": st.binary(min_size=20, max_size=20)}
legacy = st.fixed_dictionaries({**common, "gasPrice": st.integers(0, WORD)}, optional=to)
dynamic = st.fixed_dictionaries(
    {
        **common,
        "maxFeePerGas": st.integers(0, WORD),
        "maxPriorityFeePerGas": st.integers(0, WORD),
    },
    optional=to,
)
SAMPLE = KEY.sign_transaction(
    {"chainId": 1, "nonce": 0, "gas": 21_000, "value": 0, "data": b"", "gasPrice": 1}
)


@given(legacy | dynamic)
def test_parse_gives_what_was_signed_and_by_whom(fields: dict[str, Any]) -> None:
    signed = SignedFields.parse(KEY.sign_transaction(fields))
    listed = {} if "gasPrice" in fields else {"accessList": b""}
    assert signed.fields == {"to": b"", **fields, **listed}
    assert signed.sender == KEY.address


@given(legacy | dynamic, st.data())
def test_parse_of_a_changed_byte_is_another_transaction_or_none(
    fields: dict[str, Any], data: st.DataObject
) -> None:
    raw = KEY.sign_transaction(fields)
    place = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:place] + bytes([raw[place] ^ data.draw(st.integers(1, 255))]) + raw[place + 1 :]
    with suppress(MalformedError):
        assert SignedFields.parse(changed) != SignedFields.parse(raw)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"\x02" + data))
def test_parse_any_bytes_gives_fields_or_malformed(data: bytes) -> None:
    with suppress(MalformedError):
        SignedFields.parse(data)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x02", b"\x01" + SAMPLE, b"\x03" + SAMPLE, SAMPLE + b"\0", SAMPLE[:-1], b"\xc0",
        # A list's length, a string and a number, each in a longer form than it needs.
        b"\xf8" + bytes([len(SAMPLE) - 2]) + SAMPLE[2:-40], b"\xf9\x00" + SAMPLE[1:],
        b"\xc9\x81\x01" + b"\x80" * 7, b"\xc9\x00" + b"\x80" * 8,
        # Lists where numbers are, and one item too many.
        b"\xc9" + b"\xc0" * 9, b"\xca" + b"\x80" * 10,
    ],
)  # fmt: skip
def test_parse_of_other_bytes_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        SignedFields.parse(raw)


def test_parse_of_an_unprotected_signature_names_no_chain() -> None:
    """From before EIP-155: a transaction that counts on every chain."""
    items = b"\x80\x01\x82\x52\x08\x80\x80\x80" + b"\x1b" + b"\xa0" + b"\x11" * 32 + b"\x01"
    signed = SignedFields.parse(bytes([0xC0 + len(items)]) + items)
    assert signed.fields["chainId"] == 0
    assert signed.sender is None


@pytest.mark.parametrize(("r", "s"), [(b"\x80", b"\x01"), (b"\x01", b"\x80")])
def test_parse_of_a_signature_of_zeros_is_by_nobody(r: bytes, s: bytes) -> None:
    items = b"\x80\x01\x82\x52\x08\x80\x80\x80" + b"\x25" + r + s
    assert SignedFields.parse(bytes([0xC0 + len(items)]) + items).sender is None
