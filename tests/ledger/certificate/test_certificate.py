"""The certificate as its readers see it: its text, its code, its insides."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp

from ledger.attachment import bundle_in
from ledger.bundle import MEDIA_TYPE, Bundle
from ledger.certificate import certify
from ledger.disclosure import conceal
from ledger.report import LANGUAGES, Status, catalogue
from ledger.statement import Statement, record_id_text
from tests.ledger.certificate.conftest import (
    DIGESTS,
    FILE,
    PAGE,
    Certified,
    dossier,
    receive,
    report_of,
)
from tests.logged_dossier import with_first_anchor
from tests.portable_document import attached, needs_poppler, opened, rendered, squeezed, text_of
from tests.samples import BLOCK_TIME, sample_log, transfer

_A4_POINTS = (595, 842)
_MAX_BYTES_BESIDE_THE_BUNDLE = 400_000


def record_of(bundle: bytes) -> Statement:
    return Statement.from_entry(Bundle.from_json(bundle).entry.body)


def test_certificate_carries_the_bundle_byte_for_byte(certified: Certified) -> None:
    record_id = record_id_text(record_of(certified.bundle).record_id)
    assert attached(certified.pdf) == {f"{record_id}.bundle.json": certified.bundle}
    assert bundle_in(certified.pdf) == certified.bundle


def test_certificate_declares_pdf_a_3b_and_the_attachment_as_its_source(
    certified: Certified,
) -> None:
    with opened(certified.pdf) as document:
        assert document.open_metadata().pdfa_status == "3B"
        (associated,) = document.Root.AF
        assert associated.AFRelationship == "/Source"
        # In a name, what is no regular character is written as its code.
        assert str(associated.EF.F.Subtype) == f"/{MEDIA_TYPE}"
        assert document.Root.OutputIntents
        assert not document.is_encrypted


def test_certificate_embeds_all_its_fonts(certified: Certified) -> None:
    with opened(certified.pdf) as document:
        fonts = [font for page in document.pages for font in page.resources.Font.values()]
        assert fonts
        for font in fonts:
            (inner,) = font.DescendantFonts
            descriptor = inner.FontDescriptor
            assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
    assert len(certified.pdf) < len(certified.bundle) + _MAX_BYTES_BESIDE_THE_BUNDLE


@needs_poppler
def test_certificate_says_it_in_both_languages(certified: Certified) -> None:
    text = text_of(certified.pdf)
    for language in LANGUAGES:
        words = catalogue(language)
        own = words["certificate"]
        for told in (
            own["title"],
            own["verdict-verified"],
            *(own[name] for name in ("stages", "record", "files", "anchor", "how", "checks")),
            *words["stages"].values(),
            own["values"]["matches"],
        ):
            assert squeezed(told) in squeezed(text), told


@needs_poppler
def test_certificate_shows_what_was_verified(certified: Certified) -> None:
    text = text_of(certified.pdf)
    statement, anchor = record_of(certified.bundle), certified.report.anchor
    assert anchor is not None
    for told in (
        record_id_text(statement.record_id),
        statement.leaf_hash.hex(),
        "深圳前海数据服务有限公司",
        "hkbr:12345678",
        str(FILE["name"]),
        *DIGESTS.values(),
        str(anchor.chain.chain_id),
        f"0x{anchor.transaction.hex()}",
        f"0x{anchor.block_hash.hex()}",
        "2026-09-21T14:13:20Z",
        "2026-10-03T04:00:00Z",
        PAGE,
        "--trust trust.json --at 2026-10-03T04:00:00Z",
    ):
        assert told in text, told


@needs_poppler
def test_certificate_claims_no_more_than_it_proves(certified: Certified) -> None:
    text = text_of(certified.pdf).replace("\n", " ")
    assert "unaltered" in text
    assert "It does not prove that what the record says is true" in text
    assert "no legal effect" in text.replace("  ", " ")
    assert "不主张任何法律效力" in squeezed(text)


@needs_poppler
def test_certificate_is_two_pages_of_a4(certified: Certified) -> None:
    with opened(certified.pdf) as document:
        sizes = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in document.pages}
        assert (len(document.pages), sizes) == (2, {_A4_POINTS})


def test_fullest_dossier_fits_on_two_pages() -> None:
    """Signed by its exporter, attested thrice and anchored early, received: no row is left over."""
    logged = dossier()
    logged.submit()
    receive(logged)
    bundle, trust = with_first_anchor(logged, block_time=BLOCK_TIME - 1)
    raw = bundle.to_json().encode()
    with opened(certify(raw, report_of(raw, trust), page=PAGE)) as document:
        assert len(document.pages) == 2


@needs_poppler
def test_code_on_the_page_leads_to_the_record(certified: Certified) -> None:
    statement = record_of(certified.bundle)
    (code,) = zxingcpp.read_barcodes(rendered(certified.pdf)[0].pixels)
    record_id = record_id_text(statement.record_id)
    assert code.text == f"{PAGE}#record={record_id}&leaf={statement.leaf_hash.hex()}"


@needs_poppler
def test_code_without_a_page_names_the_record(certified: Certified) -> None:
    pdf = certify(certified.bundle, certified.report)
    (code,) = zxingcpp.read_barcodes(rendered(pdf)[0].pixels)
    record_id = record_id_text(record_of(certified.bundle).record_id)
    assert code.text == f"urn:uuid:{record_id}"


@needs_poppler
def test_page_is_filled_and_keeps_its_margins(certified: Certified) -> None:
    pages = rendered(certified.pdf)
    assert len(pages) == 2
    for page in pages:
        left, top, right, bottom = page.ink
        # 15 mm of 210, and of 297.
        assert 0.07 < left < 0.1
        assert 0.9 < right < 0.93
        assert 0.045 < top < 0.07
        assert 0.9 < bottom < 0.97


def test_certificate_is_the_same_bytes_each_time(certified: Certified) -> None:
    assert certify(certified.bundle, certified.report, page=PAGE) == certified.pdf


_AGAIN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ledger.certificate import certify
from ledger.trust import Trust
from ledger.verify import verify
bundle, trust = (Path(name).read_bytes() for name in sys.argv[1:3])
report = verify(bundle, trust=Trust.from_json(trust), without_files=True,
                now=datetime.fromtimestamp(int(sys.argv[3]), UTC))
sys.stdout.buffer.write(certify(bundle, report, page=sys.argv[4]))
"""


def test_certificate_is_the_same_bytes_elsewhere(tmp_path: Path, repository: Path) -> None:
    """Other processes, another time zone, language, directory, and no home with fonts in it."""
    logged = dossier()
    bundle = logged.bundle().to_json().encode()
    (tmp_path / "bundle").write_bytes(bundle)
    (tmp_path / "trust").write_text(logged.trust().to_json())
    report = report_of(bundle, logged.trust())
    as_of = str(int(report.as_of.timestamp()))
    arguments = [str(tmp_path / "bundle"), str(tmp_path / "trust"), as_of, PAGE]
    made = set()
    for zone, language in (("Asia/Shanghai", "zh_CN.UTF-8"), ("America/New_York", "C")):
        run = subprocess.run(
            [sys.executable, "-c", _AGAIN, *arguments],
            env={**os.environ, "TZ": zone, "LC_ALL": language, "HOME": str(tmp_path),
                 "PYTHONPATH": str(repository)},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )  # fmt: skip
        made.add(run.stdout)
    assert made == {certify(bundle, report, page=PAGE)}


@needs_poppler
def test_undetermined_is_printed_as_such_and_its_claims_are_not() -> None:
    logged = dossier()
    bundle = logged.bundle().to_json().encode()
    trust = replace(logged.trust(), accreditations=())
    report = report_of(bundle, trust)
    assert report.verdict is Status.UNDETERMINED
    text = squeezed(text_of(certify(bundle, report)))
    for language in LANGUAGES:
        own = catalogue(language)["certificate"]
        assert squeezed(own["verdict-undetermined"]) in text
        assert squeezed(own["verdict-verified"]) not in text
    # Whoever says to be the assessor is nobody that is known.
    assert "uscc:91440300MA5EXPORT1" in text
    assert "uscc:91440300MA5ASSESS1" not in text


@needs_poppler
def test_anchor_that_nobody_confirmed_proves_no_time() -> None:
    logged = dossier()
    bundle = logged.bundle().to_json().encode()
    text = text_of(certify(bundle, report_of(bundle, replace(logged.trust(), anchors=()))))
    told = squeezed(text)
    own = catalogue("en")["certificate"]
    assert squeezed(own["anchor-unchecked"]) in told
    assert squeezed(own["proves-unanchored"]) in told
    assert squeezed(own["proves"]) not in told


@needs_poppler
@pytest.mark.parametrize("language", LANGUAGES)
def test_sandbox_is_said_in_words(language: str) -> None:
    logged = dossier()
    made = logged.bundle()
    assert made.anchor is not None
    anchor = replace(made.anchor, sandbox=True)
    trust = logged.trust()
    trust = replace(trust, anchors=(anchor,), chains=(replace(trust.chains[0], sandbox=True),))
    bundle = replace(made, anchor=anchor).to_json().encode()
    report = report_of(bundle, trust)
    assert report.verdict is Status.VERIFIED
    told = squeezed(text_of(certify(bundle, report)))
    assert squeezed(catalogue(language)["certificate"]["sandbox"]) in told


@needs_poppler
def test_what_statements_say_is_text_and_never_markup() -> None:
    """A name may look like the typesetter's own language, or like a row of ours."""
    hostile = '#read("/etc/passwd") #[x] *b* $x$ \\u{41} `raw` = h <a> @b "q" // no'
    logged = dossier(exporter={"id": "uscc:91440300MA5EXPORT1", "name": hostile})
    bundle = logged.bundle().to_json().encode()
    text = text_of(certify(bundle, report_of(bundle, logged.trust())))
    assert squeezed(hostile) in squeezed(text)


@needs_poppler
def test_characters_that_the_font_lacks_are_written_as_codes() -> None:
    name = "𠮷野\u202e家\u200b\n\U0001f600ﷺ"
    logged = dossier(exporter={"id": "uscc:91440300MA5EXPORT1", "name": name})
    bundle = logged.bundle().to_json().encode()
    text = text_of(certify(bundle, report_of(bundle, logged.trust())))
    told = "[U+20BB7]野[U+202E]家[U+200B][U+000A][U+1F600][U+FDFA]"
    assert told in text.replace("\n", "")


@needs_poppler
def test_many_files_and_long_values_stay_on_the_page() -> None:
    files = [
        {
            "name": "x" * 240 if n == 0 else f"报表-{n}.csv",
            "size": n,
            "digests": {"sha-256": f"{n:064x}"},
        }
        for n in range(200)
    ]
    logged = dossier(
        files=files,
        exporter={"id": "i" * 256, "name": "名" * 2_000},
        scenario="s" * 256,
    )
    bundle = logged.bundle(without=("pre_assessment", "post_check")).to_json().encode()
    report = report_of(bundle, logged.trust())
    pdf = certify(bundle, report, page=PAGE)
    text = text_of(pdf)
    assert f"{7:064x}" in text
    assert f"{8:064x}" not in text
    assert "and 192 more; the attached bundle has all" in text
    # The longest run of one letter is whole, whatever the lines.
    assert "x" * 240 in text.replace("\n", "")
    pages = rendered(pdf)
    assert len(pages) <= 3
    assert all(page.ink[2] < 0.93 for page in pages)


@needs_poppler
def test_concealed_members_are_told_and_shown_only_where_disclosed() -> None:
    value = {"exporter": {"id": "example:exporter", "name": "秘密公司"}}
    hidden, disclosures = conceal(value, [("exporter", "name")])
    log = sample_log(transfer(**hidden))
    closed = log.bundle(2)
    note = squeezed(catalogue("en")["certificate"]["concealed"])
    for bundle, is_told in ((closed, True), (closed.with_disclosures(disclosures), False)):
        raw = bundle.to_json().encode()
        text = squeezed(text_of(certify(raw, report_of(raw, log.trust()))))
        assert (note in text) is is_told
        assert ("秘密公司" in text) is not is_told
