"""The verifier on who may be asked, who must answer, and what each says of which time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger import status_list
from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.errors import UnavailableError
from ledger.jwk import PrivateKey
from ledger.report import Report
from ledger.stages import CLOCK_SKEW
from ledger.status import Action
from ledger.status_list import Statuses, StatusToken, TokenStatus
from ledger.status_source import Announced, Term
from ledger.trust import Source, Trust, TrustedStatuses
from tests.covered_transfer import ISSUED, KEY
from tests.logged_dossier import LATER, LoggedDossier, accredited, wrong

_LISTS = "https://lists.example/v1/status-lists/"
_LIST = f"{_LISTS}one"
_CONTROLLER, _AUTHORITY, _SUCCESSOR = (bytes([n]) * 20 for n in (1, 2, 3))
_PLACE = {"status_list": {"idx": 9, "uri": _LIST}}
_NONE: frozenset[Source] = frozenset()
# Who issued the backup, and where his lists are.
_CUSTODIAN = "uscc:91440300MA5CUSTOD1"
_HIS = TrustedStatuses((_LISTS,), issuer=_CUSTODIAN)


def token(
    told: int = TokenStatus.VALID, *, at: int = LATER - 60, key: PrivateKey = KEY, **times: int
) -> str:
    waiting = status_list.draft(
        key.public,
        Statuses.of({9: told}, size=16),
        address=_LIST,
        issued_at=at,
        expires_at=times.get("expires", at + 120),
        time_to_live=60,
    )
    return waiting.sign(key).text


@dataclass
class Lists:
    """Whoever fetches lists; remembers what he was asked for."""

    there: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def status_list(self, address: str) -> StatusToken:
        self.asked.append(address)
        if address not in self.there:
            raise UnavailableError("status-list.unreachable", "nobody is there")
        return StatusToken.parse(self.there[address])


@dataclass
class Registry:
    """What accounts said on the chain."""

    said: dict[tuple[bytes, bytes], list[Announced]] = field(default_factory=dict)
    authority: dict[str, list[Term]] = field(default_factory=dict)
    is_away: bool = False

    def say(self, account: bytes, leaf: bytes, action: Action, *, at: int) -> None:
        self.said.setdefault((account, leaf), []).append(Announced(at, action))

    def announced(self, account: bytes, leaf: bytes) -> tuple[Announced, ...]:
        if self.is_away:
            raise UnavailableError("chain.unreachable", "no answer")
        return tuple(self.said.get((account, leaf), ()))

    def terms(self, jurisdiction: str) -> tuple[Term, ...]:
        return tuple(self.authority.get(jurisdiction, ()))


def listed(case: str = "backup") -> LoggedDossier:
    return LoggedDossier({f"{case}/status": _PLACE})


def believing(whole: LoggedDossier, *sources: TrustedStatuses) -> Trust:
    controlled = Change(1, Standing.ACCREDITED, frozenset(Stage), 1, 2 * LATER, _CONTROLLER)
    known = Accreditation("CN", KEY.public.thumbprint, (controlled,))
    return replace(whole.trust(known), status_sources=sources)


def judge(whole: LoggedDossier, *sources: TrustedStatuses, **options: Any) -> Report:
    return whole.verify(trust=believing(whole, *sources), **options)


def at(time: int) -> datetime:
    return datetime.fromtimestamp(time, UTC)


# Lists that are fetched


def test_list_is_fetched_whole_from_where_the_trust_file_says() -> None:
    lists = Lists({_LIST: token()})
    report = judge(listed(), _HIS, status_lists=lists)
    assert wrong(report) == []
    assert lists.asked == [_LIST]


@pytest.mark.parametrize(
    ("told", "reason"), [(1, "attestation.revoked"), (2, "attestation.suspended")]
)
def test_fetched_list_that_says_otherwise_fails(told: int, reason: str) -> None:
    lists = Lists({_LIST: token(told)})
    found = wrong(judge(listed(), _HIS, status_lists=lists))
    assert found == [("attestation.status", "failed", reason)]


def test_newer_list_counts_whichever_way_it_came() -> None:
    whole = listed()
    for stapled, fetched, reasons in (
        (token(2, at=LATER - 90), token(0), []),
        (token(0, at=LATER - 90), token(1), ["attestation.revoked"]),
        (token(1), token(0, at=LATER - 90), ["attestation.revoked"]),
    ):
        whole.status_lists = (stapled,)
        report = judge(whole, _HIS, status_lists=Lists({_LIST: fetched}))
        assert [reason for *_, reason in wrong(report)] == reasons


def test_stapled_list_holds_while_its_server_is_away() -> None:
    whole = listed()
    whole.status_lists = (token(),)
    assert wrong(judge(whole, _HIS, status_lists=Lists())) == []


def test_list_that_is_nowhere_is_undetermined_and_skipped_only_where_the_trust_file_says() -> None:
    whole = listed()
    required = _HIS
    found = wrong(judge(whole, required, status_lists=Lists()))
    assert found == [("attestation.status", "undetermined", "status-list.unreachable")]
    found = wrong(judge(whole, required))
    assert found == [("attestation.status", "undetermined", "status-list.absent")]
    waived = replace(required, required=_NONE)
    assert wrong(judge(whole, waived, status_lists=Lists())) == []


@pytest.mark.parametrize(
    "known",
    [
        "https://lists.example/v1/status-lists/on",
        "https://lists.example.net/",
        "https://elsewhere.example/",
        "https://lists.example:444/",
    ],
)
def test_address_that_the_trust_file_does_not_name_is_never_asked(known: str) -> None:
    lists = Lists({_LIST: token()})
    required = replace(_HIS, lists=(known,))
    found = wrong(judge(listed(), required, status_lists=lists))
    assert found == [("attestation.status", "undetermined", "status.address-unknown")]
    report = judge(listed(), replace(required, required=_NONE), status_lists=lists)
    skipped = [check.reason for check in report.checks if check.subject == "backup"][-1]
    assert (wrong(report), skipped) == ([], "status.address-unknown")
    judge(listed(), status_lists=lists)
    assert lists.asked == []


def test_address_of_another_issuers_lists_is_not_asked() -> None:
    lists = Lists({_LIST: token()})
    theirs = TrustedStatuses((_LISTS,), issuer="uscc:someone-else")
    found = wrong(judge(listed(), theirs, status_lists=lists))
    assert found == [("attestation.status", "undetermined", "status-list.absent")]
    assert wrong(judge(listed(), theirs, _HIS, status_lists=lists)) == []
    assert lists.asked == [_LIST]


def test_attestation_in_no_list_is_undetermined_where_one_is_required() -> None:
    found = wrong(judge(LoggedDossier(), TrustedStatuses((_LISTS,))))
    assert found == [("attestation.status", "undetermined", "status.no-list")] * 3
    found = wrong(judge(LoggedDossier(), _HIS))
    assert found == [("attestation.status", "undetermined", "status.no-list")]


def test_revoked_in_the_log_fails_whoever_else_could_not_be_asked() -> None:
    whole = listed()
    whole.say("backup", Action.REVOKE)
    found = wrong(judge(whole, _HIS, status_lists=Lists()))
    assert found == [("attestation.status", "failed", "attestation.revoked")]


def test_list_of_a_pre_assessment_revoked_after_the_transfer_does_not_undo_the_transfer() -> None:
    """A list tells no time; the log does, and both say one and the same."""
    whole = listed("pre_assessment")
    whole.status_lists = (token(1),)
    found = wrong(whole.verify())
    assert found == [("attestation.status", "failed", "attestation.revoked")]
    whole.say("pre_assessment", Action.REVOKE)
    assert wrong(whole.verify()) == []
    whole = listed("pre_assessment")
    whole.status_lists = (token(1),)
    whole.say("pre_assessment", Action.SUSPEND)
    found = wrong(whole.verify())
    assert found == [("attestation.status", "failed", "attestation.revoked")]


# The registry on the chain


@pytest.mark.parametrize(
    ("action", "reason"),
    [(Action.REVOKE, "attestation.revoked"), (Action.SUSPEND, "attestation.suspended")],
)
def test_what_the_controller_says_on_the_chain_counts(action: Action, reason: str) -> None:
    whole, registry = LoggedDossier(), Registry()
    registry.say(_CONTROLLER, whole["backup"].leaf_hash, action, at=LATER - 1)
    found = wrong(judge(whole, registry=registry))
    assert found == [("attestation.status", "failed", reason)]


def test_what_a_stranger_says_on_the_chain_changes_nothing() -> None:
    whole, registry = LoggedDossier(), Registry()
    for case in ("backup", "transfer", "plan"):
        registry.say(_AUTHORITY, whole[case].leaf_hash, Action.REVOKE, at=LATER - 1)
    assert wrong(judge(whole, registry=registry)) == []


def test_registry_that_is_away_is_undetermined_never_valid() -> None:
    whole = LoggedDossier()
    found = wrong(judge(whole, registry=Registry(is_away=True)))
    assert found == [("attestation.status", "undetermined", "chain.unreachable")] * 3


def test_registry_that_is_required_must_answer() -> None:
    whole, required = LoggedDossier(), TrustedStatuses(required=frozenset({Source.REGISTRY}))
    found = wrong(judge(whole, required))
    assert found == [("attestation.status", "undetermined", "status.registry-absent")] * 3
    assert wrong(judge(whole, required, registry=Registry())) == []
    # Nobody is known to speak for the key there.
    trust = replace(whole.trust(accredited()), status_sources=(required,))
    found = wrong(whole.verify(trust=trust, registry=Registry()))
    assert found == [("attestation.status", "undetermined", "status.registry-absent")] * 3


@pytest.mark.parametrize("case", ["transfer", "plan"])
def test_order_on_the_chain_stops_until_the_authority_of_the_day_lifts_it(case: str) -> None:
    whole, registry = LoggedDossier(), Registry()
    leaf = whole[case].leaf_hash
    registry.authority["HK"] = [
        Term(_AUTHORITY, 1, LATER - 50),
        Term(_SUCCESSOR, LATER - 50, 2**48),
    ]
    registry.say(_SUCCESSOR, leaf, Action.STOP, at=LATER - 200)
    assert wrong(judge(whole, registry=registry)) == []
    registry.say(_AUTHORITY, leaf, Action.STOP, at=LATER - 100)
    found = wrong(judge(whole, registry=registry))
    assert found == [("record.stopped", "failed", "record.stopped")]
    registry.say(_AUTHORITY, leaf, Action.REINSTATE, at=LATER - 40)
    assert wrong(judge(whole, registry=registry)) == found
    registry.say(_SUCCESSOR, leaf, Action.REINSTATE, at=LATER - 30)
    assert wrong(judge(whole, registry=registry)) == []
    assert wrong(judge(whole, registry=registry, now=at(LATER - 31))) == found


def test_pre_assessment_revoked_on_the_chain_after_the_transfer_still_covers_it() -> None:
    whole, registry = LoggedDossier(), Registry()
    leaf = whole["pre_assessment"].leaf_hash
    registry.say(_CONTROLLER, leaf, Action.REVOKE, at=LATER - 1)
    assert wrong(judge(whole, registry=registry)) == []
    registry = Registry()
    registry.say(_CONTROLLER, leaf, Action.REVOKE, at=ISSUED + 1)
    found = wrong(judge(whole, registry=registry))
    assert found == [("attestation.status", "failed", "attestation.revoked")]


# The day of the filing


_SUSPENDED, _REINSTATED, _REVOKED = LATER - 3_000, LATER - 2_000, LATER - 1_000
_TIMES = [
    (_SUSPENDED - 1, None),
    (_SUSPENDED, "attestation.suspended"),
    (_REINSTATED - 1, "attestation.suspended"),
    (_REINSTATED, None),
    (_REVOKED - 1, None),
    (_REVOKED, "attestation.revoked"),
    (LATER, "attestation.revoked"),
]


@pytest.mark.parametrize(("time", "reason"), _TIMES)
@pytest.mark.parametrize("source", ["log", "registry", "list"])
def test_each_source_answers_for_the_time_that_is_asked_about(
    source: str, time: int, reason: str | None
) -> None:
    whole, options = LoggedDossier(), dict[str, Any]()
    history = [
        (_SUSPENDED, Action.SUSPEND, TokenStatus.SUSPENDED),
        (_REINSTATED, Action.REINSTATE, TokenStatus.VALID),
        (_REVOKED, Action.REVOKE, TokenStatus.INVALID),
    ]
    if source == "log":
        for said_at, action, _ in history:
            whole.say("backup", action, at=said_at)
    elif source == "registry":
        options["registry"] = registry = Registry()
        for said_at, action, _ in history:
            registry.say(_CONTROLLER, whole["backup"].leaf_hash, action, at=said_at)
    else:
        whole = listed()
        first = token(at=_SUSPENDED - 1_000, expires=LATER + 60)
        later = [token(told, at=said_at, expires=LATER + 60) for said_at, _, told in history]
        whole.status_lists = (later[1], first, later[2], later[0])
    found = [found for *_, found in wrong(judge(whole, now=at(time), **options))]
    assert found == ([] if reason is None else [reason])


@pytest.mark.parametrize(
    ("time", "reasons"),
    [
        (LATER - 61, ["status-list.time"]),
        (LATER - 60, []),
        (LATER + 59, []),
        (LATER + 60, ["status-list.time"]),
    ],
)
def test_list_says_nothing_before_it_was_made_and_after_it_expired(
    time: int, reasons: list[str]
) -> None:
    whole = listed()
    whole.status_lists = (token(),)
    found = wrong(judge(whole, now=at(time)))
    assert [reason for *_, reason in found] == reasons
    assert all(status == "undetermined" for _, status, _ in found)


@pytest.mark.parametrize(("ahead", "holds"), [(CLOCK_SKEW - 5, True), (CLOCK_SKEW + 60, False)])
def test_list_made_by_a_clock_that_goes_before_ours_holds_for_the_present_as_far_as_clocks_differ(
    ahead: int, *, holds: bool
) -> None:
    whole = listed()
    made = int(datetime.now(UTC).timestamp()) + ahead
    whole.status_lists = (token(at=made),)
    found = wrong(judge(whole, now=None))
    times = [reason for code, _, reason in found if code == "attestation.status"]
    assert times == ([] if holds else ["status-list.time"])


def test_accreditation_is_what_it_was_at_that_time() -> None:
    """Revoked for a compromise only later: at the day of the filing nobody knew."""
    whole = LoggedDossier()
    stolen = Change(LATER - 100, Standing.COMPROMISED, from_=2)
    then, today = at(LATER - 101), at(LATER)
    assert wrong(whole.verify(accredited(stolen), now=then)) == []
    found = wrong(whole.verify(accredited(stolen), now=today))
    assert found == [("attestation.accredited", "failed", "accreditation.not-then")] * 3


def test_attestation_that_was_not_there_yet_is_undetermined() -> None:
    whole = LoggedDossier({"post_check/iat": LATER - 10})
    assert wrong(whole.verify(now=at(LATER - 10))) == []
    found = wrong(whole.verify(now=at(LATER - 11)))
    assert found == [("attestation.time", "undetermined", "attestation.later")]


def test_anchor_made_later_says_nothing_about_that_time() -> None:
    whole = LoggedDossier()
    found = [reason for *_, reason in wrong(whole.verify(now=at(ISSUED + 10**6)))]
    assert found == ["anchor.later"]
