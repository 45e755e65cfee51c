"""Whether and when a message is tried again, and how long a target is left in peace; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["webhook", "cti"]

DAY = 86_400.0
MINUTE, HOUR = 60.0, 3600.0
# Seconds to the next attempt. A helpdesk that hears of a ringing call minutes later has no use for
# it; rows of an archive wait for days.
PAUSES: dict[Kind, tuple[float, ...]] = {
    "webhook": (
        *(5.0, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR),
        *(14 * HOUR, 20 * HOUR, 24 * HOUR),
    ),
    "cti": (1.0, 3.0, 10.0, 20.0),
}
# A message that could not be tried for so long is given up as well.
PATIENCE: dict[Kind, float] = {"webhook": 4 * DAY, "cti": 2 * MINUTE}
LONGEST_WISH = HOUR  # of a target that says when it wants to be asked again
LONGEST_REST = 5 * MINUTE
GONE = 410  # the target says that it is no more: it is switched off
# A helpdesk does not change its mind about what it understood and refused, but for these.
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. `status` is None when there was no answer at all."""

    ok: bool
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None  # seconds, as the target wished
    for_good: bool = False  # it was not even tried, and never will be
    seconds: float = 0.0
    excerpt: str | None = None  # of what the target answered: hostile text

    @property
    def ails(self) -> bool:
        """The target itself is unwell, not this message: others would fare no better."""
        return not self.ok and (self.status is None or self.status >= 500 or self.status == 429)


def again(
    kind: Kind, attempts: int, outcome: Outcome, *, created: float, now: float
) -> float | None:
    """When to try after so many attempts; None: given up."""
    pauses = PAUSES[kind]
    refused = outcome.status is not None and 400 <= outcome.status < 500
    if outcome.for_good or (kind == "cti" and refused and outcome.status not in _PASSING):
        return None
    if attempts > len(pauses):
        return None
    pause = pauses[attempts - 1]
    if outcome.retry_after is not None:
        pause = max(pause, min(outcome.retry_after, LONGEST_WISH))
    return None if too_old(kind, created, now + pause) else now + pause


def too_old(kind: Kind, created: float, now: float) -> bool:
    return now - created > PATIENCE[kind]


def rest(kind: Kind, failures: int) -> float:
    """Seconds for which a target that failed so often in a row is not asked at all."""
    if failures <= 0:
        return 0.0
    longest = LONGEST_REST if kind == "webhook" else 10.0
    return float(min(2.0 ** min(failures - 1, 20), longest))


def retry_after(text: str | None) -> float | None:
    """The header in seconds; a date or nonsense is nothing."""
    if text is None or not text.strip().isdecimal() or len(text.strip()) > 9:
        return None
    return float(text.strip())
