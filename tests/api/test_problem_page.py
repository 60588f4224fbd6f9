"""Pages that say what is wrong: for browsers alone, in both languages, for every code there is."""

from __future__ import annotations

import html
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from api.problem_page import text_of
from api.words import LANGUAGES, words
from ledger.errors import ReadOnlyError
from ledger.report import catalogue
from tests.api.service import Service, transfer

# As Chromium and Firefox send it.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
_PROGRAMS = ("*/*", "application/json", "application/json, text/html;q=0.5", "text/html;q=0")
UNKNOWN = "019aa2f0-0000-7000-8000-00000000000f"
# What is raised where settings are read or a log is audited: no page is there to tell it.
_NEVER_SHOWN = {"settings", "audit"}
_MODULES = """
import json, sys, api.app
print(json.dumps([m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)]))
"""


def codes_of_the_application(repository: Path) -> set[str]:
    """Find each code that a module raises which the application imports."""
    listed = subprocess.run(
        [sys.executable, "-c", _MODULES], cwd=repository, capture_output=True, check=True
    )
    served = {Path(name) for name in json.loads(listed.stdout)}
    raised = runpy.run_path(str(repository / "scripts/reference"))["raised"]
    found: dict[str, set[str]] = {}
    for path in served:
        if path.is_relative_to(repository / "api") or path.is_relative_to(repository / "ledger"):
            for code, (classes, _) in raised([path]).items():
                found.setdefault(code, set()).update(classes)
    return {code for code, classes in found.items() if classes - _NEVER_SHOWN}


def test_every_code_that_a_page_can_show_has_words_in_both_languages(repository: Path) -> None:
    codes = codes_of_the_application(repository)
    assert len(codes) > 200
    for language in LANGUAGES:
        other = words(language, "problem")["told.other"]
        assert [code for code in sorted(codes) if text_of(code, language) == other] == []


def test_words_of_codes_that_are_raised_nowhere_are_gone(repository: Path) -> None:
    known = runpy.run_path(str(repository / "scripts/reference"))["raised"]().keys()
    told = {
        key.partition(".")[2]
        for key in words("en", "problem").keys() - words("en").keys()
        if key.startswith(("told.", "hint."))
    }
    # Raised by a name that stands for it.
    assert told - {"other", "record.unpublished"} <= known


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "request.path"),
        ("/v2/records", 404, "request.path"),
        ("/records/", 404, "request.path"),
        ("/verify%0A", 404, "request.path"),
        ("/logout", 405, "request.method"),
        ("/static/0/none.js", 404, "page.unknown-file"),
        ("/v1/records", 401, "auth.required"),
        ("/v1/records?limit=x", 400, "request.parameter"),
        (f"/records/{UNKNOWN}", 404, "record.unknown"),
        ("/records/nonsense", 400, "statement.record-id"),
        (f"/v1/records/{UNKNOWN}/bundle", 404, "record.unknown"),
        ("/auth/start", 404, "request.path"),
    ],
)
def test_browser_gets_a_page_and_a_program_json(
    service: Service, path: str, status: int, code: str, language: str
) -> None:
    who = None if status == 401 else "shenzhen"
    asked = {"Accept": BROWSER, "Accept-Language": language}
    page = service.get(path, who, headers=asked, follow_redirects=False)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "'unsafe" not in page.headers["content-security-policy"]
    assert f'data-language="{language}"' in page.text
    text = html.unescape(page.text)
    assert text_of(code, language) in text
    assert f"<code>{code}</code>" in text
    for way in ("verify", "records", "desk", "log", "docs"):
        name = words(language, "problem")[f"way.{way}"]
        assert f'href="/{way}?lang={language}">{name}' in text
    assert ('href="/login?next=' in page.text) == (status == 401)
    for accepted in _PROGRAMS:
        told = service.get(path, who, headers={"Accept": accepted}, follow_redirects=False)
        assert (told.status_code, told.json()["code"]) == (status, code)
        assert told.headers["content-type"] == "application/problem+json"


def test_login_of_a_page_leads_back_to_what_was_asked_for(service: Service) -> None:
    page = service.get("/v1/records/x", headers={"Accept": BROWSER})
    (address,) = re.findall(r'href="(/login\?next=[^"]+)"', page.text)
    assert 'value="/v1/records/x"' in service.get(address.replace("&amp;", "&")).text


def test_page_shows_what_was_sent_as_text_alone(service: Service) -> None:
    page = service.get("/%3Cscript%3Ealert(1)%3C/script%3E", headers={"Accept": BROWSER})
    assert page.status_code == 404
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


def test_incident_is_told_with_its_number(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    service.client.raise_server_exceptions = False  # type: ignore[attr-defined]
    monkeypatch.setattr("api.explorer.governance_of", broken)
    page = service.get("/log", headers={"Accept": BROWSER, "Accept-Language": "zh"})
    assert page.status_code == 500
    assert text_of("server.incident", "zh") in page.text
    assert re.search(r"<code>[0-9a-f]{16}</code>", page.text)


def test_who_may_not_is_told_so_by_a_page(service: Service) -> None:
    page = service.get("/metrics", "shenzhen", headers={"Accept": BROWSER})
    assert (page.status_code, page.headers["content-type"][:9]) == (403, "text/html")
    assert words("en", "problem")["hint.auth.scope"] in page.text


def test_log_that_is_read_only_says_why_in_words(fresh: Service) -> None:
    fresh.record(transfer())
    fresh.node.log.end(ReadOnlyError("log.closed", "the log is closed for good"))
    page = fresh.get("/log?lang=zh")
    assert text_of("log.closed", "zh") in page.text
    assert "<code>log.closed</code>" in page.text
    fresh.node.log.reopen()


def test_words_of_reports_serve_where_a_page_has_none_of_its_own() -> None:
    assert text_of("json.depth", "zh") == catalogue("zh")["reasons"]["json.depth"]["text"]
