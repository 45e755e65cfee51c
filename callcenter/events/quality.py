"""What becomes of the scores of calls, for those whose calls they are."""

from __future__ import annotations

from callcenter.events.base import Event


class ScoreChanged(Event, frozen=True, kw_only=True):
    """A score that the agent may see is new, or has come a step further; `state` is its now."""

    score: int
    agent: int  # whose call was scored
    state: str
