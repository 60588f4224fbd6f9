"""The archive's own signature checks, against RFC 8032's vectors and `cryptography`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.evidence.curves import verify_ed25519, verify_es256
from ledger.jwk import PrivateKey, PublicKey

# RFC 8032, 7.1: TEST 1, 2, 3 and SHA(abc).
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]
# The order of Ed25519's group, and that of P-256.
L = 2**252 + 27742317777372353535851937790883648493
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# RFC 7515, appendix A.3: a key and its ES256 signature.
JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
SIGNED = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    b"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
R = int.from_bytes(
    bytes([14, 209, 33, 83, 121, 99, 108, 72, 60, 47, 127, 21, 88, 7, 212, 2, 163, 178, 40, 3, 58,
           249, 124, 126, 23, 129, 154, 195, 22, 158, 166, 101])
)  # fmt: skip
S = int.from_bytes(
    bytes([197, 10, 7, 211, 140, 60, 112, 229, 216, 241, 45, 175, 8, 74, 84, 128, 166, 101, 144,
           197, 242, 147, 80, 154, 143, 63, 127, 138, 131, 163, 84, 213])
)  # fmt: skip


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_ed25519_vectors_of_rfc_8032(key: str, message: str, signature: str) -> None:
    public, text, value = (bytes.fromhex(part) for part in (key, message, signature))
    assert verify_ed25519(public, text, value)
    assert not verify_ed25519(public, text + b"x", value)
    s = int.from_bytes(value[32:], "little") + L
    assert not verify_ed25519(public, text, value[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "key",
    [
        bytes([1]) + bytes(31),  # of order 1: any s = 0 and R = A would pass
        bytes(32),  # of order 4
        (2**255 - 18).to_bytes(32, "little"),  # 1, spelt with y >= p
        b"\xff" * 32,
        bytes(31),
    ],
)
def test_ed25519_key_of_small_order_or_another_spelling_signs_nothing(key: bytes) -> None:
    assert not verify_ed25519(key, b"any", (bytes([1]) + bytes(31) + bytes(32)))


def point(key: PublicKey) -> tuple[int, int]:
    return int.from_bytes(key.point[:32]), int.from_bytes(key.point[32:])


def test_es256_vector_of_rfc_7515() -> None:
    x, y = point(PublicKey.from_jwk(JWK))
    signature = R.to_bytes(32) + S.to_bytes(32)
    assert verify_es256(x, y, SIGNED, signature)
    assert not verify_es256(x, y, SIGNED + b".", signature)
    # (r, n - s) is the same signature's other spelling, which ECDSA lets be.
    assert verify_es256(x, y, SIGNED, R.to_bytes(32) + (N - S).to_bytes(32))
    for r, s in ((0, S), (R, 0), (N, S), (R, N), (R, S + N if S + N < 2**256 else 0)):
        assert not verify_es256(x, y, SIGNED, r.to_bytes(32) + s.to_bytes(32))
    assert not verify_es256(x, y + 1, SIGNED, signature)
    assert not verify_es256(x, y, SIGNED, signature[:-1])


@settings(max_examples=15)
@given(message=st.binary(max_size=200), place=st.integers(0, 63), flip=st.integers(1, 255))
@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
def test_signatures_hold_as_the_library_says(
    curve: str, message: bytes, place: int, flip: int
) -> None:
    key = PrivateKey.generate("P-256" if curve == "P-256" else "Ed25519")
    signature = key.sign(message)
    changed = bytearray(signature)
    changed[place] ^= flip

    def verifies(value: bytes) -> bool:
        if curve == "Ed25519":
            return verify_ed25519(key.public.point, message, value)
        return verify_es256(*point(key.public), message, value)

    assert verifies(signature)
    assert verifies(bytes(changed)) == key.public.verify(
        key.public.algorithm, message, bytes(changed)
    )
