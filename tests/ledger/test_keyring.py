"""A ledger's keys: made at its first start only, and never beside a log that is there."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import ConfigurationError, UnavailableError
from ledger.keyring import Keyring, load_log_signer
from ledger.keys import load_operator_key, make_operator_key
from ledger.local_key import LocalKey
from ledger.settings import Settings


def settings(directory: Path, **given: Any) -> Settings:
    return Settings.load(data_dir=directory, **given)


def refused(directory: Path, *, origin: str | None, **given: Any) -> str:
    before = sorted(directory.iterdir())
    with pytest.raises(ConfigurationError) as caught:
        Keyring.open(settings(directory, **given), origin=origin)
    # What was refused has made nothing.
    assert sorted(directory.iterdir()) == before
    return caught.value.code


def test_first_start_makes_private_keys_and_the_next_one_loads_them(tmp_path: Path) -> None:
    made = Keyring.open(settings(tmp_path), origin=None)
    for name in ("log.key", "operator.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    again = Keyring.open(settings(tmp_path), origin=made.log.name)
    assert again.log.verifier == made.log.verifier
    assert again.operator.address == made.operator.address
    assert again.operator is again.sender is again.admin


def test_first_start_takes_the_configured_origin_or_makes_a_new_one_each_time(
    tmp_path: Path,
) -> None:
    for name in ("named", "a", "b"):
        (tmp_path / name).mkdir()
    named = Keyring.open(settings(tmp_path / "named", origin="example.com/log"), origin=None)
    assert named.log.name == "example.com/log"
    a, b = (Keyring.open(settings(tmp_path / name), origin=None) for name in ("a", "b"))
    assert a.log.name != b.log.name


def test_first_start_cut_short_is_gone_on_with(tmp_path: Path) -> None:
    made = Keyring.open(settings(tmp_path), origin=None)
    (tmp_path / "operator.key").unlink()
    again = Keyring.open(settings(tmp_path), origin=None)
    assert again.log.verifier == made.log.verifier
    assert again.operator.address != made.operator.address


@pytest.mark.parametrize("name", ["log.key", "operator.key"])
def test_key_missing_beside_a_log_is_told_and_not_made_anew(tmp_path: Path, name: str) -> None:
    origin = Keyring.open(settings(tmp_path), origin=None).log.name
    (tmp_path / name).unlink()
    assert refused(tmp_path, origin=origin) == "key.missing"


@pytest.mark.parametrize("setting", ["sender_key_file", "admin_key_file"])
def test_key_that_a_setting_names_is_never_made(tmp_path: Path, setting: str) -> None:
    made = Keyring.open(settings(tmp_path), origin=None)
    absent = {setting: tmp_path / "none"}
    assert refused(tmp_path, origin=made.log.name, **absent) == "key.missing"


def test_sender_pays_and_opens_unless_an_admin_is_named(tmp_path: Path) -> None:
    sender, admin = (
        LocalKey(make_operator_key(tmp_path / name)).address for name in ("sender", "admin")
    )
    files: dict[str, Any] = {"sender_key_file": tmp_path / "sender"}
    keys = Keyring.open(settings(tmp_path, **files), origin=None)
    assert (keys.sender.address, keys.admin.address) == (sender, sender)
    assert keys.operator.address not in {sender, admin}
    files["admin_key_file"] = tmp_path / "admin"
    keys = Keyring.open(settings(tmp_path, **files), origin=keys.log.name)
    assert (keys.sender.address, keys.admin.address) == (sender, admin)


def test_another_origin_than_the_keys_is_refused(tmp_path: Path) -> None:
    origin = Keyring.open(settings(tmp_path), origin=None).log.name
    with pytest.raises(ConfigurationError) as caught:
        load_log_signer(settings(tmp_path, origin="example.com/another"))
    assert (caught.value.code, caught.value.expected) == ("settings.origin", origin)
    assert load_log_signer(settings(tmp_path, origin=origin)).name == origin


def test_keyring_shows_no_key(tmp_path: Path) -> None:
    keys = Keyring.open(settings(tmp_path), origin=None)
    shown = f"{keys!r} {keys}"
    secret = load_operator_key(tmp_path / "operator.key")
    for told in (secret.hex(), repr(secret), keys.log.to_string()):
        assert told not in shown


@pytest.mark.parametrize("role", ["operator", "sender", "admin"])
def test_key_from_the_environment_is_taken_and_no_file_is_made_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    key = LocalKey.generate()
    secret = f"0x{key._key.secret.hex()}"
    monkeypatch.setenv(f"CROSSPROOF_{role.upper()}_KEY", secret)
    keys = Keyring.open(settings(tmp_path), origin=None)
    assert getattr(keys, role).address == key.address
    assert (tmp_path / "operator.key").exists() is (role != "operator")
    assert secret[2:] not in f"{keys!r}{settings(tmp_path)!r}"


def test_signer_that_is_named_with_its_account_is_not_asked_at_the_start(tmp_path: Path) -> None:
    """A ledger starts, and records, while its signer is away."""
    urls = {
        f"{role}_signer_url": f"http://name:pa%40ss@127.0.0.1:1/?token=t0ken#0x{digit * 40}"
        for role, digit in (("operator", "1"), ("sender", "2"), ("admin", "3"))
    }
    keys = Keyring.open(settings(tmp_path, **urls), origin=None)
    named = (keys.operator, keys.sender, keys.admin)
    assert [key.address.hex() for key in named] == ["1" * 40, "2" * 40, "3" * 40]
    assert not (tmp_path / "operator.key").exists()
    shown = f"{keys!r}{settings(tmp_path, **urls)!r}"
    assert "127.0.0.1:1)" in shown
    assert not {secret for secret in ("pa%40ss", "pa@ss", "t0ken") if secret in shown}


def test_signer_whose_account_must_be_asked_for_and_that_is_away_is_told(tmp_path: Path) -> None:
    given = settings(tmp_path, sender_signer_url="http://127.0.0.1:1")
    with pytest.raises(UnavailableError) as caught:
        Keyring.open(given, origin=None)
    assert caught.value.code == "signer.unreachable"


def test_key_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    make_operator_key(tmp_path / "key")
    given = {"sender_key_file": tmp_path / "key", "sender_signer_url": "http://127.0.0.1:1"}
    origin = Keyring.open(settings(tmp_path), origin=None).log.name
    assert refused(tmp_path, origin=origin, **given) == "key.twice"
