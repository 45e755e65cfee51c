"""A file is what its content says; a name that says something else is not believed."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput, TooLarge
from crm.tickets.desk import attachments
from crm.tickets.desk.kinds import PICTURES, kind_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 40
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 40
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


OFFICE = "application/vnd.openxmlformats-officedocument."


def zipped(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names or ("x.txt",):
            archive.writestr(name, "hello")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", JPEG, "image/jpeg"),
        ("A.JPEG", JPEG, "image/jpeg"),
        ("a.gif", b"GIF89a" + b"\x00" * 20, "image/gif"),
        ("a.pdf", PDF, "application/pdf"),
        ("a.zip", zipped(), "application/zip"),
        (
            "a.docx",
            zipped("[Content_Types].xml", "word/document.xml"),
            f"{OFFICE}wordprocessingml.document",
        ),
        (
            "a.xlsx",
            zipped("xl/workbook.xml", "[Content_Types].xml"),
            f"{OFFICE}spreadsheetml.sheet",
        ),
        ("a.zip", b"PK\x03\x04" + b"\xff" * 50, "application/zip"),
        ("说明.txt", "你好，世界".encode(), "text/plain"),
        ("说明.txt", "你好，世界".encode("gb18030"), "text/plain"),
        ("a.svg", SVG, "text/plain"),
        ("a.html", b"<!doctype html><script>alert(1)</script>", "text/plain"),
        ("nothing", b"\x00\x01\x02\x03\x04", "application/octet-stream"),
    ],
)
def test_the_content_decides(name: str, data: bytes, media_type: str) -> None:
    assert kind_of(data, name).media_type == media_type


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("photo.png", zipped(), "the name says png, the content is application/zip"),
        ("photo.jpg", PNG, "the name says jpg, the content is image/png"),
        ("paper.pdf", b"<html>", "the name says pdf, the content is text/plain"),
        ("photo.webp", b"RIFF\x00\x00\x00\x00WAVE", "the name says webp"),
        ("setup.txt", b"MZ\x90\x00", "is a Windows program"),
        ("photo.png", b"\x7fELF\x02\x01", "is a Linux program"),
        ("notes.txt", b"#!/bin/sh\nrm -rf /\n", "is a script"),
    ],
)
def test_what_pretends_is_refused_by_what_it_is(name: str, data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        kind_of(data, name)
    assert refused.value.field == "file"
    assert said in refused.value.message


@given(st.binary(min_size=1, max_size=300), st.sampled_from(["x", "x.png", "x.zip", "x.docx"]))
def test_nothing_is_shown_as_a_picture_that_does_not_begin_as_one(data: bytes, name: str) -> None:
    try:
        kind = kind_of(data, name)
    except InvalidInput:
        return
    assert kind.media_type.isascii()
    assert not kind.is_picture or data[:1] in {b"\x89", b"\xff", b"G", b"R", b"B", b"I", b"M"}
    assert kind.is_picture == (kind.media_type in PICTURES)


def test_names_are_text_without_tricks() -> None:
    assert attachments.looked_at("发票\u202egpj.txt", b"x").name == "发票gpj.txt"
    assert attachments.looked_at("../../etc/passwd", b"x").name == "../../etc/passwd"
    for name in ("a\x00b", "a\nb", "   ", "\u202e"):
        with pytest.raises(InvalidInput):
            attachments.looked_at(name, b"x")


def test_limits_are_named() -> None:
    with pytest.raises(TooLarge, match="at most 10 MiB"):
        attachments.looked_at("a.bin", b"x" * (attachments.LARGEST + 1))
    with pytest.raises(InvalidInput, match="is empty"):
        attachments.looked_at("a.bin", b"")
