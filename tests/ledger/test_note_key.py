"""Keys of signed notes: written, read, and those that nobody may use."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.note import (
    Signer,
    Verifier,
)
from ledger.note_key import decode_base64, key_id

_SIGNER = Signer.from_seed("example.com/log", b"\x01" * 32)
_OTHER = Signer.from_seed("witness.example", b"\x02" * 32)
_LINE = "\u2014 example.org/unknown AAAAAAECAwQ=\n"

_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

_characters = st.characters(exclude_categories=["Cs", "Cc"])
_names = st.text(_characters, min_size=1, max_size=20).filter(
    lambda name: "+" not in name and not any(c.isspace() for c in name)
)
_texts = st.text(st.one_of(_characters, st.just("\n")), max_size=200).map(lambda t: t + "\n")
# Near a note: what a mangled one is made of.
_pieces = st.sampled_from(
    ["\n", "\n\n", "\u2014 ", " ", "=", "a", "example.com/log", "AAAAAAECAwQ=", _LINE, "\x00",
     "\ud800", "\x85", "\u2028", "+"]
)  # fmt: skip
_junk = st.one_of(
    st.text(st.characters()), st.lists(_pieces).map("".join), st.binary().map(bytes.hex)
)


@pytest.fixture(scope="session")
def shared(shared_vectors: Path) -> dict[str, Any]:
    text = (shared_vectors / "signed-note/vectors.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def test_keys_shared_vectors(shared: dict[str, Any]) -> None:
    for vkey in shared["verifier_keys"]["valid"]:
        assert str(Verifier.from_string(vkey)) == vkey
    for vkey in shared["verifier_keys"]["invalid"]:
        with pytest.raises(MalformedError):
            Verifier.from_string(vkey)
    for skey in shared["signer_keys"]["valid"]:
        assert Signer.from_string(skey).to_string() == skey


def _vkeys() -> list[str]:
    return [str(signer.verifier) for signer in (_SIGNER, _OTHER)]


def test_verifier_key_no_proper_substring_is_one(shared: dict[str, Any]) -> None:
    for vkey in [*shared["verifier_keys"]["valid"], *_vkeys()]:
        for start in range(len(vkey)):
            for end in range(start, len(vkey) + 1):
                if end - start < len(vkey):
                    with pytest.raises(MalformedError):
                        Verifier.from_string(vkey[start:end])


@pytest.mark.parametrize("step", [1, -1])
def test_verifier_key_with_one_byte_stepped_is_none(shared: dict[str, Any], step: int) -> None:
    for vkey in [*shared["verifier_keys"]["valid"], *_vkeys()]:
        data = vkey.encode()
        for at in range(len(data)):
            changed = data[:at] + bytes([(data[at] + step) % 256]) + data[at + 1 :]
            with pytest.raises(MalformedError):
                Verifier.from_string(changed.decode(errors="surrogateescape"))


@pytest.mark.parametrize("step", [1, -1])
def test_signer_key_with_one_byte_stepped_is_none_and_is_not_told(step: int) -> None:
    data = _SIGNER.to_string().encode()
    secret = b64encode(b"\x01" + _SIGNER.seed()).decode()
    for at in range(len(data)):
        changed = data[:at] + bytes([(data[at] + step) % 256]) + data[at + 1 :]
        with pytest.raises(MalformedError) as caught:
            Signer.from_string(changed.decode(errors="surrogateescape"))
        assert secret[4:20] not in f"{caught.value}{caught.value!r}"


@given(_names, st.binary(min_size=32, max_size=32))
def test_keys_written_are_read_again(name: str, seed: bytes) -> None:
    signer = Signer.from_seed(name, seed)
    assert Signer.from_string(signer.to_string()).to_string() == signer.to_string()
    assert Verifier.from_string(str(signer.verifier)) == signer.verifier
    assert signer.verifier == Verifier.from_public_key(name, signer.verifier.public_key)


@given(
    st.one_of(_junk, st.lists(st.sampled_from([*_vkeys(), "+", "AA==", "00000000"])).map("".join))
)
def test_keys_from_any_string_say_only_malformed(text: str) -> None:
    for read in (Verifier.from_string, Signer.from_string):
        with suppress(MalformedError):
            read(text)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a+b", "a\n", "a\u00a0b", "\u2003", "a\x85", "a\x01", "a\ud800"]
)
def test_names_that_no_signature_line_can_hold_are_refused(name: str) -> None:
    public_key = _SIGNER.verifier.public_key
    for make in (
        lambda: Signer.from_seed(name, bytes(32)),
        lambda: Verifier.from_public_key(name, public_key),
    ):
        with pytest.raises(MalformedError):
            make()


def test_signer_shows_no_secret() -> None:
    for text in (repr(_SIGNER), str(_SIGNER), f"{[_SIGNER]}"):
        assert _SIGNER.seed().hex() not in text
        assert _SIGNER.to_string()[-44:] not in text
        assert str(_SIGNER.verifier) in text


def _add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """Add points of edwards25519 (RFC 8032, 5.1.4, in affine coordinates)."""
    (x1, y1), (x2, y2) = one, two
    product = _D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, _PRIME) % _PRIME,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, _PRIME) % _PRIME,
    )


def _point(y: int) -> tuple[int, int] | None:
    """Find a point of that y (RFC 8032, 5.1.3)."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    x = pow(square, (_PRIME + 3) // 8, _PRIME)
    if (x * x - square) % _PRIME:
        x = x * pow(2, (_PRIME - 1) // 4, _PRIME) % _PRIME
    return None if (x * x - square) % _PRIME else (x, y)


def _times(number: int, point: tuple[int, int]) -> tuple[int, int]:
    result = (0, 1)
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


def _small_order_keys() -> list[bytes]:
    """Make every encoding of the eight points of small order, canonical or not."""
    torsion: set[tuple[int, int]] = set()
    y = 2
    while len(torsion) < 8:
        y += 1
        point = _point(y)
        if point is not None:
            step = _times(_GROUP_ORDER, point)
            torsion |= {_times(i, step) for i in range(8)}
    ys = {y for _, y in torsion}
    return [
        (value | sign << 255).to_bytes(32, "little")
        for y in sorted(ys)
        for value in (y, y + _PRIME)
        if value < 2**255
        for sign in (0, 1)
    ]


def test_public_key_of_small_order_is_refused_in_every_encoding() -> None:
    keys = _small_order_keys()
    assert len(keys) == 14
    for public_key in keys:
        with pytest.raises(MalformedError):
            Verifier.from_public_key("example.com/log", public_key)
        material = b"\x01" + public_key
        vkey = f"a+{key_id('a', material).hex()}+{b64encode(material).decode()}"
        with pytest.raises(MalformedError):
            Verifier.from_string(vkey)


@pytest.mark.parametrize("y", [_PRIME, _PRIME + 2, _PRIME + 18, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_public_key_that_is_not_canonical_is_refused(y: int, sign: int) -> None:
    with pytest.raises(MalformedError):
        Verifier.from_public_key("a", (y | sign << 255).to_bytes(32, "little"))


def test_signature_with_s_beyond_the_group_order_is_refused() -> None:
    """Malleability: s + L satisfies the equation too (RFC 8032, 5.1.7 forbids it)."""
    value = _SIGNER.sign(b"text\n")
    s = int.from_bytes(value[32:], "little") + _GROUP_ORDER
    assert _SIGNER.verifier.verify(b"text\n", value)
    assert not _SIGNER.verifier.verify(b"text\n", value[:32] + s.to_bytes(32, "little"))


@given(st.binary(max_size=80))
def test_signature_of_any_bytes_is_a_no_and_no_error(value: bytes) -> None:
    assert not _SIGNER.verifier.verify(b"text\n", value)


@given(st.one_of(st.text(), st.text("AZaz09+/=", max_size=12)))
def test_decode_base64_reads_one_spelling_only(text: str) -> None:
    with suppress(MalformedError):
        assert b64encode(decode_base64(text, "code", "what")).decode() == text


@pytest.mark.parametrize(
    "text", ["AB==", "AA=", "AA", "A===", "AA==\n", " AA==", "-_==", "\ud800", "é"]
)
def test_decode_base64_other_spellings_are_refused(text: str) -> None:
    """Stray bits, missing padding, the URL alphabet, white space: one value, one text."""
    with pytest.raises(MalformedError):
        decode_base64(text, "code", "what")


def test_keys_of_another_length_or_spelling_are_refused() -> None:
    for size in (0, 31, 33, 64):
        with pytest.raises(MalformedError):
            Signer.from_seed("a", bytes(size))
        with pytest.raises(MalformedError):
            Verifier.from_public_key("a", b"\x05" * size)
    name, identifier, material = str(_SIGNER.verifier).split("+", 2)
    for other in (identifier.upper(), identifier[:-1] + "g", f"{identifier}00", identifier[:-2]):
        if other != identifier:  # an id of digits alone has no upper case
            with pytest.raises(MalformedError):
                Verifier.from_string(f"{name}+{other}+{material}")


def test_public_key_just_below_the_field_prime_is_canonical() -> None:
    assert Verifier.from_public_key("a", (_PRIME - 2).to_bytes(32, "little")).name == "a"


def test_derived_secret_is_of_the_key_the_purpose_and_the_salt_alone() -> None:
    """RFC 5869 with one block, written out."""
    salt, purpose = b"\x03" * 32, b"a purpose"
    extracted = hmac.digest(salt, _SIGNER.seed(), "sha256")
    expected = hmac.digest(extracted, purpose + b"\x01", "sha256")
    assert _SIGNER.derive(purpose, salt) == expected
    others = {
        _OTHER.derive(purpose, salt),
        _SIGNER.derive(b"another", salt),
        _SIGNER.derive(purpose, b"\x04" * 32),
    }
    assert len(others - {expected, _SIGNER.seed()}) == 3
