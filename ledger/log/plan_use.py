"""Use of plans: the place under its plan that a transfer claims, held against what is logged.

`covered_by` names a plan, a sequence number and the running totals of distinct persons. In the
transaction that logs it, the number must be the last one and one, no total may fall, and none may
pass a ceiling of the plan, where this log holds that plan. So two transfers that come at the same
time cannot both have the last place.

A plan that is logged here is used by whoever logged it alone: leaf hashes are public, and a
stranger could use up any plan. Of one that is not here each submitter counts by himself, from the
number that comes first (those before it may stand in an earlier log). Where a log was brought back
without who submitted what, transfers of nobody known count for everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from ledger.errors import ConflictError, MalformedError
from ledger.kinds import Plan
from ledger.kinds.plan import Ceilings
from ledger.log.deduplication import Placement
from ledger.merkle import leaf_hash
from ledger.statement import Statement
from ledger.store import Reading, Sequencing, Submitted, UseRow
from ledger.submission import Batch, PlanUse, Submission
from ledger.tile import WIDTH, decode_entries

__all__ = ["PlanConflictError", "Used", "count_all", "read_used", "use_plans"]

# In canonical form a member's name is followed at once by its value; a text cannot hold this.
_COVERED = b'"covered_by":{'
_TOTALS = ("personal", "sensitive")
_HINT = "Ask for the plan's state (GET /v1/records/ID of the plan), and log what comes next."


class PlanConflictError(ConflictError):
    """A place under a plan that cannot be had; `line` (counted from 1) says where in the batch."""

    def __init__(
        self, code: str, message: str, *, line: int, expected: str, found: str, hint: str = _HINT
    ) -> None:
        super().__init__(code, f"line {line}: {message}", expected=expected, found=found, hint=hint)
        self.line = line


class Used(NamedTuple):
    """The last number under a plan, and the totals by then; zeros before the first transfer."""

    sequence: int = 0
    personal: int = 0
    sensitive: int = 0

    def left(self, ceilings: Ceilings) -> dict[str, int]:
        """Say what is left below those ceilings that there are."""
        reached = dict(zip(("transfers", *_TOTALS), self, strict=True))
        return {
            name: ceiling - reached[name]
            for name in reached
            if (ceiling := getattr(ceilings, name)) is not UNSET
        }


def use_plans(sequencing: Sequencing, batch: Batch, placement: Placement, *, size: int) -> None:
    """Take the places that the new transfers of a batch claim, in order.

    Repeats take none. Raises PlanConflictError for the first line that may not be logged.
    """
    lines = batch.lines
    if not lines.uses:
        return
    new = placement.new if isinstance(placement.new, range) else set(placement.new)
    uses = {position: use for position, use in lines.uses.items() if position in new}
    held = sequencing.locate(list({use.record_id for use in uses.values()}))
    plans: dict[tuple[bytes, bytes], _Plan] = {}
    # By leaf hash alone: two ids for one plan share its places.
    used: dict[bytes, Used] = {}
    for position, use in uses.items():
        line, leaf, name = position + 1, use.leaf_hash, (use.record_id, use.leaf_hash)
        if name not in plans:
            index = held.get(use.record_id)
            if index is None:
                plan = _Plan(batch.submitter, None)
            elif index < size:
                plan = _logged_plan(sequencing, index, use, batch.submitter, line=line)
            else:
                entry = lines.entries[placement.new[index - size]]
                plan = _plan(entry, use, batch.submitter, line=line)
            plans[name] = plan
            logged = _used(sequencing, leaf, plan.owner)
            used[leaf] = _highest([used.get(leaf, Used()), logged])
        used[leaf] = _take(plans[name], used[leaf], use, line=line)
    sequencing.put_plan_uses(UseRow(leaf, batch.submitter, *used[leaf]) for leaf in used)


def read_used(reading: Reading, index: int, plan: Statement) -> Used:
    """Read how far the plan at `index` is used by whoever may use it."""
    return _used(reading, plan.leaf_hash, reading.submission_of(index).submitter)


def count_all(sequencing: Sequencing) -> None:
    """Count what all plans of the log cover, from its entries, in the place of what is there.

    What was logged before places were checked may claim one twice: the highest counts.
    """
    size = sequencing.head().size
    submitted = Submitted(0, 0, None, None)
    rows: dict[tuple[bytes, str], UseRow] = {}
    for index, use in _uses(sequencing, size):
        if index >= submitted.first_index + submitted.length:
            submitted = sequencing.submission_of(index)
        key = use.leaf_hash, submitted.submitter or ""
        before = rows.get(key, UseRow(*key, 0, 0, 0))
        rows[key] = UseRow(*key, *_highest([Used(*before[2:]), Used(*use[2:])]))
    sequencing.replace_plan_uses(rows.values(), size=size)


class _Plan(NamedTuple):
    """A plan that a batch uses: whose (None: nobody knows), and its ceilings if it is here."""

    owner: str | None
    ceilings: Ceilings | None


def _take(plan: _Plan, last: Used, use: PlanUse, *, line: int) -> Used:
    """Take the place after the last one; raise PlanConflictError where it is not the next."""
    if use.sequence != last.sequence + 1 and (last.sequence or plan.ceilings is not None):
        raise PlanConflictError(
            "plan.sequence",
            "another number under its plan comes next",
            line=line,
            expected=f"sequence {last.sequence + 1}",
            found=f"sequence {use.sequence}",
        )
    used = Used(use.sequence, use.personal, use.sensitive)
    for name, total, before in zip(_TOTALS, used[1:], last[1:], strict=True):
        if total < before:
            raise PlanConflictError(
                "plan.total",
                "a running total under its plan falls",
                line=line,
                expected=f"{name} {before} or more",
                found=f"{name} {total}",
            )
    left = {} if plan.ceilings is None else used.left(plan.ceilings)
    for name, rest in left.items():
        if rest < 0:
            ceiling = getattr(plan.ceilings, name)
            raise PlanConflictError(
                "plan.ceiling",
                "a ceiling of its plan is passed",
                line=line,
                expected=f"{name} up to {ceiling}",
                found=f"{name} {ceiling - rest}",
                hint="A new plan, assessed anew, has room again.",
            )
    return used


def _logged_plan(
    sequencing: Sequencing, index: int, use: PlanUse, submitter: str, *, line: int
) -> _Plan:
    owner = sequencing.submission_of(index).submitter
    entry = sequencing.entry(index)
    # A wrong leaf hash is told to the plan's owner alone.
    if owner not in {None, submitter} or (owner is None and leaf_hash(entry) != use.leaf_hash):
        raise PlanConflictError(
            "plan.foreign",
            "the plan is somebody else's",
            line=line,
            expected="a plan that you have logged",
            found=str(UUID(bytes=use.record_id)),
            hint="Log the plan of your own that covers the transfer, and name that.",
        )
    return _plan(entry, use, owner, line=line)


def _plan(entry: bytes, use: PlanUse, owner: str | None, *, line: int) -> _Plan:
    members = Statement.from_entry(entry).members
    leaf = leaf_hash(entry)
    if leaf != use.leaf_hash or not isinstance(members, Plan):
        raise PlanConflictError(
            "plan.other",
            "what is logged under that id is another statement",
            line=line,
            expected=f"a plan, leaf {use.leaf_hash.hex()}",
            found=f"a {members.__struct_config__.tag}, leaf {leaf.hex()}",
            hint="Name the plan by the leaf hash that it was logged with.",
        )
    return _Plan(owner, members.ceilings)


def _used(reading: Reading, plan_leaf: bytes, owner: str | None) -> Used:
    """Read what the owner has used of a plan, all that anybody has where nobody knows the owner."""
    return _highest(
        Used(*row[2:])
        for row in reading.plan_uses(plan_leaf)
        if owner is None or row.submitter in {owner, ""}
    )


def _highest(used: Iterable[Used]) -> Used:
    counts = [Used(), *used]
    return Used(*(max(each) for each in zip(*counts, strict=True)))


def _uses(reading: Reading, size: int) -> Iterator[tuple[int, PlanUse]]:
    """Find the transfers that name a plan, with their indexes."""
    for number in range(-(-size // WIDTH)):
        bundle = reading.bundle(number)
        if _COVERED not in bundle:
            continue
        for offset, entry in enumerate(decode_entries(bundle)):
            if _COVERED not in entry:
                continue
            try:
                use = Submission.from_entry(entry).use
            except MalformedError:
                # It was logged before it could be refused.
                continue
            if use is not None:
                yield number * WIDTH + offset, use
