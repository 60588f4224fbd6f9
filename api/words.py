"""The words of pages, in each language: `words/{en,zh}.json`, both complete."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from ledger.report import LANGUAGES

__all__ = ["LANGUAGES", "words"]


@cache
def words(language: str) -> dict[str, str]:
    """Load the words of a language, one of LANGUAGES."""
    text = files("api").joinpath("words", f"{language}.json").read_text("utf-8")
    loaded: dict[str, str] = json.loads(text)
    return loaded
