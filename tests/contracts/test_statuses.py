"""What accounts say in `AttestationRegistry`: said through us, and read back for every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from web3 import HTTPProvider, Web3
from web3.contract import Contract

from ledger.chain import Account, Chain, Quorum, RegisteredStatuses, sign_status
from ledger.contracts import load
from ledger.errors import ConflictError, UnavailableError
from ledger.finality import INSTANT, Finality
from ledger.status import Action
from ledger.status_source import last_announced
from ledger.trust import TrustedChain
from tests.anchored_log import funded_key
from tests.anvil import start_anvil

pytestmark = pytest.mark.chain

_ONE_ON_TOP = Finality.parse("confirmations:1")
_LEAF, _OTHER = b"\x01" * 32, b"\x02" * 32


@dataclass
class Registries:
    url: str
    attestors: Contract
    attestations: Contract
    chain: Chain

    @property
    def address(self) -> bytes:
        return bytes.fromhex(self.attestations.address[2:])

    def say(self, account: Account, action: Action, *leaves: bytes) -> int:
        """Say something of leaves; give the block time."""
        signed = sign_status(
            self.chain.node, account, self.address, action=action, leaves=leaves, reason=7
        )
        self.chain.node.send(signed.raw)
        receipt = self.chain.node.wait(signed.hash)
        assert receipt.succeeded
        return int(self.attestations.w3.eth.get_block(receipt.block_number)["timestamp"])

    def source(self, *, named: bool = True) -> RegisteredStatuses:
        trusted = TrustedChain(
            self.chain.identity(),
            sandbox=True,
            attestors=bytes.fromhex(self.attestors.address[2:]) if named else None,
        )
        return RegisteredStatuses(trusted, self.address, Quorum([self.chain], agree=1))


@pytest.fixture(scope="module")
def registries() -> Iterator[Registries]:
    with start_anvil() as anvil:
        w3 = Web3(HTTPProvider(anvil.url))
        w3.eth.default_account = w3.eth.accounts[0]

        def deploy(name: str, *arguments: object) -> Contract:
            artifact = load(name)
            factory = w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
            sent = factory.constructor(*arguments).transact()
            address = w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
            assert address is not None
            return w3.eth.contract(address=address, abi=artifact.abi)

        attestors = deploy("AttestorRegistry", w3.eth.accounts[0])
        attestations = deploy("AttestationRegistry", attestors.address)
        contract = bytes.fromhex(attestations.address[2:])
        with Chain.connect(anvil.url, contract=contract, finality=INSTANT) as chain:
            yield Registries(anvil.url, attestors, attestations, chain)


def _account(registries: Registries) -> Account:
    return Account.from_key(funded_key(registries.chain))


def test_what_an_account_says_is_read_back_with_its_block_time(registries: Registries) -> None:
    account, stranger = _account(registries), _account(registries)
    source = registries.source()
    assert source.announced(account.address, _LEAF) == ()
    times = [
        registries.say(account, action, _LEAF, _OTHER)
        for action in (Action.SUSPEND, Action.REINSTATE, Action.STOP, Action.REINSTATE)
    ]
    times.append(registries.say(account, Action.REVOKE, _LEAF))
    said = source.announced(account.address, _LEAF)
    assert [(one.time, one.action) for one in said] == list(
        zip(
            times,
            [Action.SUSPEND, Action.REINSTATE, Action.STOP, Action.REINSTATE, Action.REVOKE],
            strict=True,
        )
    )
    assert len(source.announced(account.address, _OTHER)) == 4
    assert source.announced(stranger.address, _LEAF) == ()
    # The contract gives the same answer for each of these times.
    statuses = [None, Action.REVOKE, Action.SUSPEND, Action.REINSTATE, Action.STOP]
    who = Web3.to_checksum_address(account.address)
    for time in sorted({time + offset for time in times for offset in (-1, 0, 1)}):
        if time <= times[-1]:
            told = list(registries.attestations.functions.statusAt(who, _LEAF, time).call())
            assert last_announced(said, at=time) is statuses[told[1]]


def test_status_that_cannot_follow_is_refused_before_it_is_sent(registries: Registries) -> None:
    account = _account(registries)
    with pytest.raises(ConflictError) as caught:
        registries.say(account, Action.REINSTATE, _LEAF)
    assert caught.value.code == "status.impossible"
    registries.say(account, Action.REVOKE, _LEAF)
    with pytest.raises(ConflictError) as caught:
        registries.say(account, Action.SUSPEND, _OTHER, _LEAF)
    assert caught.value.found == f"suspend of leaf {_LEAF.hex()}"
    assert "revoke" in str(caught.value.expected)


def test_terms_of_a_jurisdiction_are_read(registries: Registries) -> None:
    w3 = registries.attestors.w3
    holder = list(w3.eth.accounts)[1]
    sent = registries.attestors.functions.appointAuthority(b"HK", holder).transact()
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    (term,) = registries.source().terms("HK")
    assert term.account == bytes.fromhex(holder[2:])
    assert term.from_ == w3.eth.get_block(receipt["blockNumber"])["timestamp"]
    assert term.until > term.from_
    assert registries.source().terms("SG") == ()
    assert registries.source(named=False).terms("HK") == ()


def test_registry_of_another_chain_or_place_could_not_be_asked(registries: Registries) -> None:
    chain = registries.chain
    identity = chain.identity()
    with pytest.raises(UnavailableError) as caught:
        chain.announced(identity, bytes(20), account=bytes(20), leaf=_LEAF)
    assert caught.value.code == "chain.no-code"
    other = replace(identity, genesis_hash=bytes(32))
    with pytest.raises(UnavailableError) as caught:
        chain.announced(other, registries.address, account=bytes(20), leaf=_LEAF)
    assert caught.value.code == "chain.other"


def test_what_is_not_final_yet_was_not_said(registries: Registries) -> None:
    account = _account(registries)
    contract = registries.address
    with Chain.connect(registries.url, contract=contract, finality=_ONE_ON_TOP) as later:
        identity = later.identity()
        registries.say(account, Action.SUSPEND, _LEAF)
        ask = {"account": account.address, "leaf": _LEAF}
        assert registries.chain.announced(identity, contract, **ask) != ()
        assert later.announced(identity, contract, **ask) == ()
