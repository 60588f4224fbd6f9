"""A PDF as other programs see it: its text and pages by poppler, its insides by qpdf."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf
import pytest

_DARK = 128

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None,
    reason="poppler-utils is not installed: scripts/system-packages tells how",
)


@dataclass(frozen=True)
class Page:
    """A page as it is printed in greys: rows of shades, 0 being black."""

    width: int
    height: int
    shades: bytes

    @property
    def pixels(self) -> memoryview:
        return memoryview(self.shades).cast("B", shape=[self.height, self.width])

    @property
    def ink(self) -> tuple[float, float, float, float]:
        """Where there is ink: left, top, right and bottom, as shares of the page."""
        rows = [self.shades[n * self.width :][: self.width] for n in range(self.height)]
        dark = [n for n, row in enumerate(rows) if min(row) < _DARK]
        columns = [n for n in range(self.width) if min(self.shades[n :: self.width]) < _DARK]
        return (
            columns[0] / self.width,
            dark[0] / self.height,
            columns[-1] / self.width,
            dark[-1] / self.height,
        )


def text_of(pdf: bytes) -> str:
    """Give what a search in it finds."""
    command = ["pdftotext", "-raw", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def squeezed(text: str) -> str:
    """Leave out where lines and words end: it is the typesetter's affair."""
    return "".join(text.split())


def rendered(pdf: bytes, *, dots_per_inch: int = 100) -> list[Page]:
    """Draw the pages."""
    command = ["pdftoppm", "-gray", "-r", str(dots_per_inch), "-"]
    drawn = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    pages = []
    while drawn:
        # PGM: its magic, width, height, the number of shades, and a byte a pixel.
        head = re.match(rb"P5\s(\d+)\s(\d+)\s255\s", drawn)
        assert head is not None
        width, height = int(head[1]), int(head[2])
        end = head.end() + width * height
        pages.append(Page(width, height, drawn[head.end() : end]))
        drawn = drawn[end:]
    return pages


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(pdf))


def attached(pdf: bytes) -> dict[str, bytes]:
    with opened(pdf) as document:
        return {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}


def with_attachments(pdf: bytes, **files: bytes) -> bytes:
    """Attach more files, `_` in a name standing for a dot."""
    with opened(pdf) as document:
        for name, data in files.items():
            shown = name.replace("_", ".")
            stream = document.make_indirect(pikepdf.Stream(document, data))
            spec = pikepdf.Dictionary(
                Type=pikepdf.Name.Filespec,
                F=pikepdf.String(shown),
                UF=pikepdf.String(shown),
                EF=pikepdf.Dictionary(F=stream),
            )
            tree = pikepdf.NameTree(document.Root.Names.EmbeddedFiles)
            tree[shown] = document.make_indirect(spec)
        return saved(document)


def saved(document: pikepdf.Pdf, **options: Any) -> bytes:
    written = BytesIO()
    document.save(written, **options)
    return written.getvalue()
