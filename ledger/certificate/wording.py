"""Words in both languages, and values made fit to be printed.

A text is a pair, Chinese and English, both from the catalogue. Values come from statements, hence
from anybody: they are cut where they are long, and characters that the fonts lack, control
characters and marks that turn the direction of writing among them, are written as their code.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ledger.certificate.font import has_glyph
from ledger.report import catalogue

__all__ = ["Row", "Text", "choice", "row", "shown", "text", "time_text", "told_by", "words"]

# A name or a reason; what is longer is read in the bundle.
MAX_SHOWN = 240
_BOTH = ("zh", "en")

Text = dict[str, str]
Row = dict[str, Any]


def text(code: str, **values: object) -> Text:
    """Look up a text of the certificate."""
    return words("certificate", code, **values)


def words(*path: str, **values: object) -> Text:
    """Look up any text of the catalogue."""
    found: Text = {}
    for language in _BOTH:
        value: Any = catalogue(language)
        for part in path:
            value = value[part]
        found[language] = str(value).format(**values) if values else str(value)
    return found


def told_by(tell: Callable[[str], str | None]) -> Text:
    """Have something said in each language."""
    return {language: tell(language) or "" for language in _BOTH}


def choice(value: str, **values: object) -> Text:
    """Name one of the values that a member may have."""
    return words("certificate", "values", value, **values)


def row(label: str, value: str | Text, *, mono: bool = False) -> Row:
    """Make a line: its label, and a value as it was stated or a text of ours."""
    if isinstance(value, str):
        value = {"value": value if mono else shown(value)}
    return {"label": text(label), **value, "mono": mono}


def shown(value: str) -> str:
    """Write a value so that all of it is seen, or that it is seen to be cut."""
    rest = len(value) - MAX_SHOWN
    if rest > 0:
        cut = text("cut", count=rest)
        return f"{_visible(value[:MAX_SHOWN])}… [{cut['zh']} · {cut['en']}]"
    return _visible(value)


def _visible(value: str) -> str:
    return "".join(c if has_glyph(c) else f"[U+{ord(c):04X}]" for c in value)


def time_text(time: datetime | int) -> str:
    """Write a time, or seconds since 1970, in UTC to the second."""
    if isinstance(time, int):
        time = datetime.fromtimestamp(time, UTC)
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
