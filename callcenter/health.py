"""Where each room says whether it is well; /healthz and the doctor read it in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"  # works, but something is away or waits
    DOWN = "down"  # does not do its work


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one part is, and in words what is wrong and since when (seconds since the epoch)."""

    state: State
    detail: str = ""
    since: float | None = None


OK = Verdict(State.OK)
Check = Callable[[], Verdict]
_WORST = (State.DOWN, State.DEGRADED)


class Health:
    """Named checks that are cheap and synchronous: each room remembers how it is."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def register(self, name: str, check: Check) -> None:
        if name in self._checks:
            raise ValueError(f"there is a health check {name!r} already")
        self._checks[name] = check

    def report(self) -> dict[str, Verdict]:
        """Every check's verdict; a check that fails is down, and the others are still asked."""
        return {name: _ask(check) for name, check in self._checks.items()}

    def overall(self) -> State:
        states = {verdict.state for verdict in self.report().values()}
        return next((state for state in _WORST if state in states), State.OK)


def _ask(check: Check) -> Verdict:
    try:
        return check()
    except Exception as error:  # a broken check is a finding, not a failure of the page
        return Verdict(State.DOWN, f"{type(error).__name__}: {error}")
