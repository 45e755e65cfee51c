"""Every figure of every report against a second, slow computation that shares no code with ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import false, text, true

from callcenter.store.database import Database
from tests.web.reports.day import Day
from tests.web.reports.oracle import Oracle, Row, load, regrouped, together
from tests.web.reports.oracle_figures import figure
from tests.web.reports.oracle_tickets import TicketOracle, load_tickets
from tests.web.reports.ticket_day import TicketDay
from web.reports import periods, queries
from web.reports.figures import Figures, figures
from web.reports.keeper import recompute
from web.reports.metrics import METRICS, Formula, Subject
from web.reports.periods import Step
from web.reports.queries import Reach
from web.reports.request import KEYS, By, Wanted, checked

# The night in which Berlin's clocks went back: its day has 25 hours.
BERLIN, LONG_DAY = ZoneInfo("Europe/Berlin"), date(2026, 10, 25)
BEGIN = periods.midnight(LONG_DAY, BERLIN) * 900 - 3600
END = BEGIN + 27 * 3600
UNTIL = float(END + 6 * 3600)
HOURS = range((BEGIN - 3 * 3600) // 3600, (END + 6 * 3600) // 3600)
ALL = Reach(None, true())
ROLL_UPS = (
    *("contacts", "queues", "agents", "dispositions", "states"),
    *("queue_blocks", "agent_blocks", "disposition_blocks"),
)


@dataclass
class Told:
    database: Database
    oracle: Oracle | TicketOracle
    known: dict[tuple[Subject, int, int], dict[Any, Row]] = field(default_factory=dict)

    def sums(self, subject: Subject, begin: int, end: int) -> dict[Any, Row]:
        """By the finest key; the same span is wanted by many reports."""
        asked = (subject, begin, end)
        if asked not in self.known:
            self.known[asked] = getattr(self.oracle, str(subject))(begin, end)
        return self.known[asked]


async def _report(told: Told, wanted: Wanted) -> tuple[Figures, Sequence[periods.Span]]:
    spans = periods.spans(wanted.begin, wanted.end, wanted.step, ZoneInfo(wanted.timezone))
    metrics = checked(wanted)
    async with told.database.reading() as db:
        found = await queries.read(db, wanted, spans, metrics, ALL, now=UNTIL)
    return figures(found, len(spans), metrics), spans


def _expected(told: Told, wanted: Wanted, begin: int, end: int) -> dict[Any, Row]:
    found, oracle = told.sums(wanted.subject, begin, end), told.oracle
    teams = oracle.team if isinstance(oracle, Oracle) else {}
    keys: dict[str, Callable[[Any], list[Any]]] = {
        "none": lambda old: [None],
        "queue": lambda old: [old],
        "disposition": lambda old: [old[1]],
        "agent": lambda old: [old if isinstance(old, int) else old[0]],
        "team": lambda old: teams[old if isinstance(old, int) else old[0]] or [None],
        "category": lambda old: [old],
    }
    return regrouped(found, keys[wanted.by])


def _compare(told: Told, wanted: Wanted, made: Figures, spans: Sequence[periods.Span]) -> int:
    """Every cell and every total, to the last digit; how many there were."""
    names, compared = wanted.metrics, 0

    def worth(row: Row) -> list[Any]:
        return [figure(name, row, wanted.formula) for name in names]

    by_span = [_expected(told, wanted, one.begin * 1_000_000, one.end * 1_000_000) for one in spans]
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


# Each key and each step of each subject, without the hours of everybody, which are many.
REPORTS: tuple[tuple[Subject, By, Step], ...] = (
    *((Subject.QUEUES, "none", step) for step in Step),
    *((Subject.QUEUES, "queue", step) for step in (Step.NONE, Step.HOUR, Step.DAY)),
    *((Subject.AGENTS, "agent", step) for step in (Step.NONE, Step.DAY, Step.WEEK)),
    *((Subject.AGENTS, "team", step) for step in (Step.HOUR, Step.MONTH)),
    (Subject.AGENTS, "none", Step.HOUR),
    *((Subject.DISPOSITIONS, "disposition", step) for step in (Step.NONE, Step.HOUR, Step.DAY)),
    *((Subject.DISPOSITIONS, by, Step.WEEK) for by in ("agent", "team", "none")),
)
FIRST, LAST = date(2026, 10, 24), date(2026, 10, 27)
CALLS = {"sqlite": 5_000, "postgresql": 1_500}  # where each row takes a journey, fewer will do
ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Kathmandu")


@pytest.mark.timeout(400)
async def test_every_figure_of_every_report_equals_the_slow_computation(
    database: Database,
) -> None:
    """To the last digit; and what is computed a second time is the same."""
    kind = database.engine.dialect.name
    await Day(BEGIN, END, calls=CALLS[kind]).write(database)
    await recompute(database, HOURS.start, HOURS.stop, until=UNTIL)
    told = Told(database, Oracle(await load(database), UNTIL))
    compared = 0
    for subject, by, step in REPORTS:
        wanted = Wanted(
            subject=subject, begin=FIRST, end=LAST, step=step, by=by,
            metrics=tuple(METRICS[subject]), timezone="Europe/Berlin",
        )  # fmt: skip
        compared += _compare(told, wanted, *await _report(told, wanted))
    for formula, zone in zip(Formula, (*ZONES, *ZONES), strict=False):
        wanted = Wanted(
            begin=FIRST, end=LAST, step=Step.DAY, by="queue", metrics=("service_level", "asa"),
            formula=formula, timezone=zone,
        )  # fmt: skip
        compared += _compare(told, wanted, *await _report(told, wanted))
    assert compared > 10_000
    await _long_day(told)
    await _split_at_borders(told)
    await _own_only(told)
    before = await _roll_ups(database)
    await recompute(database, HOURS.start, HOURS.stop, until=UNTIL + 86_400)
    assert await _roll_ups(database) == before
    assert all(before.values())


async def test_every_figure_of_tickets_equals_the_slow_computation(database: Database) -> None:
    """By category, in zones off by a half and a quarter of an hour."""
    await TicketDay(BEGIN, END, tickets=400).write(database)
    told = Told(database, TicketOracle(await load_tickets(database), UNTIL))
    compared = 0
    for zone in ("Europe/Berlin", *ZONES[-3:]):
        for by, step in ((by, step) for by in KEYS[Subject.TICKETS] for step in Step):
            wanted = Wanted(
                subject=Subject.TICKETS, begin=FIRST, end=LAST, step=step, by=by,
                metrics=tuple(METRICS[Subject.TICKETS]), timezone=zone,
            )  # fmt: skip
            compared += _compare(told, wanted, *await _report(told, wanted))
    assert compared > 5_000


async def _long_day(told: Told) -> None:
    """It has 25 hours, and they add up to it."""
    wanted = Wanted(
        begin=LONG_DAY, end=date(2026, 10, 26), step=Step.HOUR, metrics=("offered",),
        timezone="Europe/Berlin",
    )  # fmt: skip
    made, spans = await _report(told, wanted)
    assert len(spans) == 25
    assert sum(int(cell[0] or 0) for cell in made.cells[None]) == made.total[0]


async def _split_at_borders(told: Told) -> None:
    """States with their reasons, in each quarter hour."""
    by_slot: dict[int, dict[Any, int]] = {}
    async with told.database.reading() as db:
        columns = "slot, agent_id, state, reasons, length"
        rows = await db.execute(text(f"SELECT {columns} FROM report_states"))  # noqa: S608
        for slot, agent, state, reasons, length in rows:
            by_slot.setdefault(slot, {})[agent, state, tuple(json.loads(reasons))] = length
    assert isinstance(told.oracle, Oracle)
    for slot, found in by_slot.items():
        assert found == told.oracle.states(slot * 900_000_000, (slot + 1) * 900_000_000)


async def _own_only(told: Told) -> None:
    """Who reaches one agent sees that one only."""
    wanted = Wanted(
        subject=Subject.AGENTS, begin=FIRST, end=LAST, step=Step.NONE, by="agent",
        metrics=("handled",), timezone="Europe/Berlin",
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
