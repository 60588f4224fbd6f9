"""`crossproof trust sign-accreditation`: an authority's word, signed and carried in a bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.accreditation_fact import AccreditationFact
from ledger.bundle import Bundle
from ledger.signing_key import make_signing_key
from ledger.statement import Statement
from ledger.trust import Trust
from tests.crossproof import CommandLine, Outcome, Served
from tests.ledger.cli.conftest import Case
from tests.logged_dossier import accredited
from tests.samples import transfer

_KEY = f"0x{accredited().key.hex()}"


@pytest.fixture
def trust(here: Path) -> Path:
    path = here / "trust.json"
    path.write_text(Trust(accreditations=(accredited(),)).to_json())
    return path


def _sign(crossproof: CommandLine, trust: Path, key_file: Path, key: str = _KEY) -> Outcome:
    return crossproof(
        "trust", "sign-accreditation", key, "--jurisdiction", "CN",
        "--key-file", key_file, "--trust", trust, "-o", "fact.jwt", "--json",
    )  # fmt: skip


def test_fact_is_signed_and_stapled(
    crossproof: CommandLine, trust: Path, here: Path, sandbox_ledger: Served
) -> None:
    signing = make_signing_key(here / "cac.pem", organisation="cac")
    outcome = _sign(crossproof, trust, here / "cac.pem")
    assert outcome.code == 0, outcome.stderr
    text = (here / "fact.jwt").read_text().strip()
    fact = AccreditationFact.parse(text)
    fact.jws.verify(signing.key.public)
    assert (fact.issuer, fact.accreditation) == ("cac", accredited())
    assert fact.expires_at - fact.issued_at == 24 * 3600
    made: Statement = transfer()
    sandbox_ledger.post([made])
    fetched = crossproof(
        "bundle", made.value["record_id"], "-o", "b", "--server", sandbox_ledger.url,
        "--accreditation", "fact.jwt",
    )  # fmt: skip
    assert fetched.code == 0, fetched.stderr
    assert Bundle.from_json((here / "b").read_bytes()).accreditations == (text,)


def test_key_of_which_nothing_was_said_is_not_found(
    crossproof: CommandLine, trust: Path, here: Path
) -> None:
    make_signing_key(here / "cac.pem", organisation="cac")
    assert _sign(crossproof, trust, here / "cac.pem", "0x" + "01" * 32).code == 1
    assert not (here / "fact.jwt").exists()


def test_key_file_that_says_not_whose_it_is_is_wrong_usage(
    crossproof: CommandLine, trust: Path, here: Path
) -> None:
    make_signing_key(here / "nobody.pem")
    assert _sign(crossproof, trust, here / "nobody.pem").code == 2


def test_bundle_with_a_fact_is_read_as_it_was_written(case: Case) -> None:
    carrying = replace(case.sealed, accreditations=("a.b.c",))
    assert Bundle.from_json(carrying.to_json()) == carrying
