"""JSON values for property tests: any at all, sound ones with one thing changed, and schemas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ledger.canonical import MAX_INTEGER

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 300),
    st.sampled_from([0, 1, 1.0, -0.0, 0.5, 1e300, MAX_INTEGER, MAX_INTEGER + 1, -MAX_INTEGER]),
    st.text(max_size=20),
    st.sampled_from(
        ["", "0x", "0x" + "00" * 32, "00" * 32, "FF" * 32, "AA==", "AB==", "finalized"]
    ),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[str | int, ...]]:
    """List the way to every value inside a JSON value, the value itself included."""
    if isinstance(value, dict):
        members: Iterable[tuple[str | int, Any]] = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    else:
        members = ()
    return [(), *((name, *rest) for name, member in members for rest in places(member))]


def at(value: Any, place: tuple[str | int, ...]) -> Any:
    """Give what stands at a place."""
    for step in place:
        value = value[step]
    return value


def replaced(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    """Copy a JSON value with another one at a place."""
    if not place:
        return new
    copy = json.loads(json.dumps(value))
    at(copy, place[:-1])[place[-1]] = new
    return copy


def without(value: Any, place: tuple[str | int, ...]) -> Any:
    """Copy a JSON value with nothing at a place."""
    copy = json.loads(json.dumps(value))
    del at(copy, place[:-1])[place[-1]]
    return copy


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Draw a copy of a JSON value with one thing in it replaced, left out, added or respelt."""
    place = draw(st.sampled_from(places(value)))
    here = at(value, place)
    kind = draw(st.sampled_from(["replace", "leave out", "add", "respell"]))
    if kind == "leave out" and place:
        return without(value, place)
    if kind == "add" and isinstance(here, dict):
        return replaced(value, place, {**here, draw(st.text(max_size=10)): draw(scalars)})
    if kind == "add" and isinstance(here, list):
        again = [*here, *here[-1:]] if draw(st.booleans()) else [*here, draw(scalars)]
        return replaced(value, place, again)
    if kind == "respell":
        return replaced(value, place, draw(_respelt(here)))
    return replaced(value, place, draw(anything))


def _respelt(value: Any) -> st.SearchStrategy[Any]:
    """Draw what a careless reader would take for the same, or a neighbour."""
    if isinstance(value, bool):
        return st.sampled_from([not value, int(value), str(value).lower()])
    if isinstance(value, int):
        return st.sampled_from(
            [float(value), str(value), value + 1, value - 1, -value, f"0{value}"]
        )
    if isinstance(value, str):
        spellings = [value.upper(), f" {value}", f"{value}\n", f"{value}=", value[2:], f"0x{value}"]
        cut = st.integers(0, len(value)).map(lambda end: value[:end])
        put = st.tuples(st.integers(0, len(value)), st.characters()).map(
            lambda where: value[: where[0]] + where[1] + value[where[0] + 1 :]
        )
        return st.one_of(st.sampled_from(spellings), cut, put)
    return anything


def schema(name: str) -> Draft202012Validator:
    """Load a published schema, one that is itself sound."""
    text = files("ledger").joinpath("schemas", f"{name}.v1.schema.json").read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))
