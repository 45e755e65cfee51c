"""Turns a number as somebody wrote it into what it is found by, so that one person stays one.

The same subscriber arrives as `13800138000`, `0086 138 0013 8000` or `sip:+8613800138000@trunk`.
A `NumberKey` keeps the text as it came beside its E.164 form (exact: *known*), the last digits
(*maybe*) and the extension. What cannot be read is kept as text and matches nobody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

from callcenter.errors import InvalidInput

LONGEST_RAW = 80  # characters kept of what came; no number is longer, hostile text is
LONGEST_DIGITS = 20  # E.164 has 15; carriers' access codes may precede them
SHORTEST_SUFFIX = 7
LONGEST_SUFFIX = 8
LONGEST_EXTENSION = 6  # a number this short is dialled inside, or is a service: not E.164

WITHHELD = frozenset(
    {"anonymous", "unknown", "restricted", "withheld", "private", "unavailable", "blocked"}
    | {"hidden", "suppressed", "no-number", "nonumber", "unbekannt", "none", "null", "nil"}
    | {"匿名", "未知", "隐藏", "保密", "不显示", "无法显示"}
    | {"未知号码", "隐藏号码", "私人号码", "号码隐藏"}
)


class Writing(StrEnum):
    """How a trunk writes numbers."""

    E164 = "e164"  # +8613800138000
    E164_NO_PLUS = "e164_no_plus"  # 8613800138000
    NATIONAL = "national"  # 13800138000, 01062345678; abroad as 00…
    AUTO = "auto"  # any of these


@dataclass(frozen=True, slots=True)
class TrunkRule:
    """`country` is the ISO 3166 region whose national numbers the trunk writes."""

    writing: Writing = Writing.AUTO
    country: str = "CN"

    def __post_init__(self) -> None:
        if self.country not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidInput(f"no such country: {self.country!r}; write e.g. CN", field="country")


@dataclass(frozen=True, slots=True)
class NumberKey:
    """`e164` None with an `extension` is an inner number; neither of them: not a number we know.

    `suffix` is the last 8 digits without the country code (7 when there are only 7).
    """

    raw: str
    e164: str | None = None
    extension: str | None = None
    withheld: bool = False
    suffix: str | None = None

    @property
    def suffixes(self) -> tuple[str, ...]:
        """What a stored suffix may be to match this one: also one written without its area code."""
        if self.suffix is None:
            return ()
        return tuple(dict.fromkeys((self.suffix, self.suffix[-SHORTEST_SUFFIX:])))

    @property
    def contact(self) -> str | None:
        """What calls of one person are put together by; None while nobody says who it is."""
        if self.withheld or not self.raw.strip():
            return None
        return self.e164 or self.extension or self.raw


DEFAULT_RULE = TrunkRule()


@dataclass(frozen=True, slots=True)
class TrunkRules:
    """Which rule a trunk has: the first pattern (`PJSIP/carrier*`) that matches its interface."""

    patterns: tuple[tuple[str, TrunkRule], ...] = ()
    default: TrunkRule = DEFAULT_RULE

    def of(self, interface: str | None) -> TrunkRule:
        for pattern, rule in self.patterns if interface else ():
            if fnmatchcase(interface or "", pattern):
                return rule
        return self.default


DEFAULT_RULES = TrunkRules()


@dataclass(frozen=True, slots=True)
class ContactKeys:
    """What calls of one person are put together by, whether they call or are called.

    Called as `keys(number, interface)`: the trunk says how its numbers are written; None stands for
    what is dialled here, where `prefix` gets an outside line.
    """

    rules: TrunkRules = DEFAULT_RULES
    prefix: str = ""

    def __call__(self, number: str | None, interface: str | None) -> str | None:
        rule = self.rules.of(interface)
        if interface is None and self.prefix and number and number.startswith(self.prefix):
            behind = read_number(number.removeprefix(self.prefix), rule)
            if behind.e164 is not None:
                return behind.e164
        return read_number(number, rule).contact


_WRAPPED = re.compile(r"(?:sips?|tel):([^@;>]*)([^>]*)", re.IGNORECASE)
_URI_EXTENSION = re.compile(r";ext=(\d{1,7})", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:[,;]?\s*(?:;ext=|ext(?:ension|n)?[.:]?|转|轉|分机|分機|x|#)|[,;])\s*[:：]?\s*(\d{1,7})\s*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?[\d\s().\-/]+")
_NOT_DIGIT = re.compile(r"\D+")
# A mobile of China with its plus, as most that is looked up here comes: read at a glance, and its
# place is that of all ten thousand numbers with the same seven digits before (tests compare both
# with the long way). 179 is left out: there it may be a carrier's access code.
_MOBILE = re.compile(r"\+861(?:[3-689][0-9]|7[0-8])[0-9]{8}")
_BLOCK = len("+861380013")


def read_number(raw: str | None, rule: TrunkRule = DEFAULT_RULE) -> NumberKey:
    """The key of a number as it came; never raises, whatever came."""
    return _read((raw or "")[: LONGEST_RAW + 1], rule)


@lru_cache(maxsize=8192)
def _read(raw: str, rule: TrunkRule) -> NumberKey:
    if _MOBILE.fullmatch(raw):
        return NumberKey(raw, e164=raw, suffix=raw[-LONGEST_SUFFIX:])
    return _read_closely(raw, rule)


def _read_closely(raw: str, rule: TrunkRule) -> NumberKey:
    kept = raw[:LONGEST_RAW].encode(errors="replace").decode()
    text = _unwrap(unicodedata.normalize("NFKC", raw)).strip()
    if _is_withheld(text):
        return NumberKey(kept, withheld=True)
    text, extension = _split_extension(text)
    digits = _NOT_DIGIT.sub("", text)
    if not _NUMBER.fullmatch(text) or not digits.isascii() or not 0 < len(digits) <= LONGEST_DIGITS:
        return NumberKey(kept)
    number = _first_reading(text, digits, rule)
    if number is not None:
        return _key_of(kept, number, extension)
    if len(digits) <= LONGEST_EXTENSION:
        return NumberKey(kept, extension=digits if text.isdigit() else None)
    return NumberKey(kept, extension=extension, suffix=_suffix(digits))


def _unwrap(text: str) -> str:
    """The number inside a SIP or tel URI, with the extension that a tel URI carries beside it."""
    found = _WRAPPED.search(text)
    if found is None:
        return text
    extension = _URI_EXTENSION.search(found[2])
    return found[1] + (extension[0] if extension else "")


def _is_withheld(text: str) -> bool:
    word = text.strip("<>\"' ").casefold()
    return not word or word in WITHHELD


def _split_extension(text: str) -> tuple[str, str | None]:
    found = _EXTENSION.search(text)
    if found is None or len(_NOT_DIGIT.sub("", text[: found.start()])) < SHORTEST_SUFFIX:
        return text, None
    return text[: found.start()].strip(), found[1]


def _key_of(raw: str, number: PhoneNumber, extension: str | None) -> NumberKey:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    national = phonenumbers.national_significant_number(number)
    return NumberKey(raw, e164=e164, extension=extension, suffix=_suffix(national))


def _suffix(digits: str) -> str | None:
    return digits[-LONGEST_SUFFIX:] if len(digits) >= SHORTEST_SUFFIX else None


# --- readings: each way to understand the digits, most trusted first ------------------------


def _international(text: str, digits: str, country: str) -> PhoneNumber | None:
    """With a plus: a possible length is enough, since number plans grow faster than our tables."""
    if not text.startswith("+"):
        return None
    number = _parse("+" + digits, None)
    possible = ValidationResult.IS_POSSIBLE
    if number is None or phonenumbers.is_possible_number_with_reason(number) != possible:
        return None
    return number


def _national(text: str, digits: str, country: str) -> PhoneNumber | None:
    """As somebody in the country would dial it, abroad with the international prefix."""
    return None if text.startswith("+") else _valid(_parse(digits, country))


def _plus_missing(text: str, digits: str, country: str) -> PhoneNumber | None:
    return None if text.startswith(("+", "0")) else _valid(_parse("+" + digits, None))


_Reading = Callable[[str, str, str], PhoneNumber | None]

_READINGS: dict[Writing, tuple[_Reading, ...]] = {
    Writing.E164: (_international, _plus_missing, _national),
    Writing.E164_NO_PLUS: (_international, _plus_missing, _national),
    Writing.NATIONAL: (_international, _national),
    Writing.AUTO: (_international, _national, _plus_missing),
}


def _first_reading(text: str, digits: str, rule: TrunkRule) -> PhoneNumber | None:
    return next(_readings(text, digits, rule), None)


def _readings(text: str, digits: str, rule: TrunkRule) -> Iterator[PhoneNumber]:
    for reading in _READINGS[rule.writing]:
        number = reading(text, digits, rule.country)
        if number is not None:
            yield number


def _parse(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _valid(number: PhoneNumber | None) -> PhoneNumber | None:
    return number if number is not None and phonenumbers.is_valid_number(number) else None


# --- place ----------------------------------------------------------------------------------


def load_places() -> None:
    """Load the tables of places: half a second, once, so at start and not in the first call."""
    place_of("+861062345678", "zh")
    place_of("+8613800138000", "zh")


def place_of(e164: str | None, language: str = "zh") -> str | None:
    """City or country of a number, e.g. 北京市 or Beijing; None when its plan does not say."""
    if e164 and _MOBILE.fullmatch(e164):
        return _place_of_block(e164[1:_BLOCK], language)
    return _place(e164, language)


@lru_cache(maxsize=8192)
def _place_of_block(block: str, language: str) -> str | None:
    """Looked up where the library would find it, past its many questions what kind of number it
    is: for every caller from a block not heard of lately they cost a fifth of finding the card."""
    assigned, names = _mobiles()
    if assigned.fullmatch(f"{block[2:]}0000"):
        for end in range(len(block), len("86"), -1):
            name = names.get(block[:end], _NOWHERE).get(language)
            if name is not None:
                return name
    return _place(f"+{block}0000", language)


_NOWHERE: Mapping[str, str] = {}


@cache
def _mobiles() -> tuple[re.Pattern[str], Mapping[str, Mapping[str, str]]]:
    """What mobiles of China look like, and the names of places by the digits that begin a number.
    Half a second the first time."""
    from phonenumbers.geodata import GEOCODE_DATA

    plan = PhoneMetadata.metadata_for_region("CN", None)
    pattern = plan and plan.mobile and plan.mobile.national_number_pattern
    return re.compile(pattern or "(?!)"), GEOCODE_DATA


@lru_cache(maxsize=8192)
def _place(e164: str | None, language: str) -> str | None:
    number = _split_e164(e164) if e164 else None
    if number is None:
        return None
    from phonenumbers import geocoder

    place: str = geocoder.description_for_number(number, language)
    return place or None


def _split_e164(e164: str) -> PhoneNumber | None:
    """What parsing it would give, at a tenth of the time: no country code begins with another."""
    for end in (2, 3, 4):
        if int(e164[1:end]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            national = e164[end:]
            zeros = len(national) - len(national.lstrip("0"))
            return PhoneNumber(
                country_code=int(e164[1:end]),
                national_number=int(national or 0),
                italian_leading_zero=True if zeros else None,
                number_of_leading_zeros=zeros if zeros > 1 else None,
            )
    return None
