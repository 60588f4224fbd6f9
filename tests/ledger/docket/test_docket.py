"""The docket: what its rows say is what each dossier says, whatever the order of the log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import receipt, status
from ledger.attestation import Stage
from ledger.docket import Case, Docket, Lag
from ledger.dossier import Flag, Overview, StageState, Terms
from ledger.follower import catch_up
from ledger.gathering import gather
from ledger.jwk import PrivateKey
from ledger.log import Log, Submission
from ledger.log.head_record import HeadRecord
from ledger.log.plan_use import PlanConflictError
from ledger.organisation import Organisation, Role
from ledger.receipt import Received
from ledger.statement import Statement
from ledger.status import Action
from ledger.store import DocketRow, DocketRows, Reach, Store, Wanted
from ledger.trust import Trust
from tests.covered_transfer import CASES, ISSUED, KEY, records
from tests.log_home import NOW, SIGNER
from tests.samples import transfer

_FILE = {"size": 3, "digests": {"sha-256": "ab" * 32}}
_ALL = Reach(everything=True)
_NONE = Wanted()
_TERMS = Terms()
REGULATOR = PrivateKey.generate()
RECIPIENT = PrivateKey.generate()
TRUST = replace(
    Trust(),
    organisations=(
        Organisation("cac", frozenset({Role.REGULATOR}), (REGULATOR.public,), frozenset({"CN"})),
    ),
)


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[Callable[[], Log]]:
    opened: list[Store] = []

    def open_one() -> Log:
        place = tmp_path / str(len(opened))
        place.mkdir()
        opened.append(Store.open(f"sqlite:///{place / 'ledger.sqlite3'}"))
        return Log.open(opened[-1], SIGNER, HeadRecord(place / "head"))

    yield open_one
    for store in opened:
        store.close()


def docket(log: Log, trust: Trust = TRUST) -> Docket:
    made = Docket(log, trust=trust, terms=_TERMS)
    made.begin()
    return made


def append(log: Log, *statements: Statement, submitter: str = "tester") -> None:
    log.append([Submission.of(s) for s in statements], submitter=submitter, now=NOW)


def say(about: Statement, action: Action, key: PrivateKey = KEY) -> Statement:
    waiting = status.draft(
        key.public, issuer="someone", issued_at=ISSUED + 10**6, leaf=about.leaf_hash,
        record_id=str(about.members.record_id), action=action, reason="because",
    )  # fmt: skip
    return Statement.build({"kind": "status", "jws": waiting.sign(key).text})


def receive(about: Statement, *received: Received) -> Statement:
    waiting = receipt.draft(
        RECIPIENT.public, issuer="hkbr:12345678", issued_at=ISSUED, transfer=about.leaf_hash,
        record_id=str(about.members.record_id), sent=about.members.files,  # type: ignore[attr-defined]
        received=received, purpose="loan", scope="one department",
    )  # fmt: skip
    return Statement.build({"kind": "receipt", "jws": waiting.sign(RECIPIENT).text})


def said_there_is(case: Case) -> tuple[tuple[Flag, ...], dict[Stage, StageState], int | None]:
    return case.flags, case.stages, case.row.used


def said_by_dossiers(log: Log, trust: Trust = TRUST) -> dict[int, Any]:
    """What each transfer's own dossier says, asked one by one."""
    catch_up(log)
    found = {}
    now = int(datetime.now(UTC).timestamp())
    for index, entry in enumerate(log.entries(0, log.head().size)):
        if b'"kind":"transfer"' not in entry:
            continue
        owner = log.submitter_of(index)

        def may_see(place: int, _: bytes, *, owner: str | None = owner) -> bool:
            return log.submitter_of(place) == owner

        overview = Overview.of(
            gather(log, index, trust=trust, may_see=may_see), as_of=now, trust=trust
        )
        stages = {stage.stage: stage.state for stage in overview.stages}
        found[index] = overview.flags, stages, overview.used
    return found


def said_by_rows(of: Docket) -> dict[int, Any]:
    cases = of.find(_ALL, _NONE, limit=10_000)
    return {case.row.entry_index: said_there_is(case) for case in cases}


def dossier(**changes: Any) -> dict[str, Statement]:
    return records({"transfer/files": [_FILE], **changes})


def test_row_follows_what_is_said_later(open_log: Callable[[], Log]) -> None:
    log = open_log()
    kept, made = docket(log), dossier()

    def flags() -> set[Flag]:
        assert not kept.catch_up()
        (case,) = kept.find(_ALL, Wanted(record_id=made["transfer"].record_id), limit=2)
        return set(case.flags)

    append(log, made["plan"], made["transfer"])
    overdue = {Flag.BACKUP_OVERDUE, Flag.POST_CHECK_OVERDUE, Flag.RECEIPT_MISSING}
    assert flags() == {Flag.NO_PRE_ASSESSMENT, *overdue}
    append(log, made["backup"])
    assert flags() == {Flag.NO_PRE_ASSESSMENT, Flag.POST_CHECK_OVERDUE, Flag.RECEIPT_MISSING}
    append(log, say(made["backup"], Action.REVOKE))
    assert Flag.REVOKED in flags()
    append(log, say(made["plan"], Action.STOP, REGULATOR))
    assert Flag.STOP_ORDER in flags()
    append(log, say(made["plan"], Action.REINSTATE, REGULATOR))
    assert Flag.STOP_ORDER not in flags()
    assert Flag.RECEIPT_MISSING in flags()
    append(log, receive(made["transfer"]))
    assert Flag.RECEIVED_OTHERWISE in flags()
    assert Flag.RECEIPT_MISSING not in flags()


@pytest.mark.parametrize("seed", range(6))
def test_rows_say_what_dossiers_say_in_whatever_order(
    open_log: Callable[[], Log], seed: int
) -> None:
    """Words before their subjects, plans after their transfers, strangers, pages of any size."""
    chance = random.Random(seed)  # noqa: S311 - what a seed repeats
    log, waiting = open_log(), []
    kept = docket(log)
    for number in range(12):
        made = dossier()
        names = [name for name in CASES if chance.random() < 0.8 or name == "transfer"]
        said = [made[name] for name in names]
        for name in names:
            if chance.random() < 0.3:
                key = chance.choice([KEY, REGULATOR])
                said.append(say(made[name], chance.choice(list(Action)), key))
        if chance.random() < 0.4:
            said.append(receive(made["transfer"]))
        # Some come in the right order, some in any.
        if number % 2:
            chance.shuffle(said)
        waiting.append(said)
    while waiting:
        of = chance.choice(waiting)
        # Nobody but its owner uses a plan that is there; one that comes later may be another's.
        with suppress(PlanConflictError):
            append(log, of.pop(0), submitter=chance.choice(["tester", "tester", "stranger"]))
        if not of:
            waiting.remove(of)
        if chance.random() < 0.3:
            kept.catch_up(pages=chance.randrange(3))
    assert not kept.catch_up()
    expected = said_by_dossiers(log)
    assert said_by_rows(kept) == expected
    assert len(expected) > 6
    assert len({flags for flags, _, _ in expected.values()}) > 3
    kept.rebuild()
    assert kept.lag() == Lag(log.head().size, 0)
    assert said_by_rows(kept) == {}
    assert not kept.catch_up()
    assert said_by_rows(kept) == expected


def test_filters_in_sql_find_what_the_flags_of_a_row_say(open_log: Callable[[], Log]) -> None:
    log = open_log()
    kept = docket(log)
    for index, share in enumerate((899, 900, 1_000, 1_001)):
        made = dossier(**{"transfer/covered_by/persons/personal": share})
        append(log, made["plan"], made["pre_assessment"], made["transfer"])
        if index % 2:
            append(log, made["backup"], say(made["transfer"], Action.STOP, REGULATOR))
    kept.catch_up()
    cases = kept.find(_ALL, _NONE, limit=10)
    tally = kept.tally(_ALL, _NONE)
    assert (tally.dossiers, tally.flagged) == (4, 4)
    for flag in Flag:
        mine = {case.row.entry_index for case in cases if flag in case.flags}
        found = {case.row.entry_index for case in kept.find(_ALL, _NONE, flags=[flag], limit=10)}
        assert found == mine
        assert tally.flags[flag] == len(mine)
    assert tally.flags[Flag.CEILING_NEAR] == 2
    assert tally.flags[Flag.CEILING_PASSED] == 1
    assert tally.flags[Flag.STOP_ORDER] == 2
    either = kept.find(_ALL, _NONE, flags=[Flag.CEILING_PASSED, Flag.CEILING_NEAR], limit=10)
    assert len(either) == 3


def test_what_only_the_clock_says_is_asked_and_not_stored(open_log: Callable[[], Log]) -> None:
    log = open_log()
    made = transfer(occurred_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    append(log, made)
    patient = docket(log)
    patient.catch_up()
    strict = Docket(log, trust=TRUST, terms=Terms(backup=-60, post_check=-60, receipt=-60))
    assert [case.flags for case in patient.find(_ALL, _NONE, limit=2)] == [
        (Flag.NO_PRE_ASSESSMENT,)
    ]
    assert [case.flags for case in strict.find(_ALL, _NONE, limit=2)] == [
        (
            Flag.NO_PRE_ASSESSMENT, Flag.BACKUP_OVERDUE, Flag.POST_CHECK_OVERDUE,
            Flag.RECEIPT_MISSING,
        )
    ]  # fmt: skip
    assert not strict.lag()


def test_another_trust_file_builds_the_docket_anew(open_log: Callable[[], Log]) -> None:
    log = open_log()
    made = dossier()
    append(log, *(made[name] for name in CASES), say(made["transfer"], Action.STOP, REGULATOR))
    first = docket(log)
    first.catch_up()
    assert Flag.STOP_ORDER in first.find(_ALL, _NONE, limit=1)[0].flags
    other = docket(log, Trust())
    assert other.lag().entries == log.head().size
    other.catch_up()
    assert Flag.STOP_ORDER not in other.find(_ALL, _NONE, limit=1)[0].flags
    # The one that began with the other trust file leaves it alone.
    append(log, transfer())
    assert first.catch_up() == Lag(1, 0)
    assert other.catch_up() == Lag(0, 0)


def test_two_who_follow_one_log_come_to_the_same(open_log: Callable[[], Log]) -> None:
    log = open_log()
    one, two = docket(log), docket(log)
    made = dossier()
    append(log, *(transfer() for _ in range(1_500)), made["plan"], made["transfer"])
    assert one.catch_up(pages=1)
    assert not two.catch_up()
    append(log, made["pre_assessment"])
    assert not one.catch_up()
    assert said_by_rows(two) == said_by_rows(one)
    assert len(said_by_rows(one)) == 1_501


def test_catch_up_leaves_for_later_what_is_logged_meanwhile(
    open_log: Callable[[], Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log()
    kept = docket(log)
    append(log, *(transfer() for _ in range(3)))
    add = DocketRows.add
    written = []

    def meanwhile(rows: DocketRows, made: list[DocketRow]) -> None:
        written.append(len(made))
        append(log, transfer())
        add(rows, made)

    monkeypatch.setattr(DocketRows, "add", meanwhile)
    assert kept.catch_up(until=2) == Lag(2, 0)
    assert kept.catch_up(pages=5) == Lag(1, 0)
    assert written == [2, 2]


def test_word_that_comes_while_a_row_is_read_anew_is_not_lost(open_log: Callable[[], Log]) -> None:
    log = open_log()
    made = dossier()
    append(log, made["plan"], made["transfer"])
    kept = docket(log)
    kept.catch_up()
    append(log, made["backup"])
    assert kept.catch_up(pages=1) == Lag(0, 1)
    with log.store.docket() as rows:
        old = rows.stale(10)
    append(log, say(made["backup"], Action.REVOKE))
    assert kept.catch_up(pages=1) == Lag(0, 1)
    with log.store.docket(write=True) as rows:
        rows.renew(old)
    assert kept.lag() == Lag(0, 1)
    kept.catch_up()
    assert Flag.REVOKED in kept.find(_ALL, _NONE, limit=1)[0].flags


def test_counts_by_each_grouping_add_up(open_log: Callable[[], Log]) -> None:
    log = open_log()
    for month, to, exporter in (
        ("01", "HK", "a"), ("01", "HK", "b"), ("02", "MO", "a"), ("03", "CN", "a"),
    ):  # fmt: skip
        made = transfer(occurred_at=f"2026-{month}-01T00:00:00Z", to=to, exporter={"id": exporter})
        append(log, made)
    kept = docket(log)
    kept.catch_up()

    def by(name: str) -> dict[str, int]:
        found = kept.tally_by(name, _ALL, _NONE, limit=10)
        return {tally.value: tally.dossiers for tally in found}

    assert by("month") == {"2026-03": 1, "2026-02": 1, "2026-01": 2}
    assert by("exporter") == {"a": 3, "b": 1}
    assert by("recipient") == {"example:recipient": 4}
    assert by("scenario") == {"credit-report": 4}
    assert by("jurisdiction") == {"CN": 4, "HK": 2, "MO": 1}
    assert [t.value for t in kept.tally_by("exporter", _ALL, _NONE, limit=1)] == ["a"]
