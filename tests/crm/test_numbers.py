"""One subscriber has one key, however the number was written, and junk never raises."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import geocoder
from phonenumbers.geodata import GEOCODE_DATA

from callcenter.errors import InvalidInput
from crm.numbers import (
    LONGEST_RAW,
    NumberKey,
    TrunkRule,
    Writing,
    _read_closely,
    place_of,
    read_number,
)

MOBILE = "+8613800138000"
MOBILE_FORMS = [
    "13800138000",
    "013800138000",
    "+8613800138000",
    "008613800138000",
    "8613800138000",
    "+86 138 0013 8000",
    "138-0013-8000",
    "17951 13800138000",
    "１３８００１３８０００",
    "sip:+8613800138000@10.0.0.1;user=phone",
    "tel:+8613800138000",
]


@pytest.mark.parametrize("text", MOBILE_FORMS)
def test_a_chinese_mobile_is_one_number_in_every_writing(text: str) -> None:
    key = read_number(text)
    assert (key.e164, key.suffix, key.extension, key.withheld) == (MOBILE, "00138000", None, False)
    assert key.raw == text


@pytest.mark.parametrize(
    ("text", "rule", "e164"),
    [
        ("01062345678", TrunkRule(), "+861062345678"),
        ("(010) 6234-5678", TrunkRule(), "+861062345678"),
        ("4008881234", TrunkRule(), "+864008881234"),
        ("0539 1234567", TrunkRule(), "+865391234567"),
        ("6502530000", TrunkRule(Writing.NATIONAL, "US"), "+16502530000"),
        ("011442083661177", TrunkRule(Writing.NATIONAL, "US"), "+442083661177"),
        ("442083661177", TrunkRule(Writing.E164_NO_PLUS), "+442083661177"),
        ("16502530000", TrunkRule(Writing.E164_NO_PLUS), "+16502530000"),
        ("16502530000", TrunkRule(Writing.NATIONAL), "+8616502530000"),
        ("+16502530000", TrunkRule(Writing.NATIONAL), "+16502530000"),
        ("020 8366 1177", TrunkRule(Writing.AUTO, "GB"), "+442083661177"),
    ],
)
def test_the_trunk_says_how_it_writes(text: str, rule: TrunkRule, e164: str) -> None:
    assert read_number(text, rule).e164 == e164


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("010-62345678转5", "5"),
        ("010-62345678 分机：8012", "8012"),
        ("010-62345678,801", "801"),
        ("010-62345678 ext. 12", "12"),
        ("+86 10 6234 5678;ext=55", "55"),
        ("tel:+861062345678;ext=9", "9"),
    ],
)
def test_an_extension_stays_beside_its_number(text: str, extension: str) -> None:
    key = read_number(text)
    assert (key.e164, key.extension) == ("+861062345678", extension)


@pytest.mark.parametrize("text", ["1001", "8000", "10086", "95588", "12"])
def test_inner_and_service_numbers_are_not_e164(text: str) -> None:
    assert read_number(text) == NumberKey(text, extension=text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "anonymous",
        "Anonymous",
        "<unknown>",
        "RESTRICTED",
        "Unavailable",
        "未知号码",
    ],
)
def test_a_withheld_number_has_nothing_to_look_up(text: str | None) -> None:
    key = read_number(text)
    assert key.withheld
    assert (key.e164, key.suffix, key.suffixes) == (None, None, ())


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "=cmd|' /C calc'!A0",
        "'; drop table customers; --",
        "abc",
        "+",
        "()",
        "*72",
        "+12",
        "1" * 21,
        "1" * 300,
        "13800138000\x00",
        "\ud800123",
        "٣" * 30,
    ],
)
def test_junk_is_kept_as_text_and_matches_nobody(text: str) -> None:
    key = read_number(text)
    assert (key.e164, key.extension, key.withheld, key.suffixes) == (None, None, False, ())
    assert len(key.raw) <= LONGEST_RAW
    key.raw.encode()


def test_a_number_without_its_area_code_is_found_by_its_last_digits() -> None:
    assert read_number("62345678").suffix == "62345678"
    assert read_number("1234567").suffix == "1234567"
    assert read_number("1234567").suffix in read_number("0539 1234567").suffixes


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        TrunkRule(country="XX")
    assert refused.value.field == "country"


def test_places_in_both_languages() -> None:
    assert place_of(MOBILE, "zh") == "北京市"
    assert place_of(MOBILE, "en") == "Beijing"
    assert place_of("+442083661177", "en") == "London"
    assert place_of("+390612345678", "en") == "Rome"
    assert place_of("+16502530000", "en") == "Mountain View, CA"
    assert place_of(None) is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120), st.sampled_from(Writing), st.sampled_from(["CN", "US", "GB", "DE"]))
def test_whatever_comes_gives_a_sane_key(text: str, writing: Writing, country: str) -> None:
    key = read_number(text, TrunkRule(writing, country))
    assert len(key.raw) <= LONGEST_RAW
    if key.e164 is not None:
        assert key.e164[0] == "+"
        assert key.e164[1:].isascii()
        assert key.e164[1:].isdigit()
    if key.suffix is not None:
        assert 7 <= len(key.suffix) <= 8
        assert key.suffix.isascii()
    if key.withheld:
        assert key.e164 is key.suffix is key.extension is None


_mobiles = st.builds(
    lambda head, tail: f"{head}{tail:08d}",
    st.sampled_from(["130", "135", "139", "158", "186", "199"]),
    st.integers(0, 99_999_999),
)


@settings(max_examples=200, deadline=None)
@given(_mobiles, st.sampled_from(["", "0", "+86", "0086", "86", "+86 ", "+860"]))
def test_every_mobile_reads_the_same_with_any_prefix(mobile: str, prefix: str) -> None:
    key = read_number(prefix + mobile)
    assert key.e164 == "+86" + mobile
    assert key.suffix == mobile[-8:]


@settings(max_examples=200, deadline=None)
@given(_mobiles, st.sampled_from(Writing))
def test_reading_what_was_read_changes_nothing(mobile: str, writing: Writing) -> None:
    first = read_number(mobile)
    assert first.e164 is not None
    again = read_number(first.e164, TrunkRule(writing))
    assert (again.e164, again.suffix) == (first.e164, first.suffix)


def test_what_is_read_at_a_glance_is_what_reading_closely_gives() -> None:
    """Every block of a hundred thousand mobiles, with tails of all kinds."""
    tails = random.Random(86)  # noqa: S311 - no secret
    for block in range(130_000, 200_000, 7):
        number = f"+86{block}{tails.randrange(100_000):05d}"
        for rule in (TrunkRule(writing) for writing in Writing):
            assert read_number(number, rule) == _read_closely(number, rule)
        for language in ("zh", "en"):
            place = geocoder.description_for_number(phonenumbers.parse(number), language) or None
            assert place_of(number, language) == place


def test_no_place_in_china_is_known_by_more_digits_than_are_looked_at() -> None:
    known = [code for code in GEOCODE_DATA if re.fullmatch(r"861[3-9]\d+", code)]
    assert known
    assert max(map(len, known)) <= len("861380013")
