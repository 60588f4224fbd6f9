"""Accreditation: whether a key may speak about a stage, in a jurisdiction, at a time.

An authority's changes, in the order in which it made them, answer that for every time: what was
changed later changes nothing about before, but for a compromise, which cuts off all from its date
on. `AttestorRegistry` keeps the same changes on the chain and gives the same answers
(`_grantAt` in contracts/src/AttestorRegistry.sol); a trust file may keep them too.

    {"jurisdiction": "CN", "key": "0x" thumbprint,
     "changes": [{"time": 1, "standing": "accredited", "stages": ["backup"], "from": 1, "until": 9,
                  "controller": "0x…"}, {"time": 4, "standing": "suspended"}, …]}

Times are seconds since 1970. A period includes its beginning and not its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from ledger.attestation import Stage
from ledger.canonical import MAX_INTEGER
from ledger.errors import MalformedError
from ledger.kinds.formats import check_jurisdiction
from ledger.members import Members, read_text

__all__ = ["MAX_CHANGES", "Accreditation", "AccreditationSource", "Change", "Standing"]

_ADDRESS_SIZE = 20
# An authority that changed its mind more often than this has lost the overview.
MAX_CHANGES = 10_000


class Standing(StrEnum):
    """What a change says of a key."""

    ACCREDITED = "accredited"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    REVOKED = "revoked"
    COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `from_` begins a grant, or is the date from which a compromised key says nothing.

    `stages`, `until` and `controller` (20 bytes) are of a grant alone.
    """

    time: int
    standing: Standing
    stages: frozenset[Stage] = frozenset()
    from_: int = 0
    until: int = 0
    controller: bytes | None = None

    @classmethod
    def from_value(cls, value: object, where: str) -> Change:
        """Read a change's JSON object; raise MalformedError."""
        members = Members(value, where)
        time = members.integer("time", 0, MAX_INTEGER)
        standing = Standing(members.literal("standing", *Standing))
        change = cls(time, standing)
        if standing is Standing.ACCREDITED:
            stages = members.array("stages", _read_stage, longest=len(Stage))
            begins = members.integer("from", 0, MAX_INTEGER)
            change = cls(
                time,
                standing,
                frozenset(stages),
                begins,
                members.integer("until", begins + 1, MAX_INTEGER),
                members.prefixed("controller", _ADDRESS_SIZE)
                if members.has("controller")
                else None,
            )
            if len(change.stages) != len(stages) or not stages:
                raise _malformed(f"{where}.stages", "each stage once, at least one", str(stages))
        elif standing is Standing.COMPROMISED:
            change = cls(time, standing, from_=members.integer("from", 1, time))
        members.end()
        return change

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        value: dict[str, Any] = {"time": self.time, "standing": self.standing.value}
        if self.standing is Standing.COMPROMISED:
            value["from"] = self.from_
        if self.standing is Standing.ACCREDITED:
            value["stages"] = [stage.value for stage in Stage if stage in self.stages]
            value["from"], value["until"] = self.from_, self.until
            if self.controller is not None:
                value["controller"] = f"0x{self.controller.hex()}"
        return value


@dataclass(frozen=True, slots=True)
class Accreditation:
    """All that an authority has said of a key, oldest first; `key` is its thumbprint."""

    jurisdiction: str
    key: bytes
    changes: tuple[Change, ...]

    @classmethod
    def from_value(cls, value: object, where: str) -> Accreditation:
        """Read an accreditation's JSON object; raise MalformedError."""
        members = Members(value, where)
        jurisdiction = members.text("jurisdiction")
        check_jurisdiction(jurisdiction)
        key = members.hash("key")
        changes = members.array("changes", Change.from_value, longest=MAX_CHANGES)
        members.end()
        times = [change.time for change in changes]
        if times != sorted(times):
            raise _malformed(f"{where}.changes", "the oldest change first", "another order")
        return cls(jurisdiction, key, changes)

    def to_value(self) -> dict[str, Any]:
        """Write the JSON object that `from_value` reads."""
        return {
            "jurisdiction": self.jurisdiction,
            "key": f"0x{self.key.hex()}",
            "changes": [change.to_value() for change in self.changes],
        }

    def up_to(self, time: int) -> Accreditation:
        """Leave out what was changed after a time."""
        return replace(self, changes=tuple(c for c in self.changes if c.time <= time))

    def grant_at(self, time: int) -> tuple[Change | None, bool]:
        """Find the grant that governed at a time, and whether it was suspended then.

        Read backwards: the last grant that had begun governs, unless a revocation lies in between.
        """
        suspended: bool | None = None
        for change in reversed(self.changes):
            if change.standing is Standing.COMPROMISED:
                # The one change that reaches back before its own time.
                if time >= change.from_:
                    break
                continue
            if change.time > time:
                continue
            if change.standing is Standing.REVOKED:
                break
            if change.standing is not Standing.ACCREDITED:
                if suspended is None:
                    suspended = change.standing is Standing.SUSPENDED
            elif change.from_ <= time:
                return (change if time < change.until else None), bool(suspended)
        return None, bool(suspended)

    def is_accredited(self, stage: Stage, time: int) -> bool:
        """Say whether the key was accredited for a stage at a time."""
        grant, suspended = self.grant_at(time)
        return grant is not None and not suspended and stage in grant.stages


class AccreditationSource(Protocol):
    """Whoever can be asked what an authority has said: the chain, or a trust file."""

    @property
    def asks_chain(self) -> bool:
        """Say whether a chain is asked too, so that "nothing is known" is its word as well."""

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        """Tell all changes; None where there are none. Raises UnavailableError."""


def _read_stage(value: object, where: str) -> Stage:
    text = read_text(value, where)
    try:
        return Stage(text)
    except ValueError:
        raise _malformed(where, " or ".join(Stage), text) from None


def _malformed(where: str, expected: str, found: str) -> MalformedError:
    return MalformedError("accreditation.malformed", where, expected=expected, found=found[:80])
