"""From what happens to what arrives, over a real database and a server that misbehaves."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from sqlalchemy import select, update

from callcenter import events as ev
from callcenter.bus import MemoryBus
from callcenter.health import State
from callcenter.outward import outbox, targets
from callcenter.outward.addresses import Policy
from callcenter.outward.backoff import DAY, Kind
from callcenter.outward.recorder import EVENTS, Recorder
from callcenter.outward.service import Outward, OutwardSettings
from callcenter.outward.tables import CtiCallRow, DeliveryRow, WebhookRow
from callcenter.outward.targets import Wanted
from callcenter.secrets import Box
from callcenter.store.database import Database
from tests.outward.people import Everybody, as_digits
from tests.outward.receiver import Receiver, answering, hanging, receiver
from tests.outward.test_cti import told

HERE = Policy.of(["127.0.0.0/8"], plain=True)
ENDED = ("call.ended",)


@dataclass
class Clock:
    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class House:
    """A bus, a recorder, and everything that delivers."""

    database: Database
    folder: Path
    clock: Clock = field(default_factory=Clock)
    box: Box = field(default_factory=lambda: Box((b"k" * 32,)))
    settings: OutwardSettings = field(
        default_factory=lambda: OutwardSettings(policy=HERE, timeout=0.5)
    )

    async def add(
        self, url: str, events: Sequence[str] = ENDED, kind: Kind = "webhook", **more: object
    ) -> tuple[int, str | None]:
        usual: dict[str, Any] = {"name": "x", "format": "json", "internal": True, "active": True}
        wanted = Wanted(url=url, events=events, **(usual | more))
        async with self.database.session() as session:
            made = await targets.create(session, self.box, kind, wanted, now=self.clock())
            await session.commit()
        return made

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Callable[[ev.DomainEvent], object], Outward]]:
        """(publish, the service), until it is left as a service is left."""
        outward = Outward(self.database, self.box, self.settings, clock=self.clock)
        await outward.load()
        async with MemoryBus(self.folder) as bus:
            recorder = Recorder(
                bus.subscribe("outward", types=EVENTS, durable=True),
                self.database,
                Everybody(),
                as_digits,
                targets=lambda: outward.targets,
                wake=outward.wake,
                clock=self.clock,
            )
            tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(outward.run())]
            try:
                yield bus.publish, outward
            finally:
                bus.finish()
                await asyncio.wait(tasks[:1], timeout=5)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await outward.close()

    async def rows(self) -> list[DeliveryRow]:
        async with self.database.session() as session:
            return list(await session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))

    async def until(self, state: str, count: int) -> list[DeliveryRow]:
        async with asyncio.timeout(60):
            while sum(row.state == state for row in await self.rows()) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return await self.rows()

    async def target(self, id_: int) -> WebhookRow:
        async with self.database.session() as session:
            row = await session.get(WebhookRow, id_)
            assert row is not None
            return row


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "waiting")


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


def ended(call: str, at: float = 1000.0) -> ev.InteractionEnded:
    return ev.InteractionEnded(
        at=at, pbx="pbx", interaction=call, reason=ev.EndReason.COMPLETED, by="caller", cause=16,
        answered=True,
    )  # fmt: skip


def queued(call: str, at: float = 999.0) -> ev.QueueJoined:
    return ev.QueueJoined(
        at=at, pbx="pbx", interaction=call, entry=f"e{call}", queue="sales", leg="l", position=1
    )


async def test_what_happens_arrives_signed_and_once(house: House, server: Receiver) -> None:
    _, secret = await house.add(server.url + "hook")
    async with house.open() as (publish, _):
        publish(queued("a"))  # nobody wants to hear of this
        publish(ended("a"))
        publish(ended("a"))  # told twice, it is the same
        (got,) = await server.until(1)
        await house.until("delivered", 1)
    assert len(server.got) == 1
    sent = json.loads(got.body)
    assert (sent["type"], sent["data"]["call"], sent["timestamp"]) == (
        "call.ended",
        "a",
        "1970-01-01T00:16:40.000Z",
    )
    assert got.headers["webhook-id"] == sent["id"]
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"{sent['id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    key = base64.b64decode(str(secret).removeprefix("whsec_"))
    made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{made}"


async def test_a_call_that_no_helpdesk_can_be_told_of_silences_nobody(
    house: House, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unforeseen(*_: object) -> None:
        raise KeyError("a")

    monkeypatch.setattr("callcenter.outward.recorder.CtiBook.feed", unforeseen)
    await house.add(server.url + "cti", (), "cti", format="form")
    await house.add(server.url + "hook")
    async with house.open() as (publish, _):
        publish(ended("a"))
        publish(ended("b"))
        await server.until(2)
    assert [json.loads(got.body)["data"]["call"] for got in server.got] == ["a", "b"]


async def test_a_helpdesk_hears_of_a_call_in_its_own_words(house: House, server: Receiver) -> None:
    await house.add(server.url + "cti", (), "cti", format="form")
    async with house.open() as (publish, _):
        for event in told("queue_ringall"):
            publish(event)
        await server.until(3)
        await house.until("delivered", 3)
    events = [dict(parse_qsl(got.body.decode())) for got in server.got]
    assert [event["event"] for event in events] == ["newCall", "answer", "hangup"]
    assert len({event["callId"] for event in events}) == 1
    users = [value for name, value in parse_qsl(server.got[0].body.decode()) if name == "user[]"]
    assert users == ["agent2", "agent1"]
    assert (events[1]["user"], events[2]["cause"]) == ("agent2", "normalClearing")
    assert "webhook-signature" not in server.got[0].headers
    async with house.database.session() as session:
        assert list(await session.scalars(select(CtiCallRow))) == []


async def test_of_one_call_the_later_waits_for_the_earlier_and_other_calls_do_not(
    house: House, server: Receiver
) -> None:
    refused: list[str] = []

    async def behave(request: web.Request) -> web.StreamResponse:
        sent = json.loads(server.got[-1].body)
        if sent["data"]["call"] == "a" and not refused:
            refused.append(sent["type"])
            return await answering(418)(request)
        return await answering(200)(request)

    server.behave = behave
    await house.add(server.url, ("call.queued", "call.ended"))
    async with house.open() as (publish, _):
        for event in (queued("a"), queued("b"), ended("a"), ended("b")):
            publish(event)
        await house.until("delivered", 2)
        assert {json.loads(got.body)["data"]["call"] for got in server.got[1:]} == {"b"}
        house.clock.ahead = 3600.0  # the pause is over
        await house.until("delivered", 4)
    order = [json.loads(got.body) for got in server.got]
    of_a = [sent["type"] for sent in order if sent["data"]["call"] == "a"]
    assert of_a == ["call.queued", "call.queued", "call.ended"]


async def test_a_dead_target_delays_no_other_and_is_asked_less_and_less(
    house: House, server: Receiver
) -> None:
    async with receiver() as dead:
        dead.behave = hanging
        await house.add(dead.url)
        await house.add(server.url)
        async with house.open() as (publish, _):
            for number in range(60):
                publish(ended(f"c{number}"))
            await server.until(60)
            assert dead.most_at_once <= 8
            await asyncio.sleep(1.0)
            assert len(dead.got) <= 20  # a handful, and then one at a time
            waiting = [row for row in await house.rows() if row.state == "waiting"]
            assert len(waiting) == 60
        ids = {json.loads(got.body)["id"] for got in server.got}
        assert len(ids) == 60


async def test_what_could_not_be_delivered_is_there_after_a_restart(
    house: House, server: Receiver
) -> None:
    server.behave = answering(503)
    id_, _ = await house.add(server.url)
    async with house.open() as (publish, _):
        publish(ended("a"))
        await server.until(1)
        async with asyncio.timeout(30):
            while (await house.target(id_)).failing_since is None:  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.05)
    server.behave = None
    house.clock.ahead = 600.0
    async with house.open() as (_publish, outward):
        assert outward.health().state is State.DEGRADED
        rows = await house.until("delivered", 1)
        await server.until(2)
    assert (rows[0].attempts, rows[0].status) == (2, 200)
    assert server.got[0].headers["webhook-id"] == server.got[1].headers["webhook-id"]
    assert (await house.target(id_)).failing_since is None


async def test_what_was_given_up_is_seen_and_can_be_sent_again(
    house: House, server: Receiver
) -> None:
    server.behave = answering(422, "no such call")
    id_, _ = await house.add(server.url, (), "cti")
    async with house.open() as (publish, outward):
        for event in told("busy"):
            publish(event)
        rows = await house.until("dead", 2)
        assert [(row.status, row.answer) for row in rows] == [(422, "no such call")] * 2
        server.behave = None
        async with house.database.session() as session:
            assert await outbox.replay(session, id_, now=house.clock()) == 2
            await session.commit()
        outward.wake({id_})
        await house.until("delivered", 2)
    events = [json.loads(got.body)["event"] for got in server.got]
    assert events == ["newCall", "hangup"] * 2


@pytest.mark.parametrize(("status", "days", "reason"), [(500, 6.0, "failing"), (410, 0.0, "gone")])
async def test_one_that_is_gone_or_fails_for_days_is_switched_off(
    house: House, server: Receiver, status: int, days: float, reason: str
) -> None:
    server.behave = answering(status)
    id_, _ = await house.add(server.url)
    async with house.database.session() as session:
        since = None if not days else time.time() - days * DAY
        await session.execute(update(WebhookRow).values(failing_since=since))
        await session.commit()
    async with house.open() as (publish, outward):
        publish(ended("a"))
        async with asyncio.timeout(30):
            while outward.targets:  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.05)
        row = await house.target(id_)
        assert (row.active, row.off_reason) == (False, reason)
        assert "switched off" in outward.health().detail
        publish(ended("b"))
        await asyncio.sleep(0.2)
    assert len(await house.rows()) == 1


async def test_the_button_sends_at_once_even_to_one_that_is_off(
    house: House, server: Receiver
) -> None:
    id_, _ = await house.add(server.url, active=False)
    outward = Outward(house.database, house.box, house.settings)
    async with house.database.session() as session:
        delivery = await outward.queue_test(session, id_)
        await session.commit()
    outward.send_test(id_, delivery)
    await server.until(1)
    await house.until("delivered", 1)
    await outward.close()
    assert json.loads(server.got[0].body)["type"] == "webhook.test"


async def test_without_the_key_nothing_is_sent_and_it_is_said(
    house: House, server: Receiver
) -> None:
    await house.add(server.url)
    house.box = Box((b"z" * 32,))
    async with house.open() as (_publish, outward):
        assert outward.targets == []
        assert "unreadable" in outward.health().detail
