"""What custom fields take: each kind its own values, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from crm.fields.rules import (
    Cell,
    Choice,
    FieldKind,
    FieldSpec,
    Range,
    check_flags,
    check_name,
    folded,
    read_all,
    read_filter,
    read_text,
    read_value,
    shown,
)

CHOICES = (
    Choice("a", "甲", "Alpha"),
    Choice("b", "乙", "Beta"),
    Choice("old", "旧", "Old", retired=True),
)


def spec(kind: FieldKind, **values: Any) -> FieldSpec:
    choices = CHOICES if kind in {FieldKind.CHOICE, FieldKind.CHOICES} else ()
    fixed: dict[str, Any] = {
        "id": 1,
        "name": "f",
        "label_zh": "字段",
        "label_en": "Field",
        "choices": choices,
    }
    return FieldSpec(kind=kind, **fixed | values)


TEXT, NUMBER, DATE, CHOICE, MANY = (spec(kind) for kind in FieldKind)


@pytest.mark.parametrize(
    ("field", "sent", "back"),
    [
        (TEXT, "  HT-1 号 ", "HT-1 号"),
        (NUMBER, 12, 12.0),
        (NUMBER, -0.0, 0.0),
        (NUMBER, 1.5, 1.5),
        (DATE, "2024-02-29", "2024-02-29"),
        (DATE, "2024/2/9", "2024-02-09"),
        (CHOICE, "a", "a"),
        (MANY, ["b", "a", "b"], ["b", "a"]),
    ],
)
def test_a_value_is_typed_and_comes_back(field: FieldSpec, sent: Any, back: Any) -> None:
    assert shown(field.kind, read_value(field, sent)) == back


@pytest.mark.parametrize("sent", [None, "", "  ", []])
@pytest.mark.parametrize("field", [TEXT, NUMBER, DATE, CHOICE, MANY])
def test_nothing_is_no_rows(field: FieldSpec, sent: Any) -> None:
    assert read_value(field, sent) == ()


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        (TEXT, 5),
        (TEXT, "x" * 401),
        (TEXT, "a\nb"),
        (TEXT, "a\x00b"),
        (TEXT, ["a"]),
        (NUMBER, "5"),
        (NUMBER, float("inf")),
        (NUMBER, float("nan")),
        (NUMBER, 1e16),
        (NUMBER, True),
        (DATE, "2025-02-29"),
        (DATE, "1066-10-14"),
        (DATE, "tomorrow"),
        (DATE, 20250101),
        (CHOICE, "c"),
        (CHOICE, "old"),
        (CHOICE, ["a"]),
        (MANY, "a"),
        (MANY, ["a", "old"]),
    ],
)
def test_what_a_field_does_not_take_is_refused_by_its_name(field: FieldSpec, sent: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_value(field, sent)
    assert refused.value.field == "custom.f"


def test_what_a_customer_has_may_stay_though_retired() -> None:
    assert shown(MANY.kind, read_value(MANY, ["old", "a"], kept=["old"])) == ["old", "a"]


@pytest.mark.parametrize(
    ("field", "text", "back"),
    [
        (NUMBER, "1,200.5", 1200.5),
        (CHOICE, "甲", "a"),
        (CHOICE, "BETA", "b"),
        (MANY, "甲、Beta", ["a", "b"]),
        (MANY, "a; b", ["a", "b"]),
        (DATE, "2025/3/1", "2025-03-01"),
        (TEXT, "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ],
)
def test_a_table_cell_is_read_as_people_write_it(field: FieldSpec, text: str, back: Any) -> None:
    assert shown(field.kind, read_text(field, text)) == back


@pytest.mark.parametrize(("field", "text"), [(NUMBER, "many"), (CHOICE, "丙"), (MANY, "甲、丙")])
def test_a_table_cell_that_cannot_be(field: FieldSpec, text: str) -> None:
    with pytest.raises(InvalidInput):
        read_text(field, text)


def test_required_fields_are_asked_for_when_new_and_cannot_be_cleared() -> None:
    must, may = spec(FieldKind.TEXT, required=True), spec(FieldKind.NUMBER, id=2, name="n")
    with pytest.raises(InvalidInput) as missing:
        read_all([must, may], {"n": 5}, new=True)
    assert missing.value.field == "custom.f"
    with pytest.raises(InvalidInput):
        read_all([must, may], {"f": " "}, new=False)
    assert read_all([must, may], {"n": None}, new=False) == {may: ()}
    gone = spec(FieldKind.TEXT, required=True, retired=True)
    assert read_all([gone], {}, new=True) == {}


def test_a_field_that_is_not_there_takes_nothing() -> None:
    gone = spec(FieldKind.TEXT, retired=True)
    for specs in ([], [gone]):
        with pytest.raises(InvalidInput) as refused:
            read_all(specs, {"f": "x"}, new=False)
        assert refused.value.field == "custom.f"
    assert read_all([gone], {"f": None}, new=False) == {gone: ()}


@pytest.mark.parametrize(
    ("field", "text", "wanted"),
    [
        (TEXT, "Ｈt-1", Range(keys=("ht-1",))),
        (TEXT, "a,b", Range(keys=("a,b",))),
        (CHOICE, "a,B", Range(keys=("a", "b"))),
        (NUMBER, "10..20", Range(low=10, high=20)),
        (NUMBER, "10", Range(low=10, high=10)),
        (NUMBER, "..20", Range(high=20)),
        (DATE, "2025-01-01..", Range(low=date(2025, 1, 1))),
        (DATE, "-", Range(absent=True)),
    ],
)
def test_filters(field: FieldSpec, text: str, wanted: Range) -> None:
    assert read_filter(field, text) == wanted


@pytest.mark.parametrize(
    ("field", "text"), [(NUMBER, "x"), (NUMBER, ".."), (DATE, "2025-13-01"), (CHOICE, ",")]
)
def test_a_filter_that_cannot_be(field: FieldSpec, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_filter(field, text)
    assert refused.value.field == "field.f"


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", "a b", "a\n", "x" * 41, "字"])
def test_a_name_that_cannot_be(name: str) -> None:
    with pytest.raises(InvalidInput):
        check_name(name)


@pytest.mark.parametrize(
    ("kind", "once", "choices", "field"),
    [
        (FieldKind.CHOICE, True, 2, "unique"),
        (FieldKind.CHOICE, False, 0, "choices"),
        (FieldKind.CHOICES, False, 51, "choices"),
        (FieldKind.TEXT, False, 1, "choices"),
    ],
)
def test_what_cannot_go_together(kind: FieldKind, once: bool, choices: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_flags(kind, once=once, choices=choices)
    assert refused.value.field == field


@given(st.text(max_size=60))
def test_text_is_found_by_what_it_was_kept_by(text: str) -> None:
    try:
        cells = read_value(TEXT, text)
    except InvalidInput:
        return
    for cell in cells:
        assert cell == Cell(text=text.strip(), key=folded(text))
        assert folded(cell.key or "") == cell.key
