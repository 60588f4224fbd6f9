"""`crossproof certificate`, and the commands that take what it makes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.attachment import bundle_in
from tests.crossproof import PROGRAM, CommandLine, Served, environment, run
from tests.ledger.cli.conftest import Case
from tests.portable_document import attached, needs_poppler, text_of
from tests.samples import transfer, without_anchor
from tests.seal_key import PASSPHRASE, write_seal

AS_OF = "2026-12-01T00:00:00Z"


@pytest.fixture
def certificate(crossproof: CommandLine, case: Case, here: Path) -> Path:
    path = here / "record.certificate.pdf"
    made = crossproof(
        "certificate", case.bundle, "-o", path, "--trust", case.trust, "--as-of", AS_OF
    )
    assert (made.code, made.stdout) == (0, "")
    assert "verified, not sealed" in made.stderr
    return path


def test_certificate_holds_the_bundle_as_it_is(certificate: Path, case: Case) -> None:
    assert bundle_in(certificate.read_bytes()) == case.bundle.read_bytes()


def test_certificate_is_the_same_bytes_again_and_on_stdout(certificate: Path, case: Case) -> None:
    """Another process, time zone and offset of the same moment."""
    again = run(
        "certificate", case.bundle, "-o", certificate.with_name("again.pdf"), "--trust", case.trust,
        "--as-of", "2026-12-01T08:00:00+08:00", "--offline",
        env={"TZ": "Asia/Tokyo", "LC_ALL": "C"},
    )  # fmt: skip
    assert again.code == 0, again.stderr
    assert certificate.with_name("again.pdf").read_bytes() == certificate.read_bytes()


def test_verify_takes_the_certificate(
    crossproof: CommandLine, certificate: Path, case: Case
) -> None:
    by_bundle = crossproof(
        "verify", case.bundle, case.file, "--trust", case.trust, "--at", AS_OF, "--json"
    )
    by_pdf = crossproof(
        "verify", certificate, case.file, "--trust", case.trust, "--at", AS_OF, "--json"
    )
    assert by_pdf.code == 0
    assert by_pdf.stdout == by_bundle.stdout


def test_verify_of_another_file_against_the_certificate_fails(
    crossproof: CommandLine, certificate: Path, case: Case
) -> None:
    case.file.write_bytes(b"another")
    assert crossproof("verify", certificate, case.file, "--trust", case.trust).code == 1


@needs_poppler
def test_command_that_is_printed_verifies(
    crossproof: CommandLine, certificate: Path, case: Case, here: Path
) -> None:
    text = " ".join(text_of(certificate.read_bytes()).split())
    start = text.index("crossproof verify ")
    words = text[start : text.index(AS_OF, start) + len(AS_OF)].split()[1:]
    named = here / words[1]
    named.write_bytes(certificate.read_bytes())
    given = [case.trust if word == "trust.json" else word for word in words]
    place = given.index("FILE…")
    assert crossproof(*given[:place], case.file, *given[place + 1 :]).code == 0


@pytest.mark.parametrize("size", [0, 5, 4_000])
def test_verify_of_a_cut_certificate_fails_as_a_report(
    crossproof: CommandLine, certificate: Path, case: Case, size: int
) -> None:
    certificate.write_bytes(certificate.read_bytes()[:size])
    outcome = crossproof("verify", certificate, "--trust", case.trust, "--without-files", "--json")
    (check,) = json.loads(outcome.stdout)["checks"]
    assert (outcome.code, check["code"]) == (1, "bundle.format")


def test_certificate_of_a_changed_bundle_is_refused_and_not_written(
    crossproof: CommandLine, case: Case, here: Path
) -> None:
    entry = replace(case.sealed.entry, index=case.sealed.entry.index + 1)
    case.bundle.write_text(replace(case.sealed, entry=entry).to_json())
    outcome = crossproof("certificate", case.bundle, "-o", "x.pdf", "--trust", case.trust)
    assert outcome.code == 1
    assert "certificate.refused" in outcome.stderr
    assert not (here / "x.pdf").exists()


@needs_poppler
def test_certificate_without_an_anchor_is_undetermined_and_says_so(
    crossproof: CommandLine, case: Case, here: Path
) -> None:
    case.bundle.write_text(without_anchor(case.sealed).to_json())
    outcome = crossproof("certificate", case.bundle, "-o", "x.pdf", "--trust", case.trust)
    assert outcome.code == 3
    text = text_of((here / "x.pdf").read_bytes())
    assert "Not anchored yet" in text
    assert "Cannot tell" in text


def test_certificate_is_sealed(crossproof: CommandLine, case: Case, here: Path) -> None:
    write_seal(here / "seal.p12")
    outcome = crossproof(
        "certificate", case.bundle, "-o", "x.pdf", "--trust", case.trust,
        SEAL_FILE="seal.p12", SEAL_PASSPHRASE=PASSPHRASE,
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    assert "verified, sealed" in outcome.stderr
    pdf = (here / "x.pdf").read_bytes()
    assert b"/ETSI.CAdES.detached" in pdf
    assert list(attached(pdf).values()) == [case.bundle.read_bytes()]
    assert crossproof("verify", "x.pdf", case.file, "--trust", case.trust).code == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--seal-file", "nowhere.p12"], "seal.file"),
        (["--page", "ftp://example.com"], "certificate.page"),
        (["--as-of", "yesterday"], "usage.time"),
    ],
)
def test_certificate_with_unusable_options_is_a_usage_error(
    crossproof: CommandLine, case: Case, here: Path, more: list[str], code: str
) -> None:
    outcome = crossproof("certificate", case.bundle, "-o", "x.pdf", "--trust", case.trust, *more)
    assert outcome.code == 2
    assert code in outcome.stderr
    assert not (here / "x.pdf").exists()


def test_certificate_of_nothing_is_a_usage_error(crossproof: CommandLine, case: Case) -> None:
    outcome = crossproof("certificate", "nothing.json", "-o", "x.pdf", "--trust", case.trust)
    assert (outcome.code, "usage.certificate" in outcome.stderr) == (2, True)
    record_id = "0193502a-5c00-7d2e-9b61-3f0c8a7e4d15"
    offline = crossproof(
        "certificate", record_id, "-o", "x.pdf", "--trust", case.trust, "--offline"
    )
    assert (offline.code, "usage.offline" in offline.stderr) == (2, True)


def test_certificate_of_a_record_on_a_server_is_pinned_from_and_verified(
    crossproof: CommandLine, sandbox_ledger: Served, here: Path
) -> None:
    (here / "transfer.json").write_bytes(transfer().entry)
    where = ("--server", sandbox_ledger.url)
    recorded = crossproof(
        "record", "--from-json", "transfer.json", "-o", "r.bundle.json", "--anchored", *where
    )
    assert recorded.code == 0, recorded.stderr
    record_id = str(json.loads((here / "transfer.json").read_text())["record_id"])
    (here / "trust.json").write_bytes(sandbox_ledger.get("/v1/trust"))
    made = crossproof("certificate", record_id, "-o", "x.pdf", "--trust", "trust.json", *where)
    # Nobody but its own process can ask an embedded chain.
    assert made.code == 3, made.stderr
    pinned = crossproof("trust", "pin", "x.pdf", "--trust", "trust.json", "--unasked")
    assert pinned.code == 0, pinned.stderr
    made = crossproof("certificate", record_id, "-o", "x.pdf", "--trust", "trust.json", *where)
    assert made.code == 0, made.stderr
    assert list(attached((here / "x.pdf").read_bytes())) == [f"{record_id}.bundle.json"]
    assert crossproof("verify", "x.pdf", "--trust", "trust.json", "--offline").code == 0


def test_verify_loads_no_typesetter_and_no_reader_of_pdfs(case: Case) -> None:
    """They would be half of the time that a verification takes."""
    program = (
        f"{PROGRAM[-1].replace('main()', '')}\n"
        "import atexit, sys\n"
        "atexit.register(lambda: print(sorted({'typst', 'segno', 'pypdf', 'pyhanko'} & "
        "set(sys.modules))))\n"
        "main()"
    )
    command = [str(w) for w in ("verify", case.bundle, case.file, "--trust", case.trust)]
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        check=False, capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
