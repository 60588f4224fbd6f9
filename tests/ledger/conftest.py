"""Homes for logs: each test that asks for `home` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.log_home import Home, sqlite_home
from tests.postgres import Server, running_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Home]:
    home = sqlite_home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def postgresql(postgres_server: Server, tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path, postgres_server.empty_database(), postgres_server.copy_database)
    yield home
    home.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest) -> Home:
    home: Home = request.getfixturevalue(request.param)
    return home
