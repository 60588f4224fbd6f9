"""Key files: private, whole, never overwritten, and silent about what they hold."""

from __future__ import annotations

import json
import os
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import ConfigurationError
from ledger.keys import load_log_key, load_operator_key, make_log_key, make_operator_key
from ledger.note import Signer

_ORIGIN = "example.com/log"
_PASSPHRASE = "correct horse battery 電池"  # noqa: S105 - a test's
_SIGNER = Signer.from_seed(_ORIGIN, b"\x07" * 32)
_OPERATOR = b"\x09" * 32


def _make_log(path: Path, passphrase: str | None = None) -> object:
    return make_log_key(path, _ORIGIN, passphrase)


_MAKERS: dict[str, Callable[[Path, str | None], object]] = {
    "log": _make_log,
    "operator": make_operator_key,
}
_LOADERS: dict[str, Callable[[Path, str | None], object]] = {
    "log": load_log_key,
    "operator": load_operator_key,
}
_kinds = pytest.mark.parametrize("kind", ["log", "operator"])


def _private(path: Path, content: str | bytes) -> Path:
    path.touch(0o600)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _secret(key: object) -> bytes:
    if isinstance(key, Signer):
        return key.seed()
    assert isinstance(key, bytes)
    return key


@_kinds
@pytest.mark.parametrize("passphrase", [None, _PASSPHRASE])
def test_key_made_is_loaded_again(tmp_path: Path, kind: str, passphrase: str | None) -> None:
    path = tmp_path / "deep" / "er" / "a.key"
    made = _MAKERS[kind](path, passphrase)
    assert _secret(_LOADERS[kind](path, passphrase)) == _secret(made)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["a.key"]
    assert path.stat().st_nlink == 1


@_kinds
def test_two_keys_made_are_two_keys(tmp_path: Path, kind: str) -> None:
    made = {_secret(_MAKERS[kind](tmp_path / str(i), None)) for i in range(3)}
    assert len(made) == 3


def test_log_key_file_begins_with_the_public_key(tmp_path: Path) -> None:
    for passphrase in (None, _PASSPHRASE):
        path = tmp_path / f"{passphrase is None}.key"
        signer = make_log_key(path, _ORIGIN, passphrase)
        assert path.read_text("utf-8").splitlines()[0] == str(signer.verifier)


@_kinds
def test_key_made_under_any_umask_is_private_from_the_first_byte(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        modes.extend(
            path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.stat().st_size
        )
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    before = os.umask(0)
    try:
        _MAKERS[kind](tmp_path / "a.key", None)
    finally:
        os.umask(before)
    assert modes
    assert set(modes) == {0o600}


@_kinds
def test_key_that_is_there_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    path = _private(tmp_path / "a.key", "something else")
    with pytest.raises(ConfigurationError) as caught:
        _MAKERS[kind](path, None)
    assert caught.value.code == "key.exists"
    assert path.read_text() == "something else"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.key"]


@_kinds
def test_dangling_link_is_not_followed_into_another_place(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError):
        _MAKERS[kind](tmp_path / "a.key", None)
    assert not (tmp_path / "elsewhere").exists()


@_kinds
def test_race_of_many_makers_has_one_winner_whose_key_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.key"
    made: list[object] = []
    refused: list[str] = []
    start = threading.Barrier(8)

    def maker() -> None:
        start.wait()
        try:
            made.append(_MAKERS[kind](path, None))
        except ConfigurationError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=maker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["key.exists"] * 7
    assert [_secret(key) for key in made] == [_secret(_LOADERS[kind](path, None))]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.key"]


@_kinds
@pytest.mark.parametrize("step", ["fsync", "open", "link"])
def test_failing_disk_leaves_no_key_and_no_secret(
    tmp_path: Path, kind: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(ConfigurationError) as caught:
        _MAKERS[kind](tmp_path / "a.key", None)
    assert caught.value.code == "key.unwritable"
    assert "No space left" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@_kinds
def test_directory_that_is_a_file_is_told(tmp_path: Path, kind: str) -> None:
    _private(tmp_path / "file", "")
    with pytest.raises(ConfigurationError) as caught:
        _MAKERS[kind](tmp_path / "file" / "a.key", None)
    assert caught.value.code == "key.unwritable"


@_kinds
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o601])
def test_key_that_others_may_touch_is_refused(tmp_path: Path, kind: str, mode: int) -> None:
    path = tmp_path / "a.key"
    _MAKERS[kind](path, None)
    path.chmod(mode)
    with pytest.raises(ConfigurationError) as caught:
        _LOADERS[kind](path, None)
    assert caught.value.code == "key.mode"
    assert caught.value.found == oct(mode)


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files made with a passphrase, once: a keystore's key derivation takes half a second."""
    paths = {kind: tmp_path_factory.mktemp(kind) / "a.key" for kind in _MAKERS}
    for kind, path in paths.items():
        _MAKERS[kind](path, _PASSPHRASE)
    return paths


@_kinds
@pytest.mark.parametrize("wrong", [None, "", "another", _PASSPHRASE + " ", "\udce9"])
def test_wrong_passphrase_opens_nothing(
    encrypted: dict[str, Path], kind: str, wrong: str | None
) -> None:
    path = encrypted[kind]
    with pytest.raises(ConfigurationError) as caught:
        _LOADERS[kind](path, wrong)
    assert caught.value.code in {"key.unusable", "key.passphrase"}


@_kinds
@pytest.mark.parametrize("passphrase", ["", "\ud800"])
def test_passphrase_that_protects_nothing_is_refused(
    tmp_path: Path, kind: str, passphrase: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _MAKERS[kind](tmp_path / "a.key", passphrase)
    assert caught.value.code == "key.passphrase"
    assert list(tmp_path.iterdir()) == []


@_kinds
def test_missing_file_and_directory_are_unusable(tmp_path: Path, kind: str) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigurationError) as caught:
            _LOADERS[kind](path, None)
        assert caught.value.code == "key.unusable"


# Content that is not whole, or not a key


@_kinds
@pytest.mark.parametrize("passphrase", [None, _PASSPHRASE])
def test_half_written_file_is_unusable_at_every_length(
    tmp_path: Path, encrypted: dict[str, Path], kind: str, passphrase: str | None
) -> None:
    whole = encrypted[kind]
    if passphrase is None:
        whole = tmp_path / "whole"
        _MAKERS[kind](whole, None)
    made = _LOADERS[kind](whole, passphrase)
    content = whole.read_bytes()
    for length in range(len(content.rstrip())):
        path = _private(tmp_path / "cut", content[:length])
        try:
            loaded = _LOADERS[kind](path, passphrase)
        except ConfigurationError:
            continue
        # The armour's last dashes say nothing: the key before them is whole.
        assert passphrase is not None
        assert _secret(loaded) == _secret(made)


@_kinds
@given(content=st.one_of(st.binary(), st.text().map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_unusable_and_no_other_error(
    tmp_path: Path, kind: str, content: bytes
) -> None:
    path = _private(tmp_path / "a.key", content)
    for passphrase in (None, _PASSPHRASE):
        with pytest.raises(ConfigurationError):
            _LOADERS[kind](path, passphrase)


_texts = [
    "", "0x", "0x" + "00" * 32, "0x" + "ff" * 32, "0x" + "11" * 31, "0x" + "11" * 33,
    "11" * 31 + " 11 ", "0x" + "1\u0661" * 32, "0X" + "11" * 32, "{", "{}", "[]", '{"version": 3}',
]  # fmt: skip


@pytest.mark.parametrize("text", _texts)
def test_operator_key_that_is_none_is_unusable(tmp_path: Path, text: str) -> None:
    path = _private(tmp_path / "a.key", text)
    with pytest.raises(ConfigurationError) as caught:
        load_operator_key(path, _PASSPHRASE)
    assert caught.value.code == "key.unusable"


def test_operator_key_without_its_prefix_is_read(tmp_path: Path) -> None:
    path = _private(tmp_path / "a.key", _OPERATOR.hex().upper() + "\n")
    assert load_operator_key(path) == _OPERATOR


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 10), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def keystore() -> dict[str, Any]:
    from eth_account import Account  # noqa: PLC0415 - slow to import

    made: dict[str, Any] = Account.encrypt(_OPERATOR, _PASSPHRASE, iterations=2)
    return made


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_keystore_with_a_member_changed_is_unusable_or_the_same_key(
    tmp_path: Path, keystore: dict[str, Any], data: st.DataObject
) -> None:
    changed = json.loads(json.dumps(keystore))
    owner = data.draw(
        st.sampled_from(
            [changed, changed["crypto"], changed["crypto"]["kdfparams"],
             changed["crypto"]["cipherparams"]]
        )
    )  # fmt: skip
    name = data.draw(st.sampled_from(sorted(owner)))
    if data.draw(st.booleans()):
        del owner[name]
    else:
        owner[name] = data.draw(_json)
    path = _private(tmp_path / "a.key", json.dumps(changed))
    try:
        loaded = load_operator_key(path, _PASSPHRASE)
    except ConfigurationError:
        return
    assert loaded == _OPERATOR


def _pem(key: Ed25519PrivateKey | X25519PrivateKey, passphrase: str | None) -> str:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def test_log_key_of_another_algorithm_or_unencrypted_is_unusable(tmp_path: Path) -> None:
    for text in (
        _pem(X25519PrivateKey.generate(), _PASSPHRASE),
        _pem(Ed25519PrivateKey.from_private_bytes(_SIGNER.seed()), None),
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    ):
        path = _private(tmp_path / "a.key", f"{_SIGNER.verifier}\n{text}")
        with pytest.raises(ConfigurationError) as caught:
            load_log_key(path, _PASSPHRASE)
        assert caught.value.code == "key.unusable"


def test_log_key_under_another_keys_name_is_unusable(tmp_path: Path) -> None:
    other = Signer.from_seed(_ORIGIN, b"\x08" * 32)
    path = _private(tmp_path / "a.key", f"{other.verifier}\n{_SIGNER.to_string()}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_log_key(path)
    assert caught.value.found == "two different keys"


# Nothing secret is told


def test_no_error_tells_a_secret_however_it_is_shown(tmp_path: Path) -> None:
    skey = _SIGNER.to_string()
    operator = f"0x{_OPERATOR.hex()}"
    for kind, content in (
        ("log", skey),
        ("log", f"{skey}\n{skey}"),
        ("log", f"{_SIGNER.verifier}\n{skey[:-1]}"),
        ("log", f"{_SIGNER.verifier}\n{skey}x"),
        ("log", f"{_SIGNER.verifier}\n{skey}\udcff"),
        ("operator", f"{operator}0"),
        ("operator", operator[:-1]),
        ("operator", f"{operator}\udcff"),
        ("operator", f"{{{operator}"),
    ):
        path = _private(tmp_path / "a.key", content.encode(errors="surrogateescape"))
        with pytest.raises(ConfigurationError) as caught:
            _LOADERS[kind](path, None)
        error: BaseException | None = caught.value
        told = "".join(traceback.format_exception(caught.value))
        while error is not None:
            told += f"{error}{error!r}{error.args!r}"
            error = error.__cause__ or error.__context__
        for secret in (skey[-40:-4], _OPERATOR.hex()[:-2], _SIGNER.seed().hex()):
            assert secret not in told
