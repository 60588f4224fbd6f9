"""A real node on SQLite and the embedded chain, behind its application.

The node's workers are not started: a test publishes and anchors by itself, so that it sees every
state of a record and never waits for one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import make_key
from ledger.node import Node
from ledger.settings import Settings
from tests.api.service import Service

# Organisations and what their keys may do. `hongkong` is the recipient of every transfer here.
ORGANISATIONS = {
    "shenzhen": ("submit", "read"),
    "hongkong": ("submit", "read"),
    "stranger": ("submit", "read"),
    "sensor": ("submit",),
    "assessor": ("submit", "read", "attest"),
    "auditor": ("audit",),
    "regulator": ("regulate",),
    "nobody": (),
}


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    made = {
        name: make_key(name, scopes, ("HK",) if "regulate" in scopes else ())
        for name, scopes in ORGANISATIONS.items()
    }
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    path.write_text(json.dumps({"keys": [key.to_value() for _, key in made.values()]}))
    return path, {name: secret for name, (secret, _) in made.items()}


@pytest.fixture(scope="session")
def make_service(
    tmp_path_factory: pytest.TempPathFactory, keys_file: tuple[Path, dict[str, str]]
) -> Callable[..., Any]:
    """Open a service as a context manager; settings may be given."""
    path, secrets = keys_file

    def make(**given: Any) -> Iterator[Service]:
        settings = Settings.load(
            **{
                "data_dir": tmp_path_factory.mktemp("node"),
                "api_keys_file": path,
                # Nothing here waits for an interval to pass.
                "anchor_interval": 0.001,
                **given,
            }
        )
        node = Node.open(settings)
        try:
            app = create_app(node)
            # What nobody foresaw must come out as an answer, as it does from a server.
            with TestClient(
                app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000),
                raise_server_exceptions=False,
            ) as client:  # fmt: skip
                yield Service(node, client, secrets)
        finally:
            node.close()

    return make


@pytest.fixture(scope="module")
def service(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """One service for the tests of a module; each brings records of its own."""
    yield from make_service()


@pytest.fixture
def fresh(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """A service with an empty log."""
    yield from make_service()
