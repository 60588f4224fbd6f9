"""The post-check (事后核查验证): whether what happened is what was assessed and kept."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from ledger.attestation.claims import Claims, Stage, Subject, incomplete
from ledger.errors import MalformedError
from ledger.kinds.formats import check_time
from ledger.kinds.members import (
    MAX_ELEMENTS,
    Count,
    Identifier,
    Member,
    Reference,
    Text,
    Time,
)

__all__ = ["Method", "PostCheck", "PostCheckClaims"]


class Method(Member, frozen=True, kw_only=True):
    """Whether all was looked at or a sample, which can be drawn again from its seed."""

    kind: Literal["full", "sample"]
    population: Count | UnsetType = UNSET
    size: Count | UnsetType = UNSET
    seed: Identifier | UnsetType = UNSET

    def __post_init__(self) -> None:
        drawn = (self.population, self.size, self.seed)
        if self.kind == "full":
            if self.size is not UNSET or self.seed is not UNSET:
                raise _no_sample("no size and no seed, where all was looked at", "some")
            return
        if any(part is UNSET for part in drawn):
            raise _no_sample("population, size and seed of a sample", "not all of them")
        if not 0 < self.size <= self.population:  # type: ignore[operator]  # none is UNSET here
            raise _no_sample(f"a sample of 1 to {self.population}", str(self.size))


class PostCheck(Subject, frozen=True, kw_only=True):
    """What was checked against what, how, and what was found."""

    CONCEALABLE = frozenset({"corrective_action", "findings"})

    backup: Reference
    pre_assessment: Reference | UnsetType = UNSET
    checked_at: Time
    method: Method
    outcome: Literal["consistent", "deviating"]
    findings: Annotated[list[Text], Meta(min_length=1, max_length=MAX_ELEMENTS)] | UnsetType = UNSET
    corrective_action: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        Subject.__post_init__(self)
        check_time(self.checked_at)

    def check_complete(self) -> None:
        """Check that a deviation says what deviates."""
        if self.outcome == "deviating" and self.findings is UNSET:
            raise incomplete("a deviation says what was found", "findings")


class PostCheckClaims(Claims, frozen=True, kw_only=True, tag_field="vct", tag=Stage.POST_CHECK.vct):
    """The claims of a post-check."""

    subject: PostCheck = field(name="credentialSubject")


def _no_sample(expected: str, found: str) -> MalformedError:
    return MalformedError(
        "attestation.method", "the method is not said whole", expected=expected, found=found
    )
