"""Values of a report, `expected` and `found`, in a person's language.

They are English as they leave the verifier, the same for every program; a page in another language
shows them by this table of templates, `catalogue/values.json`:

    "a block of {1} or before"  →  "{1} 或更早的区块"

What no template fits stands as it is: a name, a hash, a word out of a record. What a place was
filled with is looked up too. English has templates only for what begins with a code. The page's
script does the same (api/static/page/values.js), for a language that is not English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["value_table", "value_text"]

# Beyond it a value is a record's text or a file's bytes rather than a phrase of ours.
MAX_LENGTH = 1_024
_MAX_DEPTH = 3
_PLACE = re.compile(r"\{(\d)\}")
_OR = {"en": " or ", "zh": " 或 "}


def value_text(value: str, language: str, *, depth: int = _MAX_DEPTH) -> str:
    """Write a value in a language."""
    table, exact = _templates(language)
    if not table or len(value) > MAX_LENGTH or not depth:
        return value
    if value in exact:
        return exact[value]
    parts = value.split(" or ")
    if len(parts) > 1 and value_table()["codes"].keys() >= set(parts):
        return _OR[language].join(parts)
    for literals, template in table:
        found = _fit(literals, value)
        if found is not None:
            told = [value_text(one, language, depth=depth - 1) for one in found]
            return _PLACE.sub(lambda place, told=told: told[int(place[1]) - 1], template)  # type: ignore[misc]
    return value


@cache
def value_table() -> Mapping[str, Any]:
    """Load the table: templates by language, and the codes that lists of values are made of."""
    text = files("ledger").joinpath("catalogue", "values.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return {**loaded, "codes": dict.fromkeys(loaded["codes"])}


@cache
def _templates(language: str) -> tuple[list[tuple[list[str], str]], dict[str, str]]:
    """Split templates at their places, those first that say the most."""
    known: dict[str, str] = value_table().get(language, {})
    exact = {template: text for template, text in known.items() if not _PLACE.search(template)}
    parts = [
        (_PLACE.split(template)[::2], text)
        for template, text in known.items()
        if template not in exact
    ]
    # Sorting is stable: of two that say as much, the first of the table goes first.
    return sorted(parts, key=lambda part: -sum(map(len, part[0]))), exact


def _fit(literals: list[str], value: str) -> list[str] | None:
    """Give what stands in a template's places; in time that grows with the value's length alone."""
    if not value.startswith(literals[0]):
        return None
    found, at = [], len(literals[0])
    for literal in literals[1:-1]:
        # A place holds one character at least.
        end = value.find(literal, at + 1)
        if end < 0:
            return None
        found.append(value[at:end])
        at = end + len(literal)
    last = len(value) - len(literals[-1])
    if last <= at or not value.endswith(literals[-1]):
        return None
    return [*found, value[at:last]]
