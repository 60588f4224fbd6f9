"""Settings: documented one by one, read from the environment, refused where they cannot be used."""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from ledger.errors import ConfigurationError
from ledger.key_source import KeySource
from ledger.settings import Settings

_SECRET = "hunter2-hunter2"  # noqa: S105 - a test's
_FIELDS = Settings.model_fields


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CROSSPROOF_"):
            monkeypatch.delenv(name)


def _row(name: str, field: FieldInfo) -> str:
    default = "" if field.default in {None, ()} else f"`{field.default}`"
    return f"| `CROSSPROOF_{name.upper()}` | {default} | {field.description} |"


def test_docs_list_every_setting_with_its_default_and_description(repository: Path) -> None:
    page = (repository / "docs" / "settings.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `CROSSPROOF_")]
    assert rows == [_row(name, field) for name, field in _FIELDS.items()]


@pytest.mark.parametrize("name", sorted(_FIELDS))
def test_setting_has_a_description_and_a_name_people_can_type(name: str) -> None:
    description = _FIELDS[name].description
    assert description
    assert description[-1] != "."
    assert re.fullmatch("[a-z]+(_[a-z]+)*", name)


_VALUES = {
    "data_dir": ("/srv/ledger", Path("/srv/ledger")),
    "database_url": ("postgresql://db/ledger", "postgresql://db/ledger"),
    "origin": ("example.com/log", "example.com/log"),
    "log_key_file": ("/k/log", Path("/k/log")),
    "operator_key_file": ("/k/operator", Path("/k/operator")),
    "operator_key": ("0x11", SecretStr("0x11")),
    "operator_signer_url": ("http://a#0x11", "http://a#0x11"),
    "sender_key_file": ("/k/sender", Path("/k/sender")),
    "sender_key": ("0x22", SecretStr("0x22")),
    "sender_signer_url": ("http://b", "http://b"),
    "admin_key_file": ("/k/admin", Path("/k/admin")),
    "admin_key": ("0x33", SecretStr("0x33")),
    "admin_signer_url": ("http://c", "http://c"),
    "signer_timeout": ("0.5", 0.5),
    "head_record_file": ("/h/head", Path("/h/head")),
    "chain_urls": (" http://a , https://b/,", ("http://a", "https://b/")),
    "chain_contract": ("0x" + "11" * 20, "0x" + "11" * 20),
    "chain_attestors": ("0x" + "22" * 20, "0x" + "22" * 20),
    "chain_attestations": ("33" * 20, "33" * 20),
    "chain_finality": ("confirmations:12", "confirmations:12"),
    "chain_timeout": ("2.5", 2.5),
    "chain_max_fee_per_gas": ("0.000000001", Decimal("0.000000001")),
    "chain_max_priority_fee_per_gas": ("30", Decimal(30)),
    "chain_max_gas": ("21000", 21_000),
    "co_operators": ("0x" + "ab" * 20 + ", " + "cd" * 20, ("0x" + "ab" * 20, "cd" * 20)),
    "cosigner_urls": ("http://a,http://b", ("http://a", "http://b")),
    "publish_to": ("s3://bucket/log", "s3://bucket/log"),
    "publish_endpoint": ("http://minio:9000", "http://minio:9000"),
    "publish_entries": ("true", True),
    "publish_to_interval": ("5", 5.0),
    "publish_interval": ("1", 1.0),
    "anchor_interval": ("3600", 3600.0),
    "host": ("::1", "::1"),
    "port": ("0", 0),
    "workers": ("4", 4),
    "seal_file": ("/k/seal.p12", Path("/k/seal.p12")),
    "seal_passphrase": ("secret", SecretStr("secret")),
    "trust_file": ("/k/trust.json", Path("/k/trust.json")),
    "max_status_list_bytes": ("1000", 1000),
    "api_keys_file": ("/k/api.json", Path("/k/api.json")),
    "oidc_issuer": ("https://id.example/realm", "https://id.example/realm"),
    "oidc_origins": ("https://a, https://b", ("https://a", "https://b")),
    "oidc_algorithms": ("ES256,RS256", ("ES256", "RS256")),
    "oidc_organisation_claim": ("org", "org"),
    "oidc_scopes_claim": ("roles", "roles"),
    "oidc_jurisdictions_claim": ("places", "places"),
    "oidc_client_id": ("ledger", "ledger"),
    "oidc_client_secret": (_SECRET, SecretStr(_SECRET)),
    "oidc_audience": ("ledger", "ledger"),
    "public_url": ("https://ledger.example", "https://ledger.example"),
    "session_idle_minutes": ("5", 5),
    "session_hours": ("1", 1),
    "backup_due_days": ("0.5", 0.5),
    "post_check_due_days": ("60", 60.0),
    "receipt_due_days": ("7", 7.0),
    "ceiling_near_percent": ("80", 80),
    "rate_limit": ("600/minute", "600/minute"),
    "rate_limit_keyless": ("", None),
    "signing_keys_dir": ("/k/signing", Path("/k/signing")),
    "decoding_processes": ("3", 3),
    "max_batch_bytes": ("1000", 1000),
    "max_record_bytes": ("1000", 1000),
    "max_verification_bytes": ("1000", 1000),
    "max_keyless_bytes": ("1000", 1000),
}


@pytest.mark.parametrize("name", sorted(_VALUES))
def test_setting_is_read_from_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, value = _VALUES[name]
    monkeypatch.setenv(f"CROSSPROOF_{name.upper()}", text)
    if name == "oidc_issuer":
        monkeypatch.setenv("CROSSPROOF_OIDC_AUDIENCE", "ledger")
    assert getattr(Settings.load(), name) == value


def test_every_setting_is_read_from_the_environment_somewhere_here() -> None:
    assert {*_VALUES, "key_passphrase", "chain_agree", "threshold"} == set(_FIELDS)


def test_given_value_comes_before_the_environment_and_none_gives_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSPROOF_PORT", "9000")
    assert Settings.load(port=9001).port == 9001
    assert Settings.load(port=None).port == 9000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("oidc_issuer", "http://id.example"),
        ("oidc_issuer", "https://me:secret@id.example"),
        ("oidc_issuer", "https://id.example"),
        ("oidc_algorithms", "none"),
        ("oidc_algorithms", "ES256,HS256"),
        ("public_url", "http://ledger.example"),
        ("public_url", "javascript:alert(1)"),
        ("rate_limit", "many"),
        ("rate_limit", "0/minute"),
        ("rate_limit_keyless", "10/fortnight"),
        ("session_idle_minutes", 0),
    ],
)
def test_setting_of_who_may_ask_that_is_not_safe_is_refused(name: str, value: object) -> None:
    """An issuer alone is not enough: without an audience other services' tokens would do."""
    with pytest.raises(ConfigurationError):
        Settings.load(**{name: value})


def test_defaults_lie_in_the_data_directory() -> None:
    settings = Settings.load(data_dir=Path("/srv/ledger"))
    assert settings.database == "sqlite:////srv/ledger/ledger.sqlite3"
    assert settings.log_key == Path("/srv/ledger/log.key")
    assert settings.operator == KeySource("operator", file=Path("/srv/ledger/operator.key"))
    assert not settings.sender
    assert not settings.admin
    assert settings.head_record == Path("/srv/ledger/head")
    assert settings.passphrase is None
    assert settings.host == "127.0.0.1"


def test_given_files_and_database_come_before_the_data_directory() -> None:
    settings = Settings.load(
        database_url="postgresql://db/x",
        log_key_file=Path("/1"),
        operator_key_file=Path("/2"),
        head_record_file=Path("/3"),
        key_passphrase=_SECRET,
    )
    assert settings.database == "postgresql://db/x"
    assert (settings.log_key, settings.operator.file, settings.head_record) == (
        Path("/1"), Path("/2"), Path("/3"),
    )  # fmt: skip
    assert settings.passphrase == _SECRET


@pytest.mark.parametrize("role", ["operator", "sender", "admin"])
@pytest.mark.parametrize("kinds", [("key_file", "key"), ("key", "signer_url")])
def test_key_in_two_places_is_refused_by_the_names_of_both(
    role: str, kinds: tuple[str, str]
) -> None:
    settings = Settings.load(**{f"{role}_{kind}": _SECRET for kind in kinds})
    with pytest.raises(ConfigurationError) as caught:
        getattr(settings, role)
    assert caught.value.code == "key.twice"
    for kind in kinds:
        assert f"CROSSPROOF_{role}_{kind}".upper() in str(caught.value)
    assert _SECRET not in str(caught.value)


def test_quorum_is_at_most_the_number_of_different_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quorum that can never be had would make every answer "unavailable"."""
    monkeypatch.setenv("CROSSPROOF_CHAIN_URLS", "http://a,http://b")
    monkeypatch.setenv("CROSSPROOF_CHAIN_AGREE", "2")
    assert Settings.load().chain_agree == 2
    for urls, agree in (("http://a,http://b", "3"), ("http://a,http://a", "2"), ("", "2")):
        monkeypatch.setenv("CROSSPROOF_CHAIN_URLS", urls)
        monkeypatch.setenv("CROSSPROOF_CHAIN_AGREE", agree)
        with pytest.raises(ConfigurationError):
            Settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"), ("port", "-1"), ("port", "http"), ("port", ""),
        ("chain_max_fee_per_gas", "0"), ("chain_max_fee_per_gas", "nan"),
        ("chain_max_fee_per_gas", "1e7"), ("chain_max_priority_fee_per_gas", "0.0000000001"),
        ("chain_max_gas", "20999"),
        ("chain_agree", "0"), ("chain_timeout", "0"), ("chain_timeout", "nan"),
        ("publish_interval", "inf"), ("publish_interval", "0"), ("anchor_interval", "-1"),
        ("max_batch_bytes", "0"), ("max_record_bytes", "1.5"),
        ("origin", "a b"), ("origin", "a+b"), ("origin", ""),
        ("chain_contract", "0x"), ("chain_contract", "0x" + "1g" * 20),
        ("chain_finality", "soon"), ("chain_finality", "confirmations:"),
        ("chain_finality", "confirmations:-1"), ("chain_finality", "confirmations:100001"),
    ],
)  # fmt: skip
def test_value_that_cannot_be_used_is_refused_by_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CROSSPROOF_{name.upper()}", value)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    assert caught.value.code == "settings.invalid"
    assert f"CROSSPROOF_{name.upper()}" in str(caught.value)
    assert caught.value.found


@given(st.sampled_from(sorted(_FIELDS)), st.text(st.characters(exclude_characters="\0")))
def test_any_text_gives_settings_or_a_configuration_error(name: str, value: str) -> None:
    try:
        settings = Settings.load(**{name: value})
    except ConfigurationError:
        return
    # An empty path is as one that is not given.
    assert getattr(settings, name) is not None or not value


def test_unknown_given_name_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Settings.load(databse_url="sqlite://")


def test_settings_show_no_secret() -> None:
    settings = Settings.load(
        key_passphrase=_SECRET,
        database_url=f"postgresql://ledger:{_SECRET}@db/x",
        chain_urls=f"https://node.example/v3/{_SECRET}",
        operator_key=_SECRET,
        admin_key=_SECRET,
        operator_signer_url=f"https://user:{_SECRET}@signer.example",
        sender_signer_url=f"https://signer.example/?token={_SECRET}",
        admin_signer_url=f"https://signer.example/{_SECRET}",
    )
    assert _SECRET not in f"{settings}{settings!r}"
    for source in (KeySource("operator", text=_SECRET), settings.sender):
        assert _SECRET not in repr(source)


def test_refusal_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSPROOF_KEY_PASSPHRASE", _SECRET)
    monkeypatch.setenv("CROSSPROOF_DATABASE_URL", f"postgresql://ledger:{_SECRET}@db/x")
    monkeypatch.setenv("CROSSPROOF_SENDER_KEY", _SECRET)
    monkeypatch.setenv("CROSSPROOF_PORT", "none")
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    assert _SECRET not in f"{caught.value}{caught.value!r}"


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.load().port = 1


def test_settings_refuse_a_node_that_is_named_twice() -> None:
    """It would agree with itself."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.load(chain_urls="http://node.example,http://node.example:80/")
    assert caught.value.found is not None
    assert "twice" in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"threshold": 2},
        {"threshold": 0},
        {"co_operators": "0x12"},
        {"co_operators": ",".join(["0x" + "ab" * 20, "0x" + "AB" * 20])},
        {"co_operators": ",".join(f"{number:040x}" for number in range(16))},
        {"cosigner_urls": "http://a,http://a/"},
    ],
)
def test_operators_that_no_contract_would_take_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Settings.load(**values)


def test_threshold_of_all_operators_is_taken() -> None:
    assert Settings.load(co_operators="ab" * 20, threshold=2).threshold == 2


@pytest.mark.parametrize("name", sorted(n for n, (_, v) in _VALUES.items() if isinstance(v, Path)))
def test_empty_path_is_as_one_that_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = getattr(Settings.load(), name)
    monkeypatch.setenv(f"CROSSPROOF_{name.upper()}", "")
    assert getattr(Settings.load(), name) == unset
