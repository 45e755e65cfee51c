"""What a score sheet may ask and how answers become a score: exact arithmetic, pure.

A question earns a share of its weight between nothing and all of it. The score is what was earned
of the weights of all questions that applied, in percent, rounded half up to two decimals. When
nothing applied there is no score, which is not 0. A knock-out question that earns nothing makes
the whole score 0, whatever else was answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated

import msgspec
from msgspec import Meta

from callcenter.errors import InvalidInput

MOST_QUESTIONS = 100
HEAVIEST = 1000

Words = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
Explanation = Annotated[str, Meta(max_length=2000)]
Label = Annotated[str, Meta(max_length=100)]
Key = Annotated[str, Meta(pattern=r"^q[0-9]{1,6}(?!\n)$")]
Percent = Annotated[int, Meta(ge=0, le=100)]
PassMark = Annotated[int, Meta(ge=1, le=100)]


class QuestionKind(StrEnum):
    YES_NO = "yes_no"  # 0 or 1
    SCALE = "scale"  # 0 to `most`
    CHOICE = "choice"  # the place of one of `choices`


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`points`: how much of the question's weight it earns, in percent."""

    label: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    points: Percent


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key` stays the same from version to version, so that a question has a trend; null is new.

    `weight` 0: asked, and not counted. `optional`: "not applicable" is an answer.
    """

    text: Words
    kind: QuestionKind = QuestionKind.YES_NO
    key: Key | None = None
    section: Label = ""
    help: Explanation = ""
    most: Annotated[int, Meta(ge=1, le=100)] = 5
    choices: Annotated[tuple[Choice, ...], Meta(max_length=20)] = ()
    weight: Annotated[int, Meta(ge=0, le=HEAVIEST)] = 10
    knock_out: bool = False
    optional: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`value` null and not `not_applicable`: not answered yet. `note`: why, for the agent."""

    value: Annotated[int, Meta(ge=0, le=100)] | None = None
    not_applicable: bool = False
    note: Explanation = ""


class Result(msgspec.Struct, frozen=True):
    """`score` null: nothing applied. `passed` null: there is no mark, or no score."""

    score: float | None
    passed: bool | None
    knocked_out: tuple[str, ...]


Answers = Mapping[str, Answer]
NOTHING_SAID = Answer()


def check_sheet(questions: Sequence[Question]) -> None:
    """InvalidInput names the question that cannot be asked so."""
    if not questions:
        raise InvalidInput("must not be empty", field="questions")
    seen: set[str] = set()
    for place, one in enumerate(questions):
        at = f"questions[{place}]"
        if one.key is not None and one.key in seen:
            raise InvalidInput("this question is there twice", field=f"{at}.key")
        seen.add(one.key or "")
        _check_choices(one, f"{at}.choices")
        if one.knock_out and not _can_fail(one):
            raise InvalidInput(
                "one of the choices has to earn nothing, or it cannot knock out",
                field=f"{at}.knock_out",
            )
    if not any(one.weight for one in questions):
        raise InvalidInput("one question at least has to count", field="questions[0].weight")


def _check_choices(one: Question, at: str) -> None:
    if one.kind is not QuestionKind.CHOICE:
        if one.choices:
            raise InvalidInput(f"a question of kind {one.kind} has no choices", field=at)
        return
    if len(one.choices) < 2:
        raise InvalidInput("at least 2 choices", field=at)
    if len({choice.label.strip() for choice in one.choices}) < len(one.choices):
        raise InvalidInput("a choice is there twice", field=at)


def _can_fail(one: Question) -> bool:
    return one.kind is not QuestionKind.CHOICE or any(choice.points == 0 for choice in one.choices)


def with_keys(questions: Iterable[Question], last: int) -> tuple[tuple[Question, ...], int]:
    """The questions, the new ones with a key that none ever had; and the last number given."""
    found = []
    for one in questions:
        if one.key is None:
            last += 1
            one = msgspec.structs.replace(one, key=f"q{last}")  # noqa: PLW2901 - the same, named
        found.append(one)
    return tuple(found), last


def check_answers(questions: Sequence[Question], answers: Answers, *, complete: bool) -> None:
    """InvalidInput names the answer. `complete`: none may be missing."""
    asked = {one.key: one for one in questions}
    for key, answer in answers.items():
        if key not in asked:
            raise InvalidInput("there is no such question", field=f"answers.{key}")
        _check_answer(asked[key], answer)
    if not complete:
        return
    for one in questions:
        answer = answers.get(one.key or "", NOTHING_SAID)
        if answer.value is None and not answer.not_applicable:
            raise InvalidInput("must not be empty", field=f"answers.{one.key}")


def _check_answer(question: Question, answer: Answer) -> None:
    at = f"answers.{question.key}"
    if answer.not_applicable and not question.optional:
        raise InvalidInput("this question always applies", field=f"{at}.not_applicable")
    if answer.not_applicable and answer.value is not None:
        raise InvalidInput("either it applies or it has a value", field=f"{at}.value")
    if answer.value is not None and answer.value > _highest(question):
        raise InvalidInput(f"at most {_highest(question)}", field=f"{at}.value")


def _highest(question: Question) -> int:
    return {
        QuestionKind.YES_NO: 1,
        QuestionKind.SCALE: question.most,
        QuestionKind.CHOICE: len(question.choices) - 1,
    }[question.kind]


def earned(question: Question, answer: Answer) -> Fraction | None:
    """From nothing (0) to all (1); None when it did not apply or was not answered."""
    if answer.value is None:
        return None
    if question.kind is QuestionKind.CHOICE:
        return Fraction(question.choices[answer.value].points, 100)
    return Fraction(answer.value, _highest(question))


def result_of(questions: Sequence[Question], answers: Answers, pass_mark: int | None) -> Result:
    """What answers that were checked come to."""
    total, weights = Fraction(0), 0
    failed: list[str] = []
    for one in questions:
        share = earned(one, answers.get(one.key or "", NOTHING_SAID))
        if share is None:
            continue
        total += share * one.weight
        weights += one.weight
        if one.knock_out and share == 0:
            failed.append(one.key or "")
    if failed:
        return Result(0.0, False, tuple(failed))
    if not weights:
        return Result(None, None, ())
    score = rounded(100 * total / weights)
    return Result(score, None if pass_mark is None else score >= pass_mark, ())


def rounded(value: Fraction) -> float:
    """Two decimals, half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
