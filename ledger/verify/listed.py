"""What an issuer's status list says of an attestation: stapled to the bundle, or fetched.

A list is fetched whole and only from where the trust file says, so that nobody makes a verifier
call a host of his choosing, and no issuer learns which attestation is looked at. Of the lists that
answer for the time that is asked about, the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET

from ledger.attestation import Attestation
from ledger.attestation.claims import StatusList
from ledger.errors import UnavailableError
from ledger.jws import Jws
from ledger.status_list import MAX_TOKEN_SIZE, TYP, StatusToken
from ledger.trust import Source, TrustedStatuses
from ledger.verify.case import Case
from ledger.verify.signed import SignedEntry, is_same_owner, signer_of

__all__ = ["ask_list", "is_required", "rules_of"]


def rules_of(attestation: SignedEntry[Attestation], case: Case) -> TrustedStatuses | None:
    """Find what the trust file says of the issuer's statuses.

    By whose key it is, where that is known: what an attestation says of its issuer is his own word.
    """
    owner = case.trust.owner(attestation.thumbprint)
    return case.trust.statuses_of(
        attestation.says.claims.iss if owner is None else owner.id,
    )


def is_required(source: Source, rules: TrustedStatuses | None) -> bool:
    """Say whether a source must have answered, where the attestation names it."""
    return source is Source.LIST if rules is None else source in rules.required


def ask_list(
    attestation: SignedEntry[Attestation], case: Case, rules: TrustedStatuses | None
) -> int | None:
    """Ask the issuer's list; give None where the attestation is in none, and need not be.

    Raises UnavailableError where no list answers for the time, VerificationError or MalformedError
    where one is false.
    """
    reference = attestation.says.claims.status
    if reference is UNSET:
        if rules is not None and Source.LIST in rules.required:
            raise UnavailableError(
                "status.no-list",
                "the attestation is in no status list, and the trust file requires one",
                expected="a status list",
                found="none",
            )
        return None
    place = reference.status_list
    unasked: UnavailableError | None = None
    answers = []
    for token in _stapled(place, case):
        try:
            answers.append((token.issued_at, _answer(token, place, attestation, case)))
        except UnavailableError as error:
            unasked = error
    try:
        token = _fetch(place, case, rules)
        answers.append((token.issued_at, _answer(token, place, attestation, case)))
    except UnavailableError as error:
        # What is wrong with a list that is there tells more than that another one is not.
        unasked = unasked or error
    if answers:
        return max(answers)[1]
    assert unasked is not None  # noqa: S101 - the list was fetched, or could not be
    raise unasked


def _stapled(place: StatusList, case: Case) -> Iterator[StatusToken]:
    """Read the bundle's lists of this address; others are not even unpacked."""
    for text in case.bundle.status_lists:
        jws = Jws.parse(text, typ=TYP, longest=MAX_TOKEN_SIZE)
        if jws.claims.get("sub") == place.uri:
            yield StatusToken.parse(text)


def _fetch(place: StatusList, case: Case, rules: TrustedStatuses | None) -> StatusToken:
    if rules is None or not rules.allows(place.uri):
        known = rules is not None and bool(rules.lists)
        raise UnavailableError(
            "status.address-unknown" if known else "status-list.absent",
            "the bundle carries no status list of the attestation, and none may be fetched there",
            expected=" or ".join(rules.lists) if known and rules is not None else place.uri,
            found=place.uri if known else "none",
            hint="Get the bundle again: its lists are stapled to it.",
        )
    if case.status_lists is None:
        raise UnavailableError(
            "status-list.absent",
            "the bundle carries no status list of the attestation, and nobody may be asked",
            expected=place.uri,
            found="none",
        )
    return case.status_lists.status_list(place.uri)


def _answer(
    token: StatusToken, place: StatusList, attestation: SignedEntry[Attestation], case: Case
) -> int:
    key = signer_of(token.jws, case.trust)
    if key is None or not is_same_owner(key.thumbprint, attestation.thumbprint, case.trust):
        raise UnavailableError(
            "status-list.stranger",
            "the status list is not the issuer's",
            expected=f"a list signed by a key of {attestation.says.claims.iss}",
            found="another key",
        )
    token.jws.verify(key)
    at = int(case.as_of.timestamp())
    # A list that was made this moment, by a clock that goes before ours.
    if at < token.issued_at <= case.latest:
        at = token.issued_at
    return token.status_of(place, at=at)
