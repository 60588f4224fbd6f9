"""The words of pages, in each language: `words/{en,zh}.json`, both complete.

Those of the pages that a server writes alone are apart, in `words/PART/{en,zh}.json`: no browser
needs them.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from ledger.report import LANGUAGES

__all__ = ["LANGUAGES", "words"]


@cache
def words(language: str, part: str | None = None) -> dict[str, str]:
    """Load the words of a language, one of LANGUAGES; of a part of the pages, before the common."""
    folder = files("api").joinpath("words")
    name = f"{language}.json"
    loaded: dict[str, str] = json.loads(folder.joinpath(name).read_text("utf-8"))
    if part is not None:
        loaded |= json.loads(folder.joinpath(part, name).read_text("utf-8"))
    return loaded
