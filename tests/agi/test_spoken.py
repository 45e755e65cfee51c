"""Numbers as the sound files a language says them with."""

from __future__ import annotations

import pytest

from callcenter.agi.spoken import digit_sounds, number_sounds


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (0, "0", "0"),
        (7, "7", "7"),
        (10, "10", "10"),
        (12, "12", "10 2"),
        (20, "20", "2 10"),
        (21, "20 1", "2 10 1"),
        (100, "1 hundred", "1 hundred"),
        (105, "1 hundred 5", "1 hundred 0 5"),
        (110, "1 hundred 10", "1 hundred 1 10"),
        (1005, "1 thousand 5", "1 thousand 0 5"),
        (1050, "1 thousand 50", "1 thousand 0 5 10"),
        (9999, "9 thousand 9 hundred 90 9", "9 thousand 9 hundred 9 10 9"),
    ],
)
def test_numbers(number: int, english: str, chinese: str) -> None:
    assert number_sounds(number, "en_US") == [f"digits/{name}" for name in english.split()]
    assert number_sounds(number, "zh") == [f"digits/{name}" for name in chinese.split()]


@pytest.mark.parametrize(("number", "language"), [(5, "fr"), (-1, "en"), (10_000, "en"), (5, "")])
def test_what_we_cannot_say_is_left_to_the_pbx(number: int, language: str) -> None:
    assert number_sounds(number, language) is None


def test_digits_of_a_telephone_number() -> None:
    assert digit_sounds("+86 1②2") == ["digits/8", "digits/6", "digits/1", "digits/2"]
