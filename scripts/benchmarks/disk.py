"""The disk alone: bytes and fdatasync, the ceiling of whatever is to be durable."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["DISK", "sync_each"]

DISK = "ceiling: their bytes alone, written and synced"


def sync_each(bodies: Sequence[bytes]) -> int:
    """Write bodies to a file, each synced before the next; count their lines."""
    with (
        tempfile.TemporaryDirectory(prefix="crossproof-bench-") as directory,
        Path(directory, "raw").open("wb", buffering=0) as file,
    ):
        for body in bodies:
            file.write(body)
            os.fdatasync(file.fileno())
    return sum(body.count(b"\n") for body in bodies)
