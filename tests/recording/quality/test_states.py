"""The life of a score: every pair leads somewhere or is refused, and each step has its people."""

from __future__ import annotations

import pytest

from recording.quality.states import (
    BY_AGENT,
    TABLE,
    ScoreState,
    ScoreStep,
    StepRefused,
    after,
    possible,
)

S, T = ScoreState, ScoreStep


@pytest.mark.parametrize("state", list(ScoreState))
@pytest.mark.parametrize("step", list(ScoreStep))
def test_every_pair_leads_somewhere_or_is_refused(state: ScoreState, step: ScoreStep) -> None:
    if step in TABLE[state]:
        assert after(state, step) is TABLE[state][step]
    else:
        with pytest.raises(StepRefused):
            after(state, step)


def test_the_way_through_a_dispute() -> None:
    state, seen = S.ASSIGNED, []
    for step in (T.SAVE, T.SAVE, T.SUBMIT, T.DISPUTE, T.CHANGE):
        state = after(state, step)
        seen.append(state)
    assert seen == [S.DRAFT, S.DRAFT, S.SUBMITTED, S.DISPUTED, S.DECIDED]


@pytest.mark.parametrize("state", list(ScoreState))
def test_who_speaks_in_a_call_only_answers_for_it(state: ScoreState) -> None:
    assert set(possible(state, evaluates=True, is_agent=True)) <= BY_AGENT
    assert not set(possible(state, evaluates=True, is_agent=False)) & BY_AGENT
    assert possible(state, evaluates=False, is_agent=False) == []
