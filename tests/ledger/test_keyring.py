"""A ledger's keys: made at its first start only, and never beside a log that is there."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import ConfigurationError
from ledger.keyring import Keyring, load_log_signer
from ledger.keys import make_operator_key
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
    assert (again.operator, again.sender, again.admin) == (made.operator,) * 3


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
    assert again.operator != made.operator


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
    sender = make_operator_key(tmp_path / "sender")
    admin = make_operator_key(tmp_path / "admin")
    files: dict[str, Any] = {"sender_key_file": tmp_path / "sender"}
    keys = Keyring.open(settings(tmp_path, **files), origin=None)
    assert (keys.sender, keys.admin) == (sender, sender)
    assert keys.operator not in {sender, admin}
    files["admin_key_file"] = tmp_path / "admin"
    keys = Keyring.open(settings(tmp_path, **files), origin=keys.log.name)
    assert (keys.sender, keys.admin) == (sender, admin)


def test_another_origin_than_the_keys_is_refused(tmp_path: Path) -> None:
    origin = Keyring.open(settings(tmp_path), origin=None).log.name
    with pytest.raises(ConfigurationError) as caught:
        load_log_signer(settings(tmp_path, origin="example.com/another"))
    assert (caught.value.code, caught.value.expected) == ("settings.origin", origin)
    assert load_log_signer(settings(tmp_path, origin=origin)).name == origin


def test_keyring_shows_no_key(tmp_path: Path) -> None:
    keys = Keyring.open(settings(tmp_path), origin=None)
    shown = f"{keys!r} {keys}"
    for secret in (keys.operator.hex(), repr(keys.operator), keys.log.to_string()):
        assert secret not in shown
