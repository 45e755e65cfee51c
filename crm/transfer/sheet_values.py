"""What a spreadsheet's cell means as text: numbers without surprises, days as ISO 8601."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

EXACT = 1e15  # from here on a spreadsheet has lost digits; how it shows them says so
DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
LAST_SERIAL = 2_958_466  # the day after 9999-12-31

_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNSAFE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - as on the wall


def is_date_code(code: str) -> bool:
    """Whether a number format like `yyyy"年"m"月"d"日"` shows a day or a time."""
    return bool(re.search(r"[ymdhs年月日时]", _NOT_CODE.sub("", code.partition(";")[0]), re.I))


def number_of(raw: str) -> str:
    """13800138000 for 1.3800138E10; what has lost digits keeps its E, and is no number then."""
    try:
        number = float(raw)
    except ValueError:
        return raw
    if not abs(number) < EXACT:
        return f"{number:.14E}"  # not a number, too
    return str(int(number)) if number.is_integer() else repr(number)


def date_of(raw: str, *, from_1904: bool = False) -> str | None:
    """The day, the time or both behind a serial number; None when there is no such day."""
    try:
        serial = float(raw)
    except ValueError:
        return None
    if not 0 <= serial < LAST_SERIAL:
        return None
    if not from_1904 and serial < 60:
        serial += 1  # 1900 has a February 29th there
    epoch = _EPOCH_1904 if from_1904 else _EPOCH
    moment = epoch + timedelta(days=int(serial), seconds=round(serial % 1 * 86_400))
    if float(raw) < 1 and not from_1904:
        return moment.strftime("%H:%M:%S")
    day = moment.strftime("%Y-%m-%d") if moment.year > 999 else moment.isoformat()[:10]
    return day if float(raw).is_integer() else f"{day} {moment:%H:%M:%S}"


def unescape(text: str) -> str:
    """What XML cannot hold is written as _x000D_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(_letter, text)


def _letter(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)


def escape(text: str) -> str:
    """Text as XML of a sheet: the inverse of `unescape`."""
    text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _UNSAFE.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    letter = found[0]
    return f"_x{ord(letter):04X}_" if letter not in "\t\n" else letter
