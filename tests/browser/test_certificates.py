"""Both verifiers say the same of certificates: of vectors, and of chains that were changed."""

from __future__ import annotations

import json
import warnings
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from ledger.certificate_chain import check_links, read_chain, verify_chain
from ledger.errors import LedgerError
from tests.browser.judged_certificates import certified
from tests.browser.mangled_certificates import mangled_chains
from tests.browser.node import answers
from tests.vectors.generate_certificates import AT, issue


def test_vectors_hold_in_the_page(vectors: Path) -> None:
    cases = json.loads((vectors / "certificates.json").read_text("utf-8"))["chains"]
    differing = [
        (case["name"], found, expected)
        for case, found in zip(cases, answers("certificates.mjs", cases), strict=True)
        if found != (expected := ["unread"] if "page" in case else judged(case))
    ]
    assert differing == []
    assert len(cases) >= 60


def test_changed_chains_are_told_alike(pytestconfig: pytest.Config) -> None:
    """Where the page does not read one it says so; it is never surer."""
    cases = list(mangled_chains(6000 if pytestconfig.getoption("--profile") == "full" else 800))
    told = answers("certificates.mjs", cases)
    pairs = [(judged(case), found) for case, found in zip(cases, told, strict=True)]
    differing = [
        (case["name"], *pair)
        for case, pair in zip(cases, pairs, strict=True)
        if pair[1] not in (pair[0], ["unread"])
    ]
    assert differing == []
    seen = Counter(found[0] for _, found in pairs)
    assert min(seen[each] for each in ("holds", "stranger", "x5c.chain", "x5c.malformed")) >= 8
    assert seen["unread"] < len(cases) / 50


def test_salted_signatures_of_rsa_hold() -> None:
    """Their salt is drawn anew, so that no vector has them."""
    root = issue(None, "root of 2048", kind="2048")
    for digest in (SHA256(), SHA384(), SHA512()):
        signer = issue(root, "x", ca=False, digest=digest, salted=True)
        case = {"x5c": [signer.text], "root": root.text, "at": AT}
        [found] = answers("certificates.mjs", [case])
        assert found == judged(case)
        assert found[0] == "holds"
        # A certificate's end is its signature's.
        wrong = signer.der[:-1] + bytes([signer.der[-1] ^ 1])
        case["x5c"] = [b64encode(wrong).decode()]
        [found] = answers("certificates.mjs", [case])
        assert found == judged(case)
        assert found[0] == "stranger"


def test_what_is_not_read_is_never_verified() -> None:
    """An order to stop among them: Python knows of it, and the page at least that it does not."""
    cases = [each for each in certified() if "not read" in each.name]
    assert len(cases) >= 4
    for case, found in zip(cases, answers("judge.mjs", (c.to_value() for c in cases)), strict=True):
        assert "x5c.unread" in {check.get("reason") for check in found["checks"]}, case.name
        assert found["verdict"] != "verified", case.name


def judged(case: dict[str, Any]) -> list[Any]:
    """Judge a chain in Python."""
    # Names longer or shorter than X.520 has them are only warned about.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            chain = read_chain(case["x5c"])
            [root] = read_chain([case["root"]])
            check_links(chain, chain[0].key)
            told = [chain[0].key.did, sorted(chain[0].names)]
            if chain[-1].der != root.der and not chain[-1].is_issued_by(root):
                return ["stranger", *told]
            verify_chain(chain, root, at=datetime.fromtimestamp(case["at"], UTC))
        except LedgerError as error:
            return [error.code, error.expected, error.found]
    return ["holds", *told]
