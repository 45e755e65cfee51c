"""What somebody typed into the one box, understood without looking anything up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.search.query import pattern, phrase, ticket_numbers, understand
from crm.search.ranking import Hit, Why, best, closer, excerpt


@pytest.mark.parametrize("typed", ["", "  ", "\u3000\n\t"])
def test_nothing_is_looked_for_when_nothing_was_typed(typed: str) -> None:
    assert understand(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "008613800138000",
        "１３８００１３８０００",
    ],
)
def test_a_number_is_read_in_any_form(typed: str) -> None:
    asked = understand(typed)
    assert asked is not None
    assert asked.number is not None
    assert asked.number.e164 == "+8613800138000"
    assert asked.is_number


def test_four_digits_are_a_part_of_a_number_and_three_are_not() -> None:
    four, three = understand("8000"), understand("800")
    assert four is not None and four.digits == "8000" and four.is_number
    assert three is not None and three.digits is None and not three.is_number


@pytest.mark.parametrize(
    ("typed", "ticket"),
    [
        ("T-2026-000123", (2026, 123)),
        ("t-2026-123", (2026, 123)),
        ("2026-123", (2026, 123)),
        ("#123", (None, 123)),
        ("123", (None, 123)),
        ("T-2026-", None),
        ("王芳", None),
    ],
)
def test_a_ticket_number_is_read_in_any_form(typed: str, ticket: object) -> None:
    asked = understand(typed)
    assert asked is not None
    assert asked.ticket == ticket


def test_a_ticket_number_without_its_year_can_be_of_each() -> None:
    assert ticket_numbers((None, 7), [2025, 2026]) == ["T-2026-000007", "T-2025-000007"]
    assert ticket_numbers((2024, 7), [2025, 2026]) == ["T-2024-000007"]


@pytest.mark.parametrize(
    ("typed", "reading"),
    [("zw", "zw"), ("Zhang Wei", "zhangwei"), ("zhāng", "zhang"), ("张w", None), ("a@b", None)],
)
def test_letters_may_be_how_a_name_reads(typed: str, reading: str | None) -> None:
    asked = understand(typed)
    assert asked is not None
    assert asked.reading == reading


@given(st.text(max_size=300))
def test_whatever_is_typed_is_a_text(typed: str) -> None:
    asked = understand(typed)
    assert asked is None or 0 < len(asked.text) <= 200


def test_what_means_something_to_the_database_is_a_letter() -> None:
    assert pattern("100%_\\") == "%100\\%\\_\\\\%"
    assert phrase('a" OR b*') == '"a"" OR b*"'


def test_the_closest_comes_first_and_each_once() -> None:
    hits = [
        Hit(1, Why.NAME, "北京云山科技", None),
        Hit(1, Why.READING, "北京云山科技", None),
        Hit(2, Why.NAME_BEGINS, "云山集团", None),
        Hit(3, Why.NAME_IS, "云山", None),
        Hit(4, Why.NAME, "大云山", None),
        Hit(5, Why.NUMBER, "别人", None),
    ]
    assert [hit.id for hit in best(hits, 10)] == [5, 3, 2, 1, 4]
    assert [hit.id for hit in best(hits, 2)] == [5, 3]


@pytest.mark.parametrize(
    ("name", "why"),
    [("云山", Why.NAME_IS), ("云山集团", Why.NAME_BEGINS), ("北京云山", Why.NAME)],
)
def test_how_close_a_name_is(name: str, why: Why) -> None:
    assert closer(Why.NAME, name, "云山") is why
    assert closer(Why.READING, name, "云山") is Why.READING


def test_of_a_long_text_the_part_that_fits_is_shown() -> None:
    text = "前" * 300 + "退款" + "后" * 300
    shown = excerpt(text, "退款")
    assert "退款" in shown and shown.startswith("…") and shown.endswith("…") and len(shown) < 130
    assert excerpt("一句\n话", "话") == "一句 话"
