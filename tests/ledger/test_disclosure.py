"""Concealment: RFC 9901's own examples, the reference implementation's cases, and every misuse."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, disclosure
from ledger.canonical import MAX_DEPTH, canonicalize
from ledger.disclosure import Disclosure, Path, conceal, reveal, verify_disclosures
from ledger.errors import LedgerError, MalformedError, VerificationError
from tests.sd_jwt_cases import NAMES, SdJwtCase


def _disclose(*parts: Any) -> tuple[str, str]:
    """Make a disclosure and its digest without the code under test."""
    text = urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()
    return text, urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()


_NAME, _NAME_DIGEST = _disclose("salt", "name", "value")
_ELEMENT, _ELEMENT_DIGEST = _disclose("salt", "value")


# RFC 9901, 4.2.1 to 4.2.3


@pytest.mark.parametrize(
    ("text", "name", "value", "digest"),
    [
        (
            "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0",
            "family_name",
            "Möbius",
            "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
        ),
        (
            "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0",
            None,
            "FR",
            "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs",
        ),
    ],
)
def test_disclosure_rfc9901_example_is_read(
    text: str, name: str | None, value: str, digest: str
) -> None:
    found = Disclosure.parse(text)
    assert (found.name, found.value, found.digest) == (name, value, digest)


# Our vectors


@pytest.fixture(scope="module")
def own(vectors: FilePath) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((vectors / "disclosure.json").read_text(encoding="utf-8"))
    return loaded


def test_conceal_own_vector_matches(own: dict[str, Any]) -> None:
    salts = iter(own["salts"])
    paths = [path if isinstance(path, str) else tuple(path) for path in own["paths"]]
    before = json.dumps(own["members"])
    concealed, disclosures = conceal(
        own["members"], paths, random=lambda _: base64url.decode(next(salts))
    )
    assert disclosures == own["disclosures"]
    assert concealed == own["concealed"]
    assert json.dumps(own["members"]) == before


def test_reveal_own_vector_matches(own: dict[str, Any]) -> None:
    for case in own["revealed"]:
        assert reveal(own["concealed"], case["disclosures"]) == case["value"]
    assert reveal(own["concealed"], own["disclosures"]) == own["members"]


def test_reveal_own_vector_unreferenced_is_refused(own: dict[str, Any]) -> None:
    for case in own["unreferenced"]:
        with pytest.raises(VerificationError) as caught:
            verify_disclosures(own["concealed"], case["disclosures"])
        assert caught.value.code == "disclosure.unreferenced", case["why"]


# The cases of the reference implementation


@pytest.mark.parametrize("decoys", [0, 3])
@pytest.mark.parametrize("name", NAMES)
def test_conceal_and_reveal_reference_case_matches(
    shared_vectors: FilePath, name: str, decoys: int
) -> None:
    case = SdJwtCase.load(shared_vectors, name)
    concealed, disclosures = conceal(case.claims, case.marks, decoys=decoys)
    shown = [text for text, wanted in zip(disclosures, case.marks.values(), strict=True) if wanted]
    assert reveal(concealed, shown) == case.expected
    assert reveal(concealed, disclosures) == case.claims
    assert (name == "no_sd") == (not disclosures)


# Properties


_names = st.text(st.characters(exclude_categories=["Cs"]), max_size=4).filter(
    lambda name: name not in {"_sd", "_sd_alg", "..."}
)
_scalars = st.none() | st.booleans() | st.integers(-5, 5) | _names
_members = st.dictionaries(
    _names,
    st.recursive(
        _scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    ),
    max_size=4,
)


def _paths_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [
        place for key, inner in pairs for place in [(*path, key), *_paths_of(inner, (*path, key))]
    ]


@given(_members, st.data())
def test_conceal_anything_is_revealed_whole(members: dict[str, Any], data: Any) -> None:
    places = _paths_of(members)
    chosen = data.draw(st.lists(st.sampled_from(places), unique=True)) if places else []
    concealed, disclosures = conceal(members, chosen, decoys=data.draw(st.integers(0, 2)))
    assert reveal(concealed, data.draw(st.permutations(disclosures))) == members
    for text in disclosures:
        salt = Disclosure.parse(text).salt
        assert len(base64url.decode(salt)) == 16


@given(st.text() | st.binary().map(base64url.encode))
def test_disclosure_any_text_gives_a_disclosure_or_malformed(text: str) -> None:
    try:
        found = Disclosure.parse(text)
    except MalformedError as error:
        code = error.code
    else:
        code = ""
        assert found.text == text
    assert code in {"", "disclosure.malformed"}


_looking_like_digests = st.recursive(
    _scalars | st.just(_NAME_DIGEST) | st.just(_ELEMENT_DIGEST),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["_sd", "_sd_alg", "...", "name"]), inner, max_size=3)
    ),
)


@given(
    st.dictionaries(st.sampled_from(["_sd", "_sd_alg", "a"]), _looking_like_digests),
    st.lists(st.sampled_from([_NAME, _ELEMENT, "", "x"])),
)
def test_reveal_anything_gives_a_value_or_an_error_of_ours(
    value: dict[str, Any], disclosures: list[str]
) -> None:
    try:
        shown = reveal(value, disclosures)
    except LedgerError:
        return
    assert b'"_sd"' not in canonicalize(shown)
    assert b'"..."' not in canonicalize(list(shown.values()))


# What conceal does


def test_conceal_salts_are_fresh_and_digests_sorted() -> None:
    members = {f"member {i}": "the same" for i in range(20)}
    one, texts = conceal(members, members)
    other, _ = conceal(members, members)
    assert set(one["_sd"]).isdisjoint(other["_sd"])
    assert one["_sd"] == sorted(one["_sd"])
    assert len({Disclosure.parse(text).salt for text in texts}) == 20
    assert one.keys() == {"_sd", "_sd_alg"}


def test_conceal_nothing_changes_nothing() -> None:
    assert conceal({"a": [1]}, []) == ({"a": [1]}, [])


def test_conceal_same_path_twice_is_one_disclosure() -> None:
    assert len(conceal({"a": 1}, ["a", ("a",)])[1]) == 1


def test_conceal_decoys_join_every_list_that_is_made() -> None:
    concealed, disclosures = conceal({"a": {"b": 1, "c": 2}, "d": 3}, [("a", "b"), "d"], decoys=4)
    assert len(concealed["_sd"]) == len(concealed["a"]["_sd"]) == 5
    assert len(disclosures) == 2


def test_conceal_more_of_what_is_concealed_keeps_the_first() -> None:
    once, first = conceal({"a": 1, "b": 2, "c": 3}, ["a"])
    twice, second = conceal(once, ["b"])
    assert reveal(twice, first + second) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    "path",
    ["absent", (), ("list", 2), ("list", -1), ("list", "0"), ("text", 0), ("_sd",), "_sd_alg"],
    ids=str,
)
def test_conceal_path_to_nothing_is_refused(path: Path) -> None:
    members = {"list": [1, 2], "text": "ab", "_sd": [_NAME_DIGEST], "_sd_alg": "sha-256"}
    with pytest.raises(MalformedError) as caught:
        conceal(members, [path])
    assert caught.value.code == "disclosure.path"


def test_conceal_element_twice_is_refused() -> None:
    once, _ = conceal({"list": [1]}, [("list", 0)])
    with pytest.raises(MalformedError) as caught:
        conceal(once, [("list", 0)])
    assert caught.value.code == "disclosure.path"


@pytest.mark.parametrize(
    "members",
    [{"...": 1}, {"a": {"...": "x"}}, {"a": [{"...": 1}]}, {"_sd": "x"}, {"a": {"_sd_alg": "x"}}],
    ids=str,
)
def test_conceal_members_that_look_like_digests_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        conceal({**members, "b": 1}, ["b"])
    assert caught.value.code == "disclosure.malformed"


# What reveal refuses


def test_reveal_unknown_digests_are_taken_for_decoys() -> None:
    value = {"_sd": ["x"], "a": [{"...": "y"}, 1], "b": {"_sd": []}, "_sd_alg": "sha-256"}
    assert reveal(value, []) == {"a": [1], "b": {}}


_OVER, _OVER_DIGEST = _disclose("salt", "to", "XX")
_WITH_SD, _WITH_SD_DIGEST = _disclose("salt", "outer", {"_sd": [_NAME_DIGEST]})


@pytest.mark.parametrize(
    ("value", "disclosures", "code"),
    [
        ({}, [_NAME], "disclosure.unreferenced"),
        ({"name": _NAME_DIGEST}, [_NAME], "disclosure.unreferenced"),
        ({"_sd": [_NAME_DIGEST]}, [_NAME, _ELEMENT], "disclosure.unreferenced"),
        ({"_sd": [_NAME_DIGEST]}, [_NAME, _NAME], "disclosure.malformed"),
        ({"_sd": [_NAME_DIGEST, _NAME_DIGEST]}, [_NAME], "disclosure.malformed"),
        ({"_sd": ["x"], "a": {"_sd": ["x"]}}, [], "disclosure.malformed"),
        ({"_sd": ["x"], "a": [{"...": "x"}]}, [], "disclosure.malformed"),
        ({"_sd": [_NAME_DIGEST, _WITH_SD_DIGEST]}, [_WITH_SD], "disclosure.malformed"),
        ({"_sd": [_ELEMENT_DIGEST]}, [_ELEMENT], "disclosure.misplaced"),
        ({"a": [{"...": _NAME_DIGEST}]}, [_NAME], "disclosure.misplaced"),
        ({"_sd": [_OVER_DIGEST], "to": "HK"}, [_OVER], "disclosure.misplaced"),
        ({"_sd": "x"}, [], "disclosure.malformed"),
        ({"_sd": [1]}, [], "disclosure.malformed"),
        ({"a": [{"...": 1}]}, [], "disclosure.malformed"),
        ({"a": [{"...": "x", "b": 1}]}, [], "disclosure.malformed"),
        ({"...": "x"}, [], "disclosure.malformed"),
        ({"_sd_alg": "sha-512", "_sd": ["x"]}, [], "disclosure.malformed"),
        ({"a": {"_sd_alg": "sha-256"}}, [], "disclosure.malformed"),
        ({}, ["!"], "disclosure.malformed"),
        ({}, [_NAME + "="], "disclosure.malformed"),
    ],
    ids=str,
)
def test_reveal_misuse_is_refused_with_code(
    value: dict[str, Any], disclosures: list[str], code: str
) -> None:
    with pytest.raises(LedgerError) as caught:
        reveal(value, disclosures)
    assert caught.value.code == code


def test_reveal_two_members_of_one_name_are_refused() -> None:
    other, digest = _disclose("salt 2", "name", "other")
    with pytest.raises(VerificationError) as caught:
        reveal({"_sd": [_NAME_DIGEST, digest]}, [_NAME, other])
    assert caught.value.code == "disclosure.misplaced"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        ["salt"],
        ["salt", "name", "value", "more"],
        [1, "name", "value"],
        ["salt", 1, "value"],
        ["salt", "_sd", ["x"]],
        ["salt", "...", "x"],
        ["salt", "_sd_alg", "sha-256"],
        [None, "value"],
    ],
    ids=str,
)
def test_disclosure_of_another_shape_is_refused(parts: list[Any]) -> None:
    with pytest.raises(MalformedError) as caught:
        Disclosure.parse(_disclose(*parts)[0])
    assert caught.value.code == "disclosure.malformed"


def test_reveal_value_with_digests_inside_an_element_is_walked() -> None:
    """An element's value may itself conceal (4.2.6), but not be a digest's place."""
    inner, digest = _disclose("salt", {"_sd": [_NAME_DIGEST]})
    assert reveal({"a": [{"...": digest}]}, [inner, _NAME]) == {"a": [{"name": "value"}]}
    nested, digest = _disclose("salt", {"...": _ELEMENT_DIGEST})
    with pytest.raises(MalformedError):
        reveal({"a": [{"...": digest}]}, [nested, _ELEMENT])


def test_reveal_disclosures_nested_beyond_the_limit_are_refused() -> None:
    """Each fits by itself; together they would exhaust the stack."""
    texts: list[str] = []
    digest = _NAME_DIGEST
    for _ in range(MAX_DEPTH + 1):
        text, digest = _disclose("salt", "in", {"_sd": [digest]})
        texts.append(text)
    with pytest.raises(MalformedError) as caught:
        reveal({"_sd": [digest]}, texts)
    assert caught.value.code == "json.depth"


def test_reveal_too_many_disclosures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosure, "MAX_DISCLOSURES", 2)
    members = {"a": 1, "b": 2, "c": 3}
    concealed, texts = conceal(members, members)
    assert len(reveal(concealed, texts[:2])) == 2
    with pytest.raises(MalformedError) as caught:
        reveal(concealed, texts)
    assert caught.value.code == "disclosure.malformed"
