"""Two histories under one key: found where they are, and nowhere else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bundle import Bundle
from ledger.checkpoint import Checkpoint
from ledger.equivocation import Exhibit, find_equivocations
from ledger.errors import MalformedError, VerificationError
from ledger.head_signature import HeadDomain, HeadSigner
from ledger.local_key import LocalKey
from ledger.note import sign
from tests.samples import CHAIN, LOG_ID, OPERATOR_KEY, ORIGIN, SampleLog, sample_log, transfer

DOMAIN = HeadDomain(CHAIN.chain_id, CHAIN.contract, LOG_ID, 2)


def log() -> SampleLog:
    return sample_log(transfer())


def note(size: int, root: bytes, *keys: tuple[bytes, int], origin: str = ORIGIN) -> Exhibit:
    """A checkpoint, signed by operators, each in an epoch."""
    text = Checkpoint(origin, size, root).text()
    signers = [
        HeadSigner(origin, replace(DOMAIN, epoch=epoch), LocalKey(key)) for key, epoch in keys
    ]
    return Exhibit(sign(text, *signers))


ONE, OTHER = b"\x01" * 32, b"\x02" * 32
MINE, THEIRS = (OPERATOR_KEY, 1), (b"\x07" * 32, 2)


def operators(*exhibits: Exhibit) -> list[Any]:
    found = find_equivocations(*exhibits[:2], domain=DOMAIN)
    return [(one.operator, *(head.epoch for head in one.heads)) for one in found]


def test_two_roots_of_one_size_show_whoever_signed_both() -> None:
    address = HeadSigner("", DOMAIN, LocalKey(OPERATOR_KEY)).address
    both = operators(note(5, ONE, MINE, THEIRS), note(5, OTHER, MINE))
    assert both == [(address, 1, 1)]
    # In two epochs it is the same key.
    again = operators(note(5, ONE, MINE), note(5, OTHER, (OPERATOR_KEY, 2)))
    assert again == [(address, 1, 2)]


def test_heads_that_nobody_signed_twice_show_nobody() -> None:
    assert operators(note(5, ONE, MINE), note(5, OTHER, THEIRS)) == []


def test_lines_of_an_epoch_to_come_or_of_another_log_count_for_nothing() -> None:
    later = (OPERATOR_KEY, 3)
    assert operators(note(5, ONE, later), note(5, OTHER, later)) == []
    elsewhere = replace(DOMAIN, log_id=bytes(32))
    found = find_equivocations(note(5, ONE, MINE), note(5, OTHER, MINE), domain=elsewhere)
    assert found == ()


@pytest.mark.parametrize(
    "second",
    [
        note(5, ONE, MINE),
        note(6, OTHER, MINE),
        note(5, OTHER, MINE, origin="example.com/other"),
    ],
)
def test_heads_that_do_not_contradict_each_other_are_refused(second: Exhibit) -> None:
    with pytest.raises(VerificationError) as caught:
        operators(note(5, ONE, MINE), second)
    assert caught.value.code == "equivocation.none"


def test_two_bundles_show_two_leaves_at_one_index() -> None:
    first, longer = log(), log()
    longer.entries.append(transfer().entry)
    exhibits = [Exhibit.read(made.bundle(2).to_json().encode()) for made in (first, longer)]
    assert exhibits[0].checkpoint.size != exhibits[1].checkpoint.size
    # Each log has a statement of its own at index 2, and the same operator.
    (found,) = find_equivocations(exhibits[0], exhibits[1], domain=DOMAIN)
    assert found.operator == first.operator.address
    assert found.exhibits[0].leaf_hash != found.exhibits[1].leaf_hash


def test_two_bundles_of_one_growing_log_show_nothing() -> None:
    growing = log()
    first = Exhibit.read(growing.bundle(2).to_json().encode())
    growing.entries.append(transfer().entry)
    second = Exhibit.read(growing.bundle(2).to_json().encode())
    with pytest.raises(VerificationError, match="contradict"):
        operators(first, second)


def test_bundle_whose_path_does_not_hold_shows_nothing() -> None:
    first, longer = log(), log()
    longer.entries.append(transfer().entry)
    bundle = longer.bundle(2)
    broken = replace(bundle, entry=replace(bundle.entry, path=bundle.entry.path[:-1]))
    with pytest.raises(VerificationError):
        operators(
            Exhibit.read(first.bundle(2).to_json().encode()),
            Exhibit.read(Bundle.to_json(broken).encode()),
        )


@given(st.binary(max_size=300))
def test_read_any_bytes_give_an_exhibit_or_malformed(data: bytes) -> None:
    with suppress(MalformedError):
        Exhibit.read(data)
