"""Which characters the certificate's font has, against another reader's list of them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from ledger.certificate import font
from ledger.errors import ConfigurationError
from ledger.report import LANGUAGES, catalogue
from tests.mutations import at, places


@pytest.mark.parametrize(
    "character", "aZ0 …·→“”《》、。中國鄧堃喆赟㐀ñПΩ\u2013\uff0c\uff1a\uff1b\uff08\uff09"
)
def test_font_has(character: str) -> None:
    assert font.has_glyph(character)


@pytest.mark.parametrize(
    "character",
    ["𠮷", "\U0001f600", "\u0627", "ก", "\n", "\t", "\0", "\u200b", "\u202e", "\u2028", "\u0301",
     "\ufeff", "\ud800", "\ue000", "\ufffe", "\U0010ffff"],
)  # fmt: skip
def test_font_lacks_or_may_not_print(character: str) -> None:
    assert not font.has_glyph(character)


def test_font_has_the_common_characters_of_chinese() -> None:
    """All of GB 2312, which every Chinese system writes; and nearly all of the first plane's."""
    common = [
        bytes([row, cell]).decode("gb2312")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if not (row == 0xD7 and cell > 0xF9)
    ]
    assert len(common) == 6_763
    assert all(map(font.has_glyph, common))
    unified = [chr(code) for code in range(0x4E00, 0x9FA6)]
    assert all(map(font.has_glyph, unified))


@pytest.mark.parametrize("language", LANGUAGES)
def test_font_has_every_character_of_the_catalogues(language: str) -> None:
    words = catalogue(language)
    texts = [at(words, place) for place in places(words)]
    used = {c for text in texts if isinstance(text, str) for c in text}
    assert {c for c in used if not font.has_glyph(c)} == set()


def test_font_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font, "sans_path", lambda: Path("/nowhere/NotoSansSC-Regular.otf"))
    with pytest.raises(ConfigurationError) as caught:
        font.font_directory()
    assert caught.value.code == "certificate.font"
    assert "pylopdf-fonts-zh-cn" in str(caught.value)


def test_font_has_nothing_that_unicode_has_not() -> None:
    covered = [chr(code) for code in range(0x3000, 0x4000) if font.has_glyph(chr(code))]
    assert len(covered) > 500
    assert all(unicodedata.name(c, "") for c in covered)
