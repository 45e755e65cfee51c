"""What a cell has to look like to be a value: typed text, or the code of what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from callcenter.errors import InvalidInput
from crm.customers.inputs import (
    LONGEST_NOTES,
    LONGEST_TAG,
    NewEmail,
    email_key,
    email_row,
)
from crm.fields.rules import Cells, FieldKind, FieldSpec, folded, read_text
from crm.numbers import NumberKey, TrunkRule, read_number
from crm.transfer.problems import Refused

__all__ = ["email_key"]

LONGEST_EXTERNAL_ID = 100
LONGEST_CELL = 10_000
_ACCOUNT = re.compile(r"[0-9]{1,20}")
_TAX = re.compile(r"[0-9A-Z][0-9A-Z-]{3,31}")
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00)?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_KINDS = {
    **dict.fromkeys(("company", "公司", "企业", "单位", "organisation", "business"), "company"),
    **dict.fromkeys(("person", "个人", "自然人", "individual"), "person"),
}
_YES = frozenset({"是", "yes", "y", "true", "1", "√", "✓", "x"})
_NO = frozenset({"否", "no", "n", "false", "0"})
_LANGUAGES = {
    "中文": "zh",
    "汉语": "zh",
    "chinese": "zh",
    "英文": "en",
    "英语": "en",
    "english": "en",
}
_ADDRESS = {"label": 40, "country": 2, "region": 80, "city": 80, "street": 300, "postcode": 16}
_COUNTRIES = {"中国": "CN", "china": "CN"}
YEARS = range(1850, 2201)


def readable(text: str) -> str:
    if "\ufffd" in text:
        raise Refused("undecodable")
    return text


def one_line(text: str, longest: int) -> str:
    if _CONTROL.search(text) or (not text.isascii() and _surrogates(text)):
        raise Refused("control_characters")
    return bounded(text, longest)


def _surrogates(text: str) -> bool:
    return any(unicodedata.category(letter) == "Cs" for letter in text)


def bounded(text: str, longest: int) -> str:
    if len(text) > longest:
        raise Refused("too_long", limit=longest)
    return text


def paragraphs(text: str) -> str:
    if _CONTROL_IN_TEXT.search(text):
        raise Refused("control_characters")
    return bounded(text, LONGEST_NOTES)


def kind(text: str) -> str:
    found = _KINDS.get(folded(text))
    if found is None:
        raise Refused("not_a_kind")
    return found


def account(text: str) -> str:
    if _ACCOUNT.fullmatch(text) is None:
        raise Refused("not_digits")
    return text


def tax(text: str) -> str:
    """Without blanks and in capitals, so that the same number is the same text."""
    number = "".join(text.upper().split())
    if _TAX.fullmatch(number) is None:
        raise Refused("not_a_tax_number")
    return number


def language(text: str) -> str:
    return _LANGUAGES.get(folded(text)) or one_line(text, 16)


def birthday(text: str) -> date:
    found = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    try:
        if found is not None and int(found[1]) in YEARS:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass  # such as the 30th of February
    raise Refused("not_a_date")


def yes_no(text: str) -> bool:
    word = folded(text)
    if word not in _YES | _NO:
        raise Refused("not_yes_no")
    return word in _YES


def named(text: str, known: Mapping[str, int | None], code: str) -> int:
    """Somebody or something by its name."""
    name = folded(text)
    if name not in known:
        raise Refused(code)
    found = known[name]
    if found is None:
        raise Refused("several_such")
    return found


def word(text: str, known: Mapping[str, str]) -> str:
    """A value of the dictionary, by itself or by its words."""
    found = known.get(folded(text))
    if found is None:
        raise Refused("not_a_choice")
    return found


def number(text: str, rule: TrunkRule) -> NumberKey:
    key = read_number(one_line(text, 80), rule)
    if key.e164 is None and key.suffix is None and key.extension is None:
        raise Refused("not_a_phone")
    return key


@lru_cache(maxsize=1024)
def email(text: str) -> str:
    try:
        email_row(NewEmail(text), "")
    except InvalidInput:
        raise Refused("not_an_email") from None
    return text


def tag(text: str) -> str:
    if "," in text:  # they part tags in filters
        raise Refused("no_commas")
    return one_line(text, LONGEST_TAG)


def contact_name(text: str) -> str:
    if not text:
        raise Refused("contact_without_name")
    return one_line(text, 200)


def address_part(name: str, text: str) -> str:
    if name == "country":
        code = _COUNTRIES.get(folded(text), text.upper())
        if re.fullmatch(r"[A-Z]{2}", code) is None:
            raise Refused("not_a_country")
        return code
    return one_line(text, _ADDRESS[name])


_WRONG = {
    FieldKind.NUMBER: "not_numeric",
    FieldKind.DATE: "not_a_date",
    FieldKind.CHOICE: "not_a_choice",
    FieldKind.CHOICES: "not_a_choice",
}


def custom(spec: FieldSpec, text: str) -> Cells:
    """A field that administrators defined."""
    try:
        return read_text(spec, text)
    except InvalidInput:
        pass
    if spec.kind is FieldKind.TEXT:
        one_line(text, 400)
    raise Refused(_WRONG.get(spec.kind, "control_characters"))
