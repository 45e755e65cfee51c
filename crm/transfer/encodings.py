"""In which encoding a text file was written, and how sure that is.

Only those that spreadsheets here really write are told apart, so the answer needs no statistics:
a byte order mark says it, UTF-8 proves itself by its form, and what is left is GB18030.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

Chunks = Callable[[], Iterable[bytes]]  # the file from its beginning, as often as it is called


class Encoding(StrEnum):
    UTF_8 = "utf-8"
    UTF_16 = "utf-16"  # with its byte order mark
    GB18030 = "gb18030"  # with GBK and GB2312, which are parts of it

    @property
    def codec(self) -> str:
        """Python's name; a mark at the beginning is no part of the text."""
        return "utf-8-sig" if self is Encoding.UTF_8 else self.value


class Certainty(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True)
class Detected:
    encoding: Encoding
    certainty: Certainty


_MARKS = (
    (codecs.BOM_UTF8, Encoding.UTF_8),
    (codecs.BOM_UTF16_LE, Encoding.UTF_16),
    (codecs.BOM_UTF16_BE, Encoding.UTF_16),
)
_LIKELY_SHARE = 0.9  # of the letters beyond ASCII that are what Chinese text is made of


def detect(chunks: Chunks) -> Detected | None:
    """None: this is no text. The file is read once, or twice when it is not UTF-8."""
    head = next(iter(chunks()), b"")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Detected(encoding, Certainty.CERTAIN)
    if b"\0" in head:
        return None
    if _is_utf_8(chunks()):
        return Detected(Encoding.UTF_8, Certainty.CERTAIN)
    return Detected(Encoding.GB18030, _gb18030(chunks()))


def _is_utf_8(chunks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _gb18030(chunks: Iterable[bytes]) -> Certainty:
    """Nearly every pair of bytes is some character in it; Chinese text has the usual ones."""
    decoder = codecs.getincrementaldecoder("gb18030")()
    usual = beyond = 0
    try:
        for chunk in chunks:
            for letter in decoder.decode(chunk):
                if letter > "\x7f":
                    beyond += 1
                    usual += _is_usual(letter)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return Certainty.GUESSED
    return Certainty.LIKELY if usual >= _LIKELY_SHARE * beyond else Certainty.GUESSED


def _is_usual(letter: str) -> bool:
    """A character of GB2312: 99.9 % of what is written, a third of what the code has room for."""
    pair = letter.encode("gb18030")
    return len(pair) == 2 and 0xA1 <= pair[0] <= 0xF7 and pair[1] >= 0xA1
