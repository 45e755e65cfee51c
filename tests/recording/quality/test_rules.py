"""Scores are exact: weights, knock-outs, and what did not apply."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callcenter.errors import InvalidInput
from recording.quality.rules import (
    Answer,
    Choice,
    Question,
    QuestionKind,
    Result,
    check_answers,
    check_sheet,
    earned,
    result_of,
    rounded,
    with_keys,
)

POLITE = Question(key="q1", text="Greets by name", weight=20)
RIGHT = Question(key="q2", text="Says the right thing", kind=QuestionKind.SCALE, most=5, weight=60)
HOW = Question(
    key="q3", text="Ends the call", kind=QuestionKind.CHOICE, weight=20, optional=True,
    choices=(Choice("well", 100), Choice("so so", 40), Choice("badly", 0)),
)  # fmt: skip
SECRET = Question(key="q4", text="Checks who it is", weight=0, knock_out=True, optional=True)
SHEET = (POLITE, RIGHT, HOW, SECRET)
NOT = Answer(not_applicable=True)


def said(*values: int | None) -> dict[str, Answer]:
    return {
        one.key or "": NOT if value is None else Answer(value=value)
        for one, value in zip(SHEET, values, strict=True)
    }


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        (said(1, 5, 0, 1), Result(100.0, True, ())),
        (said(1, 4, 1, 1), Result(76.0, False, ())),
        (said(0, 5, None, 1), Result(75.0, False, ())),
        (said(1, 2, None, None), Result(55.0, False, ())),
        (said(1, 5, 0, 0), Result(0.0, False, ("q4",))),
        ({}, Result(None, None, ())),
    ],
)
def test_answers_come_to_a_score(answers: dict[str, Answer], result: Result) -> None:
    assert result_of(SHEET, answers, 80) == result


def test_without_a_mark_only_a_knock_out_fails() -> None:
    assert result_of(SHEET, said(0, 0, 2, 1), None) == Result(0.0, None, ())
    assert result_of(SHEET, said(1, 5, 0, 0), None).passed is False


def test_halves_are_rounded_up() -> None:
    assert rounded(Fraction(2_005, 1_000)) == 2.01
    assert rounded(Fraction(200, 3)) == 66.67


@st.composite
def answered(draw: st.DrawFn) -> tuple[list[Question], dict[str, Answer]]:
    """A sheet and answers that fit it."""
    questions, answers = [], {}
    for number in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(QuestionKind))
        points = draw(st.lists(st.integers(0, 100), min_size=2, max_size=4))
        one = Question(
            key=f"q{number + 1}", text="x", kind=kind, optional=True,
            most=draw(st.integers(1, 10)), weight=draw(st.integers(0, 50)),
            choices=tuple(Choice(str(place), value) for place, value in enumerate(points))
            if kind is QuestionKind.CHOICE else (),
        )  # fmt: skip
        highest = {
            QuestionKind.YES_NO: 1,
            QuestionKind.SCALE: one.most,
            QuestionKind.CHOICE: len(points) - 1,
        }[kind]
        value = draw(st.none() | st.integers(0, highest))
        questions.append(one)
        answers[f"q{number + 1}"] = NOT if value is None else Answer(value=value)
    return questions, answers


@given(answered())
def test_a_score_lies_between_nothing_and_all(
    sheet: tuple[list[Question], dict[str, Answer]],
) -> None:
    questions, answers = sheet
    check_answers(questions, answers, complete=True)
    score = result_of(questions, answers, 50).score
    counted = [one for one in questions if one.weight and answers[one.key or ""].value is not None]
    assert (score is None) == (not counted)
    if score is not None:
        shares = [float(earned(one, answers[one.key or ""]) or 0) * 100 for one in counted]
        assert min(shares) - 0.01 <= score <= max(shares) + 0.01


@given(answered(), st.integers(2, 9))
def test_only_the_proportion_of_weights_counts(
    sheet: tuple[list[Question], dict[str, Answer]], times: int
) -> None:
    questions, answers = sheet
    heavier = [structs.replace(one, weight=one.weight * times) for one in questions]
    assert result_of(heavier, answers, None) == result_of(questions, answers, None)


@given(answered())
def test_what_does_not_apply_is_as_if_it_were_not_asked(
    sheet: tuple[list[Question], dict[str, Answer]],
) -> None:
    questions, answers = sheet
    asked = [one for one in questions if not answers[one.key or ""].not_applicable]
    assert result_of(asked, answers, 70) == result_of(questions, answers, 70)


@given(answered())
def test_a_knock_out_that_earns_nothing_takes_all(
    sheet: tuple[list[Question], dict[str, Answer]],
) -> None:
    questions, answers = sheet
    strict = [structs.replace(one, knock_out=True) for one in questions]
    failed = [one for one in strict if earned(one, answers[one.key or ""]) == 0]
    result = result_of(strict, answers, 1)
    assert result.knocked_out == tuple(one.key for one in failed)
    if failed:
        assert (result.score, result.passed) == (0.0, False)


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ((), "questions"),
        ((POLITE, POLITE), "questions[1].key"),
        ((structs.replace(HOW, choices=(Choice("a", 1),)),), "questions[0].choices"),
        (
            (structs.replace(HOW, choices=(Choice("a", 1), Choice("a ", 2))),),
            "questions[0].choices",
        ),
        ((structs.replace(POLITE, choices=HOW.choices),), "questions[0].choices"),
        ((SECRET,), "questions[0].weight"),
        (
            (structs.replace(HOW, knock_out=True, choices=(Choice("a", 1), Choice("b", 2))),),
            "questions[0].knock_out",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field(
    questions: tuple[Question, ...], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_sheet(questions)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"q9": Answer(value=1)}, "answers.q9"),
        ({"q1": NOT}, "answers.q1.not_applicable"),
        ({"q1": Answer(value=2)}, "answers.q1.value"),
        ({"q2": Answer(value=6)}, "answers.q2.value"),
        ({"q3": Answer(value=3)}, "answers.q3.value"),
        ({"q3": Answer(value=1, not_applicable=True)}, "answers.q3.value"),
        (said(1, 1, 1, 1) | {"q2": Answer(note="later")}, "answers.q2"),
    ],
)
def test_answers_that_do_not_fit_are_refused_at_their_question(
    answers: dict[str, Answer], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_answers(SHEET, answers, complete=True)
    assert refused.value.field == field


def test_a_draft_may_be_empty_and_new_questions_get_keys_that_none_had() -> None:
    check_answers(SHEET, {}, complete=False)
    named, last = with_keys((POLITE, Question(text="new"), Question(text="newer")), 7)
    assert [one.key for one in named] == ["q1", "q8", "q9"]
    assert last == 9
