"""Our figures of a busy hour on a real PBX are those of its own queue_log, or differ by a
definition that docs/figures.md states."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text, true

from callcenter.ami.connection import Endpoint
from callcenter.events import LinkRestored
from callcenter.store.database import Database
from routing.tables import Agent, AgentInterface
from tests.ami.heard import Heard, following
from tests.pbx.busy_hour import NOBODY, BusyHour, Seen
from tests.pbx.differences import DEFINITIONS, Explained
from tests.pbx.harness import AmiRecorder, Stage, asterisk
from tests.pbx.queue_log import EXITS, Counted, Figures, Stay, read, stays
from tests.store.test_writer import tell
from web.reports import periods, queries
from web.reports.keeper import ReportKeeper
from web.reports.marks import mark
from web.reports.metrics import METRICS, Subject
from web.reports.periods import Step
from web.reports.queries import Reach
from web.reports.request import By, Wanted, checked

QUEUES = ("support", "sales", "quick", "empty")
THRESHOLD, SHORT = 3.5, 3.5  # seconds; between the readings of a clock of whole ones
PATIENCE = 8  # seconds until a queue gives up
EVENTS = {
    *("ENTERQUEUE", "COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER"),
    *("RINGNOANSWER", "RINGCANCELED", "ADDMEMBER", "PAUSE", "UNPAUSE", *EXITS),
}
#: Who may have hung up; the log does not know the PBX itself, as where a transfer reached nobody.
ENDED_BY = {"COMPLETECALLER": {"caller", "pbx"}, "COMPLETEAGENT": {"callee"}}
#: Figures that the log knows, by any name.
OF_QUEUES = (
    *("offered", "answered", "abandoned", "short_abandons", "timed_out", "empty", "key_exit"),
    *("withdrawn", "callback", "overflow", "lost", "in_time", "abandoned_in_time"),
    *("entries_transferred", "wait_answered", "wait_abandoned", "longest_wait", "handled", "talk"),
    *("hold", "transfers_out", "offers", "offers_answered", "offers_rejected", "offers_failed"),
    "rona",
)
OF_AGENTS = (
    *("handled", "talk", "hold", "transfers_out", "transfers_in", "consults", "offers"),
    *("offers_answered", "offers_rejected", "offers_failed", "rona"),
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with asterisk(Path(workdir), queue_timeout=PATIENCE) as pbx, Stage(pbx) as ready:
            yield ready


async def _played(stage: Stage, heard: Heard) -> Seen:
    pbx = stage.pbx
    endpoint = Endpoint(pbx.host, pbx.ami_port, pbx.ami_user, pbx.ami_secret)
    async with following(heard, endpoint), AmiRecorder(pbx) as ami:
        await heard.first(LinkRestored)
        seen = await BusyHour(stage, ami).play()
        async with asyncio.timeout(15):
            while await heard.open_interactions("main"):  # noqa: ASYNC110  events come in beside us
                await asyncio.sleep(0.05)
    return seen


async def _written(database: Database, folder: Path, heard: Heard) -> None:
    agents = [*range(1001, 1010), int(NOBODY)]
    async with database.engine.begin() as connection:
        await connection.execute(insert(Agent), [{"id": n, "name": str(n)} for n in agents])
        phones = [{"pbx": "main", "interface": f"PJSIP/{n}", "agent_id": n} for n in agents]
        await connection.execute(insert(AgentInterface), phones)
    limits = {("main", queue): THRESHOLD for queue in QUEUES}
    shorts = {("main", queue): SHORT for queue in QUEUES}
    options: dict[str, Any] = {"projections": [mark]}
    options |= {"thresholds": lambda: limits, "short_thresholds": lambda: shorts}
    await tell(database, folder, heard.events, **options)
    await ReportKeeper(database).turn()


async def _reported(database: Database, subject: Subject, by: By) -> Figures:
    """As the page of reports is answered, before figures are divided."""
    today = datetime.now(UTC).date()
    wanted = Wanted(
        subject=subject, begin=today - timedelta(days=1), end=today + timedelta(days=1),
        step=Step.NONE, by=by, metrics=tuple(METRICS[subject]), timezone="UTC",
    )  # fmt: skip
    spans = periods.spans(wanted.begin, wanted.end, wanted.step, ZoneInfo("UTC"))
    async with database.reading() as db:
        found = await queries.read(
            db, wanted, spans, checked(wanted), Reach(None, true()), now=time.time()
        )
    return {key: Counter(sums) for key, _, sums in found if key is not None}


Rows = dict[tuple[str, str, int], dict[str, Any]]
ROWS = """
SELECT s.queue, s.exit, s.seconds, l.uniqueid, i.end_by,
  (SELECT sum(t.seconds) FROM segments t WHERE t.kind = 'talk' AND t.entry_id = s.id) AS talk
FROM segments s JOIN legs l ON l.id = s.leg_id JOIN interactions i ON i.id = s.interaction_id
WHERE s.kind = 'queue' ORDER BY s.started_at
"""


async def _rows(database: Database) -> Rows:
    """By call, queue, and the how many'th time it was there."""
    found: Rows = {}
    times: Counter[tuple[str, str]] = Counter()
    async with database.reading() as db:
        for row in await db.execute(text(ROWS)):
            times[row.uniqueid, row.queue] += 1
            found[row.uniqueid, row.queue, times[row.uniqueid, row.queue]] = dict(row._mapping)
    return found


def _unlike(found: list[Stay], rows: Rows) -> Iterable[str]:
    """Each stay: how it ended, who hung up, and every length within the reading of a clock."""
    times: Counter[tuple[str, str]] = Counter()
    for stay in found:
        times[stay.call, stay.queue] += 1
        key = (stay.call, stay.queue, times[stay.call, stay.queue])
        row = rows.pop(key, None)
        if row is None or stay.exit is None:
            yield f"{key}: {stay} is {row}"
            continue
        if row["exit"] != EXITS[stay.exit.event]:
            yield f"{key}: {stay.exit.event} is {row['exit']}"
        if stay.end and row["end_by"] not in ENDED_BY.get(stay.end.event, {row["end_by"]}):
            yield f"{key}: {stay.end} is {row['end_by']}"
        lengths = [("wait", stay.exit.wait, row["seconds"])]
        lengths += [("talk", stay.end.talk, row["talk"])] if stay.end else []
        for name, theirs, ours in lengths:
            if ours is None or abs(ours - theirs) >= 1.15:
                yield f"{key}: {name} {theirs} is {ours}"
    yield from (f"{key}: not in the log" for key in rows)


def _unexplained(
    ours: Figures, theirs: Figures, names: Iterable[str], explained: Explained
) -> Iterable[str]:
    parts = defaultdict(list)
    for part in explained.parts:
        parts[part.key, part.figure].append(part)
    for key in sorted({*ours, *theirs}, key=str):
        for name in names:
            mine, logged = ours.get(key, Counter())[name], theirs.get(key, Counter())[name]
            why = parts[key, name]
            low, high = sum(one.low for one in why), sum(one.high for one in why)
            if not low <= mine - logged <= high:
                causes = Counter(one.definition for one in why)
                yield f"{key} {name}: ours {mine}, log {logged}, explained {low}..{high} {causes}"


@pytest.mark.timeout(300)  # a minute, on a machine that does nothing else
async def test_every_difference_from_queue_log_has_its_definition(
    stage: Stage, sqlite_url: str, tmp_path: Path
) -> None:
    heard = Heard()
    seen = await _played(stage, heard)
    lines = read(stage.pbx.queue_log.read_text())
    assert {line.event for line in lines} >= EVENTS
    database = Database(sqlite_url)
    try:
        await _written(database, tmp_path, heard)
        queues = await _reported(database, Subject.QUEUES, "queue")
        agents = await _reported(database, Subject.AGENTS, "agent")
        rows = await _rows(database)
    finally:
        await database.close()
    found = stays(lines)
    counted = Counted(THRESHOLD, SHORT).count(found)
    explained = Explained(found, counted, seen)
    wrong = [
        *_unlike(found, rows),
        *_unexplained(queues, counted.queues, OF_QUEUES, explained),
        *_unexplained(agents, counted.agents, OF_AGENTS, explained),
    ]
    assert not wrong, "\n".join(wrong)
    assert {part.definition for part in explained.parts} == set(DEFINITIONS)
    assert len(found) >= 60


def test_every_definition_is_told_to_who_reads_figures() -> None:
    page = (Path(__file__).parents[2] / "docs" / "figures.md").read_text()
    for name in (*DEFINITIONS, "who hung up"):
        assert f"| **{name}** |" in page
