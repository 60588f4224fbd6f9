"""Deploying: what stands is left alone, what is missing is created once, nothing is half paid."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from ledger.chain import GWEI, Account, Ceiling, Chain, RpcError, UnderpricedError
from ledger.chain.embedded import EMBEDDED_CHAIN_ID
from ledger.contracts import load
from ledger.deploy import NAMES, SALT, Deployment, How, deploy, sandbox
from ledger.deploy.blueprint import DEPLOYER
from ledger.errors import ConfigurationError, ConflictError, UnavailableError
from tests.anchored_log import WEALTH, funded_key
from tests.anvil import Anvil, free_port
from tests.ledger.deploy.conftest import SEND, Ground, ground_on

ADMIN = b"\xad" * 20


def addresses(done: Deployment) -> dict[str, bytes]:
    return {name: entry.address for name, entry in done.contracts.items()}


def written(directory: Path, chain_id: int = 31337) -> Any:
    return json.loads((directory / f"{chain_id}.json").read_text())


def assert_stands(chain: Chain, done: Deployment) -> None:
    """Each contract has its artifact's code, and names the others."""
    assert tuple(done.contracts) == NAMES
    code = {name: chain.node.code(entry.address) for name, entry in done.contracts.items()}
    assert all(load(name).is_code(code[name]) for name in NAMES)
    gate = load("ProvenanceGate").values(code["ProvenanceGate"])
    assert gate == {
        "ANCHORS": done.contracts["AnchorRegistry"].address.rjust(32, b"\0"),
        "ATTESTORS": done.contracts["AttestorRegistry"].address.rjust(32, b"\0"),
        "ATTESTATIONS": done.contracts["AttestationRegistry"].address.rjust(32, b"\0"),
    }


# Where


@pytest.mark.chain
def test_deploy_with_the_deployer_gives_every_chain_the_same_addresses() -> None:
    found = []
    for chain_id in ("31337", "1"):
        with ground_on("--chain-id", chain_id) as ground:
            done = deploy(ground.chain, ground.account, admin=ADMIN)
            assert_stands(ground.chain, done)
            assert {entry.how for entry in done.contracts.values()} == {How.CREATE2}
            found.append(addresses(done))
    assert found[0] == found[1]


@pytest.mark.chain
def test_deploy_for_another_admin_shares_the_anchor_registry_alone(anvil: Anvil) -> None:
    """The admin is an argument of the constructor: the address tells whose registry it is."""
    salt = secrets.token_bytes(32)
    with Chain.connect(anvil.url) as chain:
        account = Account.from_key(funded_key(chain))
        mine = addresses(deploy(chain, account, salt=salt))
        theirs = addresses(deploy(chain, account, salt=salt, admin=ADMIN))
    assert {name for name in NAMES if mine[name] == theirs[name]} == {"AnchorRegistry"}


def test_deploy_without_the_deployer_creates_plainly(embedded: Chain, payer: Account) -> None:
    assert embedded.node.code(DEPLOYER) == b""
    done = deploy(embedded, payer)
    assert_stands(embedded, done)
    assert {entry.how for entry in done.contracts.values()} == {How.CREATE}
    assert embedded.at(done.identity.contract).identity() == done.identity


@pytest.mark.chain
def test_deploy_where_something_else_is_in_the_deployers_place_creates_plainly(
    ground: Ground,
) -> None:
    """It would take the code and the money, and create whatever it likes."""
    ground.anvil.rpc("anvil_setCode", f"0x{DEPLOYER.hex()}", "0x00")
    done = deploy(ground.chain, ground.account)
    assert_stands(ground.chain, done)
    assert {entry.how for entry in done.contracts.values()} == {How.CREATE}


# Once


@pytest.mark.chain
def test_deploy_again_sends_nothing(either_ground: Ground, tmp_path: Path) -> None:
    directory = tmp_path / "deployments"
    first = deploy(either_ground.chain, either_ground.account, directory=directory)
    file = (directory / "31337.json").read_bytes()
    assert set(first.gas_used) == set(NAMES)
    assert all(0 < gas < 5_000_000 for gas in first.gas_used.values())
    second = deploy(either_ground.chain, either_ground.account, directory=directory)
    assert second == Deployment(first.deployments, {})
    assert (either_ground.sent(), (directory / "31337.json").read_bytes()) == (4, file)


@pytest.mark.chain
def test_deploy_without_the_file_finds_what_stands_by_create2(
    ground: Ground, tmp_path: Path
) -> None:
    """Whoever deployed it, with whatever; and the file is written from what is found."""
    first = deploy(ground.chain, ground.account, admin=ADMIN)
    poor = Account.generate()
    found = deploy(ground.chain, poor, admin=ADMIN, directory=tmp_path)
    assert (addresses(found), found.gas_used) == (addresses(first), {})
    assert ground.chain.node.nonce(poor.address) == 0
    code = ground.chain.node.code(first.identity.contract)
    assert written(tmp_path)["contracts"]["AnchorRegistry"] == {
        "address": f"0x{first.identity.contract.hex()}",
        "how": "create2",
        "code_hash": f"0x{keccak(code).hex()}",
    }


@pytest.mark.chain
def test_deploy_by_another_payer_keeps_the_admin_that_the_file_remembers(
    ground: Ground, tmp_path: Path
) -> None:
    first = deploy(ground.chain, ground.account, directory=tmp_path)
    second = deploy(ground.chain, Account.generate(), directory=tmp_path)
    assert second == Deployment(first.deployments, {})
    assert second.deployments.admin == ground.account.address


@pytest.mark.chain
def test_deploy_creates_what_alone_is_missing(ground: Ground) -> None:
    one = deploy(ground.chain, ground.account, names=("AnchorRegistry",))
    rest = deploy(ground.chain, ground.account)
    assert rest.identity == one.identity
    assert tuple(rest.gas_used) == NAMES[1:]
    assert_stands(ground.chain, rest)


def test_deploy_writes_the_file_that_it_reads(
    embedded: Chain, payer: Account, tmp_path: Path
) -> None:
    done = deploy(embedded, payer, directory=tmp_path, admin=ADMIN)
    value = written(tmp_path, EMBEDDED_CHAIN_ID)
    assert value["chain_id"] == EMBEDDED_CHAIN_ID
    assert value["genesis_hash"] == f"0x{embedded.node.network()[1].hex()}"
    assert value["admin"] == f"0x{ADMIN.hex()}"
    assert value.keys() == {"chain_id", "genesis_hash", "admin", "contracts"}
    for name, entry in value["contracts"].items():
        assert entry["address"] == f"0x{done.contracts[name].address.hex()}"
        receipt = embedded.node.receipt(bytes.fromhex(entry["transaction"][2:]))
        assert receipt is not None
        assert (receipt.contract, receipt.block_number, receipt.gas_used) == (
            done.contracts[name].address,
            entry["block_number"],
            done.gas_used[name],
        )


# Files of other times and places


def test_deploy_takes_up_a_file_of_the_first_version(
    embedded: Chain, payer: Account, tmp_path: Path
) -> None:
    """It has AnchorRegistry alone, and says less of it."""
    first = deploy(embedded, payer, names=("AnchorRegistry",))
    entry = first.contracts["AnchorRegistry"]
    assert entry.transaction is not None
    chain_id, genesis_hash = embedded.node.network()
    old = {
        "address": f"0x{entry.address.hex()}",
        "transaction": f"0x{entry.transaction.hex()}",
        "block_number": entry.block_number,
    }
    file = {"chain_id": chain_id, "genesis_hash": f"0x{genesis_hash.hex()}"}
    (tmp_path / f"{chain_id}.json").write_text(
        json.dumps({**file, "contracts": {"AnchorRegistry": old}})
    )
    done = deploy(embedded, payer, directory=tmp_path)
    assert done.contracts["AnchorRegistry"] == entry
    assert tuple(done.gas_used) == NAMES[1:]
    assert_stands(embedded, done)


@pytest.mark.parametrize("what", ["nothing", "another contract"])
def test_deploy_where_the_file_names_something_else_creates_it_and_remembers_what_was_named(
    embedded: Chain, payer: Account, tmp_path: Path, what: str
) -> None:
    first = deploy(embedded, payer, directory=tmp_path)
    other = ADMIN
    if what == "another contract":
        code = b"\x60\x00\x60\x00\xfd"
        creation = b"\x64" + code + b"\x60\0\x52\x60\5\x60\x1b\xf3"
        signed = embedded.node.sign(payer, to=None, data=creation)
        embedded.node.send(signed.raw)
        other = embedded.node.wait(signed.hash).contract or b""
        assert embedded.node.code(other) == code
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace(first.identity.contract.hex(), other.hex()))
    second = deploy(embedded, payer, directory=tmp_path)
    assert_stands(embedded, second)
    # The gate that asks the other one is another gate; the rest stands as it stood.
    assert set(second.gas_used) == {"AnchorRegistry", "ProvenanceGate"}
    former = written(tmp_path, EMBEDDED_CHAIN_ID)["former"]
    assert {each["name"]: each["address"] for each in former} == {
        "AnchorRegistry": f"0x{other.hex()}",
        "ProvenanceGate": f"0x{first.contracts['ProvenanceGate'].address.hex()}",
    }


def test_deploy_on_a_sandbox_started_anew_begins_a_new_file(tmp_path: Path) -> None:
    account = Account.from_key(b"\x5a" * 32)
    found = []
    for _ in range(2):
        with Chain.embedded() as chain:
            chain.node.fund(account.address, WEALTH)
            done = deploy(chain, account, directory=tmp_path)
            assert set(done.gas_used) == set(NAMES)
            found.append(done.identity)
    assert found[0].contract == found[1].contract
    assert found[0].genesis_hash != found[1].genesis_hash
    assert "former" not in written(tmp_path, EMBEDDED_CHAIN_ID)


@pytest.mark.chain
def test_deploy_on_a_chain_of_another_genesis_than_the_file_is_refused(tmp_path: Path) -> None:
    """A node that says it is chain 1 is not thereby; the file of the real one is not lost to it."""
    with ground_on("--chain-id", "1") as ground:
        deploy(ground.chain, ground.account, directory=tmp_path)
    file = (tmp_path / "1.json").read_bytes()
    # Genesis blocks of one second are the same one.
    with ground_on("--chain-id", "1", "--timestamp", "1700000000") as ground:
        with pytest.raises(ConfigurationError) as caught:
            deploy(ground.chain, ground.account, directory=tmp_path)
        assert (caught.value.code, ground.sent()) == ("deploy.other-chain", 0)
    assert (tmp_path / "1.json").read_bytes() == file


@pytest.mark.chain
def test_deploy_asked_for_another_chain_than_the_nodes_sends_nothing(ground: Ground) -> None:
    with pytest.raises(ConfigurationError) as caught:
        deploy(ground.chain, ground.account, chain_id=1)
    assert (caught.value.code, ground.sent()) == ("deploy.other-chain", 0)
    deploy(ground.chain, ground.account, chain_id=31337)


@pytest.mark.chain
def test_deploy_on_a_node_that_lags_behind_the_file_is_unavailable(tmp_path: Path) -> None:
    """Its chain without the contract is a chain of yesterday: nothing is paid for a second time."""
    with ground_on("--chain-id", "1") as ground:
        before = ground.anvil.rpc("evm_snapshot")
        deploy(ground.chain, ground.account, directory=tmp_path)
        ground.anvil.rpc("evm_revert", before)
        with pytest.raises(UnavailableError) as caught:
            deploy(ground.chain, ground.account, directory=tmp_path)
        assert (caught.value.code, ground.sent()) == ("deploy.behind", 0)


# The admin


@pytest.mark.chain
def test_deploy_for_another_admin_than_the_file_remembers_is_refused(
    either_ground: Ground, tmp_path: Path
) -> None:
    deploy(either_ground.chain, either_ground.account, directory=tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        deploy(either_ground.chain, either_ground.account, directory=tmp_path, admin=ADMIN)
    assert (caught.value.code, either_ground.sent()) == ("deploy.admin", 4)


def test_deploy_for_no_admin_at_all_is_refused_by_the_constructor(
    embedded: Chain, payer: Account
) -> None:
    height = embedded.node.height()
    with pytest.raises(ConfigurationError) as caught:
        deploy(embedded, payer, admin=bytes(20))
    assert (caught.value.code, embedded.node.height()) == ("deploy.refused", height)
    assert "AttestorRegistry" in caught.value.message


@pytest.mark.chain
def test_deploy_without_an_account_is_for_sandboxes(ground: Ground, tmp_path: Path) -> None:
    """The admin is the sandbox's own account: the one that paid is forgotten."""
    done = deploy(ground.chain, directory=tmp_path)
    assert done.deployments.admin == ground.chain.node.own_account()
    assert deploy(ground.chain, directory=tmp_path) == Deployment(done.deployments, {})
    with ground_on("--chain-id", "1") as real:
        for admin in (None, ADMIN):
            with pytest.raises(ConfigurationError) as caught:
                deploy(real.chain, directory=tmp_path, admin=admin)
            assert caught.value.code == "deploy.key"
        assert real.chain.node.height() == 0


# Broken off


class KilledError(BaseException):
    """The process is gone: nothing may catch this."""


@pytest.mark.chain
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 3])
def test_deploy_that_was_killed_goes_on_where_it_stopped(
    either_ground: Ground, tmp_path: Path, moment: str, number: int
) -> None:
    """Each contract is created once, whichever transaction was the last that was sent."""
    chain, line = either_ground.line()
    count = 0

    def kill(method: str) -> None:
        nonlocal count
        count += method == SEND
        if method == SEND and count == number:
            raise KilledError

    setattr(line, moment, kill)
    with pytest.raises(KilledError):
        deploy(chain, either_ground.account, directory=tmp_path)
    value = written(tmp_path)
    assert len(value["contracts"]) == number - 1
    (pending,) = value["pending"].values()
    setattr(line, moment, lambda _: None)
    done = deploy(chain, either_ground.account, directory=tmp_path)
    assert_stands(either_ground.chain, done)
    assert either_ground.sent() == 4
    value = written(tmp_path)
    assert "pending" not in value
    assert "former" not in value
    entry = value["contracts"][NAMES[number - 1]]
    assert entry["address"] == pending["address"]
    assert entry["transaction"] in pending["transactions"] or moment == "before"
    assert entry["block_number"] > 0


@pytest.mark.chain
@pytest.mark.parametrize("moment", ["before", "after"])
def test_deploy_whose_line_fails_at_each_first_sending_creates_each_contract_once(
    either_ground: Ground, tmp_path: Path, moment: str
) -> None:
    """`after`: the transaction arrived, its answer did not. `before`: it never arrived."""
    chain, line = either_ground.line()
    failing = True

    def fail(method: str) -> None:
        nonlocal failing
        if method == SEND:
            failing = not failing
            if not failing:
                raise UnavailableError("chain.unreachable", "the line is cut")

    setattr(line, moment, fail)
    done = deploy(chain, either_ground.account, directory=tmp_path)
    assert_stands(either_ground.chain, done)
    assert either_ground.sent() == 4
    assert set(done.gas_used) == set(NAMES)


@pytest.mark.chain
def test_deploy_replaces_a_transaction_that_waits_since_the_last_run(
    either_ground: Ground, tmp_path: Path
) -> None:
    chain, node, account = either_ground.chain, either_ground.anvil, either_ground.account
    node.rpc("evm_setAutomine", *[False])
    fees = []
    for count in (1, 2):
        with pytest.raises(UnavailableError) as caught:
            deploy(chain, account, directory=tmp_path, timeout=0)
        assert caught.value.code == "chain.not-included"
        (pending,) = written(tmp_path)["pending"].values()
        assert len(pending["transactions"]) == count
        waiting = node.rpc("eth_getTransactionByHash", pending["transactions"][-1])
        assert int(waiting["nonce"], 16) == pending["nonce"]
        fees.append(int(waiting["maxFeePerGas"], 16))
    assert fees[1] * 4 == fees[0] * 5
    assert either_ground.sent() == 0
    node.rpc("evm_setAutomine", *[True])
    done = deploy(chain, account, directory=tmp_path)
    assert_stands(chain, done)
    assert either_ground.sent() == 4
    assert done.contracts["AnchorRegistry"].address.hex() == pending["address"][2:]


@pytest.mark.chain
def test_deploy_waits_for_what_the_ceiling_lets_it_not_outbid(
    either_ground: Ground, tmp_path: Path
) -> None:
    node, account = either_ground.anvil, either_ground.account
    node.rpc("evm_setAutomine", *[False])
    # The first one's tip is cut down to it; a tip that shall outbid another is never cut.
    ceiling = Ceiling(fee=200 * GWEI, tip=1)
    with Chain.connect(node.url, ceiling=ceiling) as chain:
        with pytest.raises(UnavailableError):
            deploy(chain, account, directory=tmp_path, timeout=0)
        with pytest.raises(UnavailableError) as caught:
            deploy(chain, account, directory=tmp_path, timeout=0)
        assert caught.value.code == "chain.not-included"
        (pending,) = written(tmp_path)["pending"].values()
        assert len(pending["transactions"]) == 1
        node.rpc("anvil_mine", "0x1")
        node.rpc("evm_setAutomine", *[True])
        assert_stands(chain, deploy(chain, account, directory=tmp_path))
    assert either_ground.sent() == 4


@pytest.mark.chain
@pytest.mark.parametrize("method", ["eth_estimateGas", SEND])
def test_deploy_finds_what_somebody_else_was_faster_with(ground: Ground, method: str) -> None:
    """By CREATE2 anyone may create it: the same code, at the same address, for the same admin."""
    chain, line = ground.line()
    rival = Account.from_key(funded_key(ground.chain))
    estimates = 0

    def overtake(asked: str) -> None:
        nonlocal estimates
        estimates += asked == "eth_estimateGas"
        # Two estimates try the EVM, four the contracts; the seventh is for the first to be sent.
        if asked == method and estimates == 7:
            line.before = lambda _: None
            deploy(ground.chain, rival, admin=ADMIN)

    line.before = overtake
    done = deploy(chain, ground.account, admin=ADMIN)
    assert_stands(ground.chain, done)
    assert done.gas_used == {}
    assert done.contracts["AnchorRegistry"].transaction is None
    assert ground.chain.node.nonce(rival.address) == 4
    assert ground.sent() <= 4


# What the chain says no to


@pytest.mark.chain
@pytest.mark.parametrize("name", ["AnchorRegistry", "ProvenanceGate"])
def test_deploy_where_other_code_stands_at_the_address_is_a_conflict(
    ground: Ground, name: str
) -> None:
    before = ground.anvil.rpc("evm_snapshot")
    address = addresses(deploy(ground.chain, ground.account))[name]
    ground.anvil.rpc("evm_revert", before)
    ground.anvil.rpc("anvil_setCode", f"0x{address.hex()}", "0x60006000fd")
    with pytest.raises(ConflictError) as caught:
        deploy(ground.chain, ground.account)
    assert (caught.value.code, ground.sent()) == ("deploy.other-code", 0)
    assert name in caught.value.message


@pytest.mark.chain
def test_deploy_that_finds_its_own_code_with_another_value_inside_says_which(
    ground: Ground,
) -> None:
    """A gate that asks other registries is another gate, however alike the rest of it is."""
    done = deploy(ground.chain, ground.account)
    address = done.contracts["ProvenanceGate"].address
    code = bytearray(ground.chain.node.code(address))
    for start, length in load("ProvenanceGate").immutables["ANCHORS"]:
        code[start : start + length] = ADMIN.rjust(length, b"\0")
    ground.anvil.rpc("anvil_setCode", f"0x{address.hex()}", f"0x{code.hex()}")
    with pytest.raises(ConflictError) as caught:
        deploy(ground.chain, ground.account)
    assert caught.value.code == "deploy.other-code"
    assert caught.value.found is not None
    assert f"ANCHORS is 0x{ADMIN.rjust(32, bytes(1)).hex()}" in caught.value.found


@pytest.mark.chain
def test_deploy_on_a_node_that_lies_about_the_chain_id_is_found_out(ground: Ground) -> None:
    """A transaction is refused; and what stands holds the id that the EVM told its constructor."""
    chain, line = ground.line()
    line.lie = lambda method, result: "0x539" if method == "eth_chainId" else result
    with pytest.raises(RpcError) as refused:
        deploy(chain, ground.account)
    assert refused.value.found is not None
    assert "chain id" in refused.value.found
    assert ground.sent() == 0
    deploy(ground.chain, ground.account)
    with pytest.raises(ConflictError) as caught:
        deploy(chain, ground.account)
    assert (caught.value.code, ground.sent()) == ("deploy.other-code", 4)
    assert caught.value.found is not None
    assert "_cachedChainId" in caught.value.found


@pytest.mark.chain
def test_deploy_pays_no_more_than_the_ceiling(ground: Ground, tmp_path: Path) -> None:
    for ceiling in (Ceiling(fee=1), Ceiling(gas=1_000_000)):
        with Chain.connect(ground.anvil.url, ceiling=ceiling) as chain:
            with pytest.raises(UnavailableError) as caught:
                deploy(chain, ground.account, directory=tmp_path)
            expected = "chain.underpriced" if ceiling.fee == 1 else "chain.gas"
            assert caught.value.code == expected
            assert isinstance(caught.value, UnderpricedError) == (ceiling.fee == 1)
    assert ground.sent() == 0
    assert list(tmp_path.iterdir()) == []


def test_deploy_on_a_node_that_is_away_is_unavailable(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Chain.connect(url) as chain, pytest.raises(UnavailableError):
        deploy(chain, Account.generate(), directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_sandbox_is_ready_to_anchor() -> None:
    account = Account.generate()
    with sandbox(account) as chain:
        assert chain.sandbox()
        assert chain.head(b"\7" * 32) is None
        assert chain.node.balance(account.address) > WEALTH // 2


def test_salt_is_the_one_that_is_documented(repository: Path) -> None:
    script = (repository / "contracts/script/Deploy.s.sol").read_text()
    page = (repository / "docs/chains.md").read_text()
    assert f"0x{SALT.hex()}" in page
    assert f'SALT = "{SALT.rstrip(bytes(1)).decode()}"' in script
    assert DEPLOYER.hex() in page.lower()
