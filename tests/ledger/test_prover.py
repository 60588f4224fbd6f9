"""The prover: one exact size for path, checkpoint and anchor, the smallest anchored one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.anchor import Anchor
from ledger.bundle import Bundle
from ledger.checkpoint import open_checkpoint
from ledger.errors import NotFoundError, UnavailableError
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.merkle import leaf_hash, verify_inclusion
from ledger.prover import prove
from ledger.statement import Statement, record_id_text
from ledger.store import AnchorState, Store, StoredAnchor
from tests.log_home import CHAIN, NOW, SIGNER, anchor_of
from tests.samples import transfer

LOG_ID = bytes(32)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    with store:
        yield Log.open(store, SIGNER, HeadRecord(tmp_path / "head"))


def append(log: Log, *statements: Statement) -> None:
    submissions = [Submission.of(s) for s in statements]
    log.append(submissions, submitter="tester", now=NOW)


def append_many(log: Log, count: int) -> list[Statement]:
    statements = [transfer() for _ in range(count)]
    append(log, *statements)
    return statements


def publish(log: Log) -> None:
    assert log.publish(now=NOW) is not None


def keep(log: Log, anchor: Anchor) -> None:
    log.record_anchor(anchor, AnchorState.FINAL)


def covering(log: Log) -> Any:
    """Find anchors as a node does: of this log, on the chain of today."""

    def find(index: int) -> StoredAnchor | None:
        return log.store.covering_anchor(CHAIN, LOG_ID, index)

    return find


def bundle(log: Log, statement: Statement) -> Bundle:
    """Prove a record, and hold the proof against itself."""
    made = prove(log, statement.record_id, covering=covering(log))
    head, _ = open_checkpoint(made.checkpoint, log.verifier)
    for logged in (made.entry, *((made.plan,) if made.plan else ())):
        verify_inclusion(
            leaf_hash=leaf_hash(logged.body),
            index=logged.index,
            size=head.size,
            proof=logged.path,
            root=head.root,
        )
    if made.anchor is not None:
        assert (made.anchor.size, made.anchor.root) == (head.size, head.root)
    assert made.entry.body == statement.entry
    return made


def size_of(made: Bundle) -> int:
    return int(made.checkpoint.splitlines()[1])


def plan() -> Statement:
    return Statement.build(
        {
            **{name: value for name, value in transfer().value.items()
               if name not in {"kind", "record_id", "salt", "occurred_at"}},
            "kind": "plan",
            "ceilings": {"transfers": 12},
            "period": {"from": "2026-01-01", "until": "2026-12-31"},
        }
    )  # fmt: skip


def covered(by: Statement, **changed: Any) -> Statement:
    members = {
        "record_id": record_id_text(by.record_id),
        "leaf_hash": by.leaf_hash.hex(),
        **changed,
    }
    persons = {"personal": 1, "sensitive": 0}
    return transfer(covered_by={"plan": members, "sequence": 1, "persons": persons})


def test_unknown_record_is_not_found(log: Log) -> None:
    append_many(log, 1)
    with pytest.raises(NotFoundError) as caught:
        prove(log, transfer().record_id, covering=covering(log))
    assert caught.value.code == "record.unknown"


def test_record_that_no_checkpoint_covers_is_unavailable_until_one_does(log: Log) -> None:
    append_many(log, 3)
    publish(log)
    (late,) = append_many(log, 1)
    with pytest.raises(UnavailableError) as caught:
        bundle(log, late)
    assert caught.value.code == "record.unpublished"
    publish(log)
    assert size_of(bundle(log, late)) == 4


def test_record_without_an_anchor_is_proved_to_the_newest_checkpoint(log: Log) -> None:
    statements = append_many(log, 3)
    publish(log)
    append_many(log, 3)
    publish(log)
    made = bundle(log, statements[0])
    assert (size_of(made), made.anchor) == (6, None)


def test_smallest_anchor_that_covers_the_record_is_chosen(log: Log) -> None:
    """Anchored at 3 and at 6, published at 9: each record by the first one beyond its index."""
    statements = []
    for anchored in (True, True, False):
        statements += append_many(log, 3)
        publish(log)
        if anchored:
            keep(log, anchor_of(log, len(statements)))
    sizes = [size_of(bundle(log, statement)) for statement in statements]
    assert sizes == [3, 3, 3, 6, 6, 6, 9, 9, 9]
    anchors = [bundle(log, statement).anchor for statement in statements]
    assert [anchor is not None for anchor in anchors] == [True] * 6 + [False] * 3


def test_anchor_that_is_given_up_or_elsewhere_is_passed_over(log: Log) -> None:
    statements = append_many(log, 2)
    publish(log)
    keep(log, anchor_of(log, 2))
    gone = anchor_of(log, 2)
    append_many(log, 2)
    publish(log)
    elsewhere = replace(CHAIN, genesis_hash=b"\1" * 32)
    keep(log, anchor_of(log, 4, chain=elsewhere))
    assert size_of(bundle(log, statements[0])) == 2
    log.store.set_anchor_state(gone, AnchorState.GONE)
    made = bundle(log, statements[0])
    assert (size_of(made), made.anchor) == (4, None)


def test_anchor_whose_checkpoint_the_log_lacks_is_passed_over(log: Log) -> None:
    """As after a recovery from tiles alone: the next anchor covers the same."""
    statements = append_many(log, 2)
    keep(log, anchor_of(log, 2))
    append_many(log, 2)
    publish(log)
    keep(log, anchor_of(log, 4))
    assert size_of(bundle(log, statements[0])) == 4


# Plans


def test_plan_that_covers_the_transfer_comes_along_with_its_own_path(log: Log) -> None:
    covering_plan = plan()
    statement = covered(covering_plan)
    append(log, covering_plan, *[transfer() for _ in range(300)], statement)
    publish(log)
    made = bundle(log, statement)
    assert made.plan is not None
    assert (made.plan.index, made.plan.body) == (0, covering_plan.entry)


def test_plan_logged_after_its_transfer_moves_the_proof_to_where_both_are(log: Log) -> None:
    covering_plan = plan()
    statement = covered(covering_plan)
    append(log, statement)
    publish(log)
    keep(log, anchor_of(log, 1))
    assert (size_of(bundle(log, statement)), bundle(log, statement).plan) == (1, None)
    append(log, covering_plan)
    with pytest.raises(UnavailableError):
        bundle(log, statement)
    publish(log)
    keep(log, anchor_of(log, 2))
    made = bundle(log, statement)
    assert (size_of(made), made.plan is not None) == (2, True)


@pytest.mark.parametrize("changed", ["leaf", "id"])
def test_plan_that_is_another_one_than_the_transfer_names_stays_away(
    log: Log, changed: str
) -> None:
    known, other = plan(), plan()
    if changed == "leaf":
        statement = covered(known, leaf_hash=hashlib.sha256(b"another").hexdigest())
    else:
        statement = covered(other)
    # The plan comes later: after it, a transfer that names it wrongly is refused.
    append(log, statement)
    append(log, known)
    publish(log)
    assert bundle(log, statement).plan is None
