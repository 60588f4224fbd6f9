"""How a command tells that it failed: words for people, or with --json one line of JSON, on stderr.

    {"error": {"code": "usage.offline", "message": "…", "hint": "…", "exit_code": 2}}

stdout stays empty, so that whoever pipes it reads an answer or nothing. The line is the last one of
stderr. Schema: `schemas/error.v1.schema.json`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import cast

import typer

from ledger.cli.console import UNDETERMINED, Style, exit_code_of, explain, say
from ledger.errors import LedgerError

__all__ = ["tell_defect", "tell_error", "tell_usage", "wants_json"]

_USAGE, _DEFECT = "usage.command", "crossproof.defect"
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
# What nobody can guess where it comes from.
_HOW_TO_HAVE = {
    "trust": "Fetch one from the log's server, with the key that its operator told you: crossproof "
    "trust fetch --trust trust.json --key LOG_KEY --server URL; then keep a bundle's anchor in it: "
    "crossproof trust pin BUNDLE --trust trust.json.",
}


def wants_json(arguments: Sequence[str]) -> bool:
    """Say whether a command was asked for JSON, before it is known which one it is."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in own or os.environ.get("CROSSPROOF_JSON", "").lower() in _TRUE


def tell_error(error: LedgerError, *, as_json: bool) -> int:
    """Tell an error that was raised on purpose; give the exit code."""
    if not as_json:
        return explain(error)
    exit_code = exit_code_of(error)
    _put(error.code, error.message, exit_code, error.expected, error.found, error.hint)
    return exit_code


def tell_usage(error: typer.TyperException, *, as_json: bool) -> int:
    """Tell what is wrong with the words of a command; give the exit code."""
    # Typer names in public the root of its exceptions and one leaf. All that it raises for words
    # can be shown as that leaf can; of a parameter that is missing it says nothing more.
    usage = cast("typer.BadParameter", error)
    missing = isinstance(error, typer.BadParameter) and not error.message
    hint = _HOW_TO_HAVE.get(usage.param.name or "") if missing and usage.param is not None else None
    if as_json:
        context = getattr(error, "ctx", None)
        if hint is None and context is not None:
            hint = f"See {context.command_path} --help."
        _put(_USAGE, error.format_message(), error.exit_code, hint=hint)
        return error.exit_code
    usage.show()
    if hint is not None:
        say(hint)
    return error.exit_code


def tell_defect(name: str, *, as_json: bool) -> int:
    """Tell of a defect of ours, below its traceback; give the exit code, which is not "failed"."""
    message = "a defect of crossproof, not of what you gave it; please report the above"
    if as_json:
        _put(_DEFECT, message, UNDETERMINED, found=name)
    else:
        say(f"error: {message}", Style.RED)
    return UNDETERMINED


def _put(  # noqa: PLR0917 - each is a member
    code: str,
    message: str,
    exit_code: int,
    expected: str | None = None,
    found: str | None = None,
    hint: str | None = None,
) -> None:
    members = {
        "code": code,
        "message": message,
        "expected": expected,
        "found": found,
        "hint": hint,
        "exit_code": exit_code,
    }
    told = {name: value for name, value in members.items() if value is not None}
    # ASCII: what could draw on a terminal, or end the line, is an escape.
    say(json.dumps({"error": told}))
