"""Anchors and the attempts to make them, as rows.

An anchor is named by (chain, log id, size), an attempt by its chain and transaction hash. What they
mean is the publisher's affair.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from ledger.anchor import Anchor, ChainIdentity
from ledger.store.tables import anchor, anchor_attempt

__all__ = [
    "STANDING",
    "AnchorState",
    "Attempt",
    "AttemptState",
    "StoredAnchor",
    "add_attempt",
    "count_by_state",
    "find_standing",
    "is_of",
    "put_anchor",
    "read_anchors",
    "read_attempts",
    "set_anchor_state",
    "set_attempt_state",
]


class AnchorState(StrEnum):
    """How far an anchor has come; GONE: its chain, or its block, is no more."""

    INCLUDED = "included"
    FINAL = "final"
    GONE = "gone"


STANDING = (AnchorState.INCLUDED, AnchorState.FINAL)


class AttemptState(StrEnum):
    """How far a transaction has come."""

    PREPARED = "prepared"
    SENT = "sent"
    INCLUDED = "included"
    FINAL = "final"
    FAILED = "failed"
    GONE = "gone"
    REPLACED = "replaced"


# Asked for every proof: built once.
_OF_SIZE = select(anchor).where(
    anchor.c.chain_id == bindparam("chain_id"),
    anchor.c.genesis_hash == bindparam("genesis_hash"),
    anchor.c.contract == bindparam("contract"),
    anchor.c.log_id == bindparam("log_id"),
    anchor.c.size > bindparam("beyond"),
    anchor.c.state.in_(bindparam("states", expanding=True)),
)
_STANDING = _OF_SIZE.order_by(anchor.c.size).limit(bindparam("limit"))
_NEWEST_STANDING = _OF_SIZE.order_by(anchor.c.size.desc()).limit(bindparam("limit"))


class StoredAnchor(NamedTuple):
    """An anchor and its state."""

    anchor: Anchor
    state: AnchorState


@dataclass(frozen=True, slots=True)
class Attempt:
    """A signed transaction that anchors (size, root)."""

    chain: ChainIdentity
    log_id: bytes
    sender: bytes
    nonce: int
    raw: bytes
    transaction: bytes
    size: int
    root: bytes
    state: AttemptState
    created_at: datetime
    changed_at: datetime


def put_anchor(connection: Connection, found: Anchor, state: AnchorState) -> None:
    """Write an anchor, in the place of an earlier one of the same size.

    A final anchor stays as it is: what a chain holds for ever does not become less.
    """
    standing = connection.scalar(select(anchor.c.state).where(_is(found)))
    if standing == AnchorState.FINAL and state == AnchorState.INCLUDED:
        return
    values = {**_anchor_row(found), "state": state}
    if standing is None:
        connection.execute(insert(anchor).values(values))
    else:
        connection.execute(update(anchor).where(_is(found)).values(values))


def read_anchors(connection: Connection, states: Collection[AnchorState]) -> list[StoredAnchor]:
    """Read the anchors in any of `states`, by size."""
    chosen = select(anchor).where(anchor.c.state.in_(states))
    rows = connection.execute(chosen.order_by(anchor.c.size, anchor.c.block_number))
    return [_stored_anchor(row) for row in rows]


def find_standing(
    connection: Connection,
    chain: ChainIdentity,
    log_id: bytes,
    *,
    beyond: int,
    limit: int,
    newest_first: bool,
    states: Collection[AnchorState] = STANDING,
) -> list[StoredAnchor]:
    """Find a log's anchors on a chain in any of `states`, of sizes beyond `beyond`; by size."""
    parameters = {**_chain_row(chain), "log_id": log_id, "beyond": beyond, "limit": limit}
    statement = _NEWEST_STANDING if newest_first else _STANDING
    rows = connection.execute(statement, {**parameters, "states": list(states)})
    return [_stored_anchor(row) for row in rows]


def count_by_state(
    connection: Connection, chain: ChainIdentity, log_id: bytes
) -> tuple[dict[AnchorState, int], dict[AttemptState, int]]:
    """Count a log's anchors and attempts on a chain by their states."""
    counts = []
    for table in (anchor, anchor_attempt):
        rows = connection.execute(
            select(table.c.state, func.count())
            .where(_of(table, chain, log_id))
            .group_by(table.c.state)
        )
        counts.append({str(state): int(count) for state, count in rows})
    anchors, attempts = counts
    return (
        {state: anchors.get(state, 0) for state in AnchorState},
        {state: attempts.get(state, 0) for state in AttemptState},
    )


def set_anchor_state(connection: Connection, found: Anchor, state: AnchorState) -> None:
    """Change an anchor's state."""
    connection.execute(update(anchor).where(_is(found)).values(state=state))


def add_attempt(connection: Connection, attempt: Attempt) -> None:
    """Write an attempt down."""
    connection.execute(
        insert(anchor_attempt).values(
            {
                **_chain_row(attempt.chain),
                "log_id": attempt.log_id,
                "sender": attempt.sender,
                "nonce": attempt.nonce,
                "raw": attempt.raw,
                "transaction": attempt.transaction,
                "size": attempt.size,
                "root": attempt.root,
                "state": attempt.state,
                "created_at": attempt.created_at,
                "changed_at": attempt.changed_at,
            }
        )
    )


def read_attempts(connection: Connection, states: Collection[AttemptState]) -> list[Attempt]:
    """Read the attempts in any of `states`, oldest first."""
    chosen = select(anchor_attempt).where(anchor_attempt.c.state.in_(states))
    order = (anchor_attempt.c.created_at, anchor_attempt.c.nonce)
    return [_attempt(row) for row in connection.execute(chosen.order_by(*order))]


def set_attempt_state(
    connection: Connection, attempt: Attempt, state: AttemptState, *, now: datetime
) -> None:
    """Change an attempt's state."""
    connection.execute(
        update(anchor_attempt)
        .where(
            anchor_attempt.c.chain_id == attempt.chain.chain_id,
            anchor_attempt.c.genesis_hash == attempt.chain.genesis_hash,
            anchor_attempt.c.transaction == attempt.transaction,
        )
        .values(state=state, changed_at=now)
    )


def is_of(chain: ChainIdentity, log_id: bytes) -> ColumnElement[bool]:
    """Choose the anchors of one log on one chain."""
    return _of(anchor, chain, log_id)


def _of(table: Table, chain: ChainIdentity, log_id: bytes) -> ColumnElement[bool]:
    return and_(
        table.c.chain_id == chain.chain_id,
        table.c.genesis_hash == chain.genesis_hash,
        table.c.contract == chain.contract,
        table.c.log_id == log_id,
    )


def _is(found: Anchor) -> ColumnElement[bool]:
    return and_(is_of(found.chain, found.log_id), anchor.c.size == found.size)


def _chain_row(chain: ChainIdentity) -> dict[str, Any]:
    return {
        "chain_id": chain.chain_id,
        "genesis_hash": chain.genesis_hash,
        "contract": chain.contract,
    }


def _anchor_row(found: Anchor) -> dict[str, Any]:
    return {
        **_chain_row(found.chain),
        "log_id": found.log_id,
        "size": found.size,
        "root": found.root,
        "transaction": found.transaction,
        "block_number": found.block_number,
        "block_hash": found.block_hash,
        "block_time": found.block_time,
        "sandbox": found.sandbox,
    }


def _stored_anchor(row: Row[Any]) -> StoredAnchor:
    found = Anchor(
        chain=ChainIdentity(row.chain_id, row.genesis_hash, row.contract),
        sandbox=row.sandbox,
        log_id=row.log_id,
        size=row.size,
        root=row.root,
        transaction=row.transaction,
        block_number=row.block_number,
        block_hash=row.block_hash,
        block_time=row.block_time,
    )
    return StoredAnchor(found, AnchorState(row.state))


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        chain=ChainIdentity(row.chain_id, row.genesis_hash, row.contract),
        log_id=row.log_id,
        sender=row.sender,
        nonce=row.nonce,
        raw=row.raw,
        transaction=row.transaction,
        size=row.size,
        root=row.root,
        state=AttemptState(row.state),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
