"""`crossproof serve`: a first start, a whole session that tells no secret, and what is refused."""

from __future__ import annotations

import json
import socket
import stat
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.keyring import load_log_signer
from ledger.log import Log
from ledger.log.head_record import HeadRecord
from ledger.settings import Settings
from ledger.store import Store
from tests.anvil import Anvil
from tests.crossproof import CommandLine, Served, run, serving
from tests.ledger.cli.conftest import Deployed, Home, on_chain
from tests.samples import transfer
from tests.signer import by, dev_key, refusing, serving_signer


def secrets_of(data_dir: Path, *others: Path) -> set[str]:
    """Collect what nobody may see: the log's seed, and secp256k1 keys, as they are written."""
    signer = (data_dir / "log.key").read_text().splitlines()[1]
    keys = {path.read_text().strip().removeprefix("0x") for path in others}
    return {signer, signer.split("+", 4)[4], *keys, (data_dir / "operator.key").read_text()[2:66]}


# A session


@pytest.mark.chain
def test_serve_session_makes_private_keys_and_tells_no_secret(
    crossproof: CommandLine, here: Path, deployed: Deployed
) -> None:
    """First start, a record, anchored, a wrong key tried, SIGTERM, and a second start."""
    home, keys = here / "home", here / "api-keys.json"
    api_key = crossproof("key", "add", "Example Ltd", "--keys", keys).stdout.strip()
    settings = {**on_chain(deployed), "API_KEYS_FILE": str(keys)}
    statement = here / "statement.json"
    statement.write_bytes(transfer().entry)
    printed = ""
    with serving(home, **settings) as served:
        record = ("record", "--from-json", statement, "-o", here / "b.bundle.json", "--anchored")
        outcome = crossproof(*record, "--server", served.url, API_KEY=api_key)
        assert outcome.code == 0, outcome.stderr
        wrong = crossproof(*record, "--server", served.url, API_KEY=f"{api_key[:-1]}~")
        assert wrong.code == 1
        printed += served.stop()
        assert served.process.returncode == 0
    shown = crossproof("key", "show", "--data-dir", home).stdout.strip()
    assert f"log key: {shown}" in printed
    assert "anchored size 1" in printed
    with serving(home, **settings) as served:
        again = crossproof(
            "bundle", json.loads(statement.read_bytes())["record_id"], "-o", "-",
            "--server", served.url, API_KEY=api_key,
        )  # fmt: skip
        assert again.code == 0, again.stderr
        printed += served.stop()
    for name in ("log.key", "operator.key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    secrets = secrets_of(home, deployed.key_file) | {api_key.split("_", 2)[2], api_key}
    told = printed + outcome.stderr + wrong.stderr + again.stderr
    assert not {secret for secret in secrets if secret in told}
    for line in printed.splitlines():
        if not line.startswith(("crossproof on ", "  ")):
            assert {"event", "level", "timestamp"} <= json.loads(line).keys()
    # Nothing of a statement is in the log lines either.
    assert json.loads(statement.read_bytes())["salt"] not in printed


@pytest.mark.chain
@pytest.mark.parametrize("of_sender", ["KEY", "SIGNER_URL"])
def test_serve_with_keys_that_are_elsewhere_anchors_and_tells_no_secret(
    crossproof: CommandLine, here: Path, deployed: Deployed, anvil: Anvil, of_sender: str
) -> None:
    """The operator's and the admin's at a signer, the sender's there too or in the environment."""
    sender = deployed.key_file.read_text().strip()
    (here / "statement.json").write_bytes(transfer().entry)
    settings = {**on_chain(deployed), "SENDER_KEY": sender}
    del settings["SENDER_KEY_FILE"]
    if of_sender == "SIGNER_URL":
        del settings["SENDER_KEY"]
    with serving_signer(by(anvil)) as signer:
        place = signer.url.removeprefix("http://")
        for role, key in (("OPERATOR", dev_key(8)), ("ADMIN", dev_key(9)), ("SENDER", dev_key(7))):
            if f"{role}_KEY" in settings:
                continue
            settings[f"{role}_SIGNER_URL"] = (
                f"http://user:pa%40ss@{place}/p4th?token=t0ken#0x{key.address.hex()}"
            )
        with serving(here / "home", **settings) as served:
            record = ("record", "--from-json", "statement.json", "-o", "x.bundle.json")
            outcome = crossproof(*record, "--anchored", "--server", served.url)
            assert outcome.code == 0, outcome.stderr
            fetched = crossproof(
                "trust", "fetch", "--trust", "trust.json", "--rpc", deployed.url,
                "--server", served.url,
            )  # fmt: skip
            assert fetched.code == 0, fetched.stderr
            # A signer that says no is told of, and what is recorded is published all the same.
            signer.sign(lambda *_: refusing("denied"))
            assert served.post([transfer()]) == 201
            until(lambda: b"signer.refused" in served.get("/readyz"))
            assert b"\n2\n" in served.get("/checkpoint")
        printed = served.stop()
    assert crossproof("verify", "x.bundle.json", "--trust", "trust.json").code == 0
    assert "signer.refused" in printed
    assert place in printed
    assert not (here / "home" / "operator.key").exists()
    told = printed + outcome.stderr + fetched.stderr
    basic = b64encode(b"user:pa@ss").decode()
    for secret in (sender, sender[2:], "pa%40ss", "pa@ss", "t0ken", "p4th", basic):
        assert secret not in told
    assert {basic} == {str(given).removeprefix("Basic ") for given in signer.authorizations}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline


def test_serve_stopped_under_load_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """SIGTERM while batches come: each is whole or not there, and the acknowledged ones are."""
    home = tmp_path / "home"
    acknowledged: list[bytes] = []
    started = threading.Event()
    with serving(home) as served:

        def write() -> None:
            while True:
                batch = [transfer() for _ in range(500)]
                try:
                    status = served.post(batch)
                except OSError:
                    return
                assert status == 201
                acknowledged.extend(statement.record_id for statement in batch)
                started.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert started.wait(30)
        served.stop()
        writer.join()
    assert served.process.returncode == 0
    settings = Settings.load(data_dir=home)
    with Store.open(settings.database) as store:
        log = Log.open(store, load_log_signer(settings), HeadRecord(settings.head_record))
        assert log.read_only_reason is None
        indexes = [log.find(record_id) for record_id in acknowledged]
        assert indexes == list(range(len(acknowledged)))
        assert log.head().size % 500 == 0


# What is refused


def test_serve_on_a_port_that_is_taken_exits_2_and_makes_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = run("serve", "--port", port, "--data-dir", tmp_path / "home")
    assert (outcome.code, "serve.address" in outcome.stderr) == (2, True), outcome.stderr
    assert "--port" in outcome.stderr
    assert not (tmp_path / "home").exists()


def test_serve_second_server_of_one_directory_exits_2_and_disturbs_nothing(
    crossproof: CommandLine, sandbox_ledger: Served, sandbox_home: Path
) -> None:
    outcome = crossproof("serve", "--port", 0, "--data-dir", sandbox_home)
    assert (outcome.code, "settings.data-dir-in-use" in outcome.stderr) == (2, True), outcome.stderr
    assert sandbox_ledger.post([transfer()]) == 201
    # Readers are no second server.
    audited = crossproof("audit", "--without-chain", "--data-dir", sandbox_home)
    assert audited.code == 0, audited.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"PORT": "65536"}, "CROSSPROOF_PORT"),
        ({"HOST": "0.0.0.0"}, "auth.bind"),  # noqa: S104 - which is the point
        ({"HOST": "192.0.2.1", "API_KEYS_FILE": "keys"}, "serve.address"),
        ({"API_KEYS_FILE": "none"}, "auth.keys-file"),
        ({"ORIGIN": "example.com/another"}, "settings.origin"),
        ({"CHAIN_URLS": "http://127.0.0.1:1"}, "settings.chain-contract"),
        ({"CHAIN_URLS": "nonsense", "CHAIN_CONTRACT": "0x" + "11" * 20}, "chain.url"),
        ({"PUBLISH_INTERVAL": "0"}, "CROSSPROOF_PUBLISH_INTERVAL"),
        ({"DATABASE_URL": "nonsense"}, "database"),
        ({"OPERATOR_KEY_FILE": "none"}, "key.missing"),
        ({"OPERATOR_KEY_FILE": "keys", "OPERATOR_KEY": "0x11"}, "key.twice"),
        ({"SENDER_KEY": "0x11"}, "key.unusable"),
        ({"ADMIN_SIGNER_URL": "nonsense"}, "signer.url"),
        ({"SIGNER_TIMEOUT": "0"}, "CROSSPROOF_SIGNER_TIMEOUT"),
        ({"LOG_KEY_FILE": "keys"}, "key.unusable"),
    ],
)
def test_serve_settings_that_cannot_be_used_exit_2_and_are_named(
    crossproof: CommandLine, home: Home, here: Path, settings: dict[str, str], told: str
) -> None:
    (here / "keys").write_text('{"keys": []}')
    (here / "keys").chmod(0o600)
    outcome = crossproof("serve", "--data-dir", home.directory, **{"PORT": "0", **settings})
    assert (outcome.code, told in outcome.stderr) == (2, True), outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_serve_where_no_directory_can_be_exits_2(
    crossproof: CommandLine, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = crossproof("serve", "--port", 0, "--data-dir", tmp_path / place)
    assert (outcome.code, "settings.data-dir" in outcome.stderr) == (2, True), outcome.stderr
