"""A look at what is deployed: nothing is sent; other code, none, and "cannot tell" are three."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.chain import Chain
from ledger.deploy import NAMES, Standing, State, check, deploy
from ledger.errors import ConfigurationError, UnavailableError
from tests.anvil import free_port
from tests.ledger.deploy.conftest import Ground, ground_on

pytestmark = pytest.mark.chain
ADMIN = b"\xad" * 20


def states(standings: tuple[Standing, ...]) -> dict[str, State]:
    return {standing.name: standing.state for standing in standings}


def test_check_of_what_was_deployed_is_committed(either_ground: Ground, tmp_path: Path) -> None:
    done = deploy(either_ground.chain, either_ground.account, directory=tmp_path)
    known, standings = check(either_ground.chain, directory=tmp_path)
    assert known == done.deployments
    assert states(standings) == dict.fromkeys(NAMES, State.COMMITTED)
    assert {standing.name: standing.entry for standing in standings} == done.contracts
    assert [standing.admin for standing in standings if standing.admin] == [
        either_ground.account.address
    ]
    assert either_ground.sent() == 4


def test_check_without_a_file_looks_where_create2_puts_them(ground: Ground) -> None:
    assert states(check(ground.chain, admin=ADMIN)[1]) == dict.fromkeys(NAMES, State.ABSENT)
    deploy(ground.chain, ground.account, admin=ADMIN)
    assert states(check(ground.chain, admin=ADMIN)[1]) == dict.fromkeys(NAMES, State.COMMITTED)


def test_check_without_file_and_admin_knows_of_one_contract() -> None:
    with ground_on("--chain-id", "1") as ground:
        deploy(ground.chain, ground.account)
        _, standings = check(ground.chain)
    expected = dict.fromkeys(NAMES, State.UNKNOWN) | {"AnchorRegistry": State.COMMITTED}
    assert states(standings) == expected
    assert standings[1].entry is None
    assert standings[1].detail is not None


@pytest.mark.parametrize("name", NAMES)
def test_check_tells_other_code_and_none_from_each_other(
    either_ground: Ground, tmp_path: Path, name: str
) -> None:
    done = deploy(either_ground.chain, either_ground.account, directory=tmp_path)
    address = f"0x{done.contracts[name].address.hex()}"
    for code, state in (("0x60006000fd", State.OTHER), ("0x", State.ABSENT)):
        either_ground.anvil.rpc("anvil_setCode", address, code)
        _, standings = check(either_ground.chain, directory=tmp_path)
        assert states(standings) == dict.fromkeys(NAMES, State.COMMITTED) | {name: state}


def test_check_believes_the_file_only_as_far_as_the_chain_bears_it_out(
    ground: Ground, tmp_path: Path
) -> None:
    """The contract stands by CREATE2; what the file names is what would be used."""
    done = deploy(ground.chain, ground.account, directory=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace(done.identity.contract.hex(), ADMIN.hex()))
    _, standings = check(ground.chain, directory=tmp_path)
    # The gate asks another registry than the one that the file names.
    assert states(standings) == {
        "AnchorRegistry": State.ABSENT,
        "AttestorRegistry": State.COMMITTED,
        "AttestationRegistry": State.COMMITTED,
        "ProvenanceGate": State.OTHER,
    }


def test_check_of_another_admin_than_the_file_remembers_is_refused(
    ground: Ground, tmp_path: Path
) -> None:
    deploy(ground.chain, ground.account, directory=tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        check(ground.chain, directory=tmp_path, admin=ADMIN)
    assert caught.value.code == "deploy.admin"


def test_check_of_another_chain_than_the_nodes_is_refused(ground: Ground) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(ground.chain, chain_id=1)
    assert caught.value.code == "deploy.other-chain"


def test_check_of_a_node_that_is_away_is_unavailable(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with Chain.connect(url) as chain, pytest.raises(UnavailableError):
        check(chain, directory=tmp_path, admin=ADMIN)
