"""Token Status Lists: the draft's own examples, every width, and every misuse."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, status_list
from ledger.attestation.claims import StatusList
from ledger.errors import MalformedError, UnavailableError, VerificationError
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.status_list import (
    MAX_LIST_SIZE,
    TYP,
    Statuses,
    StatusToken,
    TokenStatus,
    worst,
)

_ADDRESS = "https://example.com/statuses/1"
_KEY = PrivateKey.generate()
_NOW = 1_763_700_000


def _token(statuses: Statuses | None = None, **times: int) -> StatusToken:
    waiting = status_list.draft(
        _KEY.public,
        statuses or Statuses.of({1: TokenStatus.INVALID}, size=8),
        address=_ADDRESS,
        issued_at=times.get("issued_at", _NOW),
        expires_at=times.get("expires_at", _NOW + 3_600),
        time_to_live=60,
    )
    return StatusToken.parse(waiting.sign(_KEY).text)


def _signed(claims: Any, typ: str = TYP) -> str:
    return unsigned(_KEY.public, claims, typ=typ).sign(_KEY).text


# The draft's examples


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("status_list_encoding_json", [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]),
        ("status_list_encoding2_json", [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]),
    ],
)
def test_decode_the_drafts_short_example_reads_its_statuses(
    shared_vectors: Path, name: str, statuses: list[int]
) -> None:
    text = (shared_vectors / "ietf-status-list" / f"{name}.md").read_text()
    value = json.loads(text.partition("encoded:")[2])
    found = Statuses.decode(value["bits"], value["lst"])
    assert [found[index] for index in range(len(found))] == statuses
    assert Statuses.of(dict(enumerate(statuses)), size=len(statuses), bits=value["bits"]) == found


# The appendix's list: status, by index, of 2^20 places; for wider ones some more.
_LONG = {
    0: 1,
    1993: 2,
    25460: 3,
    159495: 4,
    495669: 5,
    554353: 6,
    645645: 7,
    723232: 8,
    854545: 9,
    934534: 10,
    1000345: 11,
}
_LONG_ONE_BIT = [0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345]


def _long(shared_vectors: Path, name: str) -> Statuses:
    text = (shared_vectors / "ietf-status-list" / f"{name}.md").read_text()
    value = json.loads(re.sub(r"\n\s+(?=[A-Za-z0-9_-]*[A-Za-z0-9_-])(?![\"}])", "", text))
    return Statuses.decode(value["bits"], value["lst"])


def test_decode_the_drafts_long_list_of_one_bit_reads_its_statuses(shared_vectors: Path) -> None:
    found = _long(shared_vectors, "status_list_encoding1_long_json")
    assert len(found) == 1 << 20
    assert [index for index in range(len(found)) if found[index]] == _LONG_ONE_BIT


@pytest.mark.parametrize(
    ("name", "bits"),
    [("encoding2_long", 2), ("encoding4", 4), ("encoding8", 8)],
)
def test_decode_the_drafts_wider_lists_encode_again_to_what_they_were(
    shared_vectors: Path, name: str, bits: int
) -> None:
    found = _long(shared_vectors, f"status_list_{name}_json")
    assert found.bits == bits
    given = {index: found[index] for index in range(len(found)) if found[index]}
    assert len(given) > 3
    again = Statuses.of(given, size=len(found), bits=found.bits)
    assert Statuses.decode(again.bits, again.encode()) == found


def test_parse_the_drafts_token_reads_it(shared_vectors: Path) -> None:
    raw = (shared_vectors / "ietf-status-list" / "status_list_jwt_raw.md").read_text()
    token = StatusToken.parse("".join(raw.split()))
    assert token.address == "https://example.com/statuslists/1"
    assert (token.issued_at, token.expires_at, token.time_to_live) == (
        1686920170,
        2291720170,
        43200,
    )
    place = StatusList(idx=3, uri=token.address)
    assert token.status_of(place, at=1686920170) == TokenStatus.INVALID


# Ours


@given(
    bits=st.sampled_from([1, 2, 4, 8]),
    size=st.integers(1, 300),
    data=st.data(),
)
def test_statuses_of_every_width_are_read_as_they_were_written(
    bits: Literal[1, 2, 4, 8], size: int, data: st.DataObject
) -> None:
    statuses = data.draw(st.dictionaries(st.integers(0, size - 1), st.integers(0, (1 << bits) - 1)))
    packed = Statuses.of(statuses, size=size, bits=bits)
    again = Statuses.decode(bits, packed.encode())
    assert again == packed
    assert [again[i] for i in range(size)] == [statuses.get(i, 0) for i in range(size)]


@pytest.mark.parametrize("statuses", [{8: 1}, {-1: 1}, {0: 4}, {0: -1}])
def test_statuses_that_do_not_fit_are_refused(statuses: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="of 2 bits, below 8"):
        Statuses.of(statuses, size=8)


def test_status_of_each_place_is_told() -> None:
    token = _token(Statuses.of({1: TokenStatus.INVALID, 2: TokenStatus.SUSPENDED}, size=4))
    told = [token.status_of(StatusList(idx=i, uri=_ADDRESS), at=_NOW) for i in range(4)]
    assert told == [TokenStatus.VALID, TokenStatus.INVALID, TokenStatus.SUSPENDED, 0]


@pytest.mark.parametrize("index", [8, 2**40])
def test_status_of_a_place_beyond_the_end_is_false(index: int) -> None:
    with pytest.raises(VerificationError) as caught:
        _token().status_of(StatusList(idx=index, uri=_ADDRESS), at=_NOW)
    assert caught.value.code == "status-list.index"


def test_status_in_another_list_is_false() -> None:
    with pytest.raises(VerificationError) as caught:
        _token().status_of(StatusList(idx=0, uri=_ADDRESS + "0"), at=_NOW)
    assert caught.value.code == "status-list.other"


@pytest.mark.parametrize("at", [_NOW - 1, _NOW + 3_600, _NOW + 10**6])
def test_status_at_a_time_that_the_list_does_not_speak_of_could_not_be_asked(at: int) -> None:
    """An old list is never an answer, and never a verdict either."""
    with pytest.raises(UnavailableError) as caught:
        _token().status_of(StatusList(idx=0, uri=_ADDRESS), at=at)
    assert caught.value.code == "status-list.time"


def test_token_signed_by_another_key_is_false() -> None:
    with pytest.raises(VerificationError):
        _token().jws.verify(PrivateKey.generate().public)
    _token().jws.verify(_KEY.public)


def test_token_of_as_many_attestations_as_there_may_be_is_read() -> None:
    statuses = Statuses.of({7: 1}, size=MAX_LIST_SIZE * 4)
    assert _token(statuses).statuses == statuses


def test_decode_of_a_bomb_is_refused_without_unpacking_it() -> None:
    bomb = base64url.encode(zlib.compress(bytes(MAX_LIST_SIZE + 1)))
    with pytest.raises(MalformedError, match=f"at most {MAX_LIST_SIZE} bytes"):
        Statuses.decode(1, bomb)


_LST = Statuses.of({}, size=8).encode()


@pytest.mark.parametrize(
    "lst",
    [
        "",
        "AAAA",
        "é",
        _LST + "=",
        _LST[:-2],
        base64url.encode(zlib.compress(b"\0") + b"\0"),
        base64url.encode(b"\x78\xda"),
    ],
)
def test_decode_of_what_is_no_list_is_malformed(lst: str) -> None:
    with pytest.raises(MalformedError):
        Statuses.decode(2, lst)


_CLAIMS: dict[str, Any] = {
    "sub": _ADDRESS,
    "iat": _NOW,
    "exp": _NOW + 60,
    "ttl": 30,
    "status_list": {"bits": 2, "lst": _LST},
}


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {**_CLAIMS, "iat": 1.5},
        {**_CLAIMS, "ttl": 0},
        {**_CLAIMS, "sub": ""},
        {**_CLAIMS, "sub": None},
        {**_CLAIMS, "more": 1},
        {**_CLAIMS, "status_list": {"bits": 3, "lst": _LST}},
        {**_CLAIMS, "status_list": {"bits": 2, "lst": 7}},
        {**_CLAIMS, "status_list": {"bits": 2}},
    ],
)
def test_parse_of_what_is_no_token_is_malformed(claims: dict[str, Any]) -> None:
    StatusToken.parse(_signed(_CLAIMS))
    with pytest.raises(MalformedError):
        StatusToken.parse(_signed(claims))


def test_parse_of_another_type_is_malformed() -> None:
    with pytest.raises(MalformedError):
        StatusToken.parse(_signed(_CLAIMS, "JWT"))


@given(st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_decode_of_any_bytes_is_a_list_or_malformed(data: bytes) -> None:
    for packed in (data, zlib.compress(data)):
        try:
            found = Statuses.decode(4, base64url.encode(packed))
        except MalformedError:
            assert packed is data
        else:
            assert len(found) == 2 * len(found.packed)


def test_worst_of_several_sources_wins() -> None:
    valid, invalid, suspended = TokenStatus
    assert worst([]) == worst([valid, valid]) == valid
    assert worst([valid, suspended]) == suspended
    assert worst([suspended, invalid, valid]) == invalid
    assert worst([valid, 7]) == invalid
