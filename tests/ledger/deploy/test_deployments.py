"""The file of deployments: what is written is read again, and nothing else is taken for one."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.deploy.blueprint import NAMES
from ledger.deploy.deployments import Deployments, Entry, How, Pending
from ledger.errors import ConfigurationError
from tests.mutations import changed

address = st.binary(min_size=20, max_size=20)
hash_ = st.binary(min_size=32, max_size=32)
number = st.integers(0, 2**53 - 1)
entry = st.builds(
    Entry,
    address=address,
    how=st.sampled_from(How),
    transaction=st.none() | hash_,
    block_number=st.none() | number,
    code_hash=st.none() | hash_,
)
pending = st.builds(
    Pending,
    address=address,
    how=st.sampled_from(How),
    sender=address,
    nonce=number,
    transactions=st.lists(hash_, max_size=3).map(tuple),
)
deployments = st.builds(
    Deployments,
    chain_id=st.integers(1, 2**53 - 1),
    genesis_hash=hash_,
    admin=address,
    contracts=st.dictionaries(st.sampled_from(NAMES), entry),
    pending=st.dictionaries(st.sampled_from(NAMES), pending),
    former=st.lists(st.tuples(st.sampled_from(NAMES), entry), max_size=3).map(tuple),
)
within_one_test = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@within_one_test
@given(deployments)
def test_read_gives_what_was_written(tmp_path: Path, known: Deployments) -> None:
    known.write(tmp_path / "1.json")
    assert Deployments.read(tmp_path / "1.json") == known


@within_one_test
@given(
    data=st.binary(max_size=200) | st.text(max_size=40).map(lambda t: json.dumps({t: t}).encode())
)
def test_read_of_any_other_bytes_is_a_settings_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "1.json").write_bytes(data)
    with pytest.raises(ConfigurationError) as caught:
        Deployments.read(tmp_path / "1.json")
    assert caught.value.code == "deploy.file"


@within_one_test
@given(known=deployments, data=st.data())
def test_read_of_a_changed_file_is_a_value_that_is_written_again_or_a_settings_error(
    tmp_path: Path, known: Deployments, data: st.DataObject
) -> None:
    value = data.draw(changed(known.to_value()))
    (tmp_path / "1.json").write_text(json.dumps(value))
    with suppress(ConfigurationError):
        read = Deployments.read(tmp_path / "1.json")
        assert read is not None
        read.write(tmp_path / "2.json")
        assert Deployments.read(tmp_path / "2.json") == read


def test_read_of_no_file_is_none(tmp_path: Path) -> None:
    assert Deployments.read(tmp_path / "1.json") is None
    (tmp_path / "file").touch()
    assert Deployments.read(tmp_path / "file" / "1.json") is None


def test_read_of_a_directory_is_a_settings_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no file of deployments"):
        Deployments.read(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"comment": "ours"},
        {"chain_id": 0},
        {"chain_id": "1"},
        {"admin": "0x00"},
        {"contracts": []},
        {"contracts": {"AnchorRegistry": {}}},
        {"pending": None},
        {"former": {}},
    ],
)
def test_read_of_another_member_is_a_settings_error(tmp_path: Path, change: Any) -> None:
    value = Deployments(1, bytes(32)).to_value() | change
    (tmp_path / "1.json").write_text(json.dumps(value))
    with pytest.raises(ConfigurationError):
        Deployments.read(tmp_path / "1.json")


def test_read_of_an_attestor_registry_without_its_admin_is_a_settings_error(
    tmp_path: Path,
) -> None:
    """Which admin it was created with is said by nothing else, where it was created plainly."""
    stands = {"AttestorRegistry": Entry(bytes(20), How.CREATE)}
    Deployments(1, bytes(32), contracts=stands).write(tmp_path / "1.json")
    with pytest.raises(ConfigurationError, match="admin"):
        Deployments.read(tmp_path / "1.json")


def test_with_entry_at_another_address_keeps_the_former_one() -> None:
    old, new = Entry(b"\1" * 20, How.CREATE), Entry(b"\2" * 20, How.CREATE2)
    known = Deployments(1, bytes(32)).with_entry("AnchorRegistry", old)
    assert known.with_entry("AnchorRegistry", old).former == ()
    assert known.with_entry("AnchorRegistry", new).former == (("AnchorRegistry", old),)
    assert known.with_entry("AnchorRegistry", new).contracts == {"AnchorRegistry": new}


def test_with_entry_is_no_longer_pending() -> None:
    waits = Pending(b"\1" * 20, How.CREATE, b"\2" * 20, 0, (bytes(32),))
    known = Deployments(1, bytes(32)).with_pending("AnchorRegistry", waits)
    assert known.pending == {"AnchorRegistry": waits}
    assert known.with_entry("AnchorRegistry", Entry(b"\1" * 20, How.CREATE)).pending == {}
