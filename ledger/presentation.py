"""A presentation: a bundle in, the same bundle with other disclosures out, as its holder chooses.

Disclosures never enter the log, and change no proof: whoever holds an SD-JWT shows of it what he
wants whom to see. Names choose; what lies inside something concealed is shown only together with
it, and goes with it where it is withheld (RFC 9901, 4.2.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from ledger.attestation import Attestation, Stage
from ledger.bundle import Bundle, LoggedAttestation, LoggedEntry
from ledger.disclosure import Disclosure, digests_of
from ledger.errors import NotFoundError, VerificationError
from ledger.jws import Jws
from ledger.kinds.signed import Signed
from ledger.statement import Statement

__all__ = ["disclose", "withhold"]


def disclose(bundle: Bundle, held: Attestation, *, only: AbstractSet[str] = frozenset()) -> Bundle:
    """Add the disclosures of an attestation, or `only` those of some names.

    Raises VerificationError where the bundle lacks that attestation, or a disclosure belongs
    nowhere in it without another one; NotFoundError where the attestation conceals no such name.
    """
    stage, logged = _find(bundle, held)
    chosen = [text for text in held.disclosures if not only or _name(text) in only]
    missing = only - {_name(text) for text in chosen}
    if missing:
        raise NotFoundError(
            "presentation.name",
            "the attestation has no disclosure of that name",
            expected=", ".join(sorted({_name(t) or "…" for t in held.disclosures})) or "none",
            found=", ".join(sorted(missing)),
        )
    shown = (*logged.entry.disclosures, *(t for t in chosen if t not in logged.entry.disclosures))
    Attestation.read(held.jws.text, shown)
    return _with_attestation(bundle, stage, replace(logged.entry, disclosures=shown))


def withhold(bundle: Bundle, names: AbstractSet[str] = frozenset()) -> Bundle:
    """Take the disclosures of some names out, or all of them where none is named.

    Raises NotFoundError where nothing of a name is disclosed, MalformedError for a bundle whose
    entries are none.
    """
    entries = _entries(bundle)
    told = {_name(text) for entry in entries for text in entry.disclosures}
    missing = names - told
    if missing:
        raise NotFoundError(
            "presentation.name",
            "the bundle discloses nothing of that name",
            expected=", ".join(sorted(name for name in told if name)) or "nothing is disclosed",
            found=", ".join(sorted(missing)),
        )
    bundle = replace(bundle, entry=_without(bundle.entry, names))
    if bundle.plan is not None:
        bundle = replace(bundle, plan=_without(bundle.plan, names))
    for stage, logged in bundle.attestations.items():
        bundle = _with_attestation(bundle, stage, _without(logged.entry, names))
    return bundle


def _entries(bundle: Bundle) -> list[LoggedEntry]:
    attested = [logged.entry for logged in bundle.attestations.values()]
    return [bundle.entry, *([] if bundle.plan is None else [bundle.plan]), *attested]


def _find(bundle: Bundle, held: Attestation) -> tuple[Stage, LoggedAttestation]:
    for stage, logged in bundle.attestations.items():
        if _signed(Statement.from_entry(logged.entry.body)) == held.jws.text:
            return stage, logged
    raise VerificationError(
        "presentation.other",
        "the attestation is not in the bundle",
        expected=", ".join(f"its {stage.value}" for stage in bundle.attestations) or "none",
        found=f"another {held.stage.value}",
        hint="Fetch the bundle again: crossproof bundle RECORD_ID -o FILE",
    )


def _with_attestation(bundle: Bundle, stage: Stage, entry: LoggedEntry) -> Bundle:
    logged = replace(bundle.attestations[stage], entry=entry)
    return replace(bundle, attestations={**bundle.attestations, stage: logged})


def _without(entry: LoggedEntry, names: AbstractSet[str]) -> LoggedEntry:
    kept = [text for text in entry.disclosures if names and _name(text) not in names]
    if not kept:
        return replace(entry, disclosures=())
    statement = Statement.from_entry(entry.body)
    jws = _signed(statement)
    value = statement.value if jws is None else Jws.parse(jws).claims
    return replace(entry, disclosures=tuple(_called_for(value, kept)))


def _called_for(value: Any, disclosures: Iterable[str]) -> list[str]:
    """Leave out what lay inside something that is not disclosed any more."""
    waiting = [Disclosure.parse(text) for text in disclosures]
    digests = digests_of(value)
    called: list[Disclosure] = []
    while found := [one for one in waiting if one.digest in digests]:
        called += found
        waiting = [one for one in waiting if one.digest not in digests]
        for one in found:
            digests |= digests_of(one.value)
    texts = {one.text for one in called}
    return [text for text in disclosures if text in texts]


def _signed(statement: Statement) -> str | None:
    return statement.members.jws if isinstance(statement.members, Signed) else None


def _name(text: str) -> str | None:
    return Disclosure.parse(text).name
