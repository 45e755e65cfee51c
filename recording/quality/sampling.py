"""Which calls are to be scored: so many a week of each agent, by lot, always the same; pure.

The lot of a recording depends on the rule, the week and the recording alone, so the choice can be
made again and comes out the same, whoever asks and in whatever order. While a week goes on only a
part of its number is due: otherwise those who speak on Mondays would be listened to on Mondays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

By = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recording that a rule would have scored, and whose it is."""

    recording: str
    agent: int


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time that begins at a local midnight; seconds since the epoch."""

    day: date
    begin: float
    end: float


def week_of(moment: float, zone: ZoneInfo) -> date:
    """The Monday of the week that it is there."""
    day = datetime.fromtimestamp(moment, zone).date()
    return day - timedelta(days=day.weekday())


def week(monday: date, zone: ZoneInfo) -> Span:
    """From midnight to midnight there; 167 or 169 hours where the clock is changed."""
    return Span(monday, midnight(monday, zone), midnight(monday + timedelta(days=7), zone))


def midnight(day: date, zone: ZoneInfo) -> float:
    """The first moment of a day there."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return local.astimezone(UTC).timestamp()


def due(number: int, span: Span, now: float) -> int:
    """How many of `number` are to be chosen by now: all of them when the week is over."""
    if now >= span.end:
        return number
    return max(0, int(number * (now - span.begin) / (span.end - span.begin)))


def choose(
    candidates: Iterable[Candidate],
    *,
    seed: str,
    wanted: Mapping[int, int],
    taken: Collection[str] = (),
) -> list[Candidate]:
    """At most `wanted` of each agent, none that is taken, none twice; by their lots."""
    missing, gone = dict(wanted), set(taken)
    found: list[Candidate] = []
    for one in sorted({*candidates}, key=lambda one: (lot(seed, one.recording), one.agent)):
        if missing.get(one.agent, 0) > 0 and one.recording not in gone:
            missing[one.agent] -= 1
            found.append(one)
            gone.add(one.recording)
    return found


def lot(seed: str, recording: str) -> bytes:
    return hashlib.sha256(f"{seed}/{recording}".encode()).digest()


def give(evaluators: Sequence[int], load: Mapping[int, int], *, speaker: int | None) -> int | None:
    """Who scores it: who has been given least, the first of equals; never who is heard in it."""
    others = [one for one in evaluators if one != speaker]
    return min(others, key=lambda one: load.get(one, 0), default=None)


def spans(by: By, begin: date, end: date, zone: ZoneInfo) -> list[Span]:
    """The whole weeks or months that hold the days from `begin` up to, not with, `end`."""
    day = begin - timedelta(days=begin.weekday()) if by == "week" else begin.replace(day=1)
    found = []
    while day < end:
        following = _next(by, day)
        found.append(Span(day, midnight(day, zone), midnight(following, zone)))
        day = following
    return found


def _next(by: By, day: date) -> date:
    if by == "week":
        return day + timedelta(days=7)
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
