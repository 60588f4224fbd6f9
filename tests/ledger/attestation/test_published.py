"""What is published of each stage: the schema of its claims, and its type metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ledger.attestation import Attestation, Stage, draft
from ledger.errors import LedgerError
from ledger.jwk import PrivateKey
from ledger.report import LANGUAGES, catalogue
from tests.attestation_claims import changed, claims_of


def _load(repository: Path, stage: Stage, what: str) -> dict[str, Any]:
    path = repository / "ledger" / "schemas" / f"{stage.value}.v1.{what}.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _select(value: Any, path: list[Any]) -> list[Any]:
    """Select what a claim path names (draft-ietf-oauth-sd-jwt-vc, 4.6.1)."""
    selected = [value]
    for component in path:
        if component is None:
            selected = [element for array in selected for element in array]
        else:
            selected = [found[component] for found in selected if component in found]
    return selected


@pytest.mark.parametrize("stage", Stage)
def test_schema_takes_what_the_parser_takes(repository: Path, stage: Stage) -> None:
    validator = Draft202012Validator(_load(repository, stage, "schema"))
    validator.validate(claims_of(stage))
    key = PrivateKey.generate()
    values: list[Any] = [None, 7.5, "", {}, ...]
    for path in ("iss", "iat", "credentialSubject/id", "credentialSubject", "vct"):
        for value in values:
            wrong = changed(claims_of(stage), path, value)
            with pytest.raises(LedgerError):
                draft(key.public, wrong)
            assert not validator.is_valid(wrong), (path, value)


@pytest.mark.parametrize("stage", Stage)
def test_type_metadata_says_of_each_claim_what_the_parser_does(
    repository: Path, stage: Stage
) -> None:
    metadata = _load(repository, stage, "type")
    assert metadata["vct"] == stage.vct
    key = PrivateKey.generate()
    whole = claims_of(stage)
    for claim in metadata["claims"]:
        path = claim["path"]
        found = _select(whole, path)
        if claim["mandatory"]:
            assert found, path
            if None not in path:
                with pytest.raises(LedgerError):
                    draft(key.public, changed(whole, "/".join(path)))
        if path[0] != "credentialSubject" or len(path) == 1 or None in path or not found:
            continue
        if claim["sd"] == "never":
            with pytest.raises(LedgerError):
                draft(key.public, whole, concealed=[path[1:]])
        else:
            waiting, disclosures = draft(key.public, whole, concealed=[path[1:]])
            assert Attestation.read(waiting.sign(key).text, disclosures).shown is not None


def test_labels_of_claims_are_all_in_use(repository: Path) -> None:
    used = {
        claim["path"][-1] for stage in Stage for claim in _load(repository, stage, "type")["claims"]
    }
    for language in LANGUAGES:
        assert set(catalogue(language)["claims"]) == used
        assert set(catalogue(language)["stages"]) == set(Stage)
