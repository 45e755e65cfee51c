"""Recording control as people and events use it, and what is left in the database."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import select

from callcenter import events as ev
from callcenter.errors import InvalidInput, NotFound
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg
from recording import spans
from recording.control import NotAllowed, NotRecorded, StillRecording
from recording.control_tables import RecordingSpan
from recording.rules import Mode, PauseOn, Rule
from recording.spans import Reason
from recording.tables import Recording
from tests.recording.conftest import Put
from tests.recording.control_room import (
    AGENT,
    CALL,
    CHANNEL,
    COMMON,
    CUSTOMER,
    LEG,
    PHONE,
    RECORDED,
    WHO,
    Room,
    begun,
    ended,
    talk,
)


async def test_a_pause_that_the_pbx_confirms_is_shown_with_its_end() -> None:
    room = Room()
    room.hear(begun(), *RECORDED)
    paused = await room.control.pause(CALL, Reason.AGENT, by=WHO)
    assert paused.phase == "paused"
    assert paused.until is not None
    assert 58 < paused.until - time.time() <= 60
    assert [one.phase for one in room.told] == ["recording", "pausing", "paused"]
    await room.control.resume(CALL, by=WHO)
    assert room.shown.phase == "recording"
    assert room.wire.sent == [("MixMonitorMute", "1"), ("MixMonitorMute", "0")]


async def test_who_hears_nothing_within_a_second_is_told_that_it_still_records() -> None:
    room = Room()
    room.wire.deaf = True
    room.hear(begun(), *RECORDED)
    asked = time.monotonic()
    with pytest.raises(StillRecording):
        await room.control.pause(CALL, Reason.AGENT, by=WHO)
    assert time.monotonic() - asked < 1.4
    assert (room.shown.phase, room.shown.alarm) == ("recording", "still_recording")
    room.wire.deaf = False
    assert (await room.control.pause(CALL, Reason.AGENT, by=WHO)).alarm is None


async def test_a_pbx_that_refuses_is_told_of_at_once() -> None:
    room = Room()
    room.wire.refuses = True
    room.hear(begun(), *RECORDED)
    asked = time.monotonic()
    with pytest.raises(StillRecording):
        await room.control.pause(CALL, Reason.AGENT, by=WHO)
    assert time.monotonic() - asked < 0.5
    assert room.shown.alarm == "still_recording"


async def test_it_goes_on_by_itself() -> None:
    room = Room()
    room.hear(begun(), *RECORDED)
    call = room.control.opened(CALL)
    room.control.apply(call, spans.Asked(Reason.AGENT, 0.2))
    await room.until(lambda: room.shown.phase == "paused")
    await room.until(lambda: room.shown.phase == "recording")
    assert room.wire.sent == [("MixMonitorMute", "1"), ("MixMonitorMute", "0")]


async def test_hung_up_while_paused_nothing_is_ordered_any_more() -> None:
    room = Room()
    room.hear(begun(), *RECORDED)
    call = room.control.opened(CALL)
    room.control.apply(call, spans.Asked(Reason.AGENT, 0.2))
    await room.until(lambda: room.shown.phase == "paused")
    room.hear(ended())
    await asyncio.sleep(0.3)
    assert room.wire.sent == [("MixMonitorMute", "1")]
    assert room.shown.phase == "off"
    with pytest.raises(NotFound):
        room.control.state(CALL)


async def test_a_hold_pauses_where_the_rule_says_so_and_its_end_resumes() -> None:
    room = Room(Rule(1, pause_on=frozenset({PauseOn.HOLD})))
    room.hear(begun(), *RECORDED, ev.HoldStarted(**COMMON, hold="h", leg=PHONE.leg))
    await room.until(lambda: room.shown.phase == "paused")
    assert room.shown.reasons == ("hold",)
    room.hear(ev.HoldEnded(**COMMON, hold="h", leg=PHONE.leg))
    await room.until(lambda: room.shown.phase == "recording")
    plain = Room()
    plain.hear(begun(), *RECORDED, ev.HoldStarted(**COMMON, hold="h", leg=PHONE.leg))
    assert plain.shown.phase == "recording"


async def test_the_dialplan_pauses_where_the_rule_says_so() -> None:
    room = Room(Rule(1, pause_on=frozenset({PauseOn.DIALPLAN})))
    room.hear(begun(), *RECORDED, ev.RecordingPauseAsked(**COMMON, leg=LEG, paused=True))
    await room.until(lambda: room.shown.phase == "paused")
    room.hear(ev.RecordingPauseAsked(**COMMON, leg=LEG, paused=False))
    await room.until(lambda: room.shown.phase == "recording")


async def test_an_agent_starts_and_stops_where_the_rules_leave_it_to_them() -> None:
    room = Room(Rule(1, mode=Mode.ON_DEMAND))
    room.hear(begun(), talk())
    assert (room.shown.phase, room.shown.startable) == ("off", True)
    assert (await room.control.start(AGENT, CALL)).phase == "recording"
    assert (await room.control.stop(CALL)).phase == "off"
    with pytest.raises(NotRecorded):
        await room.control.pause(CALL, Reason.AGENT, by=WHO)


async def test_what_the_rules_record_is_not_stopped_by_hand() -> None:
    room = Room()
    room.hear(begun(), *RECORDED)
    assert not room.shown.startable
    with pytest.raises(NotAllowed):
        await room.control.stop(CALL)


async def test_who_refused_is_recorded_by_no_hand() -> None:
    room = Room(Rule(1, mode=Mode.ON_DEMAND))
    refused = ev.Decision(2.0, "recording", "refused", "key", {})
    room.hear(begun(), ev.RoutingDecided(**COMMON, decisions=[refused]), talk())
    with pytest.raises(NotAllowed):
        await room.control.start(AGENT, CALL)
    assert room.told == []


async def test_a_call_that_must_be_recorded_and_is_not_is_begun() -> None:
    room = Room()
    room.hear(begun(), talk())
    await room.until(lambda: bool(room.told) and room.shown.phase == "recording")
    assert room.wire.sent == [("record", "/monitor/1970/01/01")]


async def test_handed_on_to_somebody_who_is_not_recorded_it_stops() -> None:
    room = Room(Rule(1, agents=frozenset({AGENT}), mode=Mode.NEVER), Rule(2))
    room.hear(begun(), *RECORDED)
    await room.until(lambda: room.shown.phase == "off")
    assert room.wire.sent == [("StopMixMonitor", "")]


async def test_a_pause_lasts_as_long_as_is_allowed() -> None:
    room = Room()
    room.hear(begun(), *RECORDED)
    for seconds in (1.0, 601.0):
        with pytest.raises(InvalidInput) as refused:
            await room.control.pause(CALL, Reason.API, seconds=seconds, by=WHO)
        assert refused.value.field == "seconds"


# --- what is left in the database -----------------------------------------------------------------


async def spans_of(database: Database) -> list[RecordingSpan]:
    async with database.reading() as session:
        rows = await session.scalars(select(RecordingSpan).order_by(RecordingSpan.started_at))
        return list(rows)


async def row(put: Put) -> None:
    await put(
        Recording,
        id="e" * 32,
        pbx="pbx",
        interaction_id=CALL,
        leg_id=LEG,
        channel=CHANNEL,
        file="x.wav",
        started_at=1.0,
        status="pending",
    )


async def test_a_restart_finds_the_pause_and_ends_it_when_it_was_to_end(
    database: Database, put: Put
) -> None:
    await row(put)
    before = Room(database=database)
    before.hear(begun(), *RECORDED)
    await before.control.pause(CALL, Reason.API, seconds=5.0, by=WHO)
    await before.journal.finish()  # and is gone
    [open_] = await spans_of(database)
    assert (open_.kind, open_.reasons, open_.user_id, open_.ended_at) == ("pause", ["api"], 7, None)

    after = Room(database=database)
    await after.control.load()
    after.hear(begun(), ev.LegStarted(**COMMON, party=CUSTOMER, uniqueid="1.1", boot="b"))
    assert after.shown.phase == "paused"
    assert after.shown.until == pytest.approx(open_.until)
    await after.control.resume(CALL, by=None)
    await after.journal.finish()
    [closed] = await spans_of(database)
    assert closed.ended_at is not None
    assert closed.ended_at > open_.started_at


async def test_a_pause_whose_call_ended_meanwhile_ended_with_it(
    database: Database, put: Put
) -> None:
    await row(put)
    room = Room(database=database)
    room.hear(begun(), *RECORDED)
    await room.control.pause(CALL, Reason.AGENT, by=WHO)
    await room.journal.finish()
    common = {"direction": "inbound", "pbx": "pbx"}
    await put(Interaction, id=CALL, ended_at=9.0, end_reason="lost", **common)
    names = {"boot": "b", "uniqueid": "1.1", "channel": CHANNEL, "interface": "PJSIP/trunk"}
    await put(Leg, id=LEG, interaction_id=CALL, pbx="pbx", ended=True, ended_at=8.0, **names)
    await room.journal.close_forgotten("pbx", 20.0)
    [closed] = await spans_of(database)
    assert (closed.ended_at, closed.estimated) == (8.0, True)
