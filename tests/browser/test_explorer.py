"""The explorer in a real browser: what is found, what is shown of it, and for whom it works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from api.auth import make_key
from api.view import POLICY
from api.words import words
from ledger.fingerprint import Fingerprint
from ledger.node import Node
from ledger.settings import Settings
from ledger.statement import Statement
from ledger.store.access import KeyRow
from ledger.submission import Submission
from tests.browser.axe import serious_issues
from tests.browser.conftest import follow, serving, tab_to
from tests.browser.explored import OWNER, SECRET, grow
from tests.log_home import NOW
from tests.samples import transfer

_NARROW = 390
_NOBODY_S = "019aa2f0-0000-7000-8000-00000000000f"


@dataclass
class Ledger:
    """A served ledger whose visitors log in."""

    node: Node
    address: str
    secret: str
    records: dict[str, Statement]
    file: Path

    def path(self, name: str) -> str:
        return f"/records/{self.records[name].members.record_id}"


@dataclass
class Window:
    """A page, and everything that it asked for."""

    page: Page
    ledger: Ledger
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        response = self.page.goto(f"{self.ledger.address}{path}")
        assert response is not None
        assert response.status < 500
        return self.page

    def log_in(self, path: str = "/records?lang=en") -> Page:
        """Ask for a page, be led to the form, and from there to the page."""
        self.open(path)
        self.page.fill("#key", self.ledger.secret)
        with self.page.expect_navigation():
            self.page.click("form[action='/login'] button")
        assert self.page.url == f"{self.ledger.address}{path}"
        return self.page


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    data = tmp_path_factory.mktemp("explored")
    file = data / "报告.csv"
    file.write_text("姓名,分数\n甲,700\n", "utf-8")
    with Node.open(Settings.load(data_dir=data, anchor_interval=0.001)) as node:
        made = grow(node)
        fingerprinted = transfer(Fingerprint.of_file(file), scenario="with-a-file")
        node.submit([Submission.of(fingerprinted)], submitter=OWNER)
        made["file"] = fingerprinted
        secret, key = make_key(OWNER, ("read",), ())
        row = KeyRow(key.prefix, key.digest, OWNER, ("read",), (), NOW, None, None, None)
        with node.log.store.access(write=True) as access:
            access.add_key(row)
        with serving(node) as address:
            yield Ledger(node, address, secret, made, file)


@pytest.fixture
def window(browser: Browser, ledger: Ledger) -> Iterator[Window]:
    """Open a window; afterwards nothing foreign was asked, and nothing sent but the key."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    opened = Window(page, ledger)
    context.on("request", lambda r: opened.asked.append((r.method, r.url, r.post_data)))
    page.on("pageerror", lambda error: opened.problems.append(str(error)))
    page.on("dialog", lambda dialog: opened.problems.append(dialog.message))
    page.on(
        "console",
        lambda message: (
            opened.problems.append(message.text)
            if "Content Security Policy" in message.text and "/login" not in page.url
            else None
        ),
    )
    yield opened
    context.close()
    assert opened.problems == []
    for method, url, body in opened.asked:
        assert url.startswith((ledger.address, "data:", "blob:")), url
        assert method == "GET" or url.endswith("/login"), url
        assert body is None or ledger.secret in body, url


def test_search_finds_one_s_own_and_nothing_of_others(window: Window) -> None:
    page = window.log_in()
    assert page.locator("#found li").count() == 25
    while page.locator("a[rel=next]").count():
        assert SECRET not in page.content()
        follow(page, "a[rel=next]")
    assert SECRET not in page.content()
    window.open(f"/records?scenario={SECRET}")
    assert page.locator("#found li").count() == 0
    assert words("en", "explorer")["found.none"] in page.inner_text("main")


def test_dropped_file_is_hashed_here_and_found_by_its_digest(window: Window) -> None:
    page = window.log_in()
    with page.expect_navigation():
        page.set_input_files("#file", str(window.ledger.file))
    assert page.locator("#found li").count() == 1
    assert "with-a-file" in page.inner_text("#found")
    assert words("en", "explorer")["found.by-digest"] in page.inner_text("main")


def test_box_takes_an_id_a_hash_or_an_organisation(window: Window) -> None:
    made = window.ledger.records["child"]
    page = window.log_in()
    for typed, found in (
        (made.leaf_hash.hex(), 1),
        (made.leaf_hash.hex().upper(), 1),
        ("hkbr:12345678", 25),
        ("stranger", 0),
        ("00" * 32, 0),
    ):
        page.fill("#q", typed)
        with page.expect_navigation():
            page.press("#q", "Enter")
        assert page.locator("#found li").count() == found, typed
    page.fill("#q", str(made.members.record_id))
    with page.expect_navigation():
        page.press("#q", "Enter")
    assert page.url.startswith(f"{window.ledger.address}{window.ledger.path('child')}")


def test_filters_hold_together_and_a_wrong_one_is_named(window: Window) -> None:
    page = window.log_in("/records?lang=en&scenario=credit-model&order=oldest")
    assert page.locator("#found li").count() == 2
    page.fill("input[name=occurred_since]", "2026-01-31T12:00:01")
    with page.expect_navigation():
        page.click("details button")
    assert page.locator("#found li").count() == 0
    assert "occurred_until=" not in page.url
    window.open("/records?lang=en&from=China")
    assert words("en", "explorer")["filter.from"] in page.inner_text(".note[role=alert]")
    window.open("/records?lang=en&misspelt=1")
    assert "misspelt" in page.inner_text(".note[role=alert]")


def test_record_shows_its_dossier_and_its_way(window: Window) -> None:
    page = window.log_in(f"{window.ledger.path('transfer')}?lang=en")
    assert page.locator(".way-of .reached").count() == 4
    assert page.locator(".stages > li").count() == 3
    assert page.locator(".events li").count() == 5
    anchored = window.ledger.node.covering(2)
    assert anchored is not None
    assert anchored.anchor.transaction.hex() in page.inner_text("main")
    assert f"{anchored.anchor.block_number}" in page.inner_text("main")
    assert "crossproof verify" in page.inner_text("#command")
    assert "'信用报告 2025.csv'" in page.inner_text("#command")
    page.click("button.copy")
    page.wait_for_function("document.querySelector('button.copy').textContent === 'Copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#command")


def test_lineage_is_drawn_and_listed_and_tells_nothing_hidden(window: Window) -> None:
    page = window.log_in(f"{window.ledger.path('child')}?lang=en")
    assert page.locator("svg.lineage .node").count() == 5
    assert page.locator("svg.lineage .node.unseen").count() == 1
    listed = page.inner_text(".relations")
    assert "made from" in listed
    assert "corrects" in listed
    assert SECRET not in page.content()
    assert page.locator(".note a").get_attribute("href") == (
        f"{window.ledger.path('correction')}?lang=en"
    )
    # What a stranger wrote is text, and stays text.
    assert "alert(" in page.inner_text(".facts >> nth=0")


def test_entry_is_given_byte_for_byte(window: Window) -> None:
    page = window.log_in(f"{window.ledger.path('child')}?lang=en")
    entry = window.ledger.records["child"].entry
    page.click("details summary")
    assert page.locator("#entry").text_content() == entry.decode()
    with page.expect_download() as waiting:
        page.click("a[href$='entry.json']")
    assert Path(waiting.value.path()).read_bytes() == entry
    with page.expect_download() as waiting:
        page.click("a[href$='/bundle']")
    assert b"application/vnd.crossproof.bundle" in Path(waiting.value.path()).read_bytes()


def test_record_of_others_is_as_one_that_is_not_there(window: Window) -> None:
    page = window.log_in(f"{window.ledger.path('hidden')}?lang=en")
    hidden = page.inner_text("main")
    window.open("/records/0193502a-5c00-7d2e-9b61-3f0c8a7e4d15?lang=en")
    assert page.inner_text("main") == hidden
    assert "record.unknown" in hidden


def test_log_is_open_and_shows_head_anchors_and_growth(window: Window) -> None:
    page = window.open("/log?lang=en")
    log = window.ledger.node.log
    published = log.published()
    assert published is not None
    assert page.inner_text("#checkpoint").strip() == published.note.strip()
    assert page.locator("svg.growth .dot").count() >= 3
    assert page.locator("tbody tr").count() >= 3
    assert str(log.verifier) in page.inner_text("main")
    assert SECRET not in page.content()


def test_pages_work_by_keyboard_alone(window: Window) -> None:
    page = window.log_in("/records?lang=en&q=with-a")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to(page, "#q")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "#search summary")
    page.keyboard.press("Enter")
    tab_to(page, "[name=scenario]")
    page.keyboard.type("payroll-1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "scenario=payroll-1" in page.url
    tab_to(page, "#found a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/records/" in page.url
    tab_to(page, "a[href$='/bundle']")


def test_language_is_changed_with_the_search_kept(window: Window) -> None:
    page = window.log_in("/records?lang=en&scenario=payroll-1")
    with page.expect_navigation():
        page.click("[data-set-language=zh]")
    assert "scenario=payroll-1" in page.url
    assert page.inner_text("h1") == words("zh", "explorer")["records.title"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_issue_and_nothing_is_cut_off(
    window: Window, scheme: Any, language: str
) -> None:
    page = window.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    looked_at = [f"{window.ledger.path(name)}?" for name in ("transfer", "child", "backup")]
    looked_at += ["/records?", "/log?", "/records?from=x&", f"/records/{_NOBODY_S}?", "/nowhere?"]
    # The longest page of all, and the same rules in both looks.
    looked_at += ["/docs?"] if scheme == "light" else []
    for path in ("/login?", *looked_at):
        if path == looked_at[0]:
            window.log_in(f"/records?lang={language}")
        page.set_viewport_size({"width": _NARROW, "height": 900})
        window.open(f"{path}lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= _NARROW, path
        page.set_viewport_size({"width": 1280, "height": 900})
        assert serious_issues(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path


def test_policy_lets_nothing_inline_in(window: Window) -> None:
    assert "unsafe" not in POLICY
    for path in ("/log", "/records"):
        answer = window.page.request.get(
            f"{window.ledger.address}{path}",
            headers={"Authorization": f"Bearer {window.ledger.secret}"},
        )
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert "style=" not in answer.text()
