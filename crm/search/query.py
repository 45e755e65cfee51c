"""What somebody typed into the one box, understood: a number, an address, letters or words.

Pure: nothing here looks anything up, and every text is only ever a text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from crm.numbers import DEFAULT_RULE, NumberKey, TrunkRule, read_number
from crm.search.pinyin import letters

LONGEST = 200
FEWEST_DIGITS = 4  # of a part of a telephone number
MOST_YEARS = 30  # in which a ticket number without its year is looked for

_TICKET = re.compile(r"#?(?:t-?)?(?:(\d{4})-)?(\d{1,9})", re.IGNORECASE)
_DIGITS = re.compile(r"\+?[\d\s().\-/]+")
_ACCOUNT = re.compile(r"[0-9A-Za-z\-]{1,64}")
_LATIN = re.compile(r"[^\W\d_][\w\s'’]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """`text` as it was typed; the rest is None where it cannot be that.

    `plain`: the same in plain letters (ＡＢＣ is ABC), where that makes a difference.
    `reading`: letters a Chinese name may be typed by. `digits`: a part of a telephone number.
    `account`: an account or tax number. `ticket`: the year, if it was given, and the number in it.
    """

    text: str
    plain: str | None = None
    number: NumberKey | None = None
    digits: str | None = None
    account: str | None = None
    email: str | None = None
    reading: str | None = None
    ticket: tuple[int | None, int] | None = None

    @property
    def is_number(self) -> bool:
        """Only digits and what people put between them: no name is looked for."""
        return self.digits is not None or self.number is not None


def understand(typed: str, rule: TrunkRule = DEFAULT_RULE) -> Asked | None:
    """None when there is nothing to look for."""
    typed = typed.strip()[:LONGEST]
    text = " ".join(unicodedata.normalize("NFKC", typed).split())
    if not text:
        return None
    return Asked(
        text=typed,
        plain=text if text != typed else None,
        number=_number(text, rule),
        digits=_digits(text),
        account=text if _ACCOUNT.fullmatch(text) else None,
        email=text.casefold() if "@" in text else None,
        reading=_reading(text),
        ticket=_ticket(text),
    )


def ticket_numbers(asked: tuple[int | None, int], years: list[int]) -> list[str]:
    """The numbers that can be meant, newest year first; `years`: those in which any was given."""
    year, number = asked
    wanted = [year] if year is not None else sorted(years, reverse=True)[:MOST_YEARS]
    return [f"T-{one}-{number:06d}" for one in wanted]


def pattern(text: str, *, begins: bool = False) -> str:
    """A LIKE pattern in which every letter of the text is itself; the escape is a backslash."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{plain}%" if begins else f"%{plain}%"


def phrase(text: str) -> str:
    """The text as one phrase of a full-text query, whatever is in it."""
    return '"' + text.replace('"', '""') + '"'


def _number(text: str, rule: TrunkRule) -> NumberKey | None:
    key = read_number(text, rule)
    return None if key.e164 is None and key.suffix is None else key


def _digits(text: str) -> str | None:
    if not _DIGITS.fullmatch(text):
        return None
    digits = "".join(letter for letter in text if letter.isdigit())
    return digits if len(digits) >= FEWEST_DIGITS and digits.isascii() else None


def _reading(text: str) -> str | None:
    """Letters only: of `zhang wei` as of `zw`."""
    if not _LATIN.fullmatch(text) or (not text.isascii() and not _toned(text)):
        return None
    return letters(text) or None


def _toned(text: str) -> bool:
    plain = unicodedata.normalize("NFD", text)
    return all(letter.isascii() or unicodedata.combining(letter) for letter in plain)


def _ticket(text: str) -> tuple[int | None, int] | None:
    found = _TICKET.fullmatch(text)
    if found is None:
        return None
    return (int(found[1]) if found[1] else None, int(found[2]))
