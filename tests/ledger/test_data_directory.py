"""The data directory: its seats, their names, and who is refused."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from ledger.data_directory import DataDirectory
from ledger.errors import ConfigurationError


def test_directory_of_one_seat_refuses_a_second_ledger(tmp_path: Path) -> None:
    with DataDirectory(tmp_path / "data") as first:
        assert first.seat == 0
        with pytest.raises(ConfigurationError) as caught:
            DataDirectory(tmp_path / "data")
        assert caught.value.code == "settings.data-dir-in-use"
    DataDirectory(tmp_path / "data").close()


def test_seats_are_given_out_once_each_and_again_when_they_are_free(tmp_path: Path) -> None:
    held = [DataDirectory(tmp_path, seats=3) for _ in range(3)]
    assert [directory.seat for directory in held] == [0, 1, 2]
    holders = [directory.holder for directory in held]
    assert len(set(holders)) == 3
    with pytest.raises(ConfigurationError) as caught:
        DataDirectory(tmp_path, seats=3)
    assert caught.value.expected == "at most 3 processes"
    held[1].close()
    again = DataDirectory(tmp_path, seats=3)
    assert (again.seat, again.holder) == (1, holders[1])
    for directory in (held[0], again, held[2]):
        directory.close()


def test_seat_whose_name_is_damaged_gets_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff no name")
    with DataDirectory(tmp_path) as first:
        name = first.holder
    with DataDirectory(tmp_path) as again:
        assert again.holder == name


def test_starting_is_for_one_at_a_time(tmp_path: Path) -> None:
    order: list[str] = []
    with DataDirectory(tmp_path, seats=2) as one, DataDirectory(tmp_path, seats=2) as other:

        def start() -> None:
            with other.starting():
                order.append("other")

        with one.starting():
            thread = Thread(target=start)
            thread.start()
            order.append("one")
        thread.join()
    assert order == ["one", "other"]
