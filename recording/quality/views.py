"""A score as the API takes and shows it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from recording.quality.names import NamedRef
from recording.quality.rules import Answer
from recording.quality.sheets import SheetContent
from recording.quality.states import ScoreState, ScoreStep

LONGEST = 10_000

Text = Annotated[str, Meta(max_length=LONGEST)]
Reason = Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=r"\S")]
At = Annotated[float, Meta(ge=0, le=864_000)]  # seconds into the recording


class Remark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the evaluator says of a moment; `at`: seconds into the recording."""

    at: At
    text: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]


class ScoreContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an evaluator writes; `answers` by the key of the question."""

    answers: Annotated[dict[str, Answer], Meta(max_length=100)] = {}
    remarks: Annotated[tuple[Remark, ...], Meta(max_length=200)] = ()
    summary: Text = ""


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A score in a list. `score` in percent; null: not submitted yet, or nothing applied.

    `version` is what changes are made against.
    """

    id: int
    version: int
    state: ScoreState
    recording: str
    interaction: str | None
    agent: NamedRef
    sheet: NamedRef
    evaluator: NamedRef | None
    rule: str | None
    direction: str | None
    recorded_at: float
    seconds: float | None
    created_at: float
    submitted_at: float | None
    score: float | None
    passed: bool | None
    knocked_out: bool | None


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """What happened; `content` is what was submitted or decided then."""

    at: float
    step: ScoreStep
    by: str | None
    text: str | None
    score: float | None
    content: ScoreContent | None


class ScoreView(ScoreRow, frozen=True, kw_only=True):
    """One score with its sheet as it was, and what who asks can do next."""

    form: SheetContent
    content: ScoreContent
    steps: list[StepView]
    possible: list[ScoreStep]
