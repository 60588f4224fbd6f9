"""Solidity and Python give one answer to who was accredited when, whatever an authority does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError

from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.chain import Accreditations, Chain, Quorum
from ledger.contracts import load
from ledger.errors import UnavailableError
from ledger.finality import INSTANT
from ledger.trust import Trust, TrustedChain
from tests.anvil import start_anvil

pytestmark = pytest.mark.chain

_SEED = 7638
_KEYS = 25
_STEPS = 12
_JURISDICTION = b"CN"
# The contract's `Standing`; a change to Accredited without stages ends a suspension.
_STANDINGS = (None, Standing.ACCREDITED, Standing.SUSPENDED, Standing.REVOKED, Standing.COMPROMISED)


@pytest.fixture(scope="module")
def registry() -> Iterator[Contract]:
    with start_anvil() as anvil:
        w3 = Web3(HTTPProvider(anvil.url))
        w3.eth.default_account = w3.eth.accounts[0]
        artifact = load("AttestorRegistry")
        factory = w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        deployed = factory.constructor(w3.eth.accounts[0]).transact()
        address = w3.eth.wait_for_transaction_receipt(deployed)["contractAddress"]
        assert address is not None
        contract = w3.eth.contract(address=address, abi=artifact.abi)
        _send(contract.functions.appointAuthority(_JURISDICTION, w3.eth.accounts[0]))
        yield contract


def _send(call: Any) -> bool:
    """Send a call; say False where the contract refuses it."""
    try:
        sent = call.transact()
    except ContractLogicError:
        return False
    assert call.w3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    return True


def _act(registry: Contract, key: bytes, random: Random, now: int) -> bool:
    """Do something to a key's accreditation, which may be impossible as it stands."""
    functions = registry.functions
    begins = now + random.randrange(0, 300)
    match random.choice("ggggssrrrvc"):
        case "g":
            stages, until = random.randrange(1, 8), begins + random.randrange(1, 900)
            controller = registry.w3.eth.accounts[0]
            return _send(functions.accredit(_JURISDICTION, key, controller, stages, begins, until))
        case "s":
            return _send(functions.suspend(_JURISDICTION, key, 1))
        case "r":
            return _send(functions.reinstate(_JURISDICTION, key, 1))
        case "v":
            return _send(functions.revoke(_JURISDICTION, key, 1))
        case _:
            since = now - random.randrange(0, 200)
            return _send(functions.revokeCompromised(_JURISDICTION, key, 1, since))


def _read(registry: Contract, key: bytes) -> Accreditation:
    """Read what the contract keeps, as the verifier has it."""
    changes = []
    for time, standing, _, stages, begins, until, controller in registry.functions.history(
        _JURISDICTION, key, 0, 10_000
    ).call():
        meant = _STANDINGS[standing]
        assert meant is not None
        if meant is Standing.ACCREDITED and not stages:
            meant = Standing.REINSTATED
        changes.append(
            Change(
                time,
                meant,
                frozenset(stage for bit, stage in enumerate(Stage) if stages >> bit & 1),
                begins,
                until,
                bytes.fromhex(controller[2:]) if meant is Standing.ACCREDITED else None,
            )
        )
    return Accreditation("CN", key, tuple(changes))


def test_python_and_solidity_agree_on_every_time_of_random_histories(registry: Contract) -> None:
    random = Random(_SEED)  # noqa: S311 - the same histories at every run
    w3 = registry.w3
    start = int(w3.eth.get_block("latest")["timestamp"])
    now = start
    done = refused = compared = granted = 0
    keys = [random.randbytes(32) for _ in range(_KEYS)]
    for _ in range(_STEPS):
        for key in keys:
            now += random.randrange(1, 12)
            w3.provider.make_request("evm_setNextBlockTimestamp", [now])  # type: ignore[arg-type]
            if _act(registry, key, random, now):
                done += 1
            else:
                refused += 1
                # What was refused made no block: its time is still to come.
                w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    for key in keys:
        accreditation = _read(registry, key)
        assert Accreditation.from_value(accreditation.to_value(), "it") == accreditation
        times = {change.time + offset for change in accreditation.changes for offset in (-1, 0, 1)}
        times |= {random.randrange(start, now) for _ in range(10)}
        for time in sorted(time for time in times if time <= now):
            stage = random.choice(list(Stage))
            on_chain = registry.functions.isAccredited(
                _JURISDICTION, key, list(Stage).index(stage), time
            ).call()
            assert accreditation.is_accredited(stage, time) == on_chain, (key.hex(), time)
            compared += 1
            granted += on_chain
    # Neither all one answer, nor all refusals: else nothing was compared.
    assert done > 3 * _KEYS
    assert refused > 0
    assert 50 < granted < compared - 50


def test_chain_reads_what_the_contract_keeps_and_answers_for_every_key(registry: Contract) -> None:
    random = Random(_SEED + 1)  # noqa: S311 - the same histories at every run
    w3 = registry.w3
    now = int(w3.eth.get_block("latest")["timestamp"])
    keys = [random.randbytes(32) for _ in range(4)]
    for _ in range(_STEPS):
        for key in keys[1:]:
            now += random.randrange(1, 12)
            w3.provider.make_request("evm_setNextBlockTimestamp", [now])  # type: ignore[arg-type]
            if not _act(registry, key, random, now):
                w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    address = bytes.fromhex(registry.address[2:])
    url = str(w3.provider.endpoint_uri)  # type: ignore[attr-defined]
    with Chain.connect(url, contract=address, finality=INSTANT) as chain:
        identity = chain.identity()
        told = {
            key: chain.accreditation(identity, address, jurisdiction="CN", key=key) for key in keys
        }
        assert told[keys[0]] is None
        for key in keys[1:]:
            assert told[key] == _read(registry, key)
        agreeing = Quorum([chain, chain], agree=2)
        source = Accreditations(Trust(), TrustedChain(identity, True, attestors=address), agreeing)  # noqa: FBT003
        assert source.accreditation("CN", keys[1]) == told[keys[1]]
        assert source.accreditation("HK", keys[1]) is None
        pinned = Accreditation("CN", keys[1], ())
        trust = Trust(accreditations=(pinned,))
        believed = Accreditations(trust, TrustedChain(identity, True, attestors=address), agreeing)  # noqa: FBT003
        assert believed.accreditation("CN", keys[1]) == pinned
        with pytest.raises(UnavailableError) as caught:
            chain.accreditation(identity, bytes(20), jurisdiction="CN", key=keys[1])
        assert caught.value.code == "chain.no-code"
        other = replace(identity, genesis_hash=bytes(32))
        with pytest.raises(UnavailableError) as caught:
            chain.accreditation(other, address, jurisdiction="CN", key=keys[1])
        assert caught.value.code == "chain.other"
