"""Compact JSON Web Signatures: the RFCs' own examples, signing in two steps, and every misuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url
from ledger.canonical import canonicalize
from ledger.certificate_chain import read_pem
from ledger.errors import MalformedError, VerificationError
from ledger.jwk import PrivateKey, PublicKey
from ledger.jws import MAX_JWS_SIZE, Jws, unsigned
from tests.seal_key import certify, pem_of

_TYP = "dc+sd-jwt"

_KEYS = {
    # RFC 7515, A.3
    "ES256": (
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        (
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5d"
            "jxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
    ),
    # RFC 8037, A.4
    "EdDSA": (
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        (
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
            "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        ),
    ),
}


def _text(header: Any, payload: bytes = b"{}", signature: bytes = bytes(64)) -> str:
    return ".".join(base64url.encode(part) for part in (canonicalize(header), payload, signature))


@pytest.mark.parametrize("algorithm", _KEYS)
def test_verify_rfc_example_is_right(algorithm: str) -> None:
    key, text = _KEYS[algorithm]
    jws = Jws.parse(text)
    assert jws.algorithm == algorithm
    assert jws.text == text
    jws.verify(PublicKey.from_jwk(key))


@pytest.mark.parametrize("algorithm", _KEYS)
def test_verify_rfc_example_with_any_part_changed_fails(algorithm: str) -> None:
    key, text = _KEYS[algorithm]
    header, payload, signature = text.split(".")
    spoilt = [
        f"{header}.{payload}AAAA.{signature}",
        f"{header}.{payload}.{'A' * 86}",
        f"{base64url.encode(canonicalize({'alg': algorithm, 'x': 1}))}.{payload}.{signature}",
    ]
    for other in spoilt:
        with pytest.raises(VerificationError) as caught:
            Jws.parse(other).verify(PublicKey.from_jwk(key))
        assert caught.value.code == "jws.signature"


def test_verify_with_a_key_of_another_curve_fails() -> None:
    _, text = _KEYS["EdDSA"]
    with pytest.raises(VerificationError):
        Jws.parse(text).verify(PrivateKey.generate("P-256").public)


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_signing_elsewhere_gives_what_signing_here_gives(curve: Any) -> None:
    key = PrivateKey.generate(curve)
    waiting = unsigned(key.public, {"iss": "someone", "iat": 1}, typ=_TYP)
    signature = key.sign(waiting.signing_input)
    jws = waiting.complete(signature)
    assert jws.claims == {"iat": 1, "iss": "someone"}
    assert (jws.key, jws.thumbprint) == (key.public, key.public.thumbprint)
    assert Jws.parse(jws.text, typ=_TYP) == jws
    Jws.parse(waiting.sign(key).text).verify(key.public)


def test_complete_with_a_signature_of_another_key_is_refused() -> None:
    key = PrivateKey.generate()
    waiting = unsigned(key.public, {}, typ=_TYP)
    with pytest.raises(VerificationError):
        waiting.complete(PrivateKey.generate().sign(waiting.signing_input))
    with pytest.raises(VerificationError):
        waiting.complete(b"")


def test_thumbprint_is_read_from_kid_where_no_key_came_along() -> None:
    thumbprint = PrivateKey.generate().public.thumbprint
    named = Jws.parse(_text({"alg": "ES256", "kid": base64url.encode(thumbprint)}))
    assert (named.key, named.thumbprint) == (None, thumbprint)
    assert Jws.parse(_text({"alg": "ES256", "kid": "key-1"})).thumbprint is None
    assert Jws.parse(_text({"alg": "ES256"})).thumbprint is None


def test_thumbprint_of_a_key_that_came_along_is_the_keys_whatever_kid_says() -> None:
    key = PrivateKey.generate().public
    other = PrivateKey.generate().public
    header = {"alg": "ES256", "jwk": key.to_jwk(), "kid": base64url.encode(other.thumbprint)}
    assert Jws.parse(_text(header)).thumbprint == key.thumbprint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        "..",
        _text([]),
        _text({}),
        _text({"alg": "none"}),
        _text({"alg": "HS256"}),
        _text({"alg": ["ES256"]}),
        _text({"alg": "ES256", "crit": ["exp"]}),
        _text({"alg": "ES256", "b64": False}),
        _text({"alg": "ES256", "jku": "https://example.com/keys"}),
        _text({"alg": "ES256", "x5u": "https://example.com/chain"}),
        _text({"alg": "ES256", "kid": 7}),
        _text({"alg": "ES256", "kid": "é"}),
        _text({"alg": "ES256", "jwk": {"kty": "EC"}}),
        _text({"alg": "ES256", "typ": "JWT"}),
        _text({"alg": "ES256", "typ": _TYP}) + "=",
        _text({"alg": "ES256", "typ": _TYP}).replace(".", ". ", 1),
        base64url.encode(b'{"alg":"ES256","alg":"EdDSA"}') + ".e30.",
        "é" + _text({"alg": "ES256", "typ": _TYP}),
        _text({"alg": "ES256", "typ": _TYP}, b"x" * MAX_JWS_SIZE),
        _text({"alg": "ES256", "typ": _TYP, "x": "x" * 16_384}),
    ],
)
def test_parse_what_is_not_read_here_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        Jws.parse(text, typ=_TYP)


@pytest.mark.parametrize("payload", [b"", b"[]", b"1", b'{"a":1,"a":2}', b"\xff", b"{"])
def test_claims_that_are_no_object_are_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedError):
        _ = Jws.parse(_text({"alg": "ES256"}, payload)).claims


@given(
    st.text(max_size=200) | st.binary(max_size=80).map(lambda data: _text({"alg": "ES256"}, data))
)
def test_parse_of_any_text_is_a_signature_or_malformed(text: str) -> None:
    try:
        jws = Jws.parse(text)
    except MalformedError:
        return
    assert jws.text == text


def test_certificates_take_the_place_of_the_key_and_must_fit() -> None:
    key = PrivateKey.generate()
    waiting = unsigned(key.public, {"iss": "me"}, typ="test+jwt")
    (mine, root) = read_pem(pem_of(certify(key)))
    signed = waiting.certified([mine, root]).sign(key)
    assert signed.certificates == (mine, root)
    assert (signed.key, signed.claims) == (key.public, {"iss": "me"})
    assert "jwk" not in signed.header
    with pytest.raises(MalformedError) as refused:
        waiting.certified([mine] * 30)
    assert refused.value.code == "jws.malformed"
