"""The bundle inside a PDF; and PDFs that somebody means ill with."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.attachment import MAX_NAMES, MAX_PDF_SIZE, bundle_in, read_pdf
from ledger.bundle import MAX_BUNDLE_SIZE
from ledger.certificate import certify
from ledger.errors import MalformedError
from tests.portable_document import opened, saved, with_attachments
from tests.samples import sample_log, transfer


@cache
def sample() -> tuple[bytes, bytes]:
    """A bundle, and its certificate."""
    from ledger.verify import verify  # noqa: PLC0415 - cached with what it makes

    log = sample_log(transfer())
    bundle = log.bundle(2).to_json().encode()
    report = verify(bundle, trust=log.trust(), without_files=True)
    return bundle, certify(bundle, report)


def empty() -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    return saved(document)


def code_of(pdf: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        bundle_in(pdf)
    return caught.value.code


def test_bundle_is_found() -> None:
    bundle, pdf = sample()
    assert bundle_in(pdf) == read_pdf(pdf) == bundle


def test_bundle_is_found_after_another_program_has_saved_the_file() -> None:
    bundle, pdf = sample()
    with opened(pdf) as document:
        for options in ({}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate},
                        {"compress_streams": False}):  # fmt: skip
            assert bundle_in(saved(document, **options)) == bundle


def test_other_attachments_are_passed_over() -> None:
    bundle, pdf = sample()
    assert bundle_in(with_attachments(pdf, notes_txt=b"x", bundle_json_txt=b"y")) == bundle


def test_anything_else_is_left_as_it_is() -> None:
    bundle, _ = sample()
    assert read_pdf(bundle) is bundle
    assert read_pdf(b"") == b""


def test_two_bundles_are_refused() -> None:
    """One of them would be shown, and the other verified."""
    bundle, pdf = sample()
    assert code_of(with_attachments(pdf, other_bundle_json=bundle)) == "pdf.attachment"


def test_pdf_without_a_bundle_is_refused() -> None:
    assert code_of(empty()) == "pdf.attachment"


@pytest.mark.parametrize("data", [b"", b"{}", b"\n%PDF-1.7", b"%PDF-", b"%PDF-1.7\n%%EOF\n"])
def test_what_is_no_pdf_is_refused(data: bytes) -> None:
    assert code_of(data) == "pdf.format"


def test_pdf_that_is_too_large_is_refused_unread() -> None:
    _, pdf = sample()
    assert code_of(pdf + b"\n" * MAX_PDF_SIZE) == "pdf.size"


def test_encrypted_pdf_is_refused() -> None:
    _, pdf = sample()
    with opened(pdf) as document:
        locked = saved(document, encryption=pikepdf.Encryption(owner="o", user=""))
    assert code_of(locked) == "pdf.format"


def with_stream(data: bytes, **members: Any) -> bytes:
    """A small PDF whose bundle is a stream as it is given, packed or not."""
    document = pikepdf.new()
    document.add_blank_page()
    stream = pikepdf.Stream(document, data, **members)
    spec = pikepdf.Dictionary(
        Type=pikepdf.Name.Filespec,
        F=pikepdf.String("x.bundle.json"),
        UF=pikepdf.String("x.bundle.json"),
        EF=pikepdf.Dictionary(F=document.make_indirect(stream)),
    )
    names = pikepdf.Array([pikepdf.String("x.bundle.json"), document.make_indirect(spec)])
    document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=names))
    return saved(document, compress_streams=False)


def test_largest_bundle_is_unpacked() -> None:
    data = b"x" * MAX_BUNDLE_SIZE
    packed = with_stream(zlib.compress(data), Filter=pikepdf.Name.FlateDecode)
    assert bundle_in(packed) == data


@pytest.mark.parametrize("factor", [1, 60])
def test_bundle_that_unpacks_beyond_the_limit_is_refused(factor: int) -> None:
    """A gigabyte of zeros packs into one megabyte."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(b"\0" * MAX_BUNDLE_SIZE) for _ in range(factor)]
    packed = b"".join([*parts, packer.compress(b"\0"), packer.flush()])
    assert len(packed) < MAX_PDF_SIZE
    assert code_of(with_stream(packed, Filter=pikepdf.Name.FlateDecode)) == "pdf.format"


def test_bundle_that_is_packed_twice_is_refused() -> None:
    """Each time would multiply what little was sent by a thousand."""
    packed = zlib.compress(zlib.compress(b"x"))
    twice = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
    assert code_of(with_stream(packed, Filter=twice)) == "pdf.format"


def with_tree(make: Callable[[pikepdf.Pdf], Any]) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    document.Root.Names = pikepdf.Dictionary(EmbeddedFiles=make(document))
    return saved(document)


def test_name_tree_that_contains_itself_ends() -> None:
    def loop(document: pikepdf.Pdf) -> Any:
        node = document.make_indirect(pikepdf.Dictionary(Kids=pikepdf.Array()))
        node.Kids.append(node)
        return node

    assert code_of(with_tree(loop)) == "pdf.format"


def test_name_tree_that_names_one_node_many_times_is_refused_soon() -> None:
    """Some kilobytes that name thousands of names thousands of times would take minutes."""

    def flood(document: pikepdf.Pdf) -> Any:
        spec = document.make_indirect(pikepdf.Dictionary())
        names = pikepdf.Array([pikepdf.String("x"), spec] * 200)
        node = document.make_indirect(pikepdf.Dictionary(Names=names))
        return document.make_indirect(pikepdf.Dictionary(Kids=pikepdf.Array([node] * MAX_NAMES)))

    with pytest.raises(MalformedError) as caught:
        bundle_in(with_tree(flood))
    assert str(MAX_NAMES) in str(caught.value.found)


def test_bundle_is_found_deep_in_the_name_tree() -> None:
    """Where embedded files are many, their tree has levels (ISO 32000-2, 7.9.6)."""

    def deep(document: pikepdf.Pdf) -> Any:
        stream = document.make_indirect(pikepdf.Stream(document, b"{}"))
        spec = document.make_indirect(pikepdf.Dictionary(EF=pikepdf.Dictionary(F=stream)))
        names = pikepdf.Array([pikepdf.String("x.bundle.json"), spec])
        node = document.make_indirect(pikepdf.Dictionary(Names=names))
        for _ in range(3):
            node = document.make_indirect(pikepdf.Dictionary(Kids=pikepdf.Array([node])))
        return node

    assert bundle_in(with_tree(deep)) == b"{}"


@pytest.mark.parametrize(
    "spec", [pikepdf.Dictionary(), pikepdf.Dictionary(EF=pikepdf.Dictionary())]
)
def test_bundle_without_content_is_refused(spec: pikepdf.Dictionary) -> None:
    names = pikepdf.Array([pikepdf.String("x.bundle.json"), spec])
    assert code_of(with_tree(lambda _: pikepdf.Dictionary(Names=names))) == "pdf.format"


def reads_or_refuses(data: bytes) -> None:
    try:
        found = bundle_in(data)
    except MalformedError:
        return
    assert isinstance(found, bytes)
    assert len(found) <= MAX_BUNDLE_SIZE


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    reads_or_refuses(b"%PDF-1.7\n" + data)


_WORDS = st.sampled_from(
    [b"/Prev 0", b"<<", b">>", b"[", b"]", b"99999999999", b"-1", b"0 0 R", b"1 0 R", b"/Kids",
     b"/Names", b"endobj", b"stream\n", b"xref\n", b"/Length 1", b"/Type/ObjStm", b"(", b"%%EOF"]
)  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**31), st.integers(0, 40), st.one_of(_WORDS, st.binary(max_size=8))
        ),
        min_size=1,
        max_size=12,
    )
)
def test_mangled_certificate_is_read_or_malformed(cuts: list[tuple[int, int, bytes]]) -> None:
    """Mostly near the end, where a PDF says where everything is."""
    data = bytearray(sample()[1])
    for place, length, put in cuts:
        start = len(data) - 1 - place % min(len(data), 4_000) if place % 3 else place % len(data)
        data[start : start + length] = put
    reads_or_refuses(bytes(data))
