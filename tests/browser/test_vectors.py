"""The page passes the vectors of others that Python passes, where they lie beside us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from ledger import merkle
from ledger.disclosure import conceal
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.status_list import MAX_TOKEN_SIZE, TYP, Statuses
from tests.browser.node import answers
from tests.sd_jwt_cases import NAMES, SdJwtCase

_AT = 1_686_920_170
# What the appendix's long lists hold: these places of 2^20, and nothing elsewhere.
_PLACES = (
    0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345,
)  # fmt: skip

_LISTS: dict[str, Literal[1, 2, 4, 8]] = {
    "encoding": 1, "encoding2": 2, "encoding1_long": 1, "encoding2_long": 2, "encoding4": 4,
    "encoding8": 8,
}  # fmt: skip


def test_examples_of_rfc_9901_are_read() -> None:
    """RFC 9901, 4.2.1 to 4.2.3."""
    named = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    element = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
    told = answers("shared.mjs", [("disclosed", named), ("disclosed", element)])
    assert told == [
        ["family_name", "Möbius", "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"],
        [None, "FR", "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"],
    ]


def test_cases_of_sd_jwt_are_revealed(shared_vectors: Path) -> None:
    questions, expected = [], []
    for name in NAMES:
        case = SdJwtCase.load(shared_vectors, name)
        for decoys in (0, 3):
            concealed, texts = conceal(case.claims, case.marks, decoys=decoys)
            marked = zip(texts, case.marks.values(), strict=True)
            shown = [text for text, wanted in marked if wanted]
            for disclosures, value in ((shown, case.expected), (texts, case.claims)):
                question = {"concealed": concealed, "disclosures": disclosures}
                questions.append(("revealed", question))
                expected.append(value)
    assert answers("shared.mjs", questions) == expected


def test_lists_of_the_status_draft_are_read(shared_vectors: Path) -> None:
    """Their bytes are the draft's, in a token that is signed here."""
    questions: list[Any] = []
    expected: list[Any] = []
    for name, bits in _LISTS.items():
        path = shared_vectors / "ietf-status-list" / f"status_list_{name}_json.md"
        lst = re.search(r'"lst":"([^"]+)"', re.sub(r"\s", "", path.read_text("utf-8")))
        assert lst is not None
        statuses = Statuses.decode(bits, lst[1])
        indexes = sorted({at for at in (*range(100), *_PLACES) if at < len(statuses)})
        token = {"token": _token(bits, lst[1]), "indexes": indexes, "at": _AT}
        questions.append(("statuses", token))
        expected.append([statuses[at] for at in indexes])
    raw = (shared_vectors / "ietf-status-list" / "status_list_jwt_raw.md").read_text("utf-8")
    questions.append(("statuses", {"token": "".join(raw.split()), "indexes": [3], "at": _AT}))
    expected.append([1])
    assert answers("shared.mjs", questions) == expected
    assert expected[0] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert expected[1] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def _token(bits: int, lst: str) -> str:
    key = PrivateKey.generate()
    claims = {
        "sub": "https://status.example/1", "iat": _AT, "status_list": {"bits": bits, "lst": lst},
    }  # fmt: skip
    return unsigned(key.public, claims, typ=TYP, longest=MAX_TOKEN_SIZE).sign(key).text


def test_proofs_of_every_tree_up_to_130_leaves_hold() -> None:
    """Those that test_merkle folds into the one digest which other projects know."""
    leaves = [merkle.leaf_hash(bytes([at])) for at in range(130)]
    roots = [merkle.root(leaves[: size + 1]).hex() for size in range(130)]
    questions: list[Any] = []
    for size in range(1, 131):
        paths = [_hex(merkle.inclusion_proof(leaves[:size], at)) for at in range(size)]
        held = {"leaves": _hex(leaves[:size]), "root": roots[size - 1], "paths": paths}
        questions.append(("included", held))
        proofs = [_hex(merkle.consistency_proof(leaves[:size], at)) for at in range(1, size + 1)]
        questions.append(("consistent", {"roots": roots[:size], "proofs": proofs}))
    assert set(answers("shared.mjs", questions)) == {True}


def _hex(nodes: list[bytes]) -> list[str]:
    return [node.hex() for node in nodes]
