"""What commands write with --json, held against the published schema of their answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

__all__ = ["ANSWERS", "check_answer"]

_SCHEMAS = files("ledger") / "schemas"
_COMMAND, _REPORT, _TRUST = (
    json.loads((_SCHEMAS / f"{name}.v1.schema.json").read_text("utf-8"))
    for name in ("command", "report", "trust")
)
ANSWERS: dict[str, Any] = _COMMAND["$defs"]


def check_answer(arguments: Sequence[str], stdout: str) -> None:
    """Fail where the answer of the command that `arguments` call is not of its schema."""
    words = [word for word in arguments[:2] if not word.startswith("-")]
    command = " ".join(words) if " ".join(words) in ANSWERS else words[0]
    lines = stdout.splitlines() if ANSWERS[command].get("x-one-a-line") else [stdout]
    for line in lines:
        _validator(command).validate(json.loads(line))


@cache
def _validator(command: str) -> Draft202012Validator:
    known = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in (_COMMAND, _REPORT, _TRUST)
    )
    schema = {"$ref": f"{_COMMAND['$id']}#/$defs/{command.replace(' ', '%20')}"}
    return Draft202012Validator(schema, registry=known)
