"""Keys of the store: at work at once, refused soon after their revocation, never forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.app import create_app
from api.auth import check_bind, make_key
from api.auth.stored_keys import KEY_SECONDS, MAX_REMEMBERED, StoredKeys
from ledger.errors import ConfigurationError, UnavailableError
from ledger.settings import Settings
from ledger.store import Store
from ledger.store.access import KeyRow
from tests.api.roles import store_key
from tests.api.service import Service


@pytest.fixture
def local(make_service: Callable[..., Iterator[Service]]) -> Iterator[Service]:
    """A service without any key, which its own machine may use."""
    yield from make_service(api_keys_file=None)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def ask(service: Service, secret: str) -> Any:
    return service.client.get("/v1/records", headers={"Authorization": f"Bearer {secret}"})


def test_first_key_ends_the_freedom_of_the_own_machine_for_good(local: Service) -> None:
    clock = Clock()
    identities = local.client.app.state.identities  # type: ignore[attr-defined]
    identities._stored._clock = clock
    assert local.get("/v1/records").status_code == 200
    secret, prefix = store_key(local, "acme", ("read",))
    clock.now += KEY_SECONDS
    assert local.get("/v1/records").status_code == 401
    assert ask(local, secret).status_code == 200
    with local.node.log.store.access(write=True) as access:
        assert access.revoke_key(prefix, now=datetime.now(UTC))
        assert not access.revoke_key(prefix, now=datetime.now(UTC))
    clock.now += KEY_SECONDS
    assert local.get("/v1/records").status_code == 401
    refused = ask(local, secret)
    assert (refused.status_code, refused.json()["code"]) == (401, "auth.revoked")


def test_revoked_key_is_refused_within_the_limit(service: Service) -> None:
    clock = Clock()
    service.client.app.state.identities._stored._clock = clock  # type: ignore[attr-defined]
    secret, prefix = store_key(service, "acme", ("read",))
    assert ask(service, secret).status_code == 200
    with service.node.log.store.access(write=True) as access:
        access.revoke_key(prefix, now=datetime.now(UTC))
    clock.now += KEY_SECONDS
    assert ask(service, secret).json()["code"] == "auth.revoked"


def test_key_that_has_ended_is_refused(service: Service) -> None:
    now = datetime.now(UTC)
    secret, _ = store_key(service, "acme", ("read",), expires_at=now - timedelta(seconds=1))
    assert ask(service, secret).json()["code"] == "auth.expired"
    secret, _ = store_key(service, "acme", ("read",), expires_at=now + timedelta(hours=1))
    assert ask(service, secret).status_code == 200


def test_why_a_key_is_refused_is_told_to_its_holder_alone(service: Service) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    _, prefix = store_key(service, "acme", ("read",), expires_at=past)
    assert ask(service, f"cpk_{prefix}_guess").json()["code"] == "auth.unknown-key"


def test_store_that_does_not_answer_lets_nobody_in(
    make_service: Callable[..., Iterator[Service]],
) -> None:
    for service in make_service(api_keys_file=None):
        clock = Clock()
        service.client.app.state.identities._stored._clock = clock  # type: ignore[attr-defined]
        secret, _ = store_key(service, "acme", ("read",))
        assert ask(service, secret).status_code == 200
        with service.node.log.store._engine.begin() as connection:
            connection.execute(text("ALTER TABLE api_key RENAME TO away"))
        clock.now += KEY_SECONDS
        answer = ask(service, secret)
        assert (answer.status_code, answer.json()["code"]) == (503, "store.unavailable")


def test_last_use_of_a_key_is_noted(service: Service) -> None:
    secret, prefix = store_key(service, "acme", ("read",))
    before = datetime.now(UTC)
    ask(service, secret)
    service.client.app.state.trail.flush()  # type: ignore[attr-defined]
    with service.node.log.store.access() as access:
        row = access.key(prefix)
    assert row is not None
    assert row.last_used_at is not None
    assert row.last_used_at >= before


def test_prefixes_that_nobody_has_take_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'x.sqlite3'}") as store:
        keys = StoredKeys(store)
        monkeypatch.setattr(keys, "_read", lambda _: None)

        async def ask_many() -> None:
            for number in range(MAX_REMEMBERED + 100):
                assert await keys.find(f"{number:012x}") is None
            assert await keys.find("x" * 1_000) is None

        asyncio.run(ask_many())
        assert len(keys._known) == MAX_REMEMBERED


def test_store_is_asked_once_for_all_who_ask_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'x.sqlite3'}") as store:
        keys = StoredKeys(store, clock=Clock())
        asked: list[str] = []

        def has_keys() -> bool:
            asked.append("any")
            return False

        monkeypatch.setattr(keys, "_read", asked.append)
        monkeypatch.setattr(keys, "_has_keys", has_keys)

        async def ask_together() -> list[object]:
            prefix, other = "a" * 12, "b" * 12
            wanted = [keys.find(prefix), keys.find(other), keys.exist()] * 100
            leaving = asyncio.ensure_future(keys.find(prefix))
            await asyncio.sleep(0)
            leaving.cancel()
            return list(await asyncio.gather(*wanted))

        assert asyncio.run(ask_together()) == [None, None, False] * 100
        assert sorted(asked) == ["a" * 12, "any", "b" * 12]
        assert not keys._asking


def test_store_that_does_not_answer_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'x.sqlite3'}") as store:
        keys = StoredKeys(store)
        monkeypatch.setattr(keys, "_has_keys", fail)

        async def ask_twice() -> bool:
            for _ in range(2):
                told = await asyncio.gather(keys.exist(), keys.exist(), return_exceptions=True)
                assert [type(error) for error in told] == [UnavailableError] * 2
            monkeypatch.undo()
            return await keys.exist()

        assert not asyncio.run(ask_twice())


def fail() -> bool:
    raise UnavailableError("store.unavailable", "x")


def test_another_address_is_served_once_there_is_a_key(tmp_path: Path) -> None:
    settings = Settings.load(data_dir=tmp_path, host="192.0.2.1")
    with pytest.raises(ConfigurationError, match="only this machine"):
        create_app(settings)
    secret, key = make_key("acme", ["read"])
    row = KeyRow(key.prefix, key.digest, "acme", ["read"], [], datetime.now(UTC), None, None, None)
    with Store.open(settings.database) as store:
        with pytest.raises(ConfigurationError):
            check_bind(settings)
        with store.access(write=True) as access:
            access.add_key(row)
            assert secret.split("_", 2)[2] not in str(access.keys())
    check_bind(settings)
