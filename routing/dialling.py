"""Which numbers people may call from here, and what the dialplan is asked for them.

A number is matched against the installation's lists before it can come near a dial string; what is
not clearly a number is none. Nothing here stands in the way of an emergency call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, shortnumberinfo
from phonenumbers.shortnumberinfo import ShortNumberCost

from callcenter.errors import Conflict, Forbidden, InvalidInput
from callcenter.number_patterns import matches

LONGEST_TEXT = 40
MOST_DIGITS = 18  # E.164 has 15; an international prefix may precede them
LONGEST_SHORT = 6  # a service number, whose price our tables may not know
LOCAL = range(7, 9)  # digits of a number within one's own city, without the area code

_WRITTEN = re.compile(r"\(?\+?[0-9][0-9 ()./\u00a0-]*")
_SEPARATORS = re.compile(r"[^+0-9]")
_DIALLED = re.compile(r"\+?[0-9]{2,18}")


class DoNotCall(Conflict):
    """Whoever has this number does not want to be called."""

    code = "do_not_call"

    def __init__(self) -> None:
        super().__init__("this customer does not want to be called", field="number")


class Kind(StrEnum):
    INSIDE = "inside"
    OUTSIDE = "outside"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Destination:
    """`extension` is what the dialplan is asked for, `number` what people read."""

    number: str
    extension: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class DialRules:
    """The installation's lists, of patterns (callcenter.number_patterns).

    `inside` is dialled as it is; before other numbers without a plus goes `prefix`. `restricted`
    needs the right to call abroad beside what is international or premium, `unrestricted` does not
    whatever it looks like. `blocked` wins over all but emergencies.
    """

    country: str = "CN"
    inside: tuple[str, ...] = ("10XX", "80XX", "8100", "86XX")
    outside: tuple[str, ...] = ("X.", "+X.")
    prefix: str = "9"
    blocked: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    unrestricted: tuple[str, ...] = ()
    emergency: tuple[str, ...] = ()


def destination(text: str, rules: DialRules, *, abroad: bool) -> Destination:
    """Where `text`, as somebody typed or clicked it, leads; `abroad`: the right to call there.

    Raises InvalidInput for what is no number or not among those allowed, and Forbidden for an
    international or premium number without the right.
    """
    number = _read(text)
    if _is_emergency(number, rules):
        return Destination(number, rules.prefix + number, Kind.EMERGENCY)
    if matches(number, rules.blocked):
        raise InvalidInput("this number may not be called from here", field="number")
    if matches(number, rules.inside):
        return Destination(number, number, Kind.INSIDE)
    if not matches(number, rules.outside):
        raise InvalidInput("this number is not among those that may be called", field="number")
    if not abroad and _needs_right(number, rules):
        raise Forbidden("calling abroad or premium numbers needs a right of its own")
    extension = number if number.startswith("+") else rules.prefix + number
    return Destination(number, extension, Kind.OUTSIDE)


def _read(text: str) -> str:
    """The bare number: digits, a plus before them at most."""
    stripped = text.strip(" \u00a0")
    if len(text) <= LONGEST_TEXT and _WRITTEN.fullmatch(stripped):
        number = _SEPARATORS.sub("", stripped)
        if _DIALLED.fullmatch(number):
            return number
    raise InvalidInput("this is not a telephone number", field="number")


def _is_emergency(number: str, rules: DialRules) -> bool:
    known: bool = shortnumberinfo.is_emergency_number(number, rules.country)
    return not number.startswith("+") and (known or matches(number, rules.emergency))


def _needs_right(number: str, rules: DialRules) -> bool:
    if matches(number, rules.restricted):
        return True
    return not matches(number, rules.unrestricted) and not _is_ordinary(number, rules.country)


def _is_ordinary(number: str, country: str) -> bool:
    """A number of this country, at an ordinary price, as far as our tables know.

    What they cannot read is not ordinary: a carrier's code before an international number looks
    like nothing at all.
    """
    parsed = _parse(number, country)
    if parsed is None or parsed.country_code != phonenumbers.country_code_for_region(country):
        return False
    if phonenumbers.is_valid_number(parsed):
        return phonenumbers.number_type(parsed) not in _DEAR
    if number.startswith(("+", "0")):
        return False
    if len(number) <= LONGEST_SHORT:
        cost = shortnumberinfo.expected_cost_for_region(parsed, country)
        return bool(cost != ShortNumberCost.PREMIUM_RATE)
    return len(number) in LOCAL


_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE})


def _parse(number: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
