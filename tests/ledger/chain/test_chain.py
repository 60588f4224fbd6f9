"""AnchorRegistry through a node: on the embedded chain and on anvil alike."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.anchor import Anchor, ChainFacts, ChainIdentity, check_facts
from ledger.chain import Account, Chain, Extension, LogInfo, Opening
from ledger.chain.answer import read_block, read_events, read_quantity, read_receipt
from ledger.chain.registry import read_result
from ledger.deploy import sandbox
from ledger.errors import (
    ConfigurationError,
    ConflictError,
    MalformedError,
    UnavailableError,
    VerificationError,
)
from ledger.finality import Finality
from ledger.head_signature import HeadDomain, HeadSigner, log_id
from ledger.local_key import LocalKey
from tests.anchored_log import WEALTH, funded_key, new_registry
from tests.anvil import Anvil, anvil, start_anvil

__all__ = ["anvil"]

OPERATOR = bytes.fromhex("22" * 32)
LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(200)]


@dataclass(frozen=True)
class Opened:
    """A log that has been opened on a chain."""

    chain: Chain
    account: Account
    origin: str
    log_id: bytes

    def extension(self, size: int, old_size: int) -> Extension:
        root = merkle.root(LEAVES[:size])
        identity = self.chain.identity()
        domain = HeadDomain(identity.chain_id, identity.contract, self.log_id)
        signature = HeadSigner(self.origin, domain, LocalKey(OPERATOR)).sign_head(size, root)
        proof = merkle.consistency_proof(LEAVES[:size], old_size)
        return Extension(self.log_id, size, root, tuple(proof), (signature,))

    def anchor(self, size: int, old_size: int) -> Anchor:
        signed = self.chain.sign_anchor(self.account, self.extension(size, old_size))
        self.chain.node.send(signed.raw)
        assert self.chain.node.wait(signed.hash).succeeded
        found = self.chain.head_anchor(self.log_id)
        assert found is not None
        assert found.transaction == signed.hash
        return found


def open_log(chain: Chain, account: Account) -> Opened:
    origin = f"example.com/{Account.generate().address.hex()}"
    operator = Account.from_key(OPERATOR).address
    signed = chain.sign_open_log(account, Opening(origin, (operator,)))
    chain.node.send(signed.raw)
    assert chain.node.wait(signed.hash).succeeded
    return Opened(chain, account, origin, log_id(origin, account.address))


@pytest.fixture(scope="module")
def account() -> Account:
    return Account.generate()


@pytest.fixture(scope="module", params=["embedded", pytest.param("anvil", marks=pytest.mark.chain)])
def chain(request: pytest.FixtureRequest, account: Account) -> Iterator[Chain]:
    if request.param == "embedded":
        with sandbox(account) as embedded:
            yield embedded
        return
    url = request.getfixturevalue("anvil").url
    with Chain.connect(url) as connected:
        connected.node.fund(account.address, WEALTH)
        yield connected.at(new_registry(connected, account))


@pytest.fixture
def opened(chain: Chain, account: Account) -> Opened:
    return open_log(chain, account)


def test_identity_names_chain_genesis_and_contract(chain: Chain) -> None:
    identity = chain.identity()
    genesis = chain.node.block(0)
    assert genesis is not None
    assert chain.contract is not None
    assert identity == ChainIdentity(identity.chain_id, genesis.hash, chain.contract)
    assert chain.sandbox()
    assert str(chain.finality()) == "instant"


def test_embedded_two_of_them_are_two_chains() -> None:
    one, other = Chain.embedded().node.network(), Chain.embedded().node.network()
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_identity_without_a_contract_says_that_one_must_be_named() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Chain.embedded().identity()
    assert caught.value.code == "chain.no-contract"


def test_identity_of_another_chain_than_expected_is_refused(chain: Chain) -> None:
    identity = chain.identity()
    assert Chain(chain.node, expected=identity).identity() == identity
    for other in (
        replace(identity, genesis_hash=b"\1" * 32),
        replace(identity, chain_id=identity.chain_id + 1),
    ):
        with pytest.raises(ConfigurationError) as caught:
            Chain(chain.node, expected=other).identity()
        assert caught.value.code == "chain.other"


def test_head_before_the_log_is_open_is_none(chain: Chain) -> None:
    unknown = b"\7" * 32
    assert chain.head(unknown) is None
    assert chain.log_info(unknown) is None
    assert chain.head_anchor(unknown) is None
    assert not chain.is_open(unknown)


def test_head_where_no_contract_stands_is_unavailable(chain: Chain) -> None:
    with pytest.raises(UnavailableError) as caught:
        chain.at(b"\7" * 20).head(b"\7" * 32)
    assert caught.value.code == "chain.no-code"


def test_open_log_is_governed_by_its_admin(opened: Opened) -> None:
    operator = Account.from_key(OPERATOR).address
    assert opened.chain.log_info(opened.log_id) == LogInfo(
        opened.account.address, 1, 1, (operator,)
    )
    head = opened.chain.head(opened.log_id)
    assert head is not None
    assert (head.size, head.root) == (0, merkle.EMPTY_ROOT)
    assert opened.chain.head_anchor(opened.log_id) is None


def test_anchored_heads_stand_in_state_and_in_events(opened: Opened) -> None:
    first = opened.anchor(5, 0)
    second = opened.anchor(200, 5)
    for anchor in (first, second):
        facts = opened.chain.facts(anchor)
        assert facts.identity == anchor.chain
        assert facts.final
        check_facts(anchor, facts)
    assert (second.size, second.root) == (200, merkle.root(LEAVES))
    assert second.sandbox
    events = list(opened.chain.anchored_events(opened.log_id))
    assert [(e.size, e.root, e.transaction, e.block_hash) for e in events] == [
        (a.size, a.root, a.transaction, a.block_hash) for a in (first, second)
    ]


def test_anchored_events_from_a_block_leave_out_earlier_ones(opened: Opened) -> None:
    opened.anchor(5, 0)
    second = opened.anchor(200, 5)
    events = opened.chain.anchored_events(opened.log_id, from_block=second.block_number)
    assert [event.size for event in events] == [200]


def test_two_logs_of_one_contract_do_not_mix(chain: Chain, account: Account) -> None:
    one, other = open_log(chain, account), open_log(chain, account)
    mine, theirs = one.anchor(5, 0), other.anchor(77, 0)
    assert [event.size for event in chain.anchored_events(one.log_id)] == [5]
    assert not chain.facts(replace(mine, log_id=other.log_id)).committed
    assert chain.facts(theirs).committed


@pytest.mark.parametrize(
    "changed",
    [
        {"size": 6},
        {"root": b"\7" * 32},
        {"block_number": 1},
        {"block_time": 1},
        {"block_hash": b"\7" * 32},
        {"log_id": b"\7" * 32},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_facts_of_an_anchor_with_one_field_changed_deny_it(
    opened: Opened, changed: dict[str, Any]
) -> None:
    anchor = opened.anchor(5, 0)
    opened.anchor(200, 5)
    false = replace(anchor, **changed)
    with pytest.raises(VerificationError):
        check_facts(false, opened.chain.facts(false))


def test_facts_of_a_later_block_number_deny_it_once_the_size_is_passed(opened: Opened) -> None:
    """No node need be waited for: the contract will never take this size again."""
    false = replace(opened.anchor(5, 0), block_number=10**9)
    facts = opened.chain.facts(false)
    assert not facts.committed


def test_facts_of_a_block_that_the_node_has_not_reached_are_unavailable(opened: Opened) -> None:
    anchor = opened.anchor(5, 0)
    with pytest.raises(UnavailableError) as caught:
        opened.chain.facts(replace(anchor, size=6, block_number=10**9))
    assert caught.value.code == "chain.behind"


def test_facts_of_another_transaction_name_its_block(opened: Opened) -> None:
    first = opened.anchor(5, 0)
    second = opened.anchor(200, 5)
    false = replace(first, transaction=second.transaction)
    with pytest.raises(VerificationError, match="another block"):
        check_facts(false, opened.chain.facts(false))


def test_facts_of_a_transaction_that_its_block_does_not_include_deny_it(opened: Opened) -> None:
    anchor = replace(opened.anchor(5, 0), transaction=b"\7" * 32)
    with pytest.raises(VerificationError, match="not in this block"):
        check_facts(anchor, opened.chain.facts(anchor))


@pytest.mark.parametrize(
    "changed",
    [{"chain_id": 1}, {"genesis_hash": b"\7" * 32}, {"contract": b"\7" * 20}],
    ids=lambda changed: next(iter(changed)),
)
def test_facts_of_another_chain_say_which_chain_was_asked(
    opened: Opened, changed: dict[str, Any]
) -> None:
    anchor = opened.anchor(5, 0)
    foreign = replace(anchor, chain=replace(anchor.chain, **changed))
    assert opened.chain.facts(foreign) == ChainFacts(
        identity=anchor.chain,
        committed=False,
        block_hash=None,
        transaction_block=None,
        final=False,
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda e: replace(e, proof=e.proof[:-1]), "Inconsistent"),
        (lambda e: replace(e, proof=(*e.proof, b"\7" * 32)), "Inconsistent"),
        (lambda e: replace(e, root=b"\7" * 32), "NotOperator"),
        (lambda e: replace(e, size=5, proof=()), "NotLarger"),
        (lambda e: replace(e, signatures=()), "TooFewSignatures"),
        (lambda e: replace(e, signatures=e.signatures * 2), "NotAscending"),
        (lambda e: replace(e, log_id=b"\7" * 32), "UnknownLog"),
    ],
)
def test_sign_anchor_what_the_contract_refuses_is_a_conflict_with_its_reason(
    opened: Opened, change: Any, reason: str
) -> None:
    opened.anchor(5, 0)
    with pytest.raises(ConflictError) as caught:
        opened.chain.sign_anchor(opened.account, change(opened.extension(200, 5)))
    assert (caught.value.code, caught.value.found) == ("chain.refused", reason)


def test_sign_open_log_twice_is_a_conflict(opened: Opened) -> None:
    opening = Opening(opened.origin, (Account.from_key(OPERATOR).address,))
    with pytest.raises(ConflictError, match="LogAlreadyOpen"):
        opened.chain.sign_open_log(opened.account, opening)


def test_anchor_the_same_head_again_changes_nothing(opened: Opened) -> None:
    anchor = opened.anchor(5, 0)
    signed = opened.chain.sign_anchor(opened.account, opened.extension(5, 5))
    opened.chain.node.send(signed.raw)
    receipt = opened.chain.node.wait(signed.hash)
    assert receipt.succeeded
    assert opened.chain.anchored(opened.log_id, receipt) is None
    assert opened.chain.head_anchor(opened.log_id) == anchor


def test_send_without_money_is_refused_by_the_node(opened: Opened) -> None:
    poor = Account.generate()
    with pytest.raises(UnavailableError) as caught:
        opened.chain.node.send(opened.chain.sign_anchor(poor, opened.extension(5, 0)).raw)
    assert caught.value.code == "chain.refused-request"


def test_anchored_of_another_contract_with_the_same_event_does_not_count(
    opened: Opened, account: Account
) -> None:
    """Anyone can deploy a contract that emits the event; only the registry's own is believed."""
    anchor = opened.anchor(5, 0)
    receipt = opened.chain.node.receipt(anchor.transaction)
    assert receipt is not None
    assert opened.chain.anchored(opened.log_id, receipt) is not None
    foreign = opened.chain.at(new_registry(opened.chain, account))
    assert foreign.anchored(opened.log_id, receipt) is None


@pytest.mark.chain
@pytest.mark.parametrize(("text", "blocks"), [("confirmations:3", 3), ("finalized", 64)])
def test_is_final_only_under_enough_blocks(anvil: Anvil, text: str, blocks: int) -> None:
    with Chain.connect(anvil.url, finality=Finality.parse(text)) as chain:
        block = chain.node.height()
        anvil.rpc("anvil_mine", hex(blocks - 1))
        assert not chain.node.is_final(block)
        anvil.rpc("anvil_mine", "0x1")
        assert chain.node.is_final(block)


@pytest.mark.chain
def test_sign_on_a_chain_without_eip_1559_pays_the_legacy_price() -> None:
    with start_anvil("--hardfork", "istanbul") as old, Chain.connect(old.url) as chain:
        account = Account.from_key(funded_key(chain))
        signed = chain.node.sign(account, to=account.address, data=b"")
        chain.node.send(signed.raw)
        assert chain.node.wait(signed.hash).succeeded
        # A typed transaction begins with its type, a legacy one with the head of an RLP list.
        assert signed.raw[0] >= 0xC0


@pytest.mark.chain
def test_sign_in_the_place_of_a_pending_transaction_is_taken_for_a_higher_fee() -> None:
    with start_anvil("--no-mining") as node, Chain.connect(node.url) as chain:
        account = Account.generate()
        node.rpc("anvil_setBalance", f"0x{account.address.hex()}", hex(WEALTH))
        first = chain.node.sign(account, to=account.address, data=b"")
        chain.node.send(first.raw)
        rival = chain.node.sign(account, to=account.address, data=b"", nonce=first.nonce, rises=1)
        chain.node.send(rival.raw)
        node.rpc("evm_mine")
        assert chain.node.receipt(first.hash) is None
        assert chain.node.trace(first.hash, account.address)[1:] == (first.nonce + 1, False)
        assert chain.node.wait(rival.hash).succeeded


def test_account_repr_shows_the_address_and_no_key() -> None:
    key = bytes.fromhex("5a" * 32)
    account = Account.from_key(key)
    assert account.address.hex() in repr(account)
    assert key.hex() not in repr(account)


@pytest.mark.parametrize("key", [b"", bytes(32), b"\xff" * 32, b"\x5a" * 31, b"\x5a" * 33], ids=len)
def test_account_of_no_key_is_refused_without_showing_it(key: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Account.from_key(key)
    assert caught.value.__context__ is None
    assert not key or key.hex() not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.from_regex(r"0x[0-9a-f]{0,66}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    [
        "number", "hash", "timestamp", "baseFeePerGas", "transactionHash", "blockNumber", "status",
        "blockHash", "gasUsed", "contractAddress", "logs", "topics", "address", "data",
    ]
)  # fmt: skip
objects = st.dictionaries(members, json_values)


@given(json_values | objects | st.lists(objects))
def test_readers_any_json_gives_a_value_or_malformed(value: object) -> None:
    for read in (read_quantity, read_block, read_receipt, read_events):
        with suppress(MalformedError):
            read(value)


@pytest.mark.parametrize("text", ["0x", "0x-5", "0x1_0", "0x 1", "5", "0x" + "f" * 65, "0xg"])
def test_read_quantity_another_spelling_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError):
        read_quantity(text)


@given(
    st.sampled_from(["head", "logInfo", "verifyAnchor"]),
    st.binary(max_size=400) | st.binary(max_size=12).map(lambda b: b.rjust(32, b"\0") * 7),
)
def test_read_result_any_bytes_gives_a_value_or_malformed(function: str, data: bytes) -> None:
    with suppress(MalformedError):
        read_result(function, data)


def test_verify_does_not_import_web3() -> None:
    """Whoever verifies offline waits for no chain library, and none can open a socket."""
    program = (
        "import sys, ledger.verify, ledger.anchor, ledger.head_signature\n"
        "print([m for m in ('web3', 'eth_tester', 'requests', 'ledger.chain') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert re.sub(r"\s", "", done.stdout) == "[]"
