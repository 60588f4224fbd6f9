"""The bundle inside a PDF: the one embedded file whose name ends in `.bundle.json`.

Strangers hand PDFs in, so all of it is bounded: the file, each stream once it is unpacked, what is
unpacked altogether, the number of objects; it is read strictly, nothing encrypted is opened, and
no program is started. Two bundles in one PDF are refused, since a reader could show
one and a verifier check the other. A seal is not looked at: whether the bundle is true follows
from the bundle. ISO 32000-2, 7.11.4 and 7.9.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ledger.bundle import MAX_BUNDLE_SIZE
from ledger.errors import MalformedError

__all__ = ["MAX_NAMES", "MAX_PDF_SIZE", "MEDIA_TYPE", "bundle_in", "read_pdf"]

MEDIA_TYPE = "application/pdf"

# A bundle that cannot be compressed, its page, its fonts and a seal.
MAX_PDF_SIZE = MAX_BUNDLE_SIZE + 1024 * 1024
MAX_OBJECTS = 100_000
# What embeds files by the thousand is no certificate.
MAX_NAMES = 1_000
# The bundle, and the streams that hold the objects around it.
MAX_UNPACKED = 2 * MAX_BUNDLE_SIZE
# ISO 32000-2 demands it at the beginning; some readers look further, and see another file.
_MAGIC = b"%PDF-"
_SUFFIX = ".bundle.json"


def read_pdf(data: bytes) -> bytes:
    """Take the bundle out of a PDF, and leave anything else as it is; raise MalformedError."""
    return bundle_in(data) if data.startswith(_MAGIC) else data


def bundle_in(pdf: bytes) -> bytes:
    """Take the bundle out of a PDF; raise MalformedError for anything without exactly one."""
    if len(pdf) > MAX_PDF_SIZE:
        raise MalformedError(
            "pdf.size",
            "PDF: too large",
            expected=f"at most {MAX_PDF_SIZE} bytes",
            found=f"{len(pdf)} bytes",
        )
    if not pdf.startswith(_MAGIC):
        raise _malformed("no PDF at all")
    try:
        found = _attachments(pdf)
    except MalformedError:
        raise
    # A reader of a format as wide as this one fails in as many ways as there are broken files.
    except Exception as error:
        raise _malformed(type(error).__name__) from error
    if len(found) != 1:
        raise MalformedError(
            "pdf.attachment",
            "the PDF does not hold exactly one bundle",
            expected=f"one attachment *{_SUFFIX}",
            found=f"{len(found)}",
            hint="Take the PDF as it was issued: printing or converting it leaves the proof out.",
        )
    return found[0]


def _attachments(pdf: bytes) -> list[bytes]:
    """Unpack the embedded files that are called bundles."""
    # Slow to load, rarely needed.
    import logging  # noqa: PLC0415

    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415

    # What is wrong with a PDF is said by the error. A stranger's file must not fill anybody's log.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    with apply_configuration(
        zlib_maximum_output_length=MAX_BUNDLE_SIZE,
        zlib_maximum_recovery_input_length=0,
        lzw_maximum_output_length=MAX_BUNDLE_SIZE,
        run_length_maximum_output_length=MAX_BUNDLE_SIZE,
        brotli_maximum_output_length=MAX_BUNDLE_SIZE,
        maximum_declared_stream_length=MAX_PDF_SIZE,
        array_based_stream_maximum_output_length=MAX_BUNDLE_SIZE,
        stream_decoding_work_maximum_length=MAX_UNPACKED,
        stream_filters_maximum_length=1,
        array_maximum_element_count=MAX_OBJECTS,
        dictionary_maximum_element_count=MAX_OBJECTS,
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    ):
        reader = PdfReader(
            BytesIO(pdf),
            strict=True,
            root_object_recovery_limit=0,
            xref_stream_maximum_entries=MAX_OBJECTS,
        )
        if reader.is_encrypted:
            raise _malformed("an encrypted PDF")
        # Not more than one is unpacked: each may be as large as all that may be.
        named = [spec for name, spec in _embedded(reader.root_object) if _is_bundle(name)]
        return [_unpacked(named[0])] if len(named) == 1 else [b""] * len(named)


def _embedded(catalog: Any) -> Iterator[tuple[object, Any]]:
    """Walk the name tree of embedded files, each node and name counted whatever it is.

    The same node may be named again and again, or name itself: a small file could be endless.
    """
    waiting = [_part(_part(catalog, "/Names"), "/EmbeddedFiles")]
    left = MAX_NAMES
    while waiting:
        node = waiting.pop()
        names, kids = _part(node, "/Names") or (), _part(node, "/Kids") or ()
        left -= 1 + len(names) + len(kids)
        if left < 0:
            raise _malformed(f"more than {MAX_NAMES} names of embedded files")
        waiting += [kid.get_object() for kid in kids]
        for name, spec in zip(names[::2], names[1::2], strict=False):
            yield name.get_object(), spec.get_object()


def _unpacked(spec: Any) -> bytes:
    """Unpack a file specification's stream, `UF` before `F` (ISO 32000-2, 7.11.3)."""
    files = _part(spec, "/EF")
    stream = _part(files, "/UF") or _part(files, "/F")
    if stream is None:
        raise _malformed("an attachment without its content")
    return bytes(stream.get_data())


def _part(node: Any, name: str) -> Any:
    """Look a member up, resolved; None where it is absent."""
    found = None if node is None else node.get(name)
    return None if found is None else found.get_object()


def _is_bundle(name: object) -> bool:
    return isinstance(name, str) and name.endswith(_SUFFIX)


def _malformed(found: str) -> MalformedError:
    return MalformedError(
        "pdf.format",
        "the PDF cannot be read",
        expected="a certificate as it was issued",
        found=found,
        hint="Take the PDF as it was issued.",
    )
