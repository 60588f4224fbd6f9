"""The error tree: what a program may rely on, and what a person reads."""

from __future__ import annotations

import copy
import pickle

import pytest

from ledger import errors
from ledger.errors import LedgerError, MalformedError, UnavailableError, VerificationError

_CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_tree_lists_every_public_error() -> None:
    drawing = errors.__doc__ or ""
    assert all(name in drawing for name in errors.__all__)
    assert all(issubclass(cls, LedgerError) for cls in _CLASSES)


def test_wrong_and_could_not_ask_are_never_the_same() -> None:
    for wrong in (VerificationError, MalformedError):
        assert not issubclass(UnavailableError, wrong)
        assert not issubclass(wrong, UnavailableError)


def test_str_says_expected_found_and_hint() -> None:
    error = MalformedError("a.code", "it is wrong", expected="one", found="two", hint="Try three.")
    assert str(error) == "it is wrong; expected one; found two. Try three."
    assert str(MalformedError("a.code", "it is wrong")) == "it is wrong"


@pytest.mark.parametrize("cls", _CLASSES)
def test_error_survives_pickling_and_copying(cls: type[LedgerError]) -> None:
    """A worker process hands its error on; what cannot be pickled breaks the whole pool."""
    error = cls("a.code", "it is wrong", expected="one", found="two", hint="Try three.")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert type(again) is cls
        assert vars(again) == vars(error)
        assert str(again) == str(error)
