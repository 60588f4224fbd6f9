"""The verifier on what authorities signed of attestors, where nobody else can be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.accreditation import Accreditation, Change, Standing
from ledger.accreditation_fact import TYP, AccreditationFact, draft
from ledger.errors import MalformedError, UnavailableError
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.report import Report
from tests.logged_dossier import LATER, REGULATOR, STRANGER, LoggedDossier, accredited, wrong

_UNKNOWN = [("attestation.accredited", "undetermined", "accreditation.not-asked")] * 3


def fact(
    known: Accreditation | None = None,
    *,
    key: PrivateKey = REGULATOR,
    issuer: str = "cac",
    at: int = LATER - 60,
) -> str:
    waiting = draft(
        key.public, known or accredited(), issuer=issuer, issued_at=at, expires_at=LATER + 60
    )
    return waiting.sign(key).text


def judge(*facts: str, **options: Any) -> Report:
    """Verify a dossier by a trust file that knows nobody's accreditation."""
    whole = LoggedDossier()
    bundle = replace(whole.bundle(), accreditations=facts)
    trust = options.pop("trust", replace(whole.trust(), accreditations=()))
    return whole.verify(bundle=bundle, trust=trust, **options)


def test_fact_of_the_authority_says_who_was_accredited_until_it_expires() -> None:
    assert wrong(judge()) == _UNKNOWN
    assert wrong(judge(fact())) == []
    for offset, found in ((59, []), (60, _UNKNOWN)):
        now = datetime.fromtimestamp(LATER + offset, UTC)
        assert wrong(judge(fact(), now=now)) == found


def test_fact_answers_where_the_chain_cannot_be_asked_and_never_against_it() -> None:
    class Chain:
        asks_chain = True

        def __init__(self, answer: Accreditation | None = None) -> None:
            self.answer = answer

        def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
            del jurisdiction, key
            if self.answer is None:
                raise UnavailableError("chain.unreachable", "no answer")
            return self.answer

    assert wrong(judge(fact(), accreditations=Chain())) == []
    revoked = accredited(Change(2, Standing.REVOKED))
    found = wrong(judge(fact(), accreditations=Chain(revoked)))
    assert found == [("attestation.accredited", "failed", "accreditation.not-then")] * 3
    unasked = wrong(judge(accreditations=Chain()))
    assert {reason for *_, reason in unasked} == {"accreditation.unavailable"}


def test_newest_fact_counts() -> None:
    revoked = fact(accredited(Change(2, Standing.REVOKED)), at=LATER - 10)
    for facts in ((fact(), revoked), (revoked, fact())):
        assert {reason for *_, reason in wrong(judge(*facts))} == {"accreditation.not-then"}


@pytest.mark.parametrize(
    "text",
    [
        fact(key=STRANGER),
        fact(key=STRANGER, issuer="stranger"),
        fact(issuer="somebody"),
        fact(replace(accredited(), jurisdiction="HK")),
    ],
)
def test_fact_of_anybody_else_does_not_count(text: str) -> None:
    assert wrong(judge(text)) == _UNKNOWN


def test_fact_that_is_forged_fails() -> None:
    head, _, signature = fact().rpartition(".")
    found = wrong(judge(f"{head}.{'A' * len(signature)}"))
    assert found == [("accreditation.fact", "failed", "jws.signature"), *_UNKNOWN]


@pytest.mark.parametrize(
    "change",
    [
        {"exp": LATER - 60},
        {"iat": -1},
        {"more": 1},
        {"accreditation": {"jurisdiction": "CN"}},
        {"iss": None},
    ],
)
def test_fact_that_is_malformed_is_refused(change: dict[str, Any]) -> None:
    whole = AccreditationFact.parse(fact())
    claims = {**whole.jws.claims, **change}
    text = unsigned(REGULATOR.public, claims, typ=TYP).sign(REGULATOR).text
    with pytest.raises(MalformedError):
        AccreditationFact.parse(text)
    assert any(status == "failed" for _, status, _ in wrong(judge(text)))
