"""Who signs for a log, as a real contract has it: asked, changed, refused, recounted."""

from __future__ import annotations

import string
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreement import Closing, OperatorChange
from ledger.anchor import LogStanding, LogStatus
from ledger.bundle import Bundle, LoggedEntry
from ledger.chain import (
    Account,
    Chain,
    EquivocationReport,
    Node,
    Quorum,
    ReportedHead,
    cancel_operators,
)
from ledger.chain.embedded import EmbeddedRpc
from ledger.chain.history import EVENTS
from ledger.chain.refusals import WORDS, refused
from ledger.chain.registry import call_data, event_topics, read_event
from ledger.checkpoint import Checkpoint
from ledger.contracts import load
from ledger.deploy import deploy
from ledger.equivocation import Exhibit, find_equivocations
from ledger.errors import ConflictError, MalformedError, UnavailableError
from ledger.finality import INSTANT, Finality
from ledger.head_signature import HeadSigner
from ledger.local_key import LocalKey
from ledger.merkle import inclusion_proof, leaf_hash, root
from ledger.note import sign
from ledger.publisher import OpeningTerms
from tests.anchored_log import OPERATOR, AnchoredLog, funded_key
from tests.governed import TWO_DAYS, address, close, domain, propose, send, strike
from tests.rpc_server import Lie, relaying, serve, telling_the_truth

OTHER = bytes.fromhex("22" * 32)
BOTH = OpeningTerms((address(OTHER),), threshold=1)


@pytest.fixture(scope="module")
def rpc() -> EmbeddedRpc:
    return EmbeddedRpc()


@pytest.fixture
def ledger(tmp_path: Path, rpc: EmbeddedRpc) -> Iterator[AnchoredLog]:
    """A log of two operators, of whom one must sign, with one anchor."""
    chain = Chain(Node(rpc, finality=INSTANT))
    key = funded_key(chain)
    made = AnchoredLog(
        tmp_path / "log", chain.at(deploy(chain, Account.from_key(key)).identity.contract), key
    )
    made.publisher = made.new_publisher(opening=BOTH)
    made.publish(b"a")
    made.settle()
    yield made
    made.close()


def view(ledger: AnchoredLog, function: str, *arguments: object) -> bytes:
    from ledger.chain import query  # noqa: PLC0415

    answer: bytes = ledger.chain.node.ask(
        query.call(ledger.chain.identity().contract, call_data(function, *arguments))
    )
    return answer


def test_governance_of_a_log_that_nobody_opened_is_none(ledger: AnchoredLog) -> None:
    assert ledger.chain.governance(b"\7" * 32) is None
    assert ledger.chain.standing(ledger.chain.identity(), b"\7" * 32) is None


def test_governance_tells_what_the_contract_holds(ledger: AnchoredLog) -> None:
    log_id = ledger.publisher.log_id
    found = ledger.chain.governance(log_id)
    assert found is not None
    operators = tuple(sorted((address(OPERATOR), address(OTHER))))
    assert (found.info.epoch, found.info.threshold, found.info.operators) == (1, 1, operators)
    assert (found.standing, found.pending, found.change_nonce) == (
        LogStanding(LogStatus.ACTIVE), None, 0,
    )  # fmt: skip
    propose(ledger, [OPERATOR], [OTHER], 1)
    waiting = ledger.chain.governance(log_id)
    assert waiting is not None
    assert waiting.pending is not None
    assert waiting.pending.operators == (address(OTHER),)
    latest = ledger.chain.node.block("latest")
    assert latest is not None
    assert waiting.pending.not_before == latest.time + TWO_DAYS
    assert waiting.change_nonce == 1
    send(ledger, cancel_operators(log_id))
    strike(ledger, OTHER)
    struck = ledger.chain.governance(log_id)
    assert struck is not None
    assert struck.standing == LogStanding(LogStatus.ACTIVE, struck=1)
    assert (struck.struck, struck.active_operators) == ((address(OTHER),), (address(OPERATOR),))
    strike(ledger, OPERATOR)
    assert ledger.chain.standing(ledger.chain.identity(), log_id) == LogStanding(
        LogStatus.FROZEN, struck=2
    )
    close(ledger)
    assert ledger.chain.standing(ledger.chain.identity(), log_id) == LogStanding(
        LogStatus.CLOSED, struck=2
    )
    events = list(ledger.chain.history(log_id))
    assert [event.name for event in events] == [
        "LogOpened", "OperatorsProposed", "OperatorsProposalDropped", "OperatorStruck",
        "OperatorStruck", "LogFrozen", "LogClosed",
    ]  # fmt: skip
    assert events[0].arguments["origin"] == ledger.log.origin
    assert events[3].arguments == {
        "operator": f"0x{address(OTHER).hex()}", "epoch": 1, "activeOperators": 1,
    }  # fmt: skip
    assert all(event.block_time > 0 and event.transaction for event in events)


@pytest.mark.parametrize("successor", [None, b"\6" * 32])
def test_what_operators_sign_is_what_the_contract_hashes(
    ledger: AnchoredLog, successor: bytes | None
) -> None:
    where = domain(ledger)
    change = OperatorChange((address(OPERATOR), address(OTHER)), 2, 5)
    theirs = view(
        ledger, "operatorChangeDigest", where.log_id, where.epoch,
        [f"0x{a.hex()}" for a in change.operators], change.threshold, change.nonce,
    )  # fmt: skip
    assert where.typed_digest(change.struct(where)) == theirs
    closing = Closing(7, b"\5" * 32, successor)
    theirs = view(
        ledger, "closingDigest", where.log_id, where.epoch, closing.size, closing.root,
        successor or bytes(32),
    )  # fmt: skip
    assert where.typed_digest(closing.struct(where)) == theirs


def test_two_leaves_at_one_index_strike_whoever_signed_both(ledger: AnchoredLog) -> None:
    """Two bundles of two histories, of different sizes: found here, judged by the contract."""
    signer = HeadSigner(ledger.log.origin, domain(ledger), LocalKey(OTHER))

    def exhibit(*entries: bytes) -> Exhibit:
        leaves = [leaf_hash(entry) for entry in entries]
        note = sign(Checkpoint(signer.name, len(leaves), root(leaves)).text(), signer)
        entry = LoggedEntry(1, entries[1], tuple(inclusion_proof(leaves, 1)))
        return Exhibit.read(Bundle(entry, note).to_json().encode())

    first, second = exhibit(b"a", b"b", b"c"), exhibit(b"a", b"x", b"c", b"d", b"e")
    (found,) = find_equivocations(first, second, domain=domain(ledger))
    heads = [
        ReportedHead(h.epoch, h.size, h.root, h.signature, e.leaf_hash or b"", e.path)
        for h, e in zip(found.heads, found.exhibits, strict=True)
    ]
    report = EquivocationReport(ledger.publisher.log_id, (heads[0], heads[1]), index=1)
    wrong = replace(report, index=0)
    with pytest.raises(ConflictError) as refusal:
        ledger.chain.sign_call(Account.from_key(ledger.sender), wrong.call_data())
    assert refusal.value.found == "NoEquivocation"
    send(ledger, report.call_data())
    after = ledger.chain.governance(ledger.publisher.log_id)
    assert after is not None
    assert after.struck == (address(OTHER),)


# What is refused


def test_every_error_of_the_contract_has_words_for_its_arguments() -> None:
    errors = {e["name"]: e["inputs"] for e in load("AnchorRegistry").abi if e["type"] == "error"}
    assert errors.keys() == WORDS.keys()
    for name, (message, _) in WORDS.items():
        used = {field for _, field, _, _ in string.Formatter().parse(message) if field}
        assert used <= {argument["name"] for argument in errors[name]}, name


def test_refusal_says_who_and_what(ledger: AnchoredLog) -> None:
    stranger = Account.from_key(funded_key(ledger.chain))
    with pytest.raises(ConflictError) as caught:
        ledger.chain.sign_call(stranger, cancel_operators(ledger.publisher.log_id))
    error = caught.value
    assert (error.code, error.found) == ("chain.refused", "NotAdmin")
    assert f"0x{stranger.address.hex()} is not the log's admin" in error.message
    strike(ledger, OPERATOR)
    strike(ledger, OTHER)
    with pytest.raises(ConflictError, match="the log is frozen"):
        propose(ledger, [OPERATOR], [OTHER], 1)


@given(st.sampled_from(sorted(WORDS)), st.binary(max_size=100))
def test_refused_any_data_gives_an_error(name: str, data: bytes) -> None:
    from ledger.chain.registry import _refusals  # noqa: PLC0415

    (selector,) = [key for key, value in _refusals().items() if value == name]
    assert refused(selector + data).code == "chain.refused"
    assert refused(data).code == "chain.refused"


@given(
    st.sampled_from(EVENTS), st.lists(st.binary(min_size=32, max_size=32), max_size=4),
    st.binary(max_size=300),
)  # fmt: skip
def test_read_event_any_bytes_give_values_or_malformed(
    name: str, topics: list[bytes], data: bytes
) -> None:
    (topic,) = event_topics(name)
    with suppress(MalformedError):
        read_event(name, (topic, *topics), data)


# Several nodes


def status(number: int) -> Lie:
    """Say of every log that it has another status."""
    selector = "0x" + call_data("logStatus", bytes(32))[:4].hex()

    def lie(method: str, parameters: list[Any], result: Any) -> Any:
        if method == "eth_call" and parameters[0]["data"].startswith(selector):
            return f"0x{encode(['uint8'], [number]).hex()}{result[2 + 64 :]}"
        return result

    return lie


def test_standing_is_what_enough_nodes_say(ledger: AnchoredLog, rpc: EmbeddedRpc) -> None:
    identity, log_id = ledger.chain.identity(), ledger.publisher.log_id
    anchor = ledger.chain.head_anchor(log_id)
    assert anchor is not None
    with serve(relaying(rpc, status(2))) as liar, serve(relaying(rpc, telling_the_truth)) as true:
        nodes = [
            Chain.connect(server.url, contract=identity.contract, finality=INSTANT)
            for server in (liar, true)
        ]
        outvoted = Quorum([*nodes, ledger.chain], agree=2)
        active = LogStanding(LogStatus.ACTIVE)
        assert outvoted.standing(identity, log_id) == active
        assert outvoted.facts(anchor).standing == active
        # Who differs about it agrees about the anchor all the same.
        split = Quorum(nodes, agree=2)
        assert (split.facts(anchor).committed, split.facts(anchor).standing) == (True, None)
        with pytest.raises(UnavailableError) as caught:
            split.standing(identity, log_id)
        assert caught.value.code == "chain.disagreement"
        for node in nodes:
            node.close()


def test_standing_that_no_log_has_is_no_answer(ledger: AnchoredLog, rpc: EmbeddedRpc) -> None:
    with serve(relaying(rpc, status(3))) as liar:
        node = Chain.connect(liar.url, contract=ledger.chain.contract, finality=INSTANT)
        with pytest.raises(UnavailableError) as caught:
            node.governance(ledger.publisher.log_id)
        assert caught.value.code == "chain.malformed"
        node.close()


def test_standing_is_that_of_a_final_block(ledger: AnchoredLog, rpc: EmbeddedRpc) -> None:
    """What has just been closed is not closed for good."""
    identity, log_id = ledger.chain.identity(), ledger.publisher.log_id
    slow = Chain(Node(rpc, finality=Finality.parse("confirmations:1")), contract=identity.contract)
    close(ledger, OPERATOR)
    latest, settled = ledger.chain.standing(identity, log_id), slow.standing(identity, log_id)
    assert latest is not None
    assert settled is not None
    assert (latest.status, settled.status) == (LogStatus.CLOSED, LogStatus.ACTIVE)


def test_standing_on_another_chain_is_unavailable(ledger: AnchoredLog) -> None:
    other = replace(ledger.chain.identity(), genesis_hash=bytes(32))
    with pytest.raises(UnavailableError) as caught:
        ledger.chain.standing(other, ledger.publisher.log_id)
    assert caught.value.code == "chain.other"
