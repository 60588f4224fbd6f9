"""Files that pages are made of: served under the digest of all of them, so that they never change.

    /static/DIGEST/page/page.js     immutable: another file is another address

Modules name each other by relative paths, which stay below the digest of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response

from api.caching import IMMUTABLE, PUBLIC, tagged
from ledger.errors import NotFoundError

__all__ = ["address_of", "router", "static_files"]

_DIGEST_LENGTH = 16
_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
}

router = APIRouter(include_in_schema=False)


@cache
def static_files() -> Mapping[str, str]:
    """Give the text of each file by its path."""
    found: dict[str, str] = {}
    _collect(files("api").joinpath("static"), "", found)
    return found


@cache
def _digest() -> str:
    whole = sha256()
    for path, text in sorted(static_files().items()):
        whole.update(sha256(path.encode()).digest() + sha256(text.encode()).digest())
    return whole.hexdigest()[:_DIGEST_LENGTH]


def address_of(path: str) -> str:
    """Give the address of a file."""
    return f"/static/{_digest()}/{path}"


@router.get("/static/{digest}/{path:path}")
def static(request: Request, digest: str, path: str) -> Response:
    """Serve a file of this very version."""
    text = static_files().get(path)
    if text is None or digest != _digest():
        raise NotFoundError("page.unknown-file", "there is no such file here", found=path[:80])
    return tagged(
        request,
        text.encode(),
        media_type=_TYPES[path.rpartition(".")[2]],
        cache=f"{PUBLIC}, {IMMUTABLE}",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _collect(directory: Traversable, prefix: str, found: dict[str, str]) -> None:
    for entry in directory.iterdir():
        if entry.is_dir():
            _collect(entry, f"{prefix}{entry.name}/", found)
        elif entry.name.rpartition(".")[2] in _TYPES:
            found[f"{prefix}{entry.name}"] = entry.read_text("utf-8")
