"""What a file really is, told by its content; its name only says what it pretends to be."""

from __future__ import annotations

import codecs
import io
import zipfile
from dataclasses import dataclass

import puremagic

from callcenter.errors import InvalidInput

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
# Types that browsers show without running anything; everything else is only ever kept.
PICTURES = {
    "image/png": frozenset({"png"}),
    "image/jpeg": frozenset({"jpg", "jpeg", "jpe", "jfif"}),
    "image/gif": frozenset({"gif"}),
    "image/webp": frozenset({"webp"}),
    "image/bmp": frozenset({"bmp", "dib"}),
    "image/tiff": frozenset({"tif", "tiff"}),
}
# The first bytes decide, in this order, before anything is guessed.
_HEADS: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
)
_ENDINGS = {"pdf": frozenset({"application/pdf"})} | {
    ending: frozenset({kind}) for kind, endings in PICTURES.items() for ending in endings
}
# What starts when it is opened: nobody's customer needs to send it through us.
_PROGRAMS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xce\xfa\xed\xfe", "a macOS program"),
    (b"#!", "a script"),
)
_ZIP = b"PK\x03\x04"
_OFFICE = tuple(
    (folder, f"application/vnd.openxmlformats-officedocument.{kind}")
    for folder, kind in (
        ("word/", "wordprocessingml.document"),
        ("xl/", "spreadsheetml.sheet"),
        ("ppt/", "presentationml.presentation"),
    )
)
_SAMPLE = 64 * 1024  # bytes looked at for text


@dataclass(frozen=True, slots=True)
class Kind:
    """A media type, by content."""

    media_type: str

    @property
    def is_picture(self) -> bool:
        return self.media_type in PICTURES


def kind_of(data: bytes, name: str) -> Kind:
    """What the content is. InvalidInput for programs, and for what is not what its name says."""
    for head, what in _PROGRAMS:
        if data.startswith(head):
            raise InvalidInput(f"is {what}; those are not taken", field="file")
    kind = Kind(_media_type(data))
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    allowed = _ENDINGS.get(ending)
    if allowed is not None and kind.media_type not in allowed:
        raise InvalidInput(
            f"the name says {ending}, the content is {kind.media_type}", field="file"
        )
    return kind


def _media_type(data: bytes) -> str:
    for head, at, media_type in _HEADS:
        if data[at : at + len(head)] == head:
            return media_type
    if data.startswith(_ZIP):
        return _packed(data)
    if _is_text(data):
        return TEXT  # whatever language it is in, HTML and SVG too: it is shown by nobody
    try:
        found = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    likely = max(found, key=lambda one: one.confidence, default=None)
    media_type = "" if likely is None else likely.mime_type
    # A picture that the first bytes do not show is none that we would let a browser show.
    if not media_type or media_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}:
        return UNKNOWN
    return media_type[:127] if media_type.isascii() and media_type.isprintable() else UNKNOWN


def _packed(data: bytes) -> str:
    """Of an archive the list of its names is read, and nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return "application/zip"
    if "[Content_Types].xml" in names:
        for folder, media_type in _OFFICE:
            if any(name.startswith(folder) for name in names):
                return media_type
    return "application/zip"


def _is_text(data: bytes) -> bool:
    sample = data[:_SAMPLE]
    if b"\x00" in sample:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        return not any(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample)
    return False
