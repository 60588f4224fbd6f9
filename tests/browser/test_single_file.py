"""The page as one file: from a disk, without a server, under a policy of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser

from api.single_file import join_modules, verifier_page
from tests.browser.conftest import Site


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """What `crossproof verifier-page -o` writes."""
    path = tmp_path / "verify.html"
    command = [str(Path(sys.executable).parent / "crossproof"), "verifier-page", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


def test_server_and_command_write_the_same_file(saved: Path, site: Site) -> None:
    with urlopen(f"{site.address}/verify/verifier.html?lang=en", timeout=60) as served:  # noqa: S310 - http, to ourselves
        assert "attachment" in served.headers["Content-Disposition"]
        assert served.read() == saved.read_bytes()


def test_file_judges_from_a_disk_with_the_network_cut(
    saved: Path, browser: Browser, site: Site
) -> None:
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        problems: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(saved.as_uri())
        assert "No trust file yet" in page.inner_text("#trust-source")
        page.set_input_files("#choose", [str(site.pinned), str(site.bundle), str(site.file)])
        page.wait_for_selector("#verdict.verified")
        page.click("text=中文")
        assert page.get_attribute("html", "lang") == "zh-Hans"
        assert page.locator("#ask-server").is_hidden()
        assert page.locator("#share").is_hidden()
        # Its worker is a part of it; nothing else is asked for.
        assert {url.partition(":")[0] for url in asked} <= {"file", "blob", "data"}
        assert problems == []


def test_page_of_an_archive_judges_a_record_of_it_with_the_network_cut(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    """Until a trust file pins the anchor, all that it believes is the archive's word."""
    archive = tmp_path / "all.zip"
    command = ["audit", "export", "-o", archive, "--data-dir", site.node.settings.data_dir]
    done = subprocess.run(
        [str(Path(sys.executable).parent / "crossproof"), *map(str, command)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path / "all")
    with browser.new_context(offline=True, locale="zh-CN") as context:
        page = context.new_page()
        problems: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "all" / "verify.html").as_uri())
        given = [tmp_path / "all" / "trust.json", site.bundle, site.file]
        page.set_input_files("#choose", [str(path) for path in given])
        # The archive's own trust file names the log, and pins no anchor.
        page.wait_for_selector("#verdict.undetermined")
        assert page.locator('#checks li.undetermined[data-code="anchor.chain"]').count() == 1
        assert page.locator("#checks li.failed").count() == 0
        page.set_input_files("#choose", [str(site.pinned)])
        page.wait_for_selector("#verdict.verified")
        assert {url.partition(":")[0] for url in asked} <= {"file", "blob", "data"}
        assert problems == []


def test_policy_names_the_very_scripts_and_styles_of_the_file() -> None:
    page = verifier_page("zh")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    told = policy[1].replace("&#39;", "'")
    assert "unsafe" not in told
    inline = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    assert len(inline) == 2
    for text in inline:
        assert b64encode(sha256(text.encode()).digest()).decode() in told
    assert "src=" not in page
    assert not re.search(r'href="(?!data:|\?|#)', page)


def test_joined_script_of_the_worker_is_whole() -> None:
    script = join_modules("page/hash_worker.js")
    assert not re.search(r"^(?:import|export)\b", script, re.MULTILINE)
    assert "sha256" in script
