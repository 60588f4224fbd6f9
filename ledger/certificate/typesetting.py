"""From content to PDF/A-3b: the layout is `certificate.typ`, the words are all in the content.

What comes from statements reaches the typesetter as JSON, never as its source, so that nothing in
it can be markup or code. Nothing is read but the template, the fonts and what is handed in; the
time in the file is the report's, not the clock's.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import segno
import typst

from ledger.certificate.font import font_directory
from ledger.errors import UnavailableError

__all__ = ["typeset"]

_TEMPLATE = "certificate.typ"
_QUIET_MODULES = 2


def typeset(content: dict[str, Any], bundle: bytes) -> bytes:
    """Make the PDF, the bundle attached as it is."""
    try:
        pdf = typst.compile(
            _template(),
            font_paths=_fonts(),
            format="pdf",
            pdf_standards=["a-3b"],
            timestamp=content["seconds"],
            sys_inputs={
                "content": json.dumps(content, ensure_ascii=False),
                "bundle": bundle.decode(),
                "qr": _qr_code(content["link"]),
            },
        )
    except typst.TypstError as error:
        # A defect of the template, or of the typesetter: it says nothing about the record.
        raise UnavailableError(
            "certificate.typesetting", "the certificate could not be typeset", found=str(error)
        ) from error
    return bytes(pdf)


@cache
def _template() -> bytes:
    return files("ledger").joinpath("certificate", _TEMPLATE).read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Load the fonts, once: ours and the typesetter's own, never those of the machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[font_directory()])


def _qr_code(link: str) -> str:
    """Draw a QR code (ISO/IEC 18004) as SVG, scaled by whoever places it."""
    drawn = BytesIO()
    segno.make(link, error="m", micro=False).save(
        drawn, kind="svg", omitsize=True, xmldecl=False, border=_QUIET_MODULES
    )
    return drawn.getvalue().decode()
