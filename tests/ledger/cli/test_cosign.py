"""`crossproof cosign` beside `crossproof serve`: two operators, two programs, one anchor."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.head_signature import HeadVerifier, log_id
from ledger.keys import make_log_key, make_operator_key
from ledger.local_key import LocalKey
from ledger.note import Signer
from tests.anvil import free_port
from tests.crossproof import CommandLine, listening, serving
from tests.ledger.cli.conftest import Deployed, on_chain
from tests.samples import transfer


def options(directory: Path, key: str, **changed: str) -> list[object]:
    """Name a co-operator's options for a log that needs not be there."""
    named = {
        "log-key": key,
        "key-file": str(directory / "co.key"),
        "memory": str(directory / "memory"),
        "chain-id": "31337",
        "contract": "0x" + "02" * 20,
        "log-id": "0x" + "03" * 32,
        **changed,
    }
    return [word for name, value in named.items() for word in (f"--{name}", value)]


@pytest.fixture
def log_key() -> str:
    return str(Signer.generate("example.com/log").verifier)


def test_cosign_makes_its_key_and_tells_who_it_is(tmp_path: Path, log_key: str) -> None:
    with listening("cosign", *options(tmp_path, log_key)) as served:
        assert served.get("/healthz") == b"ok\n"
    told = served.stop()
    assert served.process.returncode == 0, told
    key_file = tmp_path / "co.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    secret = key_file.read_text().strip().removeprefix("0x")
    assert secret not in told
    address = Account.from_key(bytes.fromhex(secret)).address
    assert f"operator: 0x{address.hex()}" in told
    (verifier,) = (
        HeadVerifier.from_string(line.split("its key: ")[1])
        for line in told.splitlines()
        if "its key: " in line
    )
    assert verifier.address == address
    # Started again it is the same operator.
    with listening("cosign", *options(tmp_path, log_key)) as again:
        again.get("/healthz")
    assert str(verifier) in again.stop()


def test_cosign_with_a_key_in_the_environment_or_at_a_signer(
    crossproof: CommandLine, tmp_path: Path, log_key: str
) -> None:
    key = LocalKey.generate()
    secret = key._key.secret.hex()
    words = options(tmp_path, log_key)[:2] + options(tmp_path, log_key)[4:]
    # A signer that nobody answers for: what it is asked for comes later.
    away = f"http://user:pa55w0rd@127.0.0.1:{free_port()}#0x{key.address.hex()}"
    for given in ({"OPERATOR_KEY": f"0x{secret}"}, {"OPERATOR_SIGNER_URL": away}):
        with listening("cosign", *words, **given) as served:
            served.get("/healthz")
        told = served.stop()
        assert f"operator: 0x{key.address.hex()}" in told
        assert secret not in told
        assert "pa55w0rd" not in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["memory"]
    none = crossproof("cosign", *words)
    assert (none.code, "[key.none]" in none.stderr) == (2, True), none.stderr


@pytest.mark.parametrize(
    "wrong",
    [{"contract": "0x12"}, {"log-id": "x"}, {"log-key": "nobody"}, {"chain-id": "0"}],
)
def test_cosign_with_wrong_options_says_which(
    crossproof: CommandLine, tmp_path: Path, log_key: str, wrong: dict[str, str]
) -> None:
    outcome = crossproof("cosign", *options(tmp_path, log_key, **wrong), "--port", free_port())
    assert outcome.code in {1, 2}
    assert "Traceback" not in outcome.stderr
    assert not (tmp_path / "co.key").exists()


@pytest.mark.chain
def test_two_operators_anchor_together(
    crossproof: CommandLine, here: Path, deployed: Deployed
) -> None:
    """The whole way: opened for two, cosigned over HTTP, anchored on anvil, verified there."""
    log_key = make_log_key(here / "log.key", "example.com/dual").verifier
    admin = Account.from_key(bytes.fromhex(deployed.key_file.read_text().strip()[2:])).address
    cooperator = Account.from_key(make_operator_key(here / "co.key")).address
    (here / "transfer.json").write_text(transfer().entry.decode())
    named = {"contract": deployed.contract, "log-id": f"0x{log_id(log_key.name, admin).hex()}"}
    with (
        listening("cosign", *options(here, str(log_key), **named)) as other,
        serving(
            here / "home", **on_chain(deployed), LOG_KEY_FILE=str(here / "log.key"),
            CO_OPERATORS=cooperator.hex(), THRESHOLD="2", COSIGNER_URLS=other.url,
        ) as served,
    ):  # fmt: skip
        server = ("--server", served.url)
        recorded = crossproof(
            "record", "--from-json", "transfer.json", "-o", "x.bundle.json", "--anchored", *server
        )
        assert recorded.code == 0, recorded.stderr
        fetch = crossproof(
            "trust", "fetch", "--trust", "trust.json", "--rpc", deployed.url, *server
        )
        assert fetch.code == 0, fetch.stderr
    verified = crossproof("verify", "x.bundle.json", "--trust", "trust.json")
    assert verified.code == 0, verified.stderr
    with Chain.connect(deployed.url) as node:
        info = node.at(bytes.fromhex(deployed.contract[2:])).log_info(log_id(log_key.name, admin))
    assert info is not None
    assert (info.threshold, cooperator in info.operators) == (2, True)
