"""Pages and the files they are made of: languages, addresses, what caches may keep."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from api.pages import POLICY
from api.static_files import address_of, static_files
from api.templating import preferred_language
from api.words import words
from ledger.report import catalogue
from tests.api.service import Service

_PLACE = re.compile(r"\{[a-z]+\}")


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        ("zh", "en", "zh"),
        ("en", "zh", "en"),
        (None, None, "en"),
        (None, "zh-CN,zh;q=0.9", "zh"),
        (None, "fr,zh;q=0.5,en;q=0.4", "zh"),
        (None, "en;q=0.1, zh;q=0.05", "en"),
        ("fr", "zh", "zh"),
        (None, "zh;q=0", "en"),
        (None, "zh;q=x", "en"),
        (None, ";;,,=", "en"),
        (None, "ZH-hant", "zh"),
    ],
)
def test_language_is_the_one_asked_for_or_the_best_accepted(
    asked: str | None, accepted: str | None, chosen: str
) -> None:
    assert preferred_language(asked, accepted) == chosen


@pytest.mark.parametrize("part", [None, "explorer", "problem"])
def test_words_are_complete_in_both_languages(part: str | None) -> None:
    english, chinese = words("en", part), words("zh", part)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert sorted(_PLACE.findall(text)) == sorted(_PLACE.findall(chinese[key])), key
        assert text != chinese[key], key


def test_hints_of_the_page_are_for_reasons_that_there_are() -> None:
    hints = {key.removeprefix("hint.") for key in words("en") if key.startswith("hint.")}
    assert hints <= catalogue("en")["reasons"].keys()


def test_words_that_scripts_and_templates_use_are_there(service: Service) -> None:
    used = set()
    for path, text in static_files().items():
        if path.startswith("page/"):
            used |= set(re.findall(r'\bword\(\s*"([^"]+)"', text))
    page = service.get("/verify").text
    used |= set(re.findall(r'data-word="([^"]+)"', page))
    assert len(used) > 50
    assert used <= words("en").keys()


def test_page_is_served_under_its_policy_to_anyone(service: Service) -> None:
    answer = service.get("/verify?lang=zh")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["vary"] == "Accept-Language"
    assert '<html lang="zh-Hans"' in answer.text
    again = service.get("/verify?lang=zh", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_files_are_kept_for_ever_under_the_digest_of_all(service: Service) -> None:
    address = address_of("page/page.js")
    answer = service.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    other = address.replace(address.split("/")[2], "0" * 16)
    assert service.get(other).status_code == 404
    for path in ("page/..%2Fpage/page.js", "..%2Fpages.py", "vendor/VERSIONS", "page/none.js", ""):
        assert service.get(address_of(path)).status_code == 404


def test_words_of_the_explorer_are_all_used_and_all_there() -> None:
    folder = files("api").joinpath("templates")
    text = "".join(
        folder.joinpath(f"{name}.html").read_text("utf-8")
        for name in ("explorer", "records", "record_page", "log", "base")
    )
    used = set(re.findall(r'(?:word|fill|say|fact)\("([a-z0-9_.-]+[a-z])"', text))
    used |= {f"filter.{name}" for name in re.findall(r'field\("([a-z_]+)"', text)}
    known = words("en", "explorer")
    assert used <= known.keys()
    begun = tuple(re.findall(r'(?:word|fill)\("([a-z.-]+[.-])" ~', text))
    own = known.keys() - words("en").keys()
    assert [name for name in own if name not in used and not name.startswith(begun)] == []
