"""Values of reports in another language: what fits a template, what stands, what is left out."""

# ruff: noqa: RUF001 - the Chinese texts themselves

from __future__ import annotations

import ast
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.attestation import Stage
from ledger.kinds import KINDS
from ledger.organisation import Role
from ledger.status import Action
from ledger.values import MAX_LENGTH, value_table, value_text

_PLACE = re.compile(r"\{\d\}")
# Notations, names of members and of settings, which are the same in every language.
_STAND = {
    "NAME+KEYID+KEY",
    "Content-Type: {1}",
    "tile/<L>/<N>[.p/<W>]",
    "YYYY-MM-DD",
    "exp {1}",
    "iat {1}",
    # Joined of a code, a number or two of them.
    "{1} and {2}",
    "{1} up to {2}",
    "{1} of {2}",
    "{1} {2} or more",
}  # fmt: skip
_MODULES = """
import json, sys, api.app
print(json.dumps([m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)]))
"""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            "chain 31337, genesis 0x01, contract 0x02",
            "链 31337，创世区块 0x01，合约 0x02",
        ),
        ("nothing", "无"),
        ("2 bytes", "2 字节"),
        ("an index below 7", "小于 7 的序号"),
        ("Expected `int`, got `str`", "应为 `int`，实为 `str`"),
        ("not JSON; found Extra data at character 3", "不是 JSON；实为 多余的数据（第 3 个字符）"),
        ("reinstate or revoke", "reinstate 或 revoke"),
        # A record's own words stand.
        ("credit score", "credit score"),
        ("tea or coffee", "tea or coffee"),
        ("plan", "plan"),
        ("", ""),
        (" bytes", " bytes"),
        ("深圳出口有限公司", "深圳出口有限公司"),
        ("x" * MAX_LENGTH + " bytes", "x" * MAX_LENGTH + " bytes"),
    ],
)
def test_value_is_told_by_the_template_that_it_fits(value: str, told: str) -> None:
    assert value_text(value, "zh") == told
    assert value_text(value, "en") == value


def test_code_that_a_value_begins_with_is_told_in_words_in_every_language() -> None:
    value = "webhook.undelivered: no answer in time"
    assert value_text(value, "en") == "not delivered: no answer in time"
    assert value_text(value, "zh") == "未送达：超时未应答"
    assert value_table()["en"].keys() <= value_table()["zh"].keys()


def test_templates_keep_their_places() -> None:
    for template, text in (*value_table()["zh"].items(), *value_table()["en"].items()):
        places = _PLACE.findall(template)
        assert places == [f"{{{number + 1}}}" for number in range(len(places))], template
        assert sorted(_PLACE.findall(text)) == places, template
        assert not re.search(r"[{}]", _PLACE.sub("", template)), template


def test_every_value_that_the_application_makes_has_its_template(repository: Path) -> None:
    templates = set(_templates(repository))
    assert len(templates) > 150
    untold = []
    for template in sorted(templates - _STAND - value_table()["codes"].keys()):
        filled = _PLACE.sub("17", template)
        if value_text(filled, "zh") == filled:
            untold.append(template)
    assert untold == []


def test_codes_are_those_of_the_enumerations() -> None:
    codes = value_table()["codes"].keys()
    for enumeration in (KINDS, *([one.value for one in kind] for kind in (Stage, Role, Action))):
        assert set(enumeration) <= codes


@given(st.text(max_size=200))
def test_any_text_is_told_without_harm(text: str) -> None:
    assert isinstance(value_text(text, "zh"), str)


def test_long_values_cost_no_more_than_their_length() -> None:
    begun = process_time()
    for text in ("chain , genesis , contract " * 37, "a member is missing: " * 48, " or " * 255):
        value_text(text, "zh")
    assert process_time() - begun < 1


def _templates(repository: Path) -> Iterator[str]:
    """Find what is written as `expected` or `found` in the modules that the application imports."""
    listed = subprocess.run(
        [sys.executable, "-c", _MODULES], cwd=repository, capture_output=True, check=True
    )
    # Errors of settings end a command, and are on no page.
    classes = runpy.run_path(str(repository / "scripts/reference"))["_CLASSES"]
    for path in map(Path, json.loads(listed.stdout)):
        if not any(path.is_relative_to(repository / part) for part in ("api", "ledger")):
            continue
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
            if classes.get(name) in {"settings", "audit"}:
                continue
            for keyword in call.keywords:
                if keyword.arg in {"expected", "found"}:
                    yield from (t for t in _written(keyword.value) if _has_words(t))


def _written(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        places = iter(range(1, 10))
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{next(places)}}}"
            for part in value.values
        )
    elif isinstance(value, ast.IfExp):
        yield from _written(value.body)
        yield from _written(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for one in value.values:
            yield from _written(one)


def _has_words(template: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2,}", _PLACE.sub("", template)))
