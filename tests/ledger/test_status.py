"""Statuses: signed words, and in which order one speaker may say them."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import status
from ledger.claims import LEAF_PREFIX
from ledger.errors import LedgerError, MalformedError, VerificationError
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.status import TYP, Action, Status, standing

_KEY = PrivateKey.generate()
_LEAF = bytes.fromhex("cd" * 32)
_RECORD = "019aa2f0-0000-7000-8000-000000000004"
_REVOKE, _SUSPEND, _REINSTATE, _STOP = Action


def _status(action: Action, compromised_since: int | None = None) -> Status:
    waiting = status.draft(
        _KEY.public,
        issuer="uscc:91440300MA5ASSESS1",
        issued_at=1_763_700_000,
        leaf=_LEAF,
        record_id=_RECORD,
        action=action,
        reason="recipient changed",
        compromised_since=compromised_since,
    )
    return Status.parse(waiting.sign(_KEY).text)


@pytest.mark.parametrize("action", Action)
def test_status_is_signed_and_read_back(action: Action) -> None:
    found = _status(action)
    found.jws.verify(_KEY.public)
    assert (found.claims.action, found.leaf_hash) == (action, _LEAF)
    assert found.claims.reason == "recipient changed"


def test_revocation_for_a_compromised_key_says_since_when() -> None:
    assert _status(_REVOKE, 1_763_000_000).claims.compromised_since == 1_763_000_000
    for action in (_SUSPEND, _REINSTATE, _STOP):
        with pytest.raises(MalformedError) as caught:
            _status(action, 1_763_000_000)
        assert caught.value.code == "status.compromise"


@pytest.mark.parametrize(
    ("actions", "last"),
    [
        ([], None),
        ([_REVOKE], _REVOKE),
        ([_SUSPEND, _REINSTATE, _REVOKE], _REVOKE),
        ([_SUSPEND, _REVOKE], _REVOKE),
        ([_STOP, _REINSTATE, _STOP], _STOP),
        ([_STOP, _REINSTATE], _REINSTATE),
    ],
)
def test_standing_is_where_the_words_have_come_to(
    actions: list[Action], last: Action | None
) -> None:
    assert standing(actions) is last


@pytest.mark.parametrize(
    "actions",
    [
        [_REINSTATE],
        [_SUSPEND, _SUSPEND],
        [_SUSPEND, _STOP],
        [_STOP, _STOP],
        [_STOP, _REVOKE],
        *([_REVOKE, action] for action in Action),
        [_STOP, _REINSTATE, _REINSTATE],
    ],
)
def test_standing_of_words_that_cannot_follow_each_other_is_false(actions: list[Action]) -> None:
    with pytest.raises(VerificationError) as caught:
        standing(actions)
    assert caught.value.code == "status.order"


def test_standing_nothing_follows_a_revocation() -> None:
    for actions in product(Action, repeat=4):
        if _REVOKE in actions[:-1]:
            with pytest.raises(VerificationError):
                standing(actions)


_CLAIMS: dict[str, Any] = {
    "iss": "someone",
    "iat": 1,
    "sub": LEAF_PREFIX + "cd" * 32,
    "record_id": _RECORD,
    "action": "revoke",
    "reason": "because",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", None),
        ("iat", 1.5),
        ("iat", -1),
        ("sub", LEAF_PREFIX),
        ("record_id", None),
        ("action", "unrevoke"),
        ("reason", ""),
        ("compromised_since", "2025"),
        ("other", 1),
    ],
)
def test_parse_of_what_is_no_status_is_malformed(name: str, value: Any) -> None:
    Status.parse(unsigned(_KEY.public, _CLAIMS, typ=TYP).sign(_KEY).text)
    with pytest.raises(MalformedError):
        Status.parse(unsigned(_KEY.public, {**_CLAIMS, name: value}, typ=TYP).sign(_KEY).text)


@given(st.text(max_size=100))
def test_parse_of_any_text_is_malformed(text: str) -> None:
    with pytest.raises(LedgerError):
        Status.parse(text)
