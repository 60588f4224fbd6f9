"""What the endpoints answer, as models: they write the JSON and the OpenAPI document alike.

Hashes of the log are 64 hexadecimal digits; what belongs to the chain is written with 0x, as
chains do. Times are UTC, and each says by whose clock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ledger.anchor import LogStatus
from ledger.log import State
from ledger.publisher import Status
from ledger.store import AnchorState

__all__ = [
    "AnchorItem",
    "AnchorPage",
    "Anchoring",
    "BatchLogged",
    "Governance",
    "Health",
    "LogHead",
    "LogState",
    "Pending",
    "PendingOperators",
    "Problem",
    "Readiness",
    "RecordDetail",
    "RecordItem",
    "RecordLogged",
    "RecordPage",
    "RecordTimes",
]

Hash = Field(pattern="^[0-9a-f]{64}$")
ChainHash = Field(pattern="^0x[0-9a-f]{64}$")
Address = Field(pattern="^0x[0-9a-f]{40}$")
Next = Field(None, description="Give it as `cursor` to go on; absent at the end")


class Answer(BaseModel):
    """A JSON object with exactly these members."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(BaseModel):
    """Any error (RFC 9457). Decide by `code`, never by the texts."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(description="The status in words", examples=["Conflict"])
    status: int = Field(examples=[409])
    code: str = Field(description="Stable; listed in docs/api.md", examples=["record.conflict"])
    detail: str = Field(description="What is wrong with this request")
    expected: str | None = None
    found: str | None = None
    hint: str | None = Field(None, description="What to do")
    line: int | None = Field(None, description="The line of a batch, counted from 1")
    incident: str | None = Field(None, description="Names an unforeseen error in the server's log")


class RecordLogged(Answer):
    """A record has its place in the log, durably."""

    record_id: str
    index: int = Field(ge=0)
    leaf_hash: str = Hash
    state: State


class BatchLogged(Answer):
    """Every record of a batch has its place in the log, durably."""

    count: int = Field(ge=1, description="Lines sent")
    added: int = Field(ge=0, description="Records that were not there before")
    duplicates: int = Field(ge=0, description="Records that were there already")
    ranges: list[tuple[int, int, int]] = Field(
        description="[line, index, length]: `length` lines from `line` on stand from `index` on"
    )
    batch_root: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="RFC 9162 root over the leaf hashes of all lines as sent, repeats included",
    )


class RecordItem(Answer):
    """A record in a list."""

    record_id: str
    kind: str
    index: int
    leaf_hash: str = Hash
    state: State
    submitter: str | None = Field(description="null where a recovered log does not tell")
    received_at: datetime | None = Field(description="By this server's clock; null likewise")


class RecordPage(Answer):
    """Some of the records within one's scope. May be short, even empty, and yet not the last."""

    records: list[RecordItem]
    next: str | None = Next
    lag: int = Field(
        0, description="Newest entries that no search finds yet; absent where there are none"
    )


class RecordTimes(Answer):
    """When the record reached each state; null while it has not."""

    logged: datetime | None = Field(description="By this server's clock")
    published: datetime | None = Field(description="By this server's clock")
    anchored: datetime | None = Field(description="By the clock of the anchor's block")


class AnchorItem(Answer):
    """A head of the log as a chain holds it."""

    chain_id: int
    genesis_hash: str = ChainHash
    contract: str = Address
    sandbox: bool = Field(description="True: a chain that proves nothing to anyone else")
    log_id: str = ChainHash
    size: int
    root: str = ChainHash
    transaction: str = ChainHash
    block_number: int
    block_hash: str = ChainHash
    block_time: int = Field(description="Seconds since 1970, by the block's clock")
    state: AnchorState


class PlanTotals(Answer):
    """Distinct persons moved under a plan so far."""

    personal: int
    sensitive: int


class PlanState(Answer):
    """How far a plan is used: what its next transfer must say in `covered_by`."""

    next_sequence: int = Field(description="Of the next transfer that names the plan")
    persons: PlanTotals = Field(description="The running totals so far; none may fall")
    left: dict[str, int] = Field(
        description="Below each ceiling that the plan has: `transfers`, `personal`, `sensitive`"
    )


class RecordDetail(RecordItem):
    """A record, what has become of it, and what it says."""

    times: RecordTimes
    anchor: AnchorItem | None = Field(description="The first that covers the record")
    statement: dict[str, Any] = Field(description="As logged; concealed members stay concealed")
    plan: PlanState | None = Field(description="Of a plan: how far it is used")


class Pending(Answer):
    """The record is logged; ask again after `Retry-After` seconds."""

    record_id: str
    state: State


class AnchorPage(Answer):
    """Some of the log's anchors, by size."""

    anchors: list[AnchorItem]
    next: str | None = Next


class LogHead(Answer):
    """A head of the log."""

    size: int
    root: str = Hash


class ChainName(Answer):
    """Which chain, and which contract on it."""

    chain_id: int
    genesis_hash: str = ChainHash
    contract: str = Address
    sandbox: bool


class ReadOnly(Answer):
    """Why the log may not be written."""

    code: str
    detail: str
    hint: str | None


class Limits(Answer):
    """What a request may bring."""

    batch_lines: int
    batch_bytes: int
    record_bytes: int
    verification_bytes: int
    keyless_bytes: int = Field(description="The same without a key")
    entry_bytes: int


class Anchoring(Answer):
    """What the worker that anchors is doing. Recording does not wait for it."""

    status: Status
    anchored: int | None
    code: str | None = Field(description="Why it cannot go on, where it cannot")
    detail: str | None = Field(description="The same in words; what to do: `hint`")
    hint: str | None


class PendingOperators(Answer):
    """Operators who wait for their time."""

    operators: list[Annotated[str, Address]]
    threshold: int
    not_before: datetime = Field(description="By the chain's clock; from then on anyone may apply")


class Governance(Answer):
    """Who signs for the log in its contract, and how it stands there."""

    status: LogStatus
    admin: str = Address
    epoch: int
    threshold: int
    operators: list[Annotated[str, Address]]
    struck: list[Annotated[str, Address]] = Field(
        description="Operators who signed two histories, and count no more"
    )
    pending: PendingOperators | None
    successor: str | None = Field(
        pattern="^0x[0-9a-f]{64}$", description="The log that continues this one, closed"
    )


class LogState(Answer):
    """What the log is called, how far it has come, and where it is anchored."""

    origin: str
    key: str = Field(description="C2SP verifier key; compare it with one had by another way")
    log_id: str = Field(pattern="^0x[0-9a-f]{64}$", description="The log's name in the contract")
    head: LogHead | None = Field(
        description="Durable, not all of it signed in public yet; null for whoever has no scope"
    )
    published: LogHead | None = Field(description="What GET /checkpoint tells")
    anchored: AnchorItem | None = Field(description="The newest anchor")
    chain: ChainName | None = Field(description="null while it has never answered")
    anchoring: Anchoring
    governance: Governance | None = Field(description="As found last; null where it is not open")
    read_only: ReadOnly | None = Field(description="null while the log takes records")
    limits: Limits


class Health(Answer):
    """The process answers."""

    status: str
    version: str


class Readiness(Answer):
    """The log can be read and written."""

    status: str
    size: int = Field(description="How many entries are published")
    leading: bool = Field(description="Whether this process publishes and anchors (one does)")
    anchoring: Anchoring
