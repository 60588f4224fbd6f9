"""The desk in a real browser: what a regulator sees, and an order from its form to the dossier."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from api.words import words
from ledger import base64url
from ledger.report import catalogue
from tests.browser.axe import serious_issues
from tests.browser.conftest import follow, tab_to
from tests.browser.overseen import REGULATOR, Overseen, overseen
from tests.deadline import eventually

_EN = words("en", "desk")
_FLAGS = catalogue("en")["flags"]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Overseen]:
    with overseen(tmp_path_factory.mktemp("overseen")) as served:
        yield served


@pytest.fixture
def page(browser: Browser, ledger: Overseen) -> Iterator[Page]:
    """Log a regulator in; afterwards no policy was broken and no other host was asked."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    problems: list[str] = []
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{ledger.address}/desk?flag=deviation")
    page.fill("#key", ledger.secrets["regulator"])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("table.dossiers")
    yield page
    context.close()
    assert problems == []
    assert all(url.startswith((ledger.address, "data:")) for url in asked)


def record_id(ledger: Overseen, name: str) -> str:
    return str(ledger.made[name].members.record_id)


def test_login_leads_back_to_what_was_asked_for(page: Page, ledger: Overseen) -> None:
    assert page.url == f"{ledger.address}/desk?flag=deviation"
    assert page.locator(".dossiers tbody tr").count() == 1
    assert REGULATOR in page.inner_text(".visitor")


def test_flags_and_filters_narrow_what_is_shown(page: Page, ledger: Overseen) -> None:
    page.goto(f"{ledger.address}/desk")
    rows = page.locator(".dossiers tbody tr")
    everything = rows.count()
    assert page.inner_text(".figures div:first-child dd") == str(everything)
    assert page.locator(".dossiers .route", has_text="SG").count() == 0
    follow(page, f'.chip:has-text("{_FLAGS["ceiling-passed"]}")')
    assert rows.count() == 1
    assert _FLAGS["ceiling-passed"] in rows.first.inner_text()
    follow(page, f'.chip:has-text("{_FLAGS["deviation"]}")')
    assert rows.count() == 2
    follow(page, f'a:has-text("{_EN["filter.clear"]}")')
    page.fill("input[name=scenario]", "payroll")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("scenario=payroll"))
    assert 0 < rows.count() < everything
    assert set(page.locator(".dossiers th .small").all_inner_texts()) == {"payroll"}
    follow(page, f'.tabs a:has-text("{_EN["by.recipient"]}")')
    figures = page.locator(".bars tbody tr").all_inner_texts()
    assert sum(int(re.split(r"\s+", row.strip())[-1]) for row in figures) == rows.count()


def test_chart_says_what_its_table_says(page: Page, ledger: Overseen) -> None:
    page.goto(f"{ledger.address}/desk")
    page.click("details summary")
    table = [
        [cell.inner_text() for cell in row.locator("th, td").all()]
        for row in page.locator("details tbody tr").all()
    ]
    drawn = [title.text_content() for title in page.locator(".columns title").all()]
    assert drawn == [f"{month}: {flagged} / {all_}" for month, flagged, all_ in table]
    assert page.get_attribute(".columns", "role") == "img"


def test_order_is_placed_with_a_held_key_shown_and_lifted_by_keyboard(
    page: Page, ledger: Overseen
) -> None:
    address = f"{ledger.address}/desk/{record_id(ledger, 'stopped')}"
    stop = _FLAGS["stop-order"]
    for action, is_stopped in (("stop", True), ("reinstate", False)):
        page.goto(address)
        # The form has chosen what can be done now.
        assert page.is_checked(f'input[value="{action}"]')
        page.focus("#reason")
        page.keyboard.type("接收方再次转移 & more")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("#command")
        assert "接收方再次转移 & more" in page.inner_text(".facts")
        page.focus("#key")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector(".note.done")
        assert (stop in page.inner_text(".flags")) == is_stopped
        page.goto(f"{ledger.address}/desk?flag=stop-order")
        assert page.locator(".dossiers tbody tr").count() == int(is_stopped)


def test_order_is_signed_elsewhere_and_brought_back(page: Page, ledger: Overseen) -> None:
    page.goto(f"{ledger.address}/desk/{record_id(ledger, 'handed')}")
    page.fill("#reason", "Because.")
    follow(page, "form.order .button.primary")
    page.fill("#jwk", json.dumps(ledger.own.public.to_jwk()))
    follow(page, f'button:has-text("{_EN["order.prepare"]}")')
    to_sign = page.inner_text("#signing-input")
    page.fill("#signature", base64url.encode(ledger.own.sign(to_sign.encode())))
    follow(page, f'button:has-text("{_EN["order.log"]}")')
    page.wait_for_selector(".note.done")
    assert _FLAGS["stop-order"] in page.inner_text(".flags")
    assert "Because." in page.inner_text(".told.failed .reason")


def test_language_keeps_what_was_asked_for(page: Page, ledger: Overseen) -> None:
    page.goto(f"{ledger.address}/desk?flag=deviation")
    follow(page, "a[hreflang=zh-Hans]")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert "flag=deviation" in page.url
    follow(page, ".dossiers tbody a")
    assert words("zh", "desk")["stages"] in page.inner_text("main")
    # Nothing of the page itself is in English, only what the records say.
    assert not re.search(r"\b(missing|stage|order|reason)\b", page.inner_text("main h2 >> nth=0"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    page: Page, ledger: Overseen, language: str, theme: Any
) -> None:
    page.emulate_media(color_scheme=theme)
    dossier = f"/desk/{record_id(ledger, 'deviating')}"
    _add_webhooks(ledger)
    for path in ("/desk", "/webhooks", dossier, "order"):
        if path == "order":
            page.fill("#reason", "Because.")
            follow(page, "form.order .button.primary")
            page.wait_for_selector("#command")
        else:
            page.goto(f"{ledger.address}{path}?lang={language}")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious_issues(page) == []


def test_webhook_is_removed_by_keyboard(page: Page, ledger: Overseen) -> None:
    _add_webhooks(ledger)
    page.goto(f"{ledger.address}/desk?lang=en")
    follow(page, ".visitor a")
    shown = page.locator(".webhook").count()
    assert shown > 0
    tab_to(page, ".webhook button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert words("en", "webhooks")["removed"] in page.inner_text("[role=status]")
    assert page.locator(".webhook").count() == shown - 1


def _add_webhooks(ledger: Overseen) -> None:
    """Have one webhook that nothing was sent to yet."""
    answer = httpx2.post(
        f"{ledger.address}/v1/webhooks",
        json={"url": f"https://receiver.invalid/{'long-path/' * 12}", "events": ["record.final"]},
        headers={"Authorization": f"Bearer {ledger.secrets['regulator']}"},
    )
    assert answer.status_code == 201, answer.text


def test_desk_works_by_keyboard_alone(page: Page, ledger: Overseen) -> None:
    page.goto(f"{ledger.address}/desk?lang=en")
    tab_to(page, ".chip.deviation")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "flag=deviation" in page.url
    tab_to(page, "[name=scenario]")
    page.keyboard.type("credit-report")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, ".dossiers th a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert record_id(ledger, "deviating") in page.url
    tab_to(page, "[name=action]")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.checked")
    tab_to(page, "#reason")


def test_paper_shows_figures_and_dossiers_and_no_forms(page: Page, ledger: Overseen) -> None:
    page.goto(f"{ledger.address}/desk/{record_id(ledger, 'whole')}")
    page.emulate_media(media="print")
    assert page.locator("form.order").is_hidden()
    assert page.locator(".stages").is_visible()
    page.goto(f"{ledger.address}/desk")
    assert page.locator(".filter").is_hidden()
    assert page.locator(".columns").is_visible()


def test_looks_of_the_regulator_are_in_the_trail(page: Page, ledger: Overseen) -> None:
    wanted = record_id(ledger, "whole")
    page.goto(f"{ledger.address}/desk/{wanted}")

    def subjects() -> set[str | None]:
        with ledger.node.log.store.trail() as trail:
            rows = [json.loads(row.row) for row in trail.all()]
        return {row.get("subject") for row in rows if row["organisation"] == REGULATOR}

    eventually(lambda: {wanted, "flag=deviation"} <= subjects(), "the trail has it")
