"""The trust file: what may be believed, written in one way, and nothing that contradicts itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.anchor import MAX_BLOCK_TIME, Anchor, ChainIdentity
from ledger.canonical import MAX_INTEGER
from ledger.errors import MalformedError, VerificationError
from ledger.finality import FINALIZED, INSTANT, Finality
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.note import Signer
from ledger.trust import MAX_TRUST_SIZE, Trust, TrustedChain, TrustedLog, node_address
from tests.mutations import anything, at, changed, places, replaced, schema, without

_SCHEMA = schema("trust")
_hashes = st.binary(min_size=32, max_size=32)
_origins = st.sampled_from(["example.com/log", "log.example", "\u65e5\u5fd7.example/1"])


def _operator(origin: str, key: bytes) -> HeadSigner:
    return HeadSigner(origin, HeadDomain(31337, b"\x02" * 20, b"\x03" * 32), LocalKey(key))


def _log(origin: str, seeds: list[bytes], log_id: bytes | None, *, operated: bool) -> TrustedLog:
    return TrustedLog(
        origin,
        tuple(Signer.from_seed(origin, seed).verifier for seed in seeds),
        log_id,
        (_operator(origin, b"\x06" * 32).verifier,) if operated else (),
    )


_logs = st.builds(
    _log,
    _origins,
    st.lists(_hashes, min_size=1, max_size=3, unique=True),
    st.one_of(st.none(), _hashes),
    operated=st.booleans(),
)
_identities = st.builds(
    ChainIdentity,
    chain_id=st.integers(1, MAX_INTEGER),
    genesis_hash=_hashes,
    contract=st.binary(min_size=20, max_size=20),
)
_urls = st.sampled_from(
    ["http://127.0.0.1:8545", "https://node.example/v3/key", "https://u:p@[::1]:1/?a=b", "HTTP://X"]
)
_chains = st.builds(
    lambda identity, sandbox, finality, rpc, agree: TrustedChain(
        identity, sandbox, finality, tuple(rpc), min(agree, max(1, len(rpc)))
    ),
    _identities,
    st.booleans(),
    st.sampled_from([INSTANT, FINALIZED, Finality.parse("confirmations:12")]),
    st.lists(_urls, max_size=3, unique=True),
    st.integers(1, 3),
)
_anchors = st.builds(
    Anchor,
    chain=_identities,
    sandbox=st.booleans(),
    log_id=_hashes,
    size=st.integers(1, MAX_INTEGER),
    root=_hashes,
    transaction=_hashes,
    block_number=st.integers(0, MAX_INTEGER),
    block_hash=_hashes,
    block_time=st.integers(0, MAX_BLOCK_TIME),
)
_trusts = st.builds(
    Trust,
    logs=st.lists(_logs, max_size=2, unique_by=lambda log: log.origin).map(tuple),
    chains=st.lists(_chains, max_size=2, unique_by=lambda chain: chain.identity).map(tuple),
    anchors=st.lists(_anchors, max_size=2, unique_by=lambda anchor: anchor.size).map(tuple),
)


@pytest.fixture(scope="session")
def full(vectors: Path) -> dict[str, Any]:
    """The vector, and operators in it."""
    trust: dict[str, Any] = json.loads((vectors / "bundle.json").read_text("utf-8"))["trust"]
    operator = _operator(trust["logs"][0]["origin"], b"\x06" * 32).verifier
    trust["logs"][0]["operators"] = [str(operator)]
    return trust


@pytest.fixture(scope="session")
def anchor(full: dict[str, Any]) -> Anchor:
    return Anchor.from_value(full["anchors"][0])


def _accepts(value: Any) -> bool:
    try:
        Trust.from_json(json.dumps(value))
    except MalformedError:
        return False
    return True


# Written and read


def test_trust_file_of_version_1_is_read(vectors: Path) -> None:
    value = json.loads((vectors / "bundle.json").read_text("utf-8"))["trust"]
    trust = Trust.from_json(json.dumps(value))
    assert trust.to_value() == value
    assert str(trust.chains[0].finality) == "confirmations:12"


@given(_trusts)
def test_trust_written_is_read_again(trust: Trust) -> None:
    text = trust.to_json()
    assert Trust.from_json(text) == trust
    assert Trust.from_json(text.encode()).to_json() == text
    _SCHEMA.validate(json.loads(text))


@given(st.data())
def test_schema_is_never_stricter_than_the_parser(
    full: dict[str, Any], data: st.DataObject
) -> None:
    value = data.draw(changed(full))
    if _accepts(value):
        _SCHEMA.validate(value)


def test_every_missing_null_or_unknown_member_is_refused_by_parser_and_schema(
    full: dict[str, Any],
) -> None:
    optional = {("logs", 0, "log_id"), ("logs", 0, "operators")}
    for place in places(full):
        broken = [replaced(full, place, None)]
        if isinstance(at(full, place), dict):
            broken.append(replaced(full, place, {**at(full, place), "unknown": 1}))
        if place and isinstance(place[-1], str) and place not in optional:
            broken.append(without(full, place))
        for value in broken:
            assert not _accepts(value)
            assert not _SCHEMA.is_valid(value)
    assert all(_accepts(without(full, place)) for place in optional)


@given(st.one_of(st.binary(), st.text(st.characters()), anything.map(json.dumps)))
def test_anything_is_a_trust_file_or_malformed(data: bytes | str) -> None:
    with pytest.raises(MalformedError):
        Trust.from_json(data)


def test_trust_file_beyond_its_size_is_refused_unread() -> None:
    with pytest.raises(MalformedError) as caught:
        Trust.from_json(b" " * (MAX_TRUST_SIZE + 1))
    assert caught.value.code == "trust.size"


# What could never be believed, or counts twice


def test_log_without_keys_is_refused(full: dict[str, Any]) -> None:
    assert not _accepts(replaced(full, ("logs", 0, "keys"), []))


@pytest.mark.parametrize("place", [("logs", 0, "keys"), ("logs", 0, "operators")])
def test_key_named_twice_is_refused(full: dict[str, Any], place: tuple[str | int, ...]) -> None:
    """Every checkpoint of that log would be ambiguous."""
    assert not _accepts(replaced(full, place, at(full, place) * 2))


@pytest.mark.parametrize("place", [("logs", 0, "keys"), ("logs", 0, "operators")])
def test_key_of_another_log_is_refused(full: dict[str, Any], place: tuple[str | int, ...]) -> None:
    other = (
        Signer.from_seed("example.com/other", bytes(32)).verifier
        if place[-1] == "keys"
        else _operator("example.com/other", b"\x06" * 32).verifier
    )
    with pytest.raises(MalformedError) as caught:
        Trust.from_json(json.dumps(replaced(full, place, [*at(full, place), str(other)])))
    assert caught.value.code == "trust.key"


@pytest.mark.parametrize("name", ["logs", "chains", "anchors"])
def test_log_chain_or_head_named_twice_is_refused(full: dict[str, Any], name: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Trust.from_json(json.dumps(replaced(full, (name,), full[name] * 2)))
    assert caught.value.code == "trust.repeated"


def test_two_pins_that_contradict_each_other_are_refused(full: dict[str, Any]) -> None:
    other = {**full["anchors"][0], "root": "0x" + "11" * 32}
    assert not _accepts(replaced(full, ("anchors",), [*full["anchors"], other]))


def test_node_named_twice_is_refused(full: dict[str, Any]) -> None:
    """One node asked twice agrees with itself: a quorum of one that looks like two."""
    chain = {**full["chains"][0], "rpc": ["https://one.example"] * 2, "agree": 2}
    assert not _accepts(replaced(full, ("chains", 0), chain))


@pytest.mark.parametrize(("nodes", "agree"), [(0, 0), (0, 2), (1, 2), (2, 3), (2, 0)])
def test_quorum_that_cannot_be_had_is_refused(full: dict[str, Any], nodes: int, agree: int) -> None:
    rpc = [f"https://node{i}.example" for i in range(nodes)]
    assert not _accepts(
        replaced(full, ("chains", 0), {**full["chains"][0], "rpc": rpc, "agree": agree})
    )


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a", "file:///etc/passwd", "http://", "https:///path", "http:a", "http://[",
     "http://a:b", "http://a:65536", "http://a:0", "http://a\n.example", "http://a\t", "ht\ntp://a",
     " http://a", "http://a b", "http://a\x00", "javascript://a", "//a", "http://a\u2028"],
)  # fmt: skip
def test_address_that_is_none_is_refused(full: dict[str, Any], url: str) -> None:
    value = replaced(full, ("chains", 0, "rpc", 0), url)
    with pytest.raises(MalformedError) as caught:
        Trust.from_json(json.dumps(value))
    assert caught.value.code == "trust.rpc"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "finality",
    ["", "Instant", "confirmations:", "confirmations:-1", "confirmations:012", "confirmations:1.0",
     "confirmations:00000001000", "confirmations:100001", "confirmations:" + "9" * 5_000, "12", 12,
     "confirmations:\u0661", None],
)  # fmt: skip
def test_finality_in_another_spelling_is_refused(full: dict[str, Any], finality: Any) -> None:
    assert not _accepts(replaced(full, ("chains", 0, "finality"), finality))


# Looked up


@given(_trusts)
def test_logs_and_chains_are_found_by_their_whole_name(trust: Trust) -> None:
    assert all(trust.log(log.origin) is log for log in trust.logs)
    assert all(trust.chain(chain.identity) is chain for chain in trust.chains)
    assert trust.log("unknown.example") is None
    for chain in trust.chains:
        other = bytes(b ^ 1 for b in chain.identity.genesis_hash)
        assert trust.chain(replace(chain.identity, genesis_hash=other)) is None


# Pins

_OTHERS: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    int: lambda value: value + 1,
    str: lambda value: "0x" + "11" * ((len(value) - 2) // 2),
}


@given(_trusts, _anchors)
def test_pin_keeps_an_anchor_once(trust: Trust, anchor: Anchor) -> None:
    with suppress(VerificationError):
        pinned = trust.pin(anchor)
        assert anchor in pinned.anchors
        assert pinned.pin(anchor) == pinned
        assert Trust.from_json(pinned.to_json()) == pinned
        assert (pinned.logs, pinned.chains) == (trust.logs, trust.chains)


@pytest.mark.parametrize(
    "field", ["sandbox", "root", "transaction", "block_number", "block_hash", "block_time"]
)
def test_pin_refuses_another_anchor_of_a_pinned_head(anchor: Anchor, field: str) -> None:
    value = anchor.to_value()
    other = {**value, field: _OTHERS[type(value[field])](value[field])}
    with pytest.raises(VerificationError) as caught:
        Trust(anchors=(anchor,)).pin(Anchor.from_value(other))
    assert caught.value.code == "anchor.contradicts-pin"
    assert field in str(caught.value)


@given(st.data())
def test_anchor_with_any_one_field_changed_contradicts_its_pin_or_is_another_head(
    anchor: Anchor, data: st.DataObject
) -> None:
    """What a changed bundle must not get away with: one field, whichever, is seen.

    A size, root or log id is told apart by the checkpoint and the trusted log.
    """
    value = anchor.to_value()
    name = data.draw(st.sampled_from(sorted(set(value) - {"size", "log_id"})))
    other = Anchor.from_value({**value, name: data.draw(_other(value[name]))})
    assert other.contradicts(anchor) == name


def _other(value: object) -> st.SearchStrategy[Any]:
    """Draw another value of a field."""
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, int):
        return st.integers(1, MAX_INTEGER).filter(lambda number: number != value)
    size = (len(str(value)) - 2) // 2
    hexadecimal = st.binary(min_size=size, max_size=size).map(lambda data: f"0x{data.hex()}")
    return hexadecimal.filter(lambda text: text != value)


def test_anchors_of_one_block_and_of_one_transaction_are_pinned_side_by_side(
    anchor: Anchor,
) -> None:
    """Two logs, or two heads of one log, may be anchored in one block, even by one transaction."""
    other_log = replace(anchor, log_id=b"\x09" * 32, size=99, root=b"\x08" * 32)
    later_head = replace(anchor, size=anchor.size + 1, root=b"\x08" * 32)
    for other in (other_log, later_head):
        assert Trust(anchors=(anchor,)).pin(other).anchors == (anchor, other)


@pytest.mark.parametrize(
    "same",
    [
        "http://node.example/",
        "HTTP://NODE.EXAMPLE",
        "http://node.example:80",
        "http://me@node.example.",
    ],
)
def test_node_address_is_one_however_it_is_spelled(same: str) -> None:
    assert node_address(same) == node_address("http://node.example")
    for other in ("https://node.example", "http://node.example:8545", "http://node.example/b"):
        assert node_address(same) != node_address(other)


@given(st.text())
def test_node_address_of_anything_is_a_text(text: str) -> None:
    assert isinstance(node_address(text), str)
