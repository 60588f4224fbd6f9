"""A ledger that serves the page, records of it, and Debian's Chromium; every request is watched."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from api.app import create_app
from ledger.cli.serve import listen
from ledger.fingerprint import Fingerprint
from ledger.node import Node
from ledger.settings import Settings
from ledger.submission import Submission
from tests.deadline import eventually
from tests.samples import transfer

CHROMIUM = shutil.which("chromium")
# More than any page has to be reached before what a test is about.
_TABS = 100
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Site:
    """A running ledger and what a visitor has of it."""

    node: Node
    address: str
    folder: Path

    @property
    def bundle(self) -> Path:
        return self.folder / "报告.csv.bundle.json"

    @property
    def file(self) -> Path:
        return self.folder / "报告.csv"

    @property
    def trust(self) -> Path:
        return self.folder / "trust.json"

    @property
    def pinned(self) -> Path:
        return self.folder / "pinned.json"


@dataclass
class Visit:
    """A page that is open, and every address that it asked for."""

    page: Page
    context: BrowserContext
    site: Site
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def open(self, path: str = "/verify?lang=en") -> Page:
        self.page.goto(f"{self.site.address}{path}")
        self.page.wait_for_selector("#trust-facts dt", state="attached")
        return self.page

    def give(self, *files: Path) -> None:
        self.page.set_input_files("#choose", [str(file) for file in files])

    def verdict(self) -> str:
        """Wait for a verdict and give it."""
        self.page.wait_for_selector("#verdict.verified, #verdict.failed, #verdict.undetermined")
        return str(self.page.get_attribute("#verdict", "class"))

    def check(self, code: str) -> tuple[str, str]:
        """Give a check's status and all that it says."""
        item = self.page.locator(f'#checks li[data-code="{code}"]').first
        return str(item.get_attribute("class")), item.inner_text()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve a ledger with an anchored record of one file."""
    folder = tmp_path_factory.mktemp("visitor")
    file = folder / "报告.csv"
    file.write_text("姓名,分数\n甲,700\n", "utf-8")
    data = tmp_path_factory.mktemp("ledger")
    with Node.open(Settings.load(data_dir=data, anchor_interval=0.001)) as node:
        statement = transfer(
            Fingerprint.of_file(file),
            exporter={"id": "uscc:91440300MA5EXPORT1", "name": "深圳出口有限公司"},
            recipient={"id": "hkbr:12345678", "name": "Example Bank (Hong Kong)", "country": "HK"},
        )
        record_id = statement.record_id
        node.submit([Submission(record_id, statement.entry)], submitter="shenzhen")
        # The node's own workers publish and anchor.
        eventually(lambda: node.newest_anchor() is not None, "an anchor")
        bundle = node.bundle(record_id)
        (folder / f"{file.name}.bundle.json").write_text(bundle.to_json(), "utf-8")
        trust = node.trust()
        (folder / "trust.json").write_text(trust.to_json(), "utf-8")
        assert bundle.anchor is not None
        (folder / "pinned.json").write_text(trust.pin(bundle.anchor).to_json(), "utf-8")
        with serving(node) as address:
            yield Site(node, address, folder)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt install chromium, or scripts/system-packages")
    with playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS)) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Open a window; afterwards nothing foreign was asked, nothing uploaded, no policy broken."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    visit = Visit(page, context, site)
    context.on("request", lambda r: visit.asked.append((r.method, r.url, r.post_data)))
    page.on("pageerror", lambda error: visit.problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            visit.problems.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    yield visit
    context.close()
    assert visit.problems == []


@pytest.fixture
def quiet(visit: Visit) -> Iterator[Visit]:
    """Hold a visit to its own server: no foreign host, nothing sent but GETs without a body."""
    yield visit
    for method, url, body in visit.asked:
        assert url.startswith((visit.site.address, "data:", "blob:")), url
        assert (method, body) == ("GET", None), url


class serving:  # noqa: N801 - used as a context manager, named for what it does
    """Serve a node's application on a port of its own."""

    def __init__(self, node: Node) -> None:
        config = uvicorn.Config(create_app(node), log_level="warning", lifespan="on")
        self._server = uvicorn.Server(config)
        self._listening = listen("127.0.0.1", 0)

    def __enter__(self) -> str:
        self._socket = self._listening.__enter__()
        run = self._server.run
        self._thread = threading.Thread(target=run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        eventually(lambda: self._server.started, "the server runs")
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.__exit__(None, None, None)


def follow(page: Page, selector: str) -> None:
    """Click what leads to another page, and wait until that is whole.

    A click alone waits until the page begins: what is counted then may be half of it.
    """
    with page.expect_navigation():
        page.click(selector)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element is reached, which shows that it is."""
    for _ in range(_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", selector
            return
    pytest.fail(f"not reached by Tab: {selector}")


def changed(path: Path, folder: Path, change: Callable[[dict[str, object]], None]) -> Path:
    """Copy a JSON file with something changed."""
    value = json.loads(path.read_text("utf-8"))
    change(value)
    copy = folder / path.name
    copy.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return copy
