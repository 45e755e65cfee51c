"""Which numbers may be called, by whom, and that nothing else ever reaches the dialplan."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callcenter.errors import Forbidden, InvalidInput
from callcenter.number_patterns import is_pattern
from routing.dialling import DialRules, Kind, destination

RULES = DialRules()
EXTENSION = re.compile(r"\+?[0-9]{2,20}")


def dialled(text: str, rules: DialRules = RULES, *, abroad: bool = False) -> str:
    return destination(text, rules, abroad=abroad).extension


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("1004", "1004"),
        ("8000", "8000"),
        ("13800138000", "913800138000"),
        ("138 0013 8000", "913800138000"),
        ("(010) 6234-5678", "901062345678"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086 138 0013 8000", "9008613800138000"),
        ("62345678", "962345678"),
        ("10086", "910086"),
        ("4008123456", "94008123456"),
    ],
)
def test_ordinary_numbers_are_dialled(text: str, extension: str) -> None:
    assert dialled(text) == extension


@pytest.mark.parametrize(
    "text",
    [
        *("300&Local/1@x", "300,10", "300@from-trunk", "300|2", "SIP/300", "+", "", " ", "1"),
        *(
            "*21*1004",
            "#1",
            "1;2",
            "138\n0013",
            "138\r\nAction: Hangup",
            "138\0",
            "１３８００１３８０００",
        ),
        *(
            "+86138+0013",
            "++8613800138000",
            "${SHELL(x)}",
            "138x",
            "tel:10086",
            "1" * 19,
            "9" * 500,
        ),
    ],
)
def test_what_is_no_number_is_refused_even_to_who_may_call_everywhere(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        dialled(text, abroad=True)
    assert refused.value.field == "number"


@pytest.mark.parametrize(
    "text",
    [
        *("+12125551234", "0012125551234", "+447911123456", "+882161234567", "+979123456789"),
        *("16812345", "+8616812345"),  # premium here
        *("17951 0012125551234", "17909 00441234567", "00", "000000000"),  # carriers' codes
    ],
)
def test_abroad_and_premium_need_a_right(text: str) -> None:
    with pytest.raises(Forbidden):
        dialled(text)
    assert dialled(text, abroad=True)


@pytest.mark.parametrize("text", ["110", "119", "120", "1 1 0"])
def test_an_emergency_is_never_stopped(text: str) -> None:
    closed = DialRules(inside=("1XX",), outside=(), blocked=("X.",), restricted=("X.",))
    found = destination(text, closed, abroad=False)
    assert found.kind is Kind.EMERGENCY
    assert found.extension == "9" + text.replace(" ", "")


def test_emergencies_of_ones_own_are_known_too() -> None:
    rules = DialRules(outside=(), emergency=("122", "8119"))
    assert destination("122", rules, abroad=False).kind is Kind.EMERGENCY
    assert destination("8119", rules, abroad=False).kind is Kind.EMERGENCY


def test_the_lists_decide() -> None:
    rules = DialRules(
        outside=("1[3-9]XXXXXXXXX", "+44."),
        blocked=("13900139000", "1099"),
        restricted=("138.",),
        unrestricted=("+4420.",),
        prefix="",
    )
    assert dialled("13700137000", rules) == "13700137000"
    assert dialled("+442079460000", rules) == "+442079460000"
    for blocked in ("13900139000", "1099"):
        with pytest.raises(InvalidInput):
            dialled(blocked, rules, abroad=True)
    with pytest.raises(InvalidInput):
        dialled("01062345678", rules, abroad=True)
    with pytest.raises(Forbidden):
        dialled("+447911123456", rules)


def test_restricted_wins_over_unrestricted() -> None:
    rules = DialRules(restricted=("138.",), unrestricted=("1.",))
    with pytest.raises(Forbidden):
        dialled("13800138000", rules)


def test_another_country_has_its_own_abroad() -> None:
    rules = DialRules(country="GB")
    assert dialled("+447911123456", rules) == "+447911123456"
    assert dialled("07911123456", rules) == "907911123456"
    assert destination("999", rules, abroad=False).kind is Kind.EMERGENCY
    with pytest.raises(Forbidden):
        dialled("+8613800138000", rules)
    with pytest.raises(Forbidden):
        dialled("09098790000", rules)  # premium there


@given(st.text(max_size=60))
@example("300&Local/8000@to-queue")
def test_whatever_is_typed_only_digits_reach_the_dialplan(text: str) -> None:
    try:
        found = destination(text, RULES, abroad=True)
    except InvalidInput:
        return
    assert EXTENSION.fullmatch(found.extension)
    assert found.extension.isascii()


digits = st.text("0123456789", min_size=2, max_size=18)


@given(st.sampled_from(["", "+"]), digits)
def test_a_number_of_another_country_never_passes_without_the_right(plus: str, text: str) -> None:
    try:
        found = destination(plus + text, RULES, abroad=False)
    except (InvalidInput, Forbidden):
        return
    if found.kind is Kind.OUTSIDE:
        assert phonenumbers.parse(plus + text, "CN").country_code == 86


@given(st.text("0123456789 ()-.", min_size=2, max_size=30))
def test_the_right_opens_nothing_but_what_is_dear(text: str) -> None:
    """Who may call everywhere gets the same extension, and the same refusals."""
    try:
        narrow = destination(text, RULES, abroad=False)
    except InvalidInput:
        with pytest.raises(InvalidInput):
            destination(text, RULES, abroad=True)
        return
    except Forbidden:
        assert destination(text, RULES, abroad=True).kind is Kind.OUTSIDE
        return
    assert destination(text, RULES, abroad=True) == narrow


@pytest.mark.parametrize(
    "pattern", ["10XX", "X.", "+X.", "1[3-9]X.", "8100", "NZX", "[123]", "+44."]
)
def test_patterns_that_can_stand_in_a_list(pattern: str) -> None:
    assert is_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["", "+", ".", "+.", "X!", "_10XX", "a", "1.2", "(x)", "[a-z]", "X\n", "["]
)
def test_patterns_that_cannot(pattern: str) -> None:
    assert not is_pattern(pattern)


def test_a_list_with_a_wrong_pattern_lets_nothing_through() -> None:
    with pytest.raises(ValueError, match="not a pattern"):
        dialled("10086", DialRules(inside=(".*|10086",)))
