"""An S3-compatible object store as a place for tiles and checkpoint.

Keys come from the usual AWS variables. What fails for a moment (5xx, a dropped connection) is tried
again with growing pauses by the client; what fails for longer is the publication's to try again.
The checkpoint is written with `If-Match` or `If-None-Match`, which the store must understand: AWS,
MinIO, Ceph, R2 do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from ledger.publication.place import CHECKPOINT, File, moved, unavailable

__all__ = ["ObjectPlace"]

_IMMUTABLE = "public, max-age=31536000, immutable"
# Asked for again each time; a cache may keep it and ask whether it is still the one.
_CHANGING = "public, no-cache"
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"

_RETRIES = 4
_RETRY_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.1, 2.0, 2.0


class ObjectPlace:
    """A bucket, or what is under a prefix in it."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str | None, timeout: float) -> None:
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            config={} if endpoint is None else {"endpoint": endpoint},
            client_options={
                "allow_http": endpoint is not None and endpoint.startswith("http://"),
                "timeout": timedelta(seconds=timeout),
                "connect_timeout": timedelta(seconds=timeout),
            },
            retry_config={
                "max_retries": _RETRIES,
                "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
                "backoff": {
                    "init_backoff": timedelta(seconds=_FIRST_PAUSE),
                    "max_backoff": timedelta(seconds=_LONGEST_PAUSE),
                    "base": _GROWTH,
                },
            },
        )

    def read(self, path: str) -> File | None:
        """Read an object."""
        with _as_unavailable():
            try:
                found = obstore.get(self._store, path)
            except FileNotFoundError:
                return None
            return File(bytes(found.bytes()), found.meta["e_tag"] or "")

    def write(self, path: str, data: bytes) -> None:
        """Write an object."""
        with _as_unavailable():
            obstore.put(self._store, path, data, attributes=_attributes(path), use_multipart=False)

    def replace(self, path: str, data: bytes, *, old: File | None) -> None:
        """Write an object on a condition.

        Where an answer was lost and the client has asked again, what we wrote ourselves stands
        there already.
        """
        with _as_unavailable():
            try:
                obstore.put(
                    self._store,
                    path,
                    data,
                    attributes=_attributes(path),
                    use_multipart=False,
                    mode="create" if old is None else {"e_tag": old.version},
                )
            except (AlreadyExistsError, PreconditionError) as error:
                standing = self.read(path)
                if standing is None or standing.data != data:
                    raise moved() from error

    def remove_below(self, directory: str) -> None:
        """Remove the objects of a directory."""
        with _as_unavailable():
            for objects in obstore.list(self._store, prefix=directory):
                obstore.delete(self._store, [found["path"] for found in objects])


def _attributes(path: str) -> dict[str, str]:
    if path == CHECKPOINT:
        return {"Cache-Control": _CHANGING, "Content-Type": _TEXT}
    return {"Cache-Control": _IMMUTABLE, "Content-Type": _BYTES}


@contextmanager
def _as_unavailable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        # Only the first line: what follows may be a page of the server's, or hold the request.
        raise unavailable(str(error).partition("\n")[0][:500]) from error
