"""Reports over the API: what is refused by name, what a right reaches, files, rows behind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from crm.customers.tables import Customer
from recording.tables import Recording
from routing.tables import AgentQueue, Queue
from tests.web.conftest import Api, SignedIn
from tests.web.reports.day import QUEUES, Day
from web.auth.tables import RoleRight, TeamMember, User
from web.reports.keeper import ReportKeeper
from web.reports.metrics import METRICS, Subject

BEGIN = 1_792_800_000 - 1_792_800_000 % 86_400
WANG = {"id": 7, "kind": "person", "name": "王", "created_at": 0.0, "updated_at": 0.0}
ROWS = "/api/v1/reports/rows"
WEEK = {"from": "2026-10-01", "to": "2026-11-20", "timezone": "UTC"}
REFUSED = (
    ({"metrics": "offered,nonsense"}, "metrics[1]"),
    ({"from": "2026-11-20"}, "to"),
    ({"from": "2020-01-01", "step": "hour"}, "step"),
    ({"from": "1900-01-01"}, "from"),
    ({"by": "agent"}, "by"),
    ({"agents": "1"}, "agents"),
    ({"subject": "agents", "agents": "one"}, "agents"),
    ({"timezone": "Mars/Base"}, "timezone"),
)


async def test_reports_over_the_api(signed_in: SignedIn, database: Database) -> None:
    await Day(BEGIN, BEGIN + 7200, calls=130).write(database)
    admin = await signed_in("administrator")
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    for wrong, field in REFUSED:
        status, body = await admin.get("/api/v1/reports", params=WEEK | wrong)
        assert (status, body["error"]["field"]) == (422, field), (wrong, body)
    status, body = await admin.get(ROWS, params=WEEK | {"metric": "offered", "cursor": "7"})
    assert (status, body["error"]["field"]) == (422, "cursor")
    asked = WEEK | {"by": "queue", "metrics": "offered,service_level,aht", "compare": "true"}
    status, body = await admin.get("/api/v1/reports", params=asked)
    assert status == 200
    assert body["total"][0] == sum(row["total"][0] for row in body["rows"]) > 0
    assert body["before"]["total"][:2] == [0, None]  # over nothing there is no value
    assert len(body["spans"]) == (date(2026, 11, 20) - date(2026, 10, 1)).days
    # Each metric's rows, page after page: none twice, and what a count counts is all there.
    for metric, order in (("offered", "at"), ("longest_wait", "wait"), ("handled", "at")):
        rows = [
            row["lengths"]["wait"] if order == "wait" else row["at"]
            async for row in _rows(admin, asked | {"metric": metric})
        ]
        assert rows == sorted(rows, reverse=True)
        if metric == "offered":
            assert len(rows) == body["total"][0] > 100  # more than a page


async def test_as_many_rows_are_behind_a_figure_as_it_counts(
    signed_in: SignedIn, database: Database
) -> None:
    await Day(BEGIN, BEGIN + 7200, calls=130).write(database)
    admin = await signed_in("administrator")
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    for subject in (Subject.QUEUES, Subject.AGENTS):
        every = ",".join(METRICS[subject])
        asked = WEEK | {"subject": str(subject), "step": "none", "metrics": every}
        _, body = await admin.get("/api/v1/reports", params=asked)
        totals = {one["name"]: n for one, n in zip(body["metrics"], body["total"], strict=True)}
        counted = {}
        for name in totals:
            status, page = await admin.get(ROWS, params=asked | {"metric": name})
            assert (status, page["kind"]) == (200, METRICS[subject][name].rows)
            if page["count"] is not None:
                counted[name] = page["count"]
        assert len(counted) > 12
        assert counted == {name: totals[name] for name in counted}


async def test_rows_say_who_answered_and_which_were_in_time(
    signed_in: SignedIn, database: Database
) -> None:
    """By the formula that was chosen; with the way to the call's recording and customer."""
    await Day(BEGIN, BEGIN + 7200, calls=130).write(database)
    admin = await signed_in("administrator")
    async with database.session() as db:
        await db.execute(insert(Queue).values(pbx="pbx", name=QUEUES[0], label="Verkauf"))
        call = await db.scalar(select(Segment.interaction_id).where(Segment.exit == "answered"))
        await db.execute(insert(Customer).values(WANG))
        await db.execute(update(Interaction).where(Interaction.id == call).values(customer_id=7))
        made = {"id": "a" * 32, "interaction_id": call, "pbx": "pbx", "status": "ready"}
        await db.execute(insert(Recording).values(**made, started_at=float(BEGIN)))
        await db.commit()
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    for formula in ("without_short", "of_offered", "of_answered", "abandoned_in_time"):
        asked = WEEK | {"metrics": "service_level", "step": "none", "formula": formula}
        _, body = await admin.get("/api/v1/reports", params=asked)
        asked |= {"metric": "service_level"}
        rows = [row async for row in _rows(admin, asked)]
        assert sum(row["in_time"] for row in rows) / len(rows) == body["total"][0]
    answered = [row async for row in _rows(admin, asked | {"metric": "answered"})]
    assert sum(row["agent"] is not None for row in answered) > len(answered) * 0.8
    ways = {(row["recording"], row["customer"]) for row in answered if row["interaction"] == call}
    assert ways == {("a" * 32, 7)}
    _, page = await admin.get(ROWS, params=asked | {"queues": QUEUES[0]})
    assert page["queues"] == {QUEUES[0]: "Verkauf"}


async def _rows(api: Api, asked: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
    while True:
        status, page = await api.get(ROWS, params=asked)
        assert status == 200
        for row in page["items"]:
            yield row
        if page["next"] is None:
            return
        asked = asked | {"cursor": page["next"]}


async def test_a_team_sees_the_queues_that_it_serves(
    signed_in: SignedIn, database: Database
) -> None:
    """Their work as a whole; whose it was only of its own people."""
    await Day(BEGIN, BEGIN + 7200, calls=120).write(database)
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    lead = await signed_in("executive", "lead")
    async with database.session() as db:
        user = await db.scalar(select(User.id).where(User.username == "lead"))
        await db.execute(insert(TeamMember).values(user_id=user, team_id=2))
        scope = update(RoleRight).where(RoleRight.role == "executive").values(scope="team")
        await db.execute(scope.where(RoleRight.right == "report.read"))
        queues = [{"id": place, "pbx": "pbx", "name": name} for place, name in enumerate(QUEUES, 1)]
        await db.execute(insert(Queue), queues)
        members = [(1, 1), (1, 2), (2, 3)]  # agent 2 is in the other team
        db.add_all(AgentQueue(agent_id=one, queue_id=queue) for one, queue in members)
        await db.commit()
    asked = WEEK | {"by": "queue", "metrics": "offered,handled", "step": "none"}
    status, body = await lead.get("/api/v1/reports", params=asked)
    assert status == 200
    assert {row["key"] for row in body["rows"]} == {QUEUES[0], QUEUES[1]}
    rows = [row async for row in _rows(lead, asked | {"metric": "handled"})]
    assert {row["queue"] for row in rows} == {QUEUES[0], QUEUES[1]}
    named = {row["agent"] for row in rows}
    assert None in named
    assert all(one % 2 == 1 for one in named if one is not None)
    params = asked | {"metric": "offered", "queues": QUEUES[2]}
    assert (await lead.get(ROWS, params=params))[1]["items"] == []
    own = update(RoleRight).where(RoleRight.role == "executive").values(scope="own")
    async with database.session() as db:
        await db.execute(own)
        await db.commit()
    assert (await lead.get("/api/v1/reports", params=asked))[0] == 403


async def test_a_report_as_a_file(signed_in: SignedIn, database: Database) -> None:
    day = Day(BEGIN, BEGIN + 7200, calls=30)
    await day.write(database)
    admin = await signed_in("administrator")
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    asked = WEEK | {"subject": "agents", "by": "agent", "step": "none"}
    found = {}
    for kind in ("csv", "xlsx", "pdf"):
        params = asked | {"format": kind}
        async with admin.client.get("/api/v1/reports/file", params=params) as response:
            assert response.status == 200
            found[kind] = await response.read()
    assert "座席 1" in found["csv"].decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(found["xlsx"])) as book:
        assert "座席 1" in book.read("xl/worksheets/sheet1.xml").decode()
    assert found["pdf"].startswith(b"%PDF-")
    assert b"STSong-Light" in found["pdf"]
