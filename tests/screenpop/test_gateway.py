"""Who gets in, who hears what and what a misbehaving client brings on itself: over real sockets."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count

import pytest
from websockets.exceptions import InvalidStatus

from callcenter import events as ev
from callcenter.bus import MemoryBus
from callcenter.metrics import REGISTRY
from screenpop import frames
from screenpop.console import Console
from screenpop.frames import CloseCode, Subscribe
from screenpop.pops import EVENTS
from tests.screenpop.conftest import Client, House
from tests.screenpop.story import Story

numbers = count(1)


def ring(house: House, agent: int = 1) -> str:
    """A call rings at the agent; its interaction."""
    story = Story(f"r{next(numbers)}")
    house.gateway.feed(story.started())
    house.gateway.feed(story.rings(agent))
    return story.interaction


# --- the door -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cookie", "origin", "status", "code"),
    [
        (None, None, 401, "unauthenticated"),
        ("s=forged", None, 401, "unauthenticated"),
        ("s=one", "https://evil.example", 403, "foreign_origin"),
        ("s=one", "null", 403, "foreign_origin"),
        ("s=one", "http://[", 403, "foreign_origin"),
        ("s=one", "file://127.0.0.1", 403, "foreign_origin"),
    ],
)
async def test_strangers_are_refused_before_the_upgrade(
    house: House, cookie: str | None, origin: str | None, status: int, code: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await house.connect(cookie, origin=origin)
    response = refused.value.response
    assert response.status_code == status
    assert json.loads(response.body or b"")["error"]["code"] == code
    assert house.gateway.consoles == 0


@pytest.mark.parametrize("origin", [None, "https://calls.example", "http://127.0.0.1:8080"])
async def test_our_own_page_gets_in_and_is_welcomed(house: House, origin: str | None) -> None:
    client = await house.connect(origin=origin)
    welcome = await client.next(frames.Welcome)
    assert (welcome.user, welcome.agent, welcome.epoch) == (1, 1, house.gateway.epoch)


async def test_nobody_comes_in_while_it_cannot_be_known_who_it_is(house: House) -> None:
    house.people.away = True
    with pytest.raises(InvalidStatus) as refused:
        await house.connect()
    assert refused.value.response.status_code == 503


@pytest.mark.parametrize("house", [{"connections_per_user": 2}], indirect=True)
async def test_one_user_may_not_take_all_connections(house: House) -> None:
    first = await house.console()
    await house.console()
    third = await house.connect()
    assert await third.closed() == CloseCode.TOO_MANY_CONNECTIONS
    first.socket.transport.abort()
    await asyncio.sleep(0.05)
    await house.console()


# --- the streams ----------------------------------------------------------------------------


async def test_a_pop_reaches_the_rung_agent_and_no_other(house: House) -> None:
    one, two = await house.console("s=one"), await house.console("s=two")
    interaction = ring(house, agent=1)
    frame = await one.next(frames.PopOffered)
    assert (frame.seq, frame.pop.interaction) == (1, interaction)
    assert await two.quiet()


def pushes(house: House, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is written to consoles from now on, write by write."""
    written: list[bytes] = []
    push = Console.push

    def counted(console: Console, data: bytes) -> None:
        written.append(data)
        push(console, data)

    monkeypatch.setattr(Console, "push", counted)
    return written


async def test_a_pop_waits_a_moment_for_its_card_and_both_come_in_one_write(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.console()
    written = pushes(house, monkeypatch)
    story = Story("looked-up")
    for event in (story.started(), story.rings(1), story.identified("韩梅梅")):
        house.gateway.feed(event)
    first, second = [await client.next(frames.PopOffered) for _ in range(2)]
    assert (first.seq, first.pop.card) == (1, None)
    assert second.seq == 2
    assert second.pop.card is not None
    assert len(written) == 1


@pytest.mark.parametrize("house", [{"pop_waits": 0.2}], indirect=True)
async def test_a_pop_whose_card_is_late_comes_without_it(house: House) -> None:
    client = await house.console()
    ring(house)
    assert await client.quiet(0.1)
    assert (await client.next(frames.PopOffered)).pop.card is None


@pytest.mark.parametrize("house", [{"pop_waits": 60.0}], indirect=True)
async def test_whatever_else_there_is_to_hear_takes_a_waiting_pop_along(house: House) -> None:
    client = await house.console()
    story = Story("fast")
    for event in (story.started(), story.rings(1), story.rang(1)):
        house.gateway.feed(event)
    heard = [await client.frame() for _ in range(3)]
    assert [type(frame) for frame in heard] == [
        frames.PopOffered,
        frames.PopWithdrawn,
        frames.CallChanged,
    ]


@pytest.mark.parametrize("house", [{"pop_waits": 60.0}], indirect=True)
async def test_a_pop_that_cannot_get_a_card_waits_for_none(house: House) -> None:
    client = await house.console()
    story = Story("inside")
    house.gateway.feed(story.started(direction=ev.Direction.INTERNAL))
    house.gateway.feed(story.rings(1))
    assert (await client.next(frames.PopOffered)).pop.interaction == "inside"


@pytest.mark.parametrize("house", [{"pop_waits": 0.2}], indirect=True)
async def test_who_subscribes_anew_while_a_pop_waits_hears_of_it_once(house: House) -> None:
    client = await house.console()
    interaction = ring(house)
    await client.send(Subscribe(stream="me"))
    snapshot = await client.next(frames.Snapshot)
    assert snapshot.me is not None
    assert [pop.interaction for pop in snapshot.me.pops] == [interaction]
    assert await client.quiet(0.4)


async def test_a_snapshot_holds_what_rang_before(house: House) -> None:
    interaction = ring(house)
    client = await house.connect()
    await client.next(frames.Welcome)
    await client.send(Subscribe(stream="me"))
    snapshot = await client.next(frames.Snapshot)
    assert snapshot.me is not None
    assert [pop.interaction for pop in snapshot.me.pops] == [interaction]


async def resumed(house: House, epoch: str, seq: int) -> Client:
    client = await house.connect()
    await client.next(frames.Welcome)
    await client.send(Subscribe(stream="me", resume_epoch=epoch, resume_seq=seq))
    return client


async def test_a_resume_brings_exactly_the_missed_frames(house: House) -> None:
    client = await house.console()
    ring(house)
    seen = await client.next(frames.PopOffered)
    client.socket.transport.abort()
    missed = [ring(house), ring(house)]
    back = await resumed(house, house.gateway.epoch, seen.seq)
    assert (await back.next(frames.Resumed)).seq == 3
    got = [await back.next(frames.PopOffered) for _ in missed]
    assert [(frame.seq, frame.pop.interaction) for frame in got] == [
        (2, missed[0]),
        (3, missed[1]),
    ]
    live = ring(house)
    assert (await back.next(frames.PopOffered)).pop.interaction == live


async def test_a_resume_with_nothing_missed_says_so(house: House) -> None:
    await house.console()
    back = await resumed(house, house.gateway.epoch, 0)
    assert (await back.next(frames.Resumed)).seq == 0


@pytest.mark.parametrize(
    ("epoch", "seq", "reason"),
    [(None, 0, "too_old"), ("another run", 5, "new_epoch"), (None, 9999, "ahead")],
)
async def test_what_cannot_be_resumed_is_reset_with_its_reason(
    house: House, epoch: str | None, seq: int, reason: str
) -> None:
    await house.console()
    for _ in range(100):
        ring(house)
    back = await resumed(house, epoch or house.gateway.epoch, seq)
    assert (await back.next(frames.Reset)).reason == reason
    snapshot = await back.next(frames.Snapshot)
    assert snapshot.seq == 100
    assert snapshot.me is not None
    assert len(snapshot.me.pops) == 100


async def test_two_tabs_stay_in_step(house: House) -> None:
    left, right = await house.console(), await house.console()
    interaction = ring(house)
    await left.next(frames.PopOffered)
    await right.next(frames.PopOffered)
    await left.send(frames.Dismiss(interaction=interaction))
    for tab in (left, right):
        gone = await tab.next(frames.PopWithdrawn)
        assert (gone.interaction, gone.reason) == (interaction, "dismissed")


async def test_a_call_in_progress_is_not_dismissed(house: House) -> None:
    client = await house.console()
    story = Story("busy")
    for event in (story.started(), story.rings(1), story.rang(1)):
        house.gateway.feed(event)
    await client.send(frames.Dismiss(interaction="busy"))
    seen = [await client.frame() for _ in range(4)]
    assert isinstance(seen[-1], frames.Refused)
    assert seen[-1].code == "call_in_progress"


async def test_the_board_is_for_those_with_the_right(house: House) -> None:
    boss = await house.connect("s=boss")
    await boss.next(frames.Welcome)
    await boss.send(Subscribe(stream="board"))
    assert (await boss.next(frames.Snapshot)).seq == 0
    house.wall.change()
    assert (await boss.next(frames.BoardChanged)).seq == 1
    agent = await house.console()
    await agent.send(Subscribe(stream="board"))
    assert await agent.closed() == CloseCode.FORBIDDEN


async def test_people_without_a_phone_have_no_calls(house: House) -> None:
    boss = await house.connect("s=boss")
    await boss.send(Subscribe(stream="me"))
    assert await boss.closed() == CloseCode.FORBIDDEN


@pytest.mark.parametrize("house", [{"beat": 0.05}], indirect=True)
async def test_beats_keep_answering_clients_and_drop_silent_ones(house: House) -> None:
    client = await house.console()
    for _ in range(4):
        await client.next(frames.Beat)
    client.socket.transport.pause_reading()  # no pong any more
    await asyncio.sleep(0.3)
    assert house.gateway.consoles == 1  # closing: it has its time to answer
    client.socket.transport.resume_reading()
    assert await client.closed() == CloseCode.SILENT


# --- misbehaving clients --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", CloseCode.BAD_FRAME),
        ("[]", CloseCode.BAD_FRAME),
        ('{"kind":"launch"}', CloseCode.BAD_FRAME),
        ('{"kind":"subscribe","stream":"me","more":1}', CloseCode.BAD_FRAME),
        ('{"kind":"subscribe","stream":"theirs"}', CloseCode.BAD_FRAME),
        ("[" * 4000, CloseCode.BAD_FRAME),
        (b'{"kind":"subscribe","stream":"me"}', CloseCode.BAD_FRAME),
        ('{"kind":"dismiss","interaction":"' + "x" * 5000 + '"}', CloseCode.TOO_LARGE),
    ],
)
async def test_junk_closes_that_client_only(
    house: House, message: str | bytes, code: CloseCode
) -> None:
    good, bad = await house.console(), await house.connect("s=two")
    await bad.send(message)
    assert await bad.closed() == code
    ring(house)
    await good.next(frames.PopOffered)


async def test_text_that_is_not_utf8_is_junk_too(house: House) -> None:
    bad = await house.connect()
    await bad.socket.send(b'{"kind":"dismiss","interaction":"\xff"}', text=True)
    assert await bad.closed() == CloseCode.BAD_FRAME


async def test_a_message_in_pieces_is_one_message(house: House) -> None:
    client = await house.connect()
    await client.next(frames.Welcome)
    await client.socket.send(['{"kind":"sub', 'scribe","str', 'eam":"me"}'])
    await client.next(frames.Snapshot)


async def test_pieces_together_may_not_be_larger_either(house: House) -> None:
    client = await house.connect()
    await client.socket.send(["x" * 2000] * 3)
    assert await client.closed() == CloseCode.TOO_LARGE


@pytest.mark.parametrize(
    "junk", [b"\x81\x05hello", b"\xff" * 64, b"\x83\x80\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_bytes_that_are_no_websocket_close_that_client_only(
    house: House, junk: bytes
) -> None:
    good, bad = await house.console(), await house.console("s=two")
    bad.socket.transport.write(junk)
    assert await bad.closed() == 1002
    ring(house)
    await good.next(frames.PopOffered)


async def test_too_many_messages_close_the_client(house: House) -> None:
    client = await house.console()
    for _ in range(40):
        await client.send(frames.Dismiss(interaction="x"))
    assert await client.closed() == CloseCode.TOO_MANY_FRAMES


async def test_one_who_never_answers_our_close_is_cut(house: House) -> None:
    bad = await house.console()
    await bad.send("junk")
    bad.socket.transport.pause_reading()
    await asyncio.sleep(2.3)
    assert house.gateway.consoles == 0


def dropped_as_slow() -> float:
    found = REGISTRY.get_sample_value("callcenter_consoles_dropped_total", {"reason": "too_slow"})
    return found or 0.0


async def test_a_slow_reader_is_closed_while_others_hear_at_once(house: House) -> None:
    good, slow = await house.console(), await house.console(max_queue=None)
    slow.socket.transport.pause_reading()
    before, delays = dropped_as_slow(), []
    async with asyncio.timeout(20):
        while dropped_as_slow() == before:
            story = Story(f"flood{next(numbers)}")
            house.gateway.feed(story.started(dialled="x" * 20_000))
            began = time.perf_counter()
            house.gateway.feed(story.rings(1))
            await good.next(frames.PopOffered)
            delays.append(time.perf_counter() - began)
            house.gateway.feed(story.ended())
            await good.next(frames.PopWithdrawn)
    assert len(delays) < 500  # what may wait for one client is bounded
    assert sorted(delays)[len(delays) // 2] < 0.05
    slow.socket.transport.resume_reading()
    assert await slow.closed() == CloseCode.TOO_SLOW


async def test_a_large_snapshot_reaches_a_client_that_is_still_reading_another(
    house: House,
) -> None:
    many = frames.QueueRow("q" * 2_000_000, 0, None, 0, 0, 0, 0, 0, 20.0, 0.0, 0, 0.0, [])
    house.wall.queues = [many]
    boss = await house.connect("s=boss", max_size=None, max_queue=None)
    await boss.next(frames.Welcome)
    boss.socket.transport.pause_reading()
    await boss.send(Subscribe(stream="board"))
    await boss.send(Subscribe(stream="board"))
    await asyncio.sleep(0.2)
    boss.socket.transport.resume_reading()
    for _ in range(2):
        snapshot = await boss.next(frames.Snapshot)
        assert snapshot.board is not None
        assert snapshot.board.queues == [many]


# --- sessions and the end -------------------------------------------------------------------


async def test_a_revoked_session_is_closed_within_a_second(house: House) -> None:
    one, two = await house.console("s=one"), await house.console("s=two")
    house.gateway.close_user_sessions("one")
    assert await one.closed(within=1.0) == CloseCode.UNAUTHENTICATED
    ring(house, agent=2)
    await two.next(frames.PopOffered)


@pytest.mark.parametrize("house", [{"beat": 0.05}], indirect=True)
async def test_an_expired_session_is_closed_with_the_next_beat(house: House) -> None:
    house.people.change("s=one", expires_at=time.time() + 0.1)
    client = await house.console()
    assert await client.closed(within=1.0) == CloseCode.UNAUTHENTICATED


async def test_a_session_that_is_over_is_found_without_being_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screenpop.heartbeat.RECHECK", 0.1)
    await house.gateway.stop()
    house = House()
    await house.gateway.start()
    one, boss = await house.console("s=one"), await house.connect("s=boss")
    house.people.away = True
    assert await one.quiet()  # the store is away: nobody is thrown out
    house.people.away = False
    del house.people.known["s=one"]
    house.people.change("s=boss", rights=frozenset())
    assert await one.closed(within=2.0) == CloseCode.UNAUTHENTICATED
    assert await boss.closed(within=2.0) == CloseCode.UNAUTHENTICATED
    await house.close()


async def test_stopping_tells_everybody_to_go_elsewhere(house: House) -> None:
    clients = [await house.console("s=one"), await house.console("s=two")]
    await asyncio.gather(house.gateway.stop(), *(client.closed() for client in clients))
    assert {client.socket.close_code for client in clients} == {CloseCode.GOING_AWAY}
    assert house.gateway.consoles == 0


async def test_the_link_is_told_on_every_console(house: House) -> None:
    one, two = await house.console("s=one"), await house.console("s=two")
    house.gateway.feed(ev.LinkRestored(at=5.0, pbx="pbx1", boot="b", since=None))
    house.gateway.store_link(False)
    for client in (one, two):
        assert (await client.next(frames.LinkChanged)).link.pbx == "up"
        assert (await client.next(frames.LinkChanged)).link.store == "down"


async def test_events_come_by_the_bus_and_after_a_loss_nothing_is_shown_as_going_on(
    house: House,
) -> None:
    client = await house.console()
    bus = MemoryBus()
    batches = bus.subscribe("gateway", types=EVENTS, maxsize=4)
    consuming = asyncio.create_task(house.gateway.consume(batches))
    story = Story("kept")
    bus.publish(story.started())
    bus.publish(story.rings(1))
    assert (await client.next(frames.PopOffered)).pop.interaction == "kept"
    for _ in range(9):  # without a chance to read them: more than the subscription holds
        bus.publish(story.queued())
    gone = await client.next(frames.PopWithdrawn)
    assert (gone.interaction, gone.reason) == ("kept", "lost")
    bus.finish()
    await consuming


# --- whether an agent has a console ---------------------------------------------------------


async def heard(house: House, *told: tuple[int, bool]) -> None:
    for _ in range(500):
        if house.consoles == list(told):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(house.consoles)


async def test_the_first_and_the_last_console_of_an_agent_are_told(house: House) -> None:
    first, second = await house.console(), await house.console()
    await house.console("s=two")
    assert house.consoles == [(1, True), (2, True)]
    first.socket.transport.abort()
    await asyncio.sleep(0.1)
    assert house.consoles == [(1, True), (2, True)]
    second.socket.transport.abort()
    await heard(house, (1, True), (2, True), (1, False))
    await house.console()
    assert house.consoles[-1] == (1, True)


async def test_who_watches_the_board_only_is_no_agents_console(house: House) -> None:
    client = await house.connect("s=boss")
    await client.next(frames.Welcome)
    await client.send(Subscribe(stream="board"))
    await client.next(frames.Snapshot)
    assert house.consoles == []


async def test_a_second_browser_takes_over_and_the_first_says_so(house: House) -> None:
    first, tab = await house.console(), await house.console()
    second = await house.console("s=elsewhere")
    await first.next(frames.TakenOver)
    await tab.next(frames.TakenOver)
    assert await second.quiet()
    ring(house)  # both still show what happens
    await first.next(frames.PopOffered)
    await second.next(frames.PopOffered)


async def test_a_browser_that_is_back_takes_nothing_over(house: House) -> None:
    await house.console()
    second = await house.console("s=elsewhere")
    await resumed(house, house.gateway.epoch, 0)
    assert await second.quiet()
