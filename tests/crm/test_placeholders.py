"""Texts with gaps: checked when saved, filled once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from crm.placeholders import PLACEHOLDERS, check, render

VALUES = {"customer.name": "李雷", "ticket.number": "T-1"}


def test_gaps_are_filled() -> None:
    assert render("{{customer.name}}（{{ ticket.number }}）", VALUES) == "李雷（T-1）"


def test_what_has_no_value_becomes_nothing() -> None:
    assert render("a{{agent.name}}b", VALUES) == "ab"


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_every_gap_that_is_offered_may_be_used(name: str) -> None:
    assert check(f"x {{{{{name}}}}}", "body") == f"x {{{{{name}}}}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{customer.salary}}", "'customer.salary'"),
        ("{{}}", "there is no placeholder ''"),
        ("{{__class__}}", "'__class__'"),
        ("{{customer.name", "both pairs of braces"),
        ("customer.name}}", "both pairs of braces"),
        ("{{{{customer.name}}}}", "both pairs of braces"),
    ],
)
def test_what_is_no_gap_of_ours_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(text, "body")
    assert refused.value.field == "body"
    assert said in refused.value.message


@given(name=st.text(), number=st.text())
def test_what_is_put_in_is_never_read_again(name: str, number: str) -> None:
    values = {"customer.name": name, "ticket.number": number}
    assert render("<{{customer.name}}|{{ticket.number}}>", values) == f"<{name}|{number}>"


def test_a_customer_called_like_a_gap_is_text() -> None:
    values = {"customer.name": "{{ticket.number}}", "ticket.number": "T-1"}
    assert render("{{customer.name}}", values) == "{{ticket.number}}"
