"""The life of a score as one table: state × step → state, and who takes which step; pure.

    assigned → draft → submitted → acknowledged
                          └──────→ disputed → decided

What is not submitted yet can be dropped with a reason: the sample is then filled up with another.
"""

from __future__ import annotations

from enum import StrEnum

from callcenter.errors import Conflict


class ScoreState(StrEnum):
    ASSIGNED = "assigned"  # to be scored; nobody has written anything
    DRAFT = "draft"
    SUBMITTED = "submitted"  # the agent sees it
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"  # the agent disagrees, and says why
    DECIDED = "decided"
    DROPPED = "dropped"  # could not be scored


class ScoreStep(StrEnum):
    ASSIGN = "assign"  # to somebody, or to nobody
    SAVE = "save"
    SUBMIT = "submit"
    DROP = "drop"
    ACKNOWLEDGE = "acknowledge"
    DISPUTE = "dispute"
    UPHOLD = "uphold"  # the score stays
    CHANGE = "change"  # the agent was right, all or in part


class StepRefused(Conflict):
    """This step is none of the score's state."""

    code = "step_refused"


OPEN = (ScoreState.ASSIGNED, ScoreState.DRAFT)  # somebody still has to score it
PUBLISHED = (ScoreState.SUBMITTED, ScoreState.ACKNOWLEDGED, ScoreState.DISPUTED, ScoreState.DECIDED)
BY_AGENT = frozenset({ScoreStep.ACKNOWLEDGE, ScoreStep.DISPUTE})  # all others are an evaluator's

TABLE: dict[ScoreState, dict[ScoreStep, ScoreState]] = {
    ScoreState.ASSIGNED: {
        ScoreStep.ASSIGN: ScoreState.ASSIGNED,
        ScoreStep.SAVE: ScoreState.DRAFT,
        ScoreStep.SUBMIT: ScoreState.SUBMITTED,
        ScoreStep.DROP: ScoreState.DROPPED,
    },
    ScoreState.DRAFT: {
        ScoreStep.ASSIGN: ScoreState.DRAFT,
        ScoreStep.SAVE: ScoreState.DRAFT,
        ScoreStep.SUBMIT: ScoreState.SUBMITTED,
        ScoreStep.DROP: ScoreState.DROPPED,
    },
    ScoreState.SUBMITTED: {
        ScoreStep.ACKNOWLEDGE: ScoreState.ACKNOWLEDGED,
        ScoreStep.DISPUTE: ScoreState.DISPUTED,
    },
    ScoreState.DISPUTED: {
        ScoreStep.UPHOLD: ScoreState.DECIDED,
        ScoreStep.CHANGE: ScoreState.DECIDED,
    },
    ScoreState.ACKNOWLEDGED: {},
    ScoreState.DECIDED: {},
    ScoreState.DROPPED: {},
}


def after(state: ScoreState, step: ScoreStep) -> ScoreState:
    """The state that this step leads to. StepRefused."""
    try:
        return TABLE[state][step]
    except KeyError:
        raise StepRefused(f"a score that is {state} cannot {step}", field="state") from None


def possible(state: ScoreState, *, evaluates: bool, is_agent: bool) -> list[ScoreStep]:
    """What somebody can do next; nobody scores or decides their own calls."""
    mine = BY_AGENT if is_agent else frozenset(ScoreStep) - BY_AGENT if evaluates else frozenset()
    return [step for step in TABLE[state] if step in mine]
