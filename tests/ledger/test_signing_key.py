"""Signing keys: made private, read strictly; a server's are encrypted and of somebody."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger import base64url
from ledger.errors import ConfigurationError, NotFoundError
from ledger.jwk import PublicKey
from ledger.signing_key import KeyDirectory, load_signing_key, make_signing_key

_WORD = "correct horse"


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
@pytest.mark.parametrize("passphrase", [None, _WORD])
def test_signing_key_is_read_as_it_was_made(
    tmp_path: Path, curve: Any, passphrase: str | None
) -> None:
    path = tmp_path / "a.pem"
    made = make_signing_key(path, curve=curve, passphrase=passphrase, organisation="示例:1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = load_signing_key(path, passphrase)
    assert (loaded.key.public, loaded.organisation) == (made.key.public, "示例:1")
    assert loaded.key.public.curve == curve
    secret = made.key.to_jwk()["d"]
    assert secret not in repr(made) + repr(loaded)
    # Other tools skip the line above the key.
    word = None if passphrase is None else passphrase.encode()
    assert load_pem_private_key(path.read_bytes(), word) is not None


def test_signing_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    make_signing_key(path)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="never overwritten"):
        make_signing_key(path)
    assert path.read_bytes() == before


def test_signing_key_with_another_passphrase_or_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    make_signing_key(path, passphrase=_WORD)
    for wrong in (None, "another", ""):
        with pytest.raises(ConfigurationError) as told:
            load_signing_key(path, wrong)
        assert told.value.code in {"key.unusable", "key.passphrase"}
        assert _WORD not in str(told.value)


def test_signing_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    make_signing_key(path)
    path.chmod(0o640)
    with pytest.raises(ConfigurationError) as told:
        load_signing_key(path)
    assert told.value.code == "key.mode"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ec.generate_private_key(ec.SECP384R1()),
        lambda: rsa.generate_private_key(65_537, 2_048),
    ],
)
def test_signing_key_of_another_kind_is_refused(tmp_path: Path, make: Any) -> None:
    path = tmp_path / "a.pem"
    path.write_bytes(make().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(ConfigurationError) as told:
        load_signing_key(path)
    assert (told.value.code, told.value.expected) == (
        "key.unusable",
        "a private key of P-256 or Ed25519",
    )


@pytest.mark.parametrize("text", ["", "-----BEGIN PRIVATE KEY-----", "x\n" * 5, "\x00\xff"])
def test_signing_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.pem"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        load_signing_key(path)


def test_server_holds_encrypted_keys_each_for_its_organisation(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_signing_key(tmp_path / f"{name}.pem", passphrase=_WORD, organisation=name)
    held = KeyDirectory.load(tmp_path, _WORD)
    one = held.find("one", "one")
    assert held.find(one.thumbprint, "one").key.public == one.key.public
    for name, asker in (("two", "one"), (one.thumbprint, "two"), ("three", "one")):
        with pytest.raises(NotFoundError):
            held.find(name, asker)


def test_server_refuses_a_key_in_the_clear_and_one_of_nobody(tmp_path: Path) -> None:
    make_signing_key(tmp_path / "one.pem", organisation="one")
    with pytest.raises(ConfigurationError) as told:
        KeyDirectory.load(tmp_path, _WORD)
    assert told.value.code == "key.plain"
    (tmp_path / "one.pem").unlink()
    make_signing_key(tmp_path / "two.pem", passphrase=_WORD)
    with pytest.raises(ConfigurationError) as told:
        KeyDirectory.load(tmp_path, _WORD)
    assert told.value.code == "key.unusable"
    with pytest.raises(ConfigurationError) as told:
        KeyDirectory.load(tmp_path / "absent", _WORD)
    assert told.value.code == "key.directory"


def test_thumbprint_and_did_name_the_key(tmp_path: Path) -> None:
    made = make_signing_key(tmp_path / "a.pem")
    public = made.key.public
    assert base64url.decode(made.thumbprint) == public.thumbprint
    assert PublicKey.from_did(public.did) == PublicKey.from_jwk(
        json.loads(json.dumps(public.to_jwk()))
    )
