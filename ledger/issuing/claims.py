"""Claims of an attestation, filled in where they follow from the record that it speaks of.

Whoever attests says who he is, under whose accreditation he acts, and what he found; the rest can
be derived: the type, the subject's names, the time, how long a deposit is kept unless said, which
backup and which pre-assessment a post-check is against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from ledger.attestation import STAGES, Stage
from ledger.claims import leaf_name
from ledger.dossier import Records, choose
from ledger.entry import check_names_and_numbers, decode_members
from ledger.errors import ConflictError, MalformedError
from ledger.kinds.concealment import members_of
from ledger.kinds.members import Member
from ledger.stages.comparison import time_text
from ledger.stages.keeping import MIN_RETENTION_YEARS, years_after

__all__ = ["RETENTION_YEARS", "complete_claims", "concealable_paths"]

# How long a deposit is kept where nothing is said: as long as the law asks for.
RETENTION_YEARS = MIN_RETENTION_YEARS
_SUBJECT = "credentialSubject"
_DATE_LENGTH = len("2026-11-21")


def complete_claims(
    stage: Stage,
    given: Mapping[str, Any],
    records: Records,
    *,
    now: datetime,
    issuer: str | None = None,
) -> dict[str, Any]:
    """Fill in what is not given; what is given is never replaced.

    Raises MalformedError where `given` is not made of objects, and ConflictError for a post-check
    of what has no backup.
    """
    subject = given.get(_SUBJECT, {})
    if not isinstance(subject, dict):
        raise MalformedError(
            "attestation.subject", _SUBJECT, expected="an object", found=type(subject).__name__
        )
    issued_at = int(now.astimezone(UTC).timestamp())
    derived: dict[str, Any] = {"vct": stage.vct, "iat": issued_at}
    if issuer is not None:
        derived["iss"] = issuer
    about = records.subject
    names = {"id": leaf_name(about.leaf_hash), "record_id": about.record_id}
    said = {**names, **_of_stage(stage, subject, records, issued_at), **subject}
    return {**derived, **given, _SUBJECT: said}


def concealable_paths(stage: Stage, claims: Mapping[str, Any]) -> list[tuple[str | int, ...]]:
    """List the members of `credentialSubject` that are there and that no stage rule reads.

    A member inside another one of them is not listed: it goes with the outer one.
    Raises MalformedError where the claims are not those of the stage.
    """
    value = dict(claims)
    check_names_and_numbers(value)
    return list(_paths(decode_members(value, STAGES[stage]).subject))


def _paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from ((index, *path) for path in _paths(element))
    if not isinstance(value, Member):
        return
    for attribute, name in members_of(type(value)):
        member = getattr(value, attribute)
        if member is UNSET or name == "_sd":
            continue
        if name in value.CONCEALABLE:
            yield (name,)
        else:
            yield from ((name, *path) for path in _paths(member))


def _of_stage(
    stage: Stage, subject: Mapping[str, Any], records: Records, issued_at: int
) -> dict[str, Any]:
    now = time_text(issued_at)
    if stage is Stage.BACKUP:
        deposited = subject.get("deposited_at", now)
        derived = {"deposited_at": deposited}
        # Where it is no time, whoever reads the claims next says so.
        with suppress(TypeError, ValueError):
            derived["retained_until"] = years_after(deposited[:_DATE_LENGTH], RETENTION_YEARS)
        return derived
    if stage is Stage.POST_CHECK:
        # The newest backup, and the pre-assessment that stood before the transfer.
        before = [said for said in records.attestations if said.says.stage is not stage]
        chosen = choose(before, before=records.subject.index)
        names = {Stage.BACKUP: "backup", Stage.PRE_ASSESSMENT: "pre_assessment"}
        if Stage.BACKUP not in chosen and "backup" not in subject:
            raise ConflictError(
                "post-check.backup",
                "there is nothing that a post-check could be against",
                expected="a backup of this transfer, logged before",
                found="none" if records.transfer is not None else "a plan",
                hint="Have the backup attested first.",
            )
        return {
            "checked_at": now,
            **{
                names[other]: {"record_id": said.record_id, "leaf_hash": said.leaf_hash.hex()}
                for other, said in chosen.items()
            },
        }
    return {}
