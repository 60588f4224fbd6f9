"""What the shell may complete beside commands and options: the ids of records at hand."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

__all__ = ["record_ids"]

# A key was pressed: what takes longer than this to read is not worth the wait.
_MAX_FILES = 100
_MAX_SIZE = 1_000_000


def record_ids(incomplete: str) -> Iterator[tuple[str, str]]:
    """Give the ids, with their files' names, of bundles and kept statements in this directory.

    No server is asked, and nothing is checked: these are words to choose from, and no claims.
    """
    paths = [*Path().glob("*.bundle.json"), *Path().glob("*.statement.json")]
    for path in sorted(paths)[:_MAX_FILES]:
        found = _record_id(path)
        if found is not None and found.startswith(incomplete):
            yield found, path.name


def _record_id(path: Path) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > _MAX_SIZE:
            return None
        value = json.loads(path.read_bytes())
        if "entry" in value:
            value = json.loads(b64decode(value["entry"]["body"]))
        found = value["record_id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) and found.isprintable() else None
