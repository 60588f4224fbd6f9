"""The place that an operator names: `file:///DIRECTORY` or `s3://BUCKET[/PREFIX]`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ledger.errors import ConfigurationError
from ledger.publication.place import DirectoryPlace, Place

__all__ = ["open_place"]

_TIMEOUT = 10.0


def open_place(url: str, *, endpoint: str | None = None, timeout: float = _TIMEOUT) -> Place:
    """Name a place, asking nothing yet; raise ConfigurationError.

    `endpoint` is the address of an S3-compatible store that is not AWS.
    """
    try:
        parts = urlsplit(url)
        named_more = parts.query or parts.fragment or "@" in parts.netloc
    except ValueError:
        raise _unusable() from None
    if named_more:
        raise _unusable()
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return DirectoryPlace(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        # A library of some megabytes, which most ledgers have no use for.
        from obstore.exceptions import BaseError  # noqa: PLC0415

        from ledger.publication.object_store import ObjectPlace  # noqa: PLC0415

        prefix = parts.path.strip("/")
        try:
            return ObjectPlace(parts.netloc, prefix, endpoint=endpoint, timeout=timeout)
        except (BaseError, ValueError):
            raise _unusable() from None
    raise _unusable()


def _unusable() -> ConfigurationError:
    # Never the URL itself: somebody may have put a key into it.
    return ConfigurationError(
        "publication.url",
        "the place to publish to cannot be used",
        expected="file:///DIRECTORY or s3://BUCKET/PREFIX, without keys in it",
        hint="Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the address of another "
        "store than AWS from CROSSPROOF_PUBLISH_ENDPOINT.",
    )
