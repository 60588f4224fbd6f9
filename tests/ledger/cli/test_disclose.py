"""What a holder shows of a bundle's attestations: chosen, withheld, and never a proof changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.attestation import Attestation, Stage, draft
from ledger.bundle import Bundle
from ledger.disclosure import Disclosure
from ledger.errors import LedgerError, NotFoundError, VerificationError
from ledger.jws import Jws
from ledger.presentation import disclose, withhold
from ledger.report import Status
from ledger.statement import Statement
from tests.covered_transfer import KEY
from tests.crossproof import CommandLine
from tests.logged_dossier import LoggedDossier

_SUBJECT = "credentialSubject"
_CONCEALED = [
    ("custodian", "name"),
    ("place", "place"),
    ("restore_check", "by"),
]
NAMES = {path[-1] for path in _CONCEALED}


def concealing() -> tuple[LoggedDossier, Attestation]:
    """Log a dossier whose backup conceals some; give the SD-JWT that its issuer gave out."""
    made = LoggedDossier()
    claims = Jws.parse(made["backup"].value["jws"]).claims
    waiting, disclosures = draft(KEY.public, claims, concealed=_CONCEALED)
    jws = waiting.sign(KEY)
    made.records["backup"] = Statement.build({"kind": "attestation", "jws": jws.text})
    # Nobody checked this backup.
    return made, Attestation.read(jws.text, disclosures)


DOSSIER, HELD = concealing()
BUNDLE = DOSSIER.bundle(without=["post_check"])


def shown(bundle: Bundle) -> set[str | None]:
    entry = bundle.attestations[Stage.BACKUP].entry
    return {Disclosure.parse(text).name for text in entry.disclosures}


def check_sound(bundle: Bundle) -> None:
    """Only disclosures differ, and a verifier takes them."""
    again = Bundle.from_json(bundle.to_json())
    report = DOSSIER.verify(bundle=again)
    checks = {(check.code, check.subject, check.status) for check in report.checks}
    assert ("attestation.signature", "backup", Status.VERIFIED) in checks
    assert report.verdict is not Status.FAILED
    assert withhold(again) == BUNDLE


def test_all_disclosures_are_added_and_a_verifier_takes_them() -> None:
    assert len(HELD.disclosures) == len(_CONCEALED)
    made = disclose(BUNDLE, HELD)
    assert shown(made) == NAMES
    check_sound(made)
    assert disclose(made, HELD) == made


@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(sorted(NAMES)), min_size=1))))
def test_any_choice_is_shown_and_taken_back(steps: list[tuple[bool, set[str]]]) -> None:
    bundle, expected = BUNDLE, set[str]()
    for adds, names in steps:
        if adds:
            bundle = disclose(bundle, HELD, only=names)
            expected |= names
        elif gone := names & expected:
            bundle = withhold(bundle, gone)
            expected -= gone
        assert shown(bundle) == expected
    check_sound(bundle)


def test_an_attestation_that_is_not_in_the_bundle_is_refused() -> None:
    _, other = concealing()
    with pytest.raises(VerificationError) as caught:
        disclose(BUNDLE, other)
    assert caught.value.code == "presentation.other"


def test_a_disclosure_that_belongs_nowhere_is_refused() -> None:
    _, other = concealing()
    stray = replace(HELD, disclosures=other.disclosures)
    with pytest.raises(VerificationError) as caught:
        disclose(BUNDLE, stray)
    assert caught.value.code == "disclosure.unreferenced"


@pytest.mark.parametrize("name", ["outcome", ""])
def test_a_name_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        disclose(BUNDLE, HELD, only={name})
    assert caught.value.code == "presentation.name"
    with pytest.raises(NotFoundError) as caught:
        withhold(BUNDLE, {name})
    assert caught.value.code == "presentation.name"


def test_what_lies_inside_is_shown_with_what_is_around_it_and_goes_with_it() -> None:
    made = LoggedDossier()
    claims = Jws.parse(made["backup"].value["jws"]).claims
    items = ("deposit", "items")
    waiting, disclosures = draft(KEY.public, claims, concealed=[items, (*items, 0, "name")])
    jws = waiting.sign(KEY)
    made.records["backup"] = Statement.build({"kind": "attestation", "jws": jws.text})
    held = Attestation.read(jws.text, disclosures)
    bundle = made.bundle(without=["post_check"])
    with pytest.raises(VerificationError) as caught:
        disclose(bundle, held, only={"name"})
    assert caught.value.code == "disclosure.unreferenced"
    assert shown(disclose(bundle, held, only={"items"})) == {"items"}
    both = disclose(bundle, held)
    assert shown(both) == {"items", "name"}
    assert shown(withhold(both, {"name"})) == {"items"}
    assert shown(withhold(both, {"items"})) == set()


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_an_attestation_or_refused(data: bytes) -> None:
    """What `crossproof disclose` does with a file of a stranger's."""
    try:
        disclose(BUNDLE, Attestation.from_sd_jwt(data.decode(errors="replace")))
    except LedgerError:
        return
    raise AssertionError


def test_disclose_writes_a_bundle_and_withholds_again(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    paths = [tmp_path / name for name in ("a.bundle.json", "b.sd-jwt", "c.json", "d.json")]
    paths[0].write_text(BUNDLE.to_json())
    paths[1].write_text(HELD.to_sd_jwt() + "\n")
    outcome = crossproof("disclose", *paths[:2], "--only", "name", "-o", paths[2])
    assert outcome.code == 0, outcome.stderr
    assert shown(Bundle.from_json(paths[2].read_bytes())) == {"name"}
    assert crossproof("disclose", paths[2], "--withhold", "name", "-o", paths[3]).code == 0
    assert Bundle.from_json(paths[3].read_bytes()) == BUNDLE
    assert crossproof("disclose", paths[2], "--withhold-all", "-o", "-").stdout == BUNDLE.to_json()


@pytest.mark.parametrize("arguments", [(), ("--only", "name"), ("--only", "x", "--withhold-all")])
def test_disclose_with_nothing_to_do_exits_2(
    crossproof: CommandLine, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "a").write_text(BUNDLE.to_json())
    outcome = crossproof("disclose", tmp_path / "a", *arguments, "-o", tmp_path / "b")
    assert (outcome.code, "usage.disclose" in outcome.stderr) == (2, True)
    assert not (tmp_path / "b").exists()


def test_disclose_of_an_attestation_of_something_else_exits_1(
    crossproof: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text(BUNDLE.to_json())
    (tmp_path / "b").write_text(concealing()[1].to_sd_jwt())
    outcome = crossproof("disclose", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "c")
    assert (outcome.code, "presentation.other" in outcome.stderr) == (1, True)
