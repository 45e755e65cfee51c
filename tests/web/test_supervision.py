"""Supervision over the API and in the database: thresholds, alarms, queues of today, the record of
who listened."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select

from callcenter.events import AlarmChanged, DomainEvent
from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from crm.mail.tables import Mail
from routing.memberships import end_of_day, set_today, usual_again
from routing.monitoring import Use
from routing.setup import SetupKeeper
from routing.tables import Agent, AgentQueue, Queue
from tests.web.belongings import furnish
from tests.web.conftest import Api, Browser, SignedIn
from tests.web.test_board_law import ZONE
from web.alarm_keeper import AlarmKeeper
from web.alarm_mail import AlarmMail
from web.alarm_rules import CALM
from web.auth.passwords import Passwords
from web.auth.rights import Right, Scope
from web.board import LiveBoard
from web.board_queues import Terms
from web.monitor_log import MonitorLog
from web.supervision_tables import MonitorUseRow

NOW = 1_800_000_000.0
THRESHOLD = {"queue": "", "metric": "waiting", "version": 0, "watch": 1, "bad": 2, "alarm": "bad"}


@pytest.fixture
async def ma(signed_in: SignedIn) -> Api:
    return await signed_in("supervisor", "ma")


async def test_thresholds_are_kept_under_a_version(ma: Api, signed_in: SignedIn) -> None:
    status, body = await ma.call("PUT", "/api/v1/thresholds", THRESHOLD)
    assert (status, body["items"][0]["version"]) == (200, 1)
    status, body = await ma.call("PUT", "/api/v1/thresholds", THRESHOLD | {"bad": 3})
    assert (status, body["error"]["code"]) == (409, "stale")
    assert body["error"]["values"]["bad"] == 2
    for wrong, field in (
        ({"metric": "beauty"}, "metric"),
        ({"bad": 0.5}, "bad"),
        ({"metric": "agents_ready", "queue": "sales"}, "queue"),
        ({"mail_to": ["nobody"]}, "mail_to"),
    ):
        status, body = await ma.call("PUT", "/api/v1/thresholds", THRESHOLD | wrong)
        assert (status, body["error"]["field"]) == (422, field)
    agent = await signed_in("agent")
    assert (await agent.get("/api/v1/thresholds"))[0] == 403
    status, body = await ma.call("DELETE", "/api/v1/thresholds?metric=waiting")
    assert (status, body["items"]) == (200, [])
    assert (await ma.call("DELETE", "/api/v1/thresholds?metric=waiting"))[0] == 404


class Floor:
    """A board with one queue, and the keeper of its alarms."""

    def __init__(self, database: Database) -> None:
        self.now = NOW
        self.told: list[DomainEvent] = []
        self.board = LiveBoard(ZONE, NOW)
        self.board.configure([], {"sales": Terms()})
        self.keeper = AlarmKeeper(
            self.board,
            database,
            self.told.append,
            post=AlarmMail("en", ZONE),
            clock=lambda: self.now,
        )


async def test_an_alarm_is_raised_shown_mailed_acknowledged_and_cleared(
    ma: Api, database: Database
) -> None:
    sent = {"queue": "", "metric": "agents_ready", "version": 0, "bad": 0, "alarm": "bad"}
    status, body = await ma.call(
        "PUT", "/api/v1/thresholds", sent | {"mail_to": ["boss@example.com"]}
    )
    assert status == 200, body
    floor = Floor(database)
    await floor.keeper.look()
    (raised,) = [e for e in floor.told if isinstance(e, AlarmChanged)]
    assert (raised.metric, raised.state, raised.queue) == ("agents_ready", "raised", None)
    assert [one.id for one in floor.board.snapshot().alarms] == [raised.alarm]
    async with database.reading() as db:
        mail = (await db.scalars(select(Mail))).one()
    assert (mail.recipient, "agents ready" in mail.subject) == ("boss@example.com", True)

    # Another service, after a restart: it is open still, and told once only.
    again = Floor(database)
    await again.keeper.look()
    assert again.told == []
    assert [one.id for one in again.board.snapshot().alarms] == [raised.alarm]

    status, body = await ma.post(f"/api/v1/alarms/{raised.alarm}/acknowledge", None)
    assert (status, body["acknowledged_by"] is not None) == (200, True)
    again.keeper.reload()
    await again.keeper.look()
    assert again.board.snapshot().alarms[0].acknowledged
    assert [e.state for e in again.told if isinstance(e, AlarmChanged)] == ["acknowledged"]

    await ma.call("DELETE", "/api/v1/thresholds?metric=agents_ready")
    again.keeper.reload()
    again.now += CALM
    await again.keeper.look()
    assert again.board.snapshot().alarms == []
    status, body = await ma.get("/api/v1/alarms?limit=1")
    assert body["items"][0]["cleared_at"] is not None
    assert (await ma.get("/api/v1/alarms?open=true"))[1]["items"] == []
    assert (await ma.get("/api/v1/alarms?cursor=x"))[0] == 422


async def test_who_serves_a_queue_today_is_so_for_today_and_after_a_restart(
    ma: Api, database: Database
) -> None:
    async with database.session() as db:
        await db.execute(insert(Agent).values(id=1, name="Lucy", active=True))
        for id_, name in ((1, "sales"), (2, "vip")):
            await db.execute(insert(Queue).values(id=id_, pbx="pbx", name=name, ours=True))
        await db.execute(insert(AgentQueue).values(agent_id=1, queue_id=1))
        await db.commit()

    async def queues() -> set[str]:
        keeper = SetupKeeper(database, "pbx")
        await keeper.load()
        return set(keeper.current.agents[1].queues)

    status, _ = await ma.call("PUT", "/api/v1/agents/1/queues-today/vip", {"member": True})
    assert status == 404  # this installation has no desk in the tests of the API
    async with database.session() as db:
        row = await set_today(db, "pbx", 1, "vip", member=True, by=1, zone=ZONE)
        await set_today(db, "pbx", 1, "sales", member=False, by=1, zone=ZONE)
        await db.commit()
    assert row.until == end_of_day(time.time(), ZONE)
    assert await queues() == {"vip"}
    async with database.session() as db:
        await usual_again(db, "pbx", 1, "sales")
        await db.commit()
    assert await queues() == {"sales", "vip"}


def test_the_end_of_a_day_follows_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    long = datetime(2026, 10, 25, tzinfo=berlin).timestamp()  # a day of 25 hours
    assert end_of_day(long, berlin) - long == 25 * 3600


async def test_each_use_is_written_down_with_its_end(database: Database) -> None:
    log = MonitorLog(database, clock=lambda: NOW + 100)
    use = Use(monitor="m" * 32, user=7, agent=1, interaction="i" * 32, mode="whisper", at=NOW)
    log.began(use)
    log.ended(use, 12.5)
    log.began(Use(monitor="n" * 32, user=7, agent=1, interaction="i" * 32, mode="barge", at=NOW))
    await log.finish()
    async with database.reading() as db:
        rows = (await db.scalars(select(MonitorUseRow).order_by(MonitorUseRow.id))).all()
        audited = (await db.scalars(select(AuditRow.action).order_by(AuditRow.id))).all()
        count = await db.scalar(select(func.count()).select_from(MonitorUseRow))
    assert [(row.mode, row.ended_at) for row in rows] == [("whisper", NOW + 12.5), ("barge", None)]
    assert list(audited) == ["call.whisper", "call.whisper", "call.barge"]
    assert count == 2


async def test_who_has_no_telephone_is_told_so_before_listening(ma: Api) -> None:
    for order in ("listen", "whisper", "barge"):
        status, body = await ma.post(f"/api/v1/agents/1/{order}", None)
        assert (status, body["error"]["code"]) == (409, "no_telephone")
    status, body = await ma.post("/api/v1/me/monitor/stop", None)
    assert (status, body["error"]["code"]) == (409, "no_telephone")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.OWN, {"below": 403, "stranger": 403}),
        (Scope.TEAM, {"below": 503, "stranger": 404}),
        (Scope.ALL, {"below": 503, "stranger": 503}),
    ],
)
async def test_who_may_be_listened_to_is_whom_the_right_reaches(
    scope: Scope,
    expected: dict[str, int],
    database: Database,
    hasher: Passwords,
    browser: Browser,
) -> None:
    """There is no PBX here, so within reach the answer is that there is none."""
    three, api = await furnish(database, hasher), await browser()
    assert (await api.sign_in("me"))[0] == 201
    async with database.reading() as db:
        agents = {user: agent for agent, user in await db.execute(select(Agent.id, Agent.user_id))}
    for right in (Right.CALL_LISTEN, Right.CALL_WHISPER, Right.CALL_BARGE):
        await three.give({right: scope})
        order = right.removeprefix("call.")
        for whose, status in expected.items():
            path = f"/api/v1/agents/{agents[three.users[whose]]}"
            assert (await api.post(f"{path}/{order}", None))[0] == status, (right, whose)
        other = "barge" if order != "barge" else "listen"
        assert (await api.post(f"{path}/{other}", None))[0] == 403
