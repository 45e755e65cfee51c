"""Business time: seconds in which a calendar is open, added, counted and taken back.

Without a calendar it is always open. Sums are of open spans as they last, so a day of 23 or 25
hours, a holiday and a split shift need no rule of their own here.
"""

from __future__ import annotations

from callcenter.calendars import Calendar, open_spans

WINDOW = 14 * 86_400.0  # seconds looked at in one go
HORIZON = 80  # windows: three years; what is not open for so long never is


def add(calendar: Calendar | None, at: float, seconds: float) -> float | None:
    """The first moment by which so many open seconds have passed since `at`; None: never."""
    if seconds <= 0 or calendar is None:
        return at + max(0.0, seconds)
    left = seconds
    for number in range(HORIZON):
        begin = at + number * WINDOW
        for opens, closes in open_spans(calendar, begin, begin + WINDOW):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
    return None


def back(calendar: Calendar | None, at: float, seconds: float) -> float | None:
    """The last moment from which so many open seconds lead up to `at`; None: there was none."""
    if seconds <= 0 or calendar is None:
        return at - max(0.0, seconds)
    left = seconds
    for number in range(HORIZON):
        end = at - number * WINDOW
        for opens, closes in reversed(list(open_spans(calendar, end - WINDOW, end))):
            if closes - opens >= left:
                return closes - left
            left -= closes - opens
    return None


def between(calendar: Calendar | None, begin: float, end: float) -> float:
    """Open seconds within [begin, end)."""
    if end <= begin:
        return 0.0
    if calendar is None:
        return end - begin
    return sum(closes - opens for opens, closes in open_spans(calendar, begin, end))
