"""`crossproof deploy` onto a real node: once for each chain, and with a key of one's own."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.keys import make_operator_key
from tests.anchored_log import funded_key
from tests.anvil import Anvil, free_port, start_anvil
from tests.crossproof import CommandLine, Outcome
from tests.signer import by, dev_key, refusing, serving_signer


@pytest.fixture
def key_file(anvil: Anvil, tmp_path: Path) -> Path:
    path = tmp_path / "sender.key"
    with Chain.connect(anvil.url) as chain:
        path.write_text(f"0x{funded_key(chain).hex()}\n")
    path.chmod(0o600)
    return path


def deploy(crossproof: CommandLine, url: str, key_file: Path, **settings: str) -> Outcome:
    deployments = key_file.parent / "deployments"
    return crossproof(
        "deploy", "--rpc", url, "--key-file", key_file, "--deployments", deployments, **settings
    )


@pytest.mark.chain
def test_deploy_tells_the_address_and_again_the_same(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    first = deploy(crossproof, anvil.url, key_file)
    assert (first.code, "deployed: " in first.stderr) == (0, True), first.stderr
    height = anvil.rpc("eth_blockNumber")
    second = deploy(crossproof, anvil.url, key_file)
    assert (second.code, "there already: " in second.stderr) == (0, True), second.stderr
    assert first.stdout == second.stdout
    assert anvil.rpc("eth_blockNumber") == height
    address = first.stdout.strip()
    assert anvil.rpc("eth_getCode", address, "latest") != "0x"
    (file,) = (key_file.parent / "deployments").iterdir()
    assert file.name == f"{int(anvil.rpc('eth_chainId'), 16)}.json"
    assert json.loads(file.read_text())["contracts"]["AnchorRegistry"]["address"] == address
    key = key_file.read_text().strip().removeprefix("0x")
    assert key not in file.read_text() + first.stderr + second.stderr


@pytest.mark.chain
def test_deploy_pays_no_more_than_it_is_told(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    height = anvil.rpc("eth_blockNumber")
    refused = deploy(crossproof, anvil.url, key_file, CHAIN_MAX_FEE_PER_GAS="0.000000001")
    assert (refused.code, "chain.underpriced" in refused.stderr) == (3, True), refused.stderr
    assert "raise CROSSPROOF_CHAIN_MAX_FEE_PER_GAS" in refused.stderr
    assert anvil.rpc("eth_blockNumber") == height
    assert deploy(crossproof, anvil.url, key_file, CHAIN_MAX_PRIORITY_FEE_PER_GAS="0").code == 0
    block = anvil.rpc("eth_getBlockByNumber", "latest", *[True])
    assert {int(sent["maxPriorityFeePerGas"], 16) for sent in block["transactions"]} == {0}


@pytest.mark.chain
def test_deploy_address_is_one_that_a_ledger_can_use(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    address = deploy(crossproof, anvil.url, key_file).stdout.strip()
    with Chain.connect(anvil.url, contract=bytes.fromhex(address[2:])) as chain:
        assert chain.identity().contract.hex() == address[2:]
        assert chain.head(bytes(32)) is None


@pytest.mark.chain
def test_deploy_with_a_keystore_asks_for_its_passphrase(
    crossproof: CommandLine, anvil: Anvil, tmp_path: Path
) -> None:
    path = tmp_path / "keystore.json"
    key = make_operator_key(path, "correct horse")
    with Chain.connect(anvil.url) as chain:
        chain.node.fund(Account.from_key(key).address, 10**21)
    outcome = deploy(crossproof, anvil.url, path)
    assert (outcome.code, "key.unusable" in outcome.stderr) == (2, True), outcome.stderr
    opened = {"KEY_PASSPHRASE": "correct horse"}
    assert deploy(crossproof, anvil.url, path, **opened).code == 0


@pytest.mark.chain
def test_deploy_with_a_key_in_the_environment_or_at_a_signer(
    crossproof: CommandLine, anvil: Anvil, tmp_path: Path
) -> None:
    payer, secret = dev_key(8), dev_key(9)._key.secret.hex()
    with serving_signer(by(anvil)) as signer:
        for number, given in enumerate(
            ({"SENDER_KEY": secret}, {"SENDER_SIGNER_URL": signer.named(payer)})
        ):
            done = crossproof(
                "deploy", "--rpc", anvil.url, "--deployments", tmp_path / str(number), **given
            )
            assert done.code == 0, done.stderr
            assert secret not in done.stderr + done.stdout
        assert [method for method, _ in signer.asked] == ["eth_signTransaction"]
        signer.sign(lambda *_: refusing("denied"))
        url = ("--signer-url", signer.named(payer), "--deployments", tmp_path / "none")
        refused = crossproof("deploy", "--rpc", anvil.url, *url)
        assert (refused.code, "[signer.refused]" in refused.stderr) == (2, True), refused.stderr
        twice = crossproof("deploy", "--rpc", anvil.url, *url, SENDER_KEY=secret)
        assert (twice.code, "[key.twice]" in twice.stderr) == (2, True), twice.stderr
    away = crossproof("deploy", "--rpc", anvil.url, *url)
    assert (away.code, "[signer.unreachable]" in away.stderr) == (3, True), away.stderr


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_deploy_with_a_key_that_others_may_read_is_refused(
    crossproof: CommandLine, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "sender.key"
    path.write_text("0x" + "11" * 32)
    path.chmod(mode)
    outcome = deploy(crossproof, f"http://127.0.0.1:{free_port()}", path)
    assert (outcome.code, "key.mode" in outcome.stderr) == (2, True), outcome.stderr
    assert "1111" not in outcome.stderr


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        (None, 3, "chain.unreachable"),
        ("localhost:8545", 2, "chain.url"),
        ("http://", 2, "chain.url"),
    ],
)
def test_deploy_on_a_node_that_cannot_be_asked_is_told_and_writes_nothing(
    crossproof: CommandLine, tmp_path: Path, url: str | None, code: int, told: str
) -> None:
    path = tmp_path / "sender.key"
    make_operator_key(path)
    outcome = deploy(crossproof, url or f"http://127.0.0.1:{free_port()}", path)
    assert (outcome.code, f"[{told}]" in outcome.stderr) == (code, True), outcome.stderr
    assert outcome.stdout == ""
    assert [file.name for file in tmp_path.iterdir()] == ["sender.key"]


@pytest.mark.chain
def test_deploy_without_money_is_told(
    crossproof: CommandLine, anvil: Anvil, tmp_path: Path
) -> None:
    path = tmp_path / "sender.key"
    make_operator_key(path)
    outcome = deploy(crossproof, anvil.url, path)
    assert (outcome.code, outcome.stdout) == (3, ""), outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.chain
def test_deploy_whose_file_is_none_deploys_nothing(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    assert deploy(crossproof, anvil.url, key_file).code == 0
    (file,) = (key_file.parent / "deployments").iterdir()
    file.write_text("{")
    height = anvil.rpc("eth_blockNumber")
    outcome = deploy(crossproof, anvil.url, key_file)
    assert (outcome.code, "deploy.file" in outcome.stderr) == (2, True), outcome.stderr
    assert (file.read_text(), anvil.rpc("eth_blockNumber")) == ("{", height)


@pytest.mark.chain
def test_deploy_that_could_not_write_its_file_pays_for_nothing(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    (key_file.parent / "deployments").write_bytes(b"")
    height = anvil.rpc("eth_blockNumber")
    outcome = deploy(crossproof, anvil.url, key_file)
    assert (outcome.code, "deploy.unwritable" in outcome.stderr) == (2, True), outcome.stderr
    assert anvil.rpc("eth_blockNumber") == height


@pytest.mark.chain
def test_deploy_onto_a_full_disk_still_tells_the_address(
    crossproof: CommandLine, anvil: Anvil, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract stands, and was paid for."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ledger.deploy.NamedTemporaryFile", full)
    outcome = deploy(crossproof, anvil.url, key_file)
    assert (outcome.code, "deploy.unwritable" in outcome.stderr) == (2, True), outcome.stderr
    (address,) = re.findall("0x[0-9a-f]{40}", outcome.stderr)
    assert anvil.rpc("eth_getCode", address, "latest") != "0x"


@pytest.mark.chain
def test_deploy_without_a_key_is_for_sandboxes(
    crossproof: CommandLine, anvil: Anvil, tmp_path: Path
) -> None:
    command = ("deploy", "--rpc", anvil.url, "--deployments", tmp_path)
    first, second = crossproof(*command), crossproof(*command)
    assert (first.code, second.code) == (0, 0), first.stderr
    assert first.stdout == second.stdout
    with start_anvil("--chain-id", "1") as mainnet:
        outcome = crossproof("deploy", "--rpc", mainnet.url, "--deployments", tmp_path)
        height = mainnet.rpc("eth_blockNumber")
    assert (outcome.code, "deploy.key" in outcome.stderr) == (2, True), outcome.stderr
    assert height == "0x0"
