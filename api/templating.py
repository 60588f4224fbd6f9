"""Templates of pages, escaped by default, in the language that a visitor reads.

`word(key)` is a text of the page; the macro `say(key)` writes it as an element that the page's
script can put into another language. `shown(value)` is a report's value in that language.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.static_files import address_of
from api.words import LANGUAGES, words
from ledger.values import value_text

__all__ = ["preferred_language", "render"]

_TAGS = {"en": "en", "zh": "zh-Hans"}
_MAX_RANGES = 20


def render(template: str, language: str, *, part: str | None = None, **values: Any) -> str:
    """Render a template in one of LANGUAGES, with the words of a part of the pages."""
    known = words(language, part)

    def fill(key: str, **given: object) -> str:
        return known[key].format(**given)

    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            language_tag=_TAGS[language],
            word=known.__getitem__,
            fill=fill,
            static=address_of,
            shown=lambda value: value_text(str(value), language),
            **values,
        )
    )


def preferred_language(asked: str | None, accepted: str | None) -> str:
    """Choose the language asked for, or the best of an Accept-Language (RFC 9110, 12.5.4)."""
    if asked in LANGUAGES:
        return str(asked)
    best, quality = LANGUAGES[0], 0.0
    for part in (accepted or "").split(",")[:_MAX_RANGES]:
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().partition("-")[0].lower()
        wanted = _quality(parameter)
        if language in LANGUAGES and wanted > quality:
            best, quality = language, wanted
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
