"""Every figure of every report against a second, slow computation that shares no code with ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import false, text, true

from callcenter.store.database import Database
from tests.web.reports.day import Day
from tests.web.reports.oracle import Oracle, Row, figure, load, regrouped, together
from web.reports import periods, queries
from web.reports.figures import Figures, figures
from web.reports.keeper import recompute
from web.reports.metrics import METRICS, Formula, Subject
from web.reports.periods import Step
from web.reports.queries import Reach
from web.reports.request import KEYS, Wanted, checked

# The night in which Berlin's clocks went back: its day has 25 hours.
BERLIN, LONG_DAY = ZoneInfo("Europe/Berlin"), date(2026, 10, 25)
BEGIN = periods.midnight(LONG_DAY, BERLIN) * 900 - 3600
END = BEGIN + 27 * 3600
UNTIL = float(END + 6 * 3600)
HOURS = range((BEGIN - 3 * 3600) // 3600, (END + 6 * 3600) // 3600)
ALL = Reach(None, true())
ROLL_UPS = ("contacts", "queues", "agents", "dispositions", "states")


@dataclass
class Told:
    database: Database
    oracle: Oracle


@pytest.fixture
async def told(database: Database) -> Told:
    await Day(BEGIN, END, calls=5_000).write(database)
    await recompute(database, HOURS.start, HOURS.stop, until=UNTIL)
    return Told(database, Oracle(await load(database), UNTIL))


async def _report(told: Told, wanted: Wanted) -> tuple[Figures, Sequence[periods.Span]]:
    spans = periods.spans(wanted.begin, wanted.end, wanted.step, ZoneInfo(wanted.timezone))
    metrics = checked(wanted)
    async with told.database.reading() as db:
        found = await queries.read(db, wanted, spans, metrics, ALL, now=UNTIL)
    return figures(found, len(spans), metrics), spans


def _expected(oracle: Oracle, wanted: Wanted, begin: int, end: int) -> dict[Any, Row]:
    if wanted.subject is Subject.QUEUES:
        found = oracle.queues(begin, end)
    elif wanted.subject is Subject.AGENTS:
        found = oracle.agents(begin, end)
    else:
        found = oracle.dispositions(begin, end)
    keys = {
        "none": lambda old: [None],
        "queue": lambda old: [old],
        "disposition": lambda old: [old[1]],
        "agent": lambda old: [old if isinstance(old, int) else old[0]],
        "team": lambda old: oracle.team[old if isinstance(old, int) else old[0]] or [None],
    }
    return regrouped(found, keys[wanted.by])


def _compare(told: Told, wanted: Wanted, made: Figures, spans: Sequence[periods.Span]) -> int:
    """Every cell and every total, to the last digit; how many there were."""
    names, compared = wanted.metrics, 0

    def worth(row: Row) -> list[Any]:
        return [figure(name, row, wanted.formula) for name in names]

    by_span = [
        _expected(told.oracle, wanted, one.begin * 1_000_000, one.end * 1_000_000) for one in spans
    ]
    keys = {key for found in by_span for key, row in found.items() if any(row.values())}
    assert keys <= set(made.keys)
    nothing = together([])
    for key in made.keys:
        parts = [found.get(key, nothing) for found in by_span]
        for cell, part in zip(made.cells[key], parts, strict=True):
            assert cell == worth(part), (key, wanted)
            compared += len(cell)
        assert made.rows[key] == worth(together(parts))
    for whole, found in zip(made.spans, by_span, strict=True):
        assert whole == worth(together(found.values()))
    assert made.total == worth(together(row for found in by_span for row in found.values()))
    return compared


async def test_every_figure_equals_the_slow_computation_to_the_last_digit(told: Told) -> None:
    compared = 0
    first, last = date(2026, 10, 24), date(2026, 10, 27)
    for subject in (Subject.QUEUES, Subject.AGENTS, Subject.DISPOSITIONS):
        for by in KEYS[subject]:
            for step in Step:
                wanted = Wanted(
                    subject=subject, begin=first, end=last, step=step, by=by,
                    metrics=tuple(METRICS[subject]), timezone="Europe/Berlin",
                )  # fmt: skip
                compared += _compare(told, wanted, *await _report(told, wanted))
    for formula in Formula:
        for zone in ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu"):
            wanted = Wanted(
                begin=first, end=last, step=Step.DAY, by="queue", metrics=("service_level", "asa"),
                formula=formula, timezone=zone,
            )  # fmt: skip
            compared += _compare(told, wanted, *await _report(told, wanted))
    assert compared > 50_000


async def test_the_long_day_has_25_hours_and_they_add_up_to_it(told: Told) -> None:
    wanted = Wanted(
        begin=LONG_DAY, end=date(2026, 10, 26), step=Step.HOUR, metrics=("offered",),
        timezone="Europe/Berlin",
    )  # fmt: skip
    made, spans = await _report(told, wanted)
    assert len(spans) == 25
    assert sum(int(cell[0] or 0) for cell in made.cells[None]) == made.total[0] > 0


async def test_a_second_computation_gives_the_same_rows(told: Told) -> None:
    before = await _roll_ups(told.database)
    await recompute(told.database, HOURS.start, HOURS.stop, until=UNTIL + 86_400)
    assert await _roll_ups(told.database) == before
    assert all(before.values())


async def test_states_are_split_at_borders_with_their_reasons(told: Told) -> None:
    async with told.database.reading() as db:
        rows = await db.execute(text("SELECT * FROM report_states"))
        by_slot: dict[int, dict[Any, int]] = {}
        for slot, agent, state, reasons, length in rows:
            found = by_slot.setdefault(slot, {})
            found[agent, state, reasons.replace(" ", "")] = length
    for slot, found in by_slot.items():
        expected = told.oracle.states(slot * 900_000_000, (slot + 1) * 900_000_000)
        words = {
            (agent, state, "[" + ",".join(f'"{one}"' for one in why) + "]"): length
            for (agent, state, why), length in expected.items()
        }
        assert found == words
        assert all(length <= 900_000_000 for length in found.values())


async def test_who_reaches_one_agent_sees_only_theirs(told: Told) -> None:
    wanted = Wanted(
        subject=Subject.AGENTS, begin=date(2026, 10, 24), end=date(2026, 10, 27), step=Step.NONE,
        by="agent", metrics=("handled",), timezone="Europe/Berlin",
    )  # fmt: skip
    spans = periods.spans(wanted.begin, wanted.end, wanted.step, BERLIN)
    async with told.database.reading() as db:
        own = Reach([7], false())
        found = await queries.read(db, wanted, spans, checked(wanted), own, now=UNTIL)
    assert [key for key, _, _ in found] == [7]


async def _roll_ups(database: Database) -> dict[str, list[Any]]:
    found = {}
    async with database.reading() as db:
        for name in ROLL_UPS:
            rows = await db.execute(text(f"SELECT * FROM report_{name}"))  # noqa: S608
            found[name] = sorted(map(repr, rows))
    return found
