"""`crossproof deploy` onto a real node: once for each chain, and with a key of one's own."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pytest

from ledger.chain import Account, Chain
from ledger.deploy import NAMES
from ledger.durable_file import replace
from ledger.keys import make_operator_key
from tests.anchored_log import funded_key
from tests.anvil import Anvil, free_port, start_anvil
from tests.crossproof import CommandLine, Outcome
from tests.rpc_server import saying, serve
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


def check(crossproof: CommandLine, url: str, directory: Path) -> Outcome:
    return crossproof("deploy", "--check", "--rpc", url, "--deployments", directory / "deployments")


def addresses(outcome: Outcome) -> dict[str, str]:
    """Read the lines NAME ADDRESS."""
    return dict(line.split() for line in outcome.stdout.splitlines())


@pytest.mark.chain
def test_deploy_tells_the_addresses_and_again_the_same(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    first = deploy(crossproof, anvil.url, key_file)
    assert (first.code, first.stderr.count("deployed: ")) == (0, 4 - found(first)), first.stderr
    height = anvil.rpc("eth_blockNumber")
    second = deploy(crossproof, anvil.url, key_file)
    assert (second.code, found(second)) == (0, 4), second.stderr
    assert first.stdout == second.stdout
    assert anvil.rpc("eth_blockNumber") == height
    assert tuple(addresses(first)) == NAMES
    (file,) = (key_file.parent / "deployments").iterdir()
    assert file.name == f"{int(anvil.rpc('eth_chainId'), 16)}.json"
    for name, entry in json.loads(file.read_text())["contracts"].items():
        assert entry["address"] == addresses(first)[name]
        assert anvil.rpc("eth_getCode", entry["address"], "latest") != "0x"
    key = key_file.read_text().strip().removeprefix("0x")
    assert key not in file.read_text() + first.stderr + second.stderr


def found(outcome: Outcome) -> int:
    return outcome.stderr.count("there already: ")


@pytest.mark.chain
def test_deploy_as_json_is_the_file_and_the_gas(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    outcome = deploy(crossproof, anvil.url, key_file, JSON="1")
    assert outcome.code == 0, outcome.stderr
    value = json.loads(outcome.stdout)
    gas = value.pop("gas_used")
    # Others have deployed AnchorRegistry here; what names the admin is this account's alone.
    assert set(gas) | {"AnchorRegistry"} == set(NAMES)
    (file,) = (key_file.parent / "deployments").iterdir()
    assert value == json.loads(file.read_text())


@pytest.mark.chain
def test_deploy_for_an_admin_of_ones_choice(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    admin = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
    outcome = deploy(crossproof, anvil.url, key_file, ADMIN=admin, CHAIN_ID="31337")
    assert outcome.code == 0, outcome.stderr
    assert f"the admin {admin.lower()}" in outcome.stderr
    registry = addresses(outcome)["AttestorRegistry"]
    answer = anvil.rpc("eth_call", {"to": registry, "data": "0x84ef8ffc"}, "latest")
    assert answer == f"0x{admin[2:].lower():0>64}"


@pytest.mark.parametrize(
    "admin",
    [
        "0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d35",
        "FB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359\n",
        "",
    ],
)
def test_deploy_for_a_mistyped_admin_is_refused(
    crossproof: CommandLine, tmp_path: Path, admin: str
) -> None:
    """The case of an address's letters is a check of its digits."""
    outcome = crossproof(
        "deploy",
        "--rpc",
        f"http://127.0.0.1:{free_port()}",
        "--admin",
        admin,
        "--deployments",
        tmp_path,
    )
    assert (outcome.code, "[deploy.address]" in outcome.stderr) == (2, True), outcome.stderr


@pytest.mark.chain
def test_deploy_on_another_chain_than_named_is_refused(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    outcome = deploy(crossproof, anvil.url, key_file, CHAIN_ID="1")
    assert (outcome.code, "[deploy.other-chain]" in outcome.stderr) == (2, True), outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.chain
def test_check_exits_with_0_where_the_committed_code_stands(
    crossproof: CommandLine, anvil: Anvil, key_file: Path
) -> None:
    stands = addresses(deploy(crossproof, anvil.url, key_file))
    outcome = check(crossproof, anvil.url, key_file.parent)
    assert outcome.code == 0, outcome.stderr
    lines = [f"{name} {address} committed" for name, address in stands.items()]
    assert outcome.stdout.splitlines() == lines


@pytest.mark.chain
@pytest.mark.parametrize(("code", "state"), [("0x60006000fd", "other"), ("0x", "absent")])
def test_check_exits_with_1_where_other_code_stands_or_none(
    crossproof: CommandLine, tmp_path: Path, code: str, state: str
) -> None:
    with start_anvil() as node:
        command = ("deploy", "--rpc", node.url, "--deployments", tmp_path)
        gate = addresses(crossproof(*command))["ProvenanceGate"]
        node.rpc("anvil_setCode", gate, code)
        outcome = crossproof(*command, "--check")
        assert outcome.code == 1, outcome.stderr
        assert outcome.stdout.splitlines()[-1] == f"ProvenanceGate {gate} {state}"
        as_json = crossproof(*command, "--check", "--json")
    assert as_json.code == 1
    contracts = json.loads(as_json.stdout)["contracts"]
    assert contracts["ProvenanceGate"]["state"] == state
    assert contracts["AnchorRegistry"]["state"] == "committed"


def test_check_exits_with_3_where_the_node_cannot_be_asked(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    outcome = check(crossproof, f"http://127.0.0.1:{free_port()}", tmp_path)
    assert (outcome.code, outcome.stdout) == (3, ""), outcome.stderr
    with serve(saying(b"<html>a page, no node</html>")) as page:
        outcome = check(crossproof, page.url, tmp_path)
    assert (outcome.code, "[chain.malformed]" in outcome.stderr) == (3, True), outcome.stderr


@pytest.mark.chain
def test_check_exits_with_3_where_nothing_says_where_to_look(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    with start_anvil("--chain-id", "1") as node:
        command = ("deploy", "--rpc", node.url, "--deployments", tmp_path / "files")
        assert check(crossproof, node.url, tmp_path).code == 1
        key = tmp_path / "key"
        made = Account.from_key(make_operator_key(key))
        node.rpc("anvil_setBalance", f"0x{made.address.hex()}", hex(10**21))
        assert crossproof(*command, "--key-file", key).code == 0
        outcome = check(crossproof, node.url, tmp_path)
    assert outcome.code == 3, outcome.stderr
    assert [line.split()[1:] for line in outcome.stdout.splitlines()[1:]] == [["-", "unknown"]] * 3
    assert "depends on its admin" in outcome.stderr


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
    address = addresses(deploy(crossproof, anvil.url, key_file))["AnchorRegistry"]
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
        assert {method for method, _ in signer.asked} == {"eth_signTransaction"}
        signer.sign(lambda *_: refusing("denied"))
        # An admin of their own: what stands already needs no signature.
        url = (
            *("--signer-url", signer.named(payer), "--deployments", tmp_path / "none"),
            *("--admin", f"0x{b'deploy'.hex():0>40}"),
        )
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
    sent_for = False

    def fill_up(path: Path, pieces: list[bytes]) -> None:
        nonlocal sent_for
        pending = b'"pending"' in b"".join(pieces)
        # What was sent for stands now, and this is to be written down.
        if sent_for and not pending:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sent_for = pending
        replace(path, pieces)

    monkeypatch.setattr("ledger.durable_file.replace", fill_up)
    outcome = deploy(crossproof, anvil.url, key_file)
    assert (outcome.code, "deploy.unwritable" in outcome.stderr) == (2, True), outcome.stderr
    (address,) = re.findall("stands at (0x[0-9a-f]{40})", outcome.stderr)
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
