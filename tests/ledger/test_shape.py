"""A shape takes what the usual way takes, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.batch import decode_batch
from ledger.canonical import canonicalize
from ledger.errors import MalformedError
from ledger.kinds import Kind
from ledger.shape import Shape, Shapes
from ledger.statement import LineError, Statement, new_record_id, new_salt
from ledger.submission import Submission
from tests.samples import transfer

_DIGEST = "ab" * 32
# Every member that a transfer may have, but for its legal basis.
_FULL: dict[str, Any] = {
    "exporter": {
        "id": "uscc:1", "name": "深圳出口", "country": "CN", "address": "1 Road", "contact": "x",
    },
    "onward_recipients": [{"id": "a"}, {"id": "b", "name": "Bé"}],
    "data_items": [
        {"name": "n", "class": "core", "personal": True, "sensitive": False, "description": "d"},
        {"name": "m", "class": "general", "personal": False, "sensitive": False},
    ],
    "purpose": "to be moved",
    "channel": {"id": "vpn", "endpoints": ["one", "two"]},
    "storage_place": {"jurisdiction": "HK", "place": "a room"},
    "retention": {"from": "2026-01-01", "until": "2027-01-01", "end_action": "erase"},
    "persons": {"personal": 12, "as_of": "2026-01-31T12:00:00Z", "method": "counted"},
    "files": [{"name": "f.csv", "size": 7, "digests": {"sha-256": _DIGEST, "sm3": _DIGEST}}],
    "origin_label": {"place": "p", "produced_at": "2026-01-30T12:00:00.5Z"},
    "software": {"name": "s", "version": "1", "build": {"sha-256": _DIGEST}},
    "parents": [{"record_id": new_record_id(), "leaf_hash": _DIGEST}],
    "supersedes": {"record_id": new_record_id(), "leaf_hash": _DIGEST},
    "covered_by": {
        "plan": {"record_id": new_record_id(), "leaf_hash": _DIGEST},
        "sequence": 3,
        "persons": {"personal": 40, "sensitive": 0},
    },
    "_sd": ["A" * 43],
    "_sd_alg": "sha-256",
}  # fmt: skip
_SAMPLES = (transfer(), transfer(**_FULL))


def shape_of(statement: Statement) -> Shape:
    shape = Shape.of(statement.entry, statement.members)
    assert shape is not None
    return shape


_SHAPES = tuple(map(shape_of, _SAMPLES))


def changed(value: Any, chance: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Change some values: into others of their kind, into odd ones, or away."""
    if isinstance(value, dict):
        made = {name: changed(member, chance) for name, member in value.items()}
        if chance(st.integers(0, 15)) == 0 and made:
            del made[chance(st.sampled_from(sorted(made)))]
        return made
    if isinstance(value, list):
        return [changed(element, chance) for element in value]
    if chance(st.integers(0, 7)):
        return value
    return chance(
        st.one_of(
            st.sampled_from(
                [
                    "", "x" * 256, "x" * 257, "é", '"', "\\", "\n", "\x7f", "2026-02-30T12:00:00Z",
                    "2026-12-31T23:59:59.123Z", "2025-01-01", "AA", "aa", "core", 0, -1, 2**53 - 1,
                    2**53, 10**15, True, None, _DIGEST, _DIGEST.upper(), new_salt(),
                    new_record_id(),
                ]
            ),
            st.text(max_size=8),
            st.integers(-5, 10**17),
        )
    )  # fmt: skip


@pytest.mark.parametrize("sample", _SAMPLES)
def test_shape_takes_others_that_look_alike(sample: Statement) -> None:
    shape = shape_of(sample)
    for _ in range(3):
        value = {**sample.value, "record_id": new_record_id(), "salt": new_salt()}
        value["occurred_at"] = "2025-07-01T01:02:03.25Z"
        value["scenario"] = "another one"
        made = Statement.parse(canonicalize(value))
        assert shape.read(made.entry) == Submission.of(made)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=400)
@given(st.sampled_from(range(len(_SAMPLES))), st.data())
def test_what_a_shape_takes_is_canonical_and_valid(number: int, data: st.DataObject) -> None:
    """Of whatever has become of a transfer's values: a shape never says more than the parser."""
    value = changed(_SAMPLES[number].value, data.draw)
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(
        errors="surrogatepass"
    )
    for shape in _SHAPES:
        read = shape.read(line)
        if read is not None:
            assert read == Submission.of(Statement.from_entry(line))


@settings(max_examples=400)
@given(
    st.sampled_from(range(len(_SAMPLES))),
    st.integers(min_value=0),
    st.integers(0, 3),
    st.binary(max_size=4),
)
def test_bytes_that_a_shape_takes_are_canonical_and_valid(
    number: int, place: int, cut: int, inserted: bytes
) -> None:
    """Likewise of whatever has become of its bytes."""
    entry = _SAMPLES[number].entry
    at = place % len(entry)
    line = entry[:at] + inserted + entry[at + cut :]
    read = _SHAPES[number].read(line)
    if read is not None:
        assert read == Submission.of(Statement.from_entry(line))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"occurred_at": "2026-02-30T12:00:00Z"},
        {"from": "C1"},
        {"retention": {"from": "2027-01-02", "until": "2027-01-01", "end_action": "erase"}},
        {"record_id": "0190a6d2-9c3b-4c55-9a77-1f1f7a4d8e2b"},
        {"purpose": ""},
        {"scenario": "x" * 257},
        {"salt": "x" * 22},
    ],
)
def test_batch_names_a_bad_line_whose_others_look_alike(spoilt: dict[str, Any]) -> None:
    good = [transfer(**_FULL).entry for _ in range(3)]
    bad = canonicalize({**transfer(**_FULL).value, **spoilt})
    with pytest.raises(LineError) as caught:
        decode_batch(b"\n".join([*good, bad]))
    assert caught.value.line == 4


def test_batch_of_a_shape_that_may_not_be_logged_is_refused_for_that() -> None:
    lines = [transfer().entry for _ in range(3)]
    assert len(decode_batch(b"\n".join(lines))) == 3

    def refuse(members: Kind) -> None:
        raise MalformedError("test.refused", f"no {members.__struct_config__.tag}")

    with pytest.raises(LineError) as caught:
        decode_batch(b"\n".join(lines), check=refuse)
    assert (caught.value.line, caught.value.code) == (1, "test.refused")


def test_shape_tells_the_place_under_a_plan() -> None:
    sample = _SAMPLES[1]
    value = {**sample.value, "record_id": new_record_id()}
    value["covered_by"] = {
        "plan": {"record_id": new_record_id(), "leaf_hash": "cd" * 32},
        "sequence": 1234,
        "persons": {"personal": 56_789, "sensitive": 1},
    }
    made = Statement.parse(canonicalize(value))
    assert shape_of(sample).read(made.entry) == Submission.of(made)
    value["covered_by"]["sequence"] = 0
    assert shape_of(sample).read(canonicalize(value)) is None


def test_shape_is_of_transfers_alone() -> None:
    value = {**_SAMPLES[0].value, "kind": "plan", "ceilings": {"transfers": 3}}
    del value["occurred_at"]
    plan = Statement.build({**value, "period": {"from": "2026-01-01", "until": "2026-12-31"}})
    assert Shape.of(plan.entry, plan.members) is None


def test_shapes_are_few_and_not_made_of_every_line() -> None:
    shapes = Shapes()
    made = 0
    for number in range(2_000):
        other = transfer(parents=[_FULL["parents"][0]] * (number % 20 + 1))
        made += shapes.miss(other.entry, other.members)
    assert made == 8
    assert len(shapes.passing(lambda _: None)) == 4
