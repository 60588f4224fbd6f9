"""The page that verifies, in a real browser: verdicts, what it asks, and for whom it works."""

from __future__ import annotations

import base64
import json
import os
import re
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from api.pages import POLICY
from ledger.bundle import Bundle
from ledger.certificate import certify
from ledger.report import catalogue
from ledger.statement import Statement
from ledger.trust import Trust
from ledger.verify import verify
from tests.browser.axe import serious_issues
from tests.browser.conftest import Visit, changed

# ["a", "b", 1], which no record here calls for.
_STRAY = "WyJhIiwgImIiLCAxXQ"
_LONGEST = 500


def test_bundle_and_file_under_a_pinning_trust_file_are_verified(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.pinned, quiet.site.bundle, quiet.site.file)
    assert quiet.verdict() == "verified"
    assert quiet.check("file.digest")[0] == "verified"
    assert "深圳出口有限公司" in page.inner_text("#record")
    # An embedded chain proves nothing to anyone else, and the page says so beside the verdict.
    assert catalogue("en")["labels"]["sandbox"] in page.inner_text("#verdict")
    assert page.locator("#checks li").count() == 11


def test_anchor_that_nobody_was_asked_about_is_undetermined(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.bundle, quiet.site.file)
    assert quiet.verdict() == "undetermined"
    assert quiet.check("anchor.chain")[0] == "undetermined"
    assert "What is believed" in page.inner_text("#verdict .next")


def test_server_s_word_about_an_anchor_is_labelled_and_counts_for_nothing(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    page.click("#ask-server")
    page.wait_for_selector("#server-says:not(:empty)")
    assert "its own word" in page.inner_text("#server-says")
    assert "says that it anchored" in page.inner_text("#server-says")
    assert quiet.verdict() == "undetermined"


def _other_root(bundle: dict[str, Any]) -> None:
    lines = bundle["checkpoint"].split("\n")
    lines[2] = base64.b64encode(bytes(32)).decode()
    bundle["checkpoint"] = "\n".join(lines)


def _other_entry(bundle: dict[str, Any]) -> None:
    body = base64.b64decode(bundle["entry"]["body"]).replace(b'"CN"', b'"SG"')
    bundle["entry"]["body"] = base64.b64encode(body).decode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_other_root, "checkpoint.signature"),
        (_other_entry, "entry.inclusion"),
        (lambda bundle: bundle["anchor"].update(block_number=1), "anchor.chain"),
        (lambda bundle: bundle["anchor"].update(size=9), "anchor.head"),
        (lambda bundle: bundle["anchor"].update(log_id="0x" + "00" * 32), "anchor.log"),
        (lambda bundle: bundle["entry"].update(disclosures=[_STRAY]), "entry.disclosures"),
        (lambda bundle: bundle.update(unknown=1), "bundle.format"),
    ],
)  # fmt: skip
def test_changed_bundle_fails_by_name_and_shows_nothing_as_true(
    quiet: Visit, tmp_path: Path, change: Any, code: str
) -> None:
    page = quiet.open()
    bundle = changed(quiet.site.bundle, tmp_path, change)
    quiet.give(quiet.site.pinned, bundle, quiet.site.file)
    assert quiet.verdict() == "failed"
    status, said = quiet.check(code)
    assert status == "failed"
    assert catalogue("en")["checks"][code] in said
    assert page.locator("#record").is_hidden()
    assert "深圳" not in page.inner_text("#result").replace(quiet.site.file.name, "")


def test_changed_file_fails_with_both_digests(quiet: Visit, tmp_path: Path) -> None:
    quiet.open()
    copy = tmp_path / quiet.site.file.name
    copy.write_bytes(quiet.site.file.read_bytes() + b" ")
    quiet.give(quiet.site.pinned, quiet.site.bundle, copy)
    assert quiet.verdict() == "failed"
    assert "The record holds" in quiet.page.inner_text("#verdict")
    status, said = quiet.check("file.digest")
    assert status == "failed"
    assert "Expected" in said
    assert "Found" in said


def test_missing_file_is_undetermined_unless_the_visitor_waives_it(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.pinned, quiet.site.bundle)
    assert quiet.verdict() == "undetermined"
    page.check("#without-files")
    page.wait_for_selector("#verdict.verified")


def test_verdict_is_one_element_replaced_whole(quiet: Visit, tmp_path: Path) -> None:
    page = quiet.open()
    quiet.give(quiet.site.pinned, quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    quiet.give(changed(quiet.site.bundle, tmp_path, _other_entry))
    page.wait_for_selector("#verdict.failed")
    assert page.locator("#verdict .word").count() == 1
    assert page.locator("#checks li").count() < 11


def test_network_cut_after_loading_leaves_all_but_the_chain(visit: Visit) -> None:
    page = visit.open()
    page.wait_for_selector("html[data-hasher=ready]")
    visit.context.set_offline(True)
    asked = len(visit.asked)
    page.click("#believed summary")
    page.fill("#nodes", "http://127.0.0.1:9/")
    page.locator("#nodes").blur()
    visit.give(visit.site.bundle, visit.site.file)
    assert visit.verdict() == "undetermined"
    assert visit.check("anchor.chain")[0] == "undetermined"
    assert "chain.unreachable" in visit.check("anchor.chain")[1]
    for code in ("checkpoint.signature", "checkpoint.operator", "entry.inclusion", "file.digest"):
        assert visit.check(code)[0] == "verified"
    tried = visit.asked[asked:]
    assert {url for _, url, _ in tried} <= {"http://127.0.0.1:9/"}


@pytest.mark.timeout(300)
def test_file_of_a_gigabyte_is_hashed_while_the_page_stays_alive(
    quiet: Visit, tmp_path: Path
) -> None:
    hashed = _hash(quiet, tmp_path, 2**30)
    assert hashed.digest.startswith("49bc20df15e412a6")
    assert hashed.ticks > 20
    assert hashed.latest < 2_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_file_of_two_gigabytes_takes_no_more_memory_than_a_small_one(
    quiet: Visit, tmp_path: Path
) -> None:
    small = _hash(quiet, tmp_path, 2**24)
    hashed = _hash(quiet, tmp_path, 2**31)
    assert hashed.digest.startswith("a7c744c13cc101ed")
    assert hashed.latest < 2_000
    assert hashed.memory - small.memory < 256 * 2**20
    print(f"\n{hashed}, before {small.memory}")  # noqa: T201 - the figures of docs/verify-page.md


@dataclass(frozen=True)
class _Hashed:
    """A file's digest as shown, how long it took, the latest tick (ms), and memory at its most."""

    digest: str
    seconds: float
    ticks: int
    latest: float
    memory: int


def _hash(visit: Visit, folder: Path, size: int) -> _Hashed:
    """Give the page a file of zeros, and watch how late a tick comes that is due every 50 ms."""
    large = folder / f"{size}.bin"
    with large.open("wb") as file:
        file.truncate(size)
    page = visit.open()
    visit.give(visit.site.bundle, visit.site.file)
    visit.verdict()
    page.evaluate(
        """() => { let last = performance.now(); window.latest = 0; window.ticks = 0;
             setInterval(() => { const now = performance.now(); window.ticks++;
               window.latest = Math.max(window.latest, now - last); last = now; }, 50); }"""
    )
    begun = time.monotonic()
    visit.give(large)
    memory = [_memory()]

    while not page.locator("#verdict.failed").count():
        assert time.monotonic() - begun < _LONGEST
        memory.append(_memory())
        page.wait_for_timeout(100)
    took = time.monotonic() - begun
    shown = re.search(r"[0-9a-f]{16,}", page.locator("#list li").last.inner_text())
    assert shown is not None
    ticks, latest = page.evaluate("[window.ticks, window.latest]")
    return _Hashed(shown[0], took, ticks, latest, max(memory))


def _memory() -> int:
    """Sum what the pages of our browsers have in memory (Linux)."""
    ours: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            ours[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found = {os.getpid()}
    while more := {pid for pid, parent in ours.items() if parent in found} - found:
        found |= more
    total = 0
    for pid in found:
        with suppress(OSError):
            folder = Path("/proc") / str(pid)
            if b"--type=renderer" in (folder / "cmdline").read_bytes():
                pages = int((folder / "statm").read_text().split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE")
    return total


def test_share_link_carries_the_bundle_behind_the_hash(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    page.click("#share")
    page.wait_for_selector("#told:not(:empty)")
    link = str(page.evaluate("navigator.clipboard.readText()"))
    assert link.startswith(f"{quiet.site.address}/verify?lang=en#bundle=")
    page.goto("about:blank")
    page.goto(link)
    assert quiet.verdict() == "undetermined"
    assert quiet.check("entry.inclusion")[0] == "verified"
    assert "#" not in page.url
    assert not any("bundle=" in url for _, url, _ in quiet.asked)


def test_share_link_that_is_damaged_is_told(quiet: Visit) -> None:
    page = quiet.open("/verify?lang=en#bundle=AAAA")
    assert "no bundle that can be read" in page.inner_text("#problem")


def test_bundle_inside_a_pdf_is_taken(quiet: Visit, tmp_path: Path) -> None:
    quiet.open()
    certificate = tmp_path / "certificate.pdf"
    certificate.write_bytes(_pdf(quiet.site.bundle.read_bytes()))
    quiet.give(quiet.site.pinned, certificate, quiet.site.file)
    assert quiet.verdict() == "verified"


def test_certificate_that_was_issued_is_taken_and_is_of_the_record_of_its_code(
    quiet: Visit, tmp_path: Path
) -> None:
    data = quiet.site.bundle.read_bytes()
    trust = Trust.from_json(quiet.site.pinned.read_bytes())
    report = verify(data, trust=trust, without_files=True)
    certificate = tmp_path / "certificate.pdf"
    certificate.write_bytes(certify(data, report, page=f"{quiet.site.address}/verify"))
    statement = Statement.from_entry(Bundle.from_json(data).entry.body)
    record = statement.value["record_id"]
    link = f"#record={record}&leaf={statement.leaf_hash.hex()}"
    page = quiet.open(f"/verify?lang=en{link}")
    assert f"The link is of record {record}" in page.inner_text("#meant.wanted")
    quiet.give(quiet.site.pinned, certificate, quiet.site.file)
    assert quiet.verdict() == "verified"
    assert f"the link names, {record}" in page.inner_text("#meant.same")


def test_bundle_of_another_record_than_the_link_names_is_told(quiet: Visit) -> None:
    other = "019aa2f0-0000-7000-8000-00000000000f"
    page = quiet.open(f"/verify?lang=en#record={other}&leaf={'ab' * 32}")
    quiet.give(quiet.site.pinned, quiet.site.bundle, quiet.site.file)
    assert quiet.verdict() == "verified"
    assert "not about that record" in page.inner_text("#meant.other")


@pytest.mark.parametrize("change", [(b"", b""), (b'"index": 0', b'"index": 1')])
def test_pdf_with_two_bundles_is_refused(
    quiet: Visit, tmp_path: Path, change: tuple[bytes, bytes]
) -> None:
    page = quiet.open()
    bundle = quiet.site.bundle.read_bytes()
    two = tmp_path / "two.pdf"
    two.write_bytes(_pdf(bundle, bundle.replace(*change) if change[0] else bundle))
    quiet.give(two)
    page.wait_for_selector("text=This PDF carries several bundles")
    assert page.locator("#result").is_hidden()


def test_pdf_without_a_bundle_is_a_file_like_others(quiet: Visit, tmp_path: Path) -> None:
    page = quiet.open()
    none = tmp_path / "none.pdf"
    none.write_bytes(_pdf(b"{}"))
    quiet.give(none)
    page.wait_for_selector("text=This PDF carries no bundle")
    assert page.locator("#result").is_hidden()


def test_bundle_deep_in_a_tree_of_names_is_found(quiet: Visit, tmp_path: Path) -> None:
    """Trees of names may branch (ISO 32000-2, 7.9.6)."""
    certificate = tmp_path / "nested.pdf"
    name = "x.bundle.json"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.attachments[name] = quiet.site.bundle.read_bytes()
        tree = pdf.Root.Names.EmbeddedFiles
        limits = pikepdf.Array([name, name])
        leaf = pikepdf.Dictionary(Names=tree.Names, Limits=limits)
        between = pikepdf.Dictionary(Kids=[pdf.make_indirect(leaf)], Limits=limits)
        pdf.Root.Names.EmbeddedFiles = pdf.make_indirect(
            pikepdf.Dictionary(Kids=[pdf.make_indirect(between)])
        )
        pdf.save(certificate, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    quiet.open()
    quiet.give(quiet.site.pinned, certificate, quiet.site.file)
    assert quiet.verdict() == "verified"


def test_trust_file_can_be_replaced_and_taken_back(quiet: Visit, tmp_path: Path) -> None:
    page = quiet.open()
    quiet.give(quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    page.set_input_files("#trust-file", str(quiet.site.pinned))
    page.wait_for_selector("#verdict.verified")
    assert "Your trust file, pinned.json" in page.inner_text("#believed summary")
    page.click("#believed summary")
    page.click("#trust-back")
    page.wait_for_selector("#verdict.undetermined")
    wrong = changed(quiet.site.pinned, tmp_path, lambda trust: trust.update(logs=5))
    page.set_input_files("#trust-file", str(wrong))
    page.wait_for_selector("#problem:not([hidden])")
    assert quiet.verdict() == "undetermined"


@pytest.mark.parametrize("kept", [0, 40])
def test_trust_file_that_is_empty_or_cut_short_is_told_as_such(
    quiet: Visit, tmp_path: Path, kept: int
) -> None:
    """And not as a file that the record does not name, which would be a failed verdict."""
    page = quiet.open()
    cut = tmp_path / "trust.json"
    cut.write_bytes(quiet.site.trust.read_bytes()[:kept])
    quiet.give(quiet.site.bundle, quiet.site.file, cut)
    assert quiet.verdict() == "undetermined"
    page.wait_for_selector("#problem:not([hidden])")
    assert "This is no trust file" in page.inner_text("#problem")


@pytest.mark.parametrize(("asked", "accepted"), [("zh", "en"), ("", "zh-CN,zh;q=0.9,en;q=0.1")])
def test_chinese_is_complete(quiet: Visit, asked: str, accepted: str) -> None:
    quiet.context.set_extra_http_headers({"Accept-Language": accepted})
    page = quiet.open(f"/verify?lang={asked}" if asked else "/verify")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    quiet.give(quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    texts = catalogue("zh")
    assert texts["verdicts"]["undetermined"] in page.inner_text("#verdict")
    titles = page.locator("#checks .title").all_inner_texts()
    assert all(title.split("\n")[0] in texts["checks"].values() for title in titles)
    # Words of the other language are left nowhere but in names.
    shown = page.inner_text("main")
    for word in ("Verify", "Drop", "Expected", "Checks", "believed", "Record", "Print"):
        assert word not in shown


def test_language_changes_without_asking_anyone(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    asked = len(quiet.asked)
    page.click("text=中文")
    assert catalogue("zh")["verdicts"]["undetermined"] in page.inner_text("#verdict")
    page.click("text=English")
    assert catalogue("en")["verdicts"]["undetermined"] in page.inner_text("#verdict")
    assert len(quiet.asked) == asked


def test_keyboard_alone_reaches_everything(quiet: Visit) -> None:
    # Asked for before the page is there: a browser hears of keys and of what is to be caught by
    # two ways, and a busy one may press Enter first.
    quiet.page.on("filechooser", lambda _: None)
    page = quiet.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "choose"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([str(quiet.site.bundle), str(quiet.site.file)])
    quiet.verdict()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    wanted = {
        "without-files",
        "clear",
        "ask-server",
        "save-report",
        "share",
        "print",
        "SUMMARY",
        "save-page",
    }
    assert wanted <= reached
    # What has the focus is seen to have it.
    page.focus("#clear")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_no_serious_issue(visit: Visit, scheme: Any, language: str) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit.open(f"/verify?lang={language}")
    page.click("#believed summary")
    visit.give(visit.site.bundle, visit.site.file)
    visit.verdict()
    assert serious_issues(page) == []


def test_policy_lets_nothing_inline_in(visit: Visit) -> None:
    response = visit.page.goto(f"{visit.site.address}/verify")
    assert response is not None
    assert response.headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert visit.page.locator("script:not([src]), style, [style], [onclick]").count() == 0
    visit.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.inline = 1';"
        " document.head.append(s); }"
    )
    assert visit.page.evaluate("window.inline") is None
    assert len(visit.problems) == 1
    visit.problems.clear()


def test_phone_shows_all_without_scrolling_sideways(quiet: Visit) -> None:
    quiet.page.set_viewport_size({"width": 390, "height": 844})
    page = quiet.open()
    quiet.give(quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_report_is_saved_with_the_schema_of_the_command_line(quiet: Visit) -> None:
    page = quiet.open()
    quiet.give(quiet.site.pinned, quiet.site.bundle, quiet.site.file)
    quiet.verdict()
    with page.expect_download() as download:
        page.click("#save-report")
    report = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert report["verdict"] == "verified"
    assert report["mediaType"] == "application/vnd.crossproof.report.v1+json"


def _pdf(*attached: bytes) -> bytes:
    """Write a PDF that is small and whole, with compressed attachments."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]
    for content in attached:
        packed = zlib.compress(content)
        head = f"<< /Type /EmbeddedFile /Filter /FlateDecode /Length {len(packed)} >>"
        objects.append(head.encode() + b"\nstream\n" + packed + b"\nendstream")
    body = b"%PDF-1.7\n"
    for number, content in enumerate(objects, 1):
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    return body + b"trailer << /Root 1 0 R >>\n%%EOF\n"
