"""What operators see of anchoring, over HTTP: how it goes, who signs, what the chain took back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ledger.anchor import LogStatus
from ledger.chain import (
    GWEI,
    Account,
    Chain,
    EquivocationReport,
    ReportedHead,
)
from ledger.deploy import deploy
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.publisher import Status
from tests.anchored_log import WEALTH, funded_key
from tests.anvil import Anvil, start_anvil
from tests.api.service import Service, transfer


@pytest.fixture
def chain_of_its_own() -> Iterator[Anvil]:
    with start_anvil() as running:
        yield running


@pytest.fixture
def on_anvil(
    make_service: Callable[..., Iterator[Service]], chain_of_its_own: Anvil, tmp_path: Path
) -> Iterator[Service]:
    """A service on a chain whose blocks are final under two others."""
    with Chain.connect(chain_of_its_own.url) as chain:
        key = funded_key(chain)
        contract = deploy(chain, Account.from_key(key)).identity.contract
    key_file = tmp_path / "sender.key"
    key_file.write_text(f"0x{key.hex()}")
    key_file.chmod(0o600)
    yield from make_service(
        chain_urls=chain_of_its_own.url,
        chain_contract=f"0x{contract.hex()}",
        chain_finality="confirmations:2",
        sender_key_file=key_file,
        chain_max_fee_per_gas=100,
    )


def figures(service: Service) -> dict[tuple[str, ...], float]:
    """Read all samples: their name, then the values of their labels."""
    text = service.get("/metrics", "auditor").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def check_status(service: Service, status: Status, code: str | None) -> Any:
    """The state is the same wherever it is told; give what /v1/log says."""
    log = service.get("/v1/log").json()
    told = log["anchoring"]
    assert (told["status"], told["code"]) == (status, code)
    assert (told["detail"] is None) == (code is None)
    ready = service.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["anchoring"] == told
    found = figures(service)
    assert {s: found["crossproof_publisher_status", s] for s in Status} == {
        s: float(s is status) for s in Status
    }
    return log


def steps(service: Service, until: Callable[[], bool]) -> None:
    for _ in range(20):
        service.node.publisher.step()
        if until():
            return
    raise AssertionError(service.node.publisher.state)


def states(service: Service) -> list[tuple[int, str]]:
    anchors = service.get("/v1/anchors").json()["anchors"]
    return [(anchor["size"], anchor["state"]) for anchor in anchors]


def test_anchoring_is_told_before_the_chain_was_ever_asked(fresh: Service) -> None:
    log = check_status(fresh, Status.IDLE, None)
    assert (log["governance"], log["anchored"]) == (None, None)
    found = figures(fresh)
    assert ("crossproof_anchored_timestamp_seconds",) not in found
    assert ("crossproof_sender_balance_wei",) not in found


def test_who_signs_and_what_was_anchored_is_told(fresh: Service) -> None:
    fresh.record(transfer())
    fresh.anchor()
    log = check_status(fresh, Status.IDLE, None)
    governance = log["governance"]
    assert (governance["status"], governance["epoch"], governance["threshold"]) == ("active", 1, 1)
    assert (governance["struck"], governance["pending"], governance["successor"]) == (
        [],
        None,
        None,
    )
    assert len(governance["operators"]) == 1
    found = figures(fresh)
    assert found["crossproof_anchors", "final"] == 1
    assert found["crossproof_anchors", "gone"] == 0
    assert found["crossproof_anchor_attempts", "included"] == 2
    assert found["crossproof_anchors_vanished_total",] == 0
    assert found["crossproof_anchored_timestamp_seconds",] == log["anchored"]["block_time"]
    assert 0 < found["crossproof_sender_balance_wei",] < WEALTH
    assert found["crossproof_operators_epoch",] == 1
    assert found["crossproof_operators_spare",] == 0
    for status in LogStatus:
        assert found["crossproof_contract_status", status] == float(status is LogStatus.ACTIVE)


def standing(report: Any) -> Any:
    (check,) = [check for check in report["checks"] if check["code"] == "log.standing"]
    return check


@pytest.mark.chain
def test_vanished_anchor_is_shown_as_gone_until_it_is_made_again(
    on_anvil: Service, chain_of_its_own: Anvil
) -> None:
    service, anvil = on_anvil, chain_of_its_own
    publisher = service.node.publisher
    steps(service, lambda: publisher.state.status is Status.IDLE)
    service.record(transfer())
    service.publish()
    before = anvil.rpc("evm_snapshot")
    steps(service, lambda: publisher.state.anchored == 1)
    assert states(service) == [(1, "included")]
    # Another branch, whose node does not know the transaction, and takes none now.
    anvil.rpc("evm_revert", before)
    anvil.rpc("evm_increaseTime", 100)
    anvil.rpc("anvil_mine", "0x2")
    anvil.rpc("evm_setAutomine", *[False])
    steps(service, lambda: states(service) == [(1, "gone")])
    assert service.get("/v1/log").json()["anchored"] is None
    found = figures(service)
    assert (found["crossproof_anchors", "gone"], found["crossproof_anchored_size",]) == (1, 0)
    assert found["crossproof_anchors_vanished_total",] == 1
    anvil.rpc("anvil_mine", "0x4")
    steps(service, lambda: states(service) == [(1, "final")])
    assert figures(service)["crossproof_anchors", "gone"] == 0


@pytest.mark.chain
def test_price_above_the_ceiling_is_told(on_anvil: Service, chain_of_its_own: Anvil) -> None:
    steps(on_anvil, lambda: on_anvil.node.publisher.state.status is Status.IDLE)
    chain_of_its_own.rpc("anvil_setNextBlockBaseFeePerGas", hex(101 * GWEI))
    chain_of_its_own.rpc("evm_mine")
    on_anvil.record(transfer())
    on_anvil.publish()
    on_anvil.node.publisher.step()
    log = check_status(on_anvil, Status.UNDERPRICED, "chain.underpriced")
    assert "CROSSPROOF_CHAIN_MAX_FEE_PER_GAS" in log["anchoring"]["hint"]


def test_struck_operator_freezes_a_log_of_one_and_that_is_told(fresh: Service) -> None:
    statement = transfer()
    fresh.record(statement)
    fresh.anchor()
    bundle = fresh.get(f"/v1/records/{statement['record_id']}/bundle", "shenzhen").json()
    before = fresh.verify(bundle=bundle, without_files=True).json()
    assert (before["verdict"], "reason" in standing(before)) == ("verified", False)
    node = fresh.node
    key = node.settings.operator.load(passphrase=None, timeout=5)
    identity, log_id = node.chain.identity(), node.publisher.log_id
    domain = HeadDomain(identity.chain_id, identity.contract, log_id)
    signer = HeadSigner("", domain, key)
    heads = [ReportedHead(1, 9, root, signer.sign_head(9, root)) for root in (b"a" * 32, b"b" * 32)]
    report = EquivocationReport(log_id, (heads[0], heads[1]))
    signed = node.chain.sign_call(Account(key), report.call_data())
    node.chain.node.send(signed.raw)
    assert node.chain.node.wait(signed.hash).succeeded
    node.publisher.step()
    log = check_status(fresh, Status.FROZEN, "publisher.frozen")
    assert log["governance"]["status"] == "frozen"
    assert log["governance"]["struck"] == [f"0x{signer.address.hex()}"]
    assert log["anchored"]["state"] == "final"
    found = figures(fresh)
    assert found["crossproof_contract_status", "frozen"] == 1
    assert (found["crossproof_operators_struck",], found["crossproof_operators_spare",]) == (1, -1)
    # The chain's answer about the anchor is remembered, and how its log stands told all the same.
    after = fresh.verify(bundle=bundle, without_files=True).json()
    assert (after["verdict"], standing(after)["reason"]) == ("verified", "log.frozen")
    # Records are taken in all the same.
    assert fresh.record(transfer()).status_code == 201
