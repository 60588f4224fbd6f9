"""Accreditations: what was true at each time, whatever was changed later."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accreditation import Accreditation, Change, Standing
from ledger.attestation import Stage
from ledger.errors import MalformedError

_KEY = bytes(range(32))
_PRE, _BACKUP, _CHECK = Stage
_ACCREDITED, _SUSPENDED, _REINSTATED, _REVOKED, _COMPROMISED = Standing


def _grant(time: int, begins: int, until: int, *stages: Stage) -> Change:
    return Change(time, _ACCREDITED, frozenset(stages or Stage), begins, until, bytes(20))


def _times(*changes: Change, stage: Stage = _PRE) -> str:
    """Show at which of the times 0 to 19 the key was accredited."""
    accreditation = Accreditation("CN", _KEY, changes)
    return "".join("+" if accreditation.is_accredited(stage, t) else "." for t in range(20))


def test_accredited_from_beginning_until_before_the_end() -> None:
    assert _times() == "." * 20
    assert _times(_grant(2, 5, 9)) == ".....++++..........."


def test_accredited_for_the_stages_named_alone() -> None:
    grant = _grant(0, 0, 20, _BACKUP)
    assert _times(grant, stage=_BACKUP) == "+" * 20
    assert _times(grant, stage=_PRE) == _times(grant, stage=_CHECK) == "." * 20


def test_suspension_holds_until_it_is_lifted() -> None:
    grant = _grant(0, 0, 20)
    suspended = Change(5, _SUSPENDED)
    assert _times(grant, suspended) == "+++++..............."
    assert _times(grant, suspended, Change(8, _REINSTATED)) == "+++++...++++++++++++"


def test_revocation_changes_nothing_about_before() -> None:
    assert _times(_grant(0, 0, 20), Change(7, _REVOKED)) == "+++++++............."
    renewed = (_grant(0, 0, 20), Change(7, _REVOKED), _grant(9, 12, 15))
    assert _times(*renewed) == "+++++++.....+++....."


def test_compromise_cuts_off_all_from_its_date_on() -> None:
    compromised = Change(12, _COMPROMISED, from_=6)
    assert _times(_grant(0, 0, 20), compromised) == "++++++.............."
    earlier = Change(14, _COMPROMISED, from_=3)
    assert _times(_grant(0, 0, 20), compromised, earlier) == "+++................."


def test_renewal_for_later_leaves_the_present_terms_until_it_begins() -> None:
    terms = (_grant(0, 0, 10, _PRE), _grant(4, 8, 16, _BACKUP))
    assert _times(*terms, stage=_PRE) == "++++++++............"
    assert _times(*terms, stage=_BACKUP) == "........++++++++...."


def test_grant_names_who_controls_the_key() -> None:
    accreditation = Accreditation("CN", _KEY, (_grant(0, 0, 5), Change(2, _SUSPENDED)))
    grant, suspended = accreditation.grant_at(3)
    assert grant is not None
    assert (grant.controller, suspended) == (bytes(20), True)
    assert accreditation.grant_at(5)[0] is None


_CHANGES = st.lists(
    st.builds(
        lambda standing, span: (standing, span),
        st.sampled_from(Standing),
        st.integers(0, 5),
    ),
    max_size=8,
)


@given(_CHANGES)
def test_later_changes_but_compromise_leave_earlier_answers(
    drawn: list[tuple[Standing, int]],
) -> None:
    changes: list[Change] = []
    time = 0
    for standing, span in drawn:
        time += span
        before = Accreditation("CN", _KEY, tuple(changes))
        made = Change(time, standing)
        if standing is _ACCREDITED:
            made = _grant(time, time + span, time + 2 * span + 1)
        elif standing is _COMPROMISED:
            made = Change(time, standing, from_=max(1, time - span))
        changes.append(made)
        after = Accreditation("CN", _KEY, tuple(changes))
        limit = made.from_ if standing is _COMPROMISED else time
        for moment in range(limit):
            assert after.is_accredited(_PRE, moment) == before.is_accredited(_PRE, moment)
        if standing is _COMPROMISED:
            assert not any(after.is_accredited(_PRE, t) for t in range(made.from_, 40))


def test_accreditation_survives_json() -> None:
    accreditation = Accreditation(
        "HK",
        _KEY,
        (
            _grant(1, 1, 9, _PRE, _CHECK),
            Change(2, _SUSPENDED),
            Change(3, _REINSTATED),
            Change(4, _REVOKED),
            Change(5, _COMPROMISED, from_=2),
        ),
    )
    value = json.loads(json.dumps(accreditation.to_value()))
    assert Accreditation.from_value(value, "accreditation") == accreditation


_GRANT: dict[str, Any] = {
    "time": 1,
    "standing": "accredited",
    "stages": ["backup"],
    "from": 1,
    "until": 2,
    "controller": "0x" + "00" * 20,
}
_VALUE: dict[str, Any] = {"jurisdiction": "CN", "key": "0x" + "00" * 32, "changes": [_GRANT]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {**_VALUE, "jurisdiction": "China"},
        {**_VALUE, "key": "00" * 32},
        {**_VALUE, "more": 1},
        {**_VALUE, "changes": [{**_GRANT, "stages": []}]},
        {**_VALUE, "changes": [{**_GRANT, "stages": ["backup", "backup"]}]},
        {**_VALUE, "changes": [{**_GRANT, "stages": ["filing"]}]},
        {**_VALUE, "changes": [{**_GRANT, "until": 1}]},
        {**_VALUE, "changes": [{**_GRANT, "standing": "trusted"}]},
        {**_VALUE, "changes": [{"time": 1, "standing": "suspended", "from": 1}]},
        {**_VALUE, "changes": [{"time": 1, "standing": "compromised"}]},
        {**_VALUE, "changes": [{"time": 1, "standing": "compromised", "from": 2}]},
        {**_VALUE, "changes": [{"time": 1, "standing": "compromised", "from": 0}]},
        {**_VALUE, "changes": [{**_GRANT, "time": 2}, {"time": 1, "standing": "revoked"}]},
    ],
)
def test_accreditation_that_is_none_is_malformed(value: Any) -> None:
    Accreditation.from_value(_VALUE, "accreditation")
    with pytest.raises(MalformedError):
        Accreditation.from_value(value, "accreditation")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
    )
)
def test_accreditation_of_any_json_is_read_or_malformed(value: Any) -> None:
    for candidate in (value, {**_VALUE, "changes": [value]}, {**_VALUE, "changes": value}):
        # Anything but a MalformedError would come out.
        with suppress(MalformedError):
            Accreditation.from_value(candidate, "accreditation")
