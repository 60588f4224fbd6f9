"""JSON Web Keys: the RFCs' own examples, another implementation's keys, and every misuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url
from ledger.canonical import canonicalize
from ledger.errors import MalformedError
from ledger.jwk import MAX_DID_SIZE, Curve, PrivateKey, PublicKey

# RFC 8037, A.1 and A.2
_ED25519 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
}
# RFC 7515, A.3.1
_P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
}
_CURVES: list[Curve] = ["P-256", "Ed25519"]


def _public(key: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in key.items() if name != "d"}


def test_thumbprint_rfc8037_example_is_the_rfcs() -> None:
    key = PublicKey.from_jwk(_public(_ED25519))
    assert base64url.encode(key.thumbprint) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_thumbprint_members_beside_the_required_change_nothing() -> None:
    plain = PublicKey.from_jwk(_public(_P256))
    adorned = PublicKey.from_jwk({**_public(_P256), "kid": "mine", "use": "sig", "alg": "ES256"})
    assert plain == adorned
    assert plain.thumbprint == adorned.thumbprint


def test_private_key_rfc8037_signs_as_the_rfc_does() -> None:
    """RFC 8037, A.4."""
    message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    signature = PrivateKey.from_jwk(_ED25519).sign(message)
    assert base64url.encode(signature) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


@pytest.mark.parametrize("curve", _CURVES)
@given(message=st.binary(max_size=64))
def test_signature_of_a_new_key_is_its_own_alone(curve: Curve, message: bytes) -> None:
    key, other = PrivateKey.generate(curve), PrivateKey.generate(curve)
    signature = key.sign(message)
    algorithm = key.public.algorithm
    assert len(signature) == 64
    assert key.public.verify(algorithm, message, signature)
    assert not key.public.verify(algorithm, message + b"\0", signature)
    assert not other.public.verify(algorithm, message, signature)


def test_verify_algorithm_of_the_other_curve_is_refused() -> None:
    key = PrivateKey.generate("P-256")
    assert not key.public.verify("EdDSA", b"text", key.sign(b"text"))
    assert not key.public.verify("HS256", b"text", key.sign(b"text"))
    assert not key.public.verify("none", b"text", b"")


@pytest.mark.parametrize("curve", _CURVES)
@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_verify_signature_of_another_size_is_refused(curve: Curve, size: int) -> None:
    key = PrivateKey.generate(curve).public
    assert not key.verify(key.algorithm, b"text", bytes(size))


@pytest.mark.parametrize("value", [0, 2**256 - 1])
def test_verify_es256_with_numbers_out_of_range_is_refused(value: int) -> None:
    key = PrivateKey.generate("P-256").public
    assert not key.verify("ES256", b"text", value.to_bytes(32) * 2)


@pytest.mark.parametrize("curve", _CURVES)
def test_keys_survive_jwk_and_did(curve: Curve) -> None:
    key = PrivateKey.generate(curve)
    again = PrivateKey.from_jwk(key.to_jwk())
    assert again.public == key.public
    assert again.public.verify(key.public.algorithm, b"text", key.sign(b"text"))
    assert PublicKey.from_jwk(key.public.to_jwk()) == key.public
    assert PublicKey.from_did(key.public.did) == key.public


def test_repr_of_a_private_key_shows_no_secret() -> None:
    key = PrivateKey.from_jwk(_P256)
    assert _P256["d"] not in repr(key)
    assert key.public.did in repr(key)


def test_public_key_from_a_private_one_is_refused_without_showing_it() -> None:
    with pytest.raises(MalformedError) as caught:
        PublicKey.from_jwk(_P256)
    assert _P256["d"] not in str(caught.value)


_OTHER = base64url.encode(bytes(31) + b"\x02")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"kty": "oct", "k": "AA"},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-384", "x": _OTHER, "y": _OTHER},
        {"kty": "EC", "crv": "secp256k1", "x": _OTHER, "y": _OTHER},
        {"kty": "OKP", "crv": "P-256", "x": _P256["x"], "y": _P256["y"]},
        {"kty": "EC", "crv": "Ed25519", "x": _ED25519["x"]},
        {"kty": "EC", "crv": ["P-256"], "x": _P256["x"], "y": _P256["y"]},
        {**_public(_P256), "y": _OTHER},
        {**_public(_P256), "y": None},
        {**_public(_P256), "x": _P256["x"] + "="},
        {**_public(_P256), "x": _P256["x"][:-1]},
        {**_public(_P256), "x": "é" * 43},
        {**_public(_ED25519), "x": 7},
        # The point of order 1, and a y that is not below the field's prime.
        {**_public(_ED25519), "x": base64url.encode(b"\x01" + bytes(31))},
        {**_public(_ED25519), "x": base64url.encode(b"\xff" * 32)},
    ],
)
def test_public_key_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(MalformedError, match="key") as caught:
        PublicKey.from_jwk(value)
    assert caught.value.code == "jwk.malformed"


@pytest.mark.parametrize(
    "value",
    [
        None,
        _public(_P256),
        {**_P256, "d": _ED25519["d"]},
        {**_ED25519, "d": _P256["d"]},
        {**_P256, "d": base64url.encode(bytes(32))},
        {**_P256, "d": base64url.encode(b"\xff" * 32)},
        {**_P256, "d": "short"},
    ],
)
def test_private_key_that_is_none_is_refused_without_showing_it(value: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        PrivateKey.from_jwk(value)
    assert caught.value.code == "jwk.malformed"
    assert caught.value.__cause__ is None
    if value is not None and "d" in value:
        assert value["d"] not in str(caught.value)


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:jwk:",
        "did:web:example.com",
        "did:jwk:%%",
        "did:jwk:" + base64url.encode(b"[]"),
        "did:jwk:" + base64url.encode(canonicalize(_P256)),
        "did:jwk:" + "A" * MAX_DID_SIZE,
        "did:jwk:" + "é",
    ],
)
def test_did_that_is_none_is_refused(did: str) -> None:
    with pytest.raises(MalformedError):
        PublicKey.from_did(did)


@given(st.text(max_size=80))
def test_did_of_any_text_is_a_key_or_malformed(text: str) -> None:
    for did in (
        text,
        f"did:jwk:{text}",
        "did:jwk:" + base64url.encode(text.encode(errors="replace")),
    ):
        with pytest.raises(MalformedError):
            PublicKey.from_did(did)
