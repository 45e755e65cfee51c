"""Recording control against a PBX at the wire's end that does what a test tells it, or nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from callcenter import events as ev
from callcenter.ami.commands import Commands
from callcenter.ami.connection import Reply
from callcenter.errors import AmiRefused, InvalidInput, NotFound
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg
from recording import spans
from recording.control import NotAllowed, NotRecorded, RecordingControl, StillRecording
from recording.control_events import hear
from recording.control_journal import Journal
from recording.control_tables import RecordingSpan
from recording.rules import Facts, Mode, PauseOn, Rule, Verdict, decide
from recording.spans import Reason
from recording.tables import Recording
from recording.tapes import Tape, tape
from tests.recording.conftest import Put

CALL, LEG, CHANNEL = "c" * 32, "1" * 32, "PJSIP/trunk-00000001"
WHO = 7  # the user who pauses
AGENT = 1001


class Wire:
    """What the PBX was sent; it confirms by `hear`, as the tracker would, unless it is `deaf`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.deaf = False
        self.refuses = False
        self.tell: Callable[[ev.DomainEvent], None] = lambda _: None

    async def send(self, headers: Any) -> Reply:
        self.sent.append((headers["Action"], headers.get("State", "")))
        if self.refuses:
            raise AmiRefused("Cannot set mute flag")
        if not self.deaf and headers["Action"] == "MixMonitorMute":
            kind = ev.RecordingPaused if headers["State"] == "1" else ev.RecordingResumed
            told = kind(at=time.time(), pbx="pbx", interaction=CALL, channel=CHANNEL, leg=LEG)
            asyncio.get_running_loop().call_later(0.01, self.tell, told)
        if not self.deaf and headers["Action"] == "StopMixMonitor":
            over = ev.RecordingStopped(at=1.0, pbx="pbx", interaction=CALL, channel="", leg=LEG)
            asyncio.get_running_loop().call_later(0.01, self.tell, over)
        return Reply({"Response": "Success"})

    async def record(self, agent: int, interaction: str, base: str) -> None:
        self.sent.append(("record", base.rpartition("/")[0]))
        self.tell(taped())


class Rules:
    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def decide(self, facts: Facts) -> Verdict:
        return decide(self.rules, facts)

    def new_tape(self, uniqueid: str, verdict: Verdict) -> Tape:
        return tape("/monitor", uniqueid, "0" * 16, 0.0, customer="in")


class Room:
    """A control with nobody's database behind it, unless one is given."""

    def __init__(self, *rules: Rule, database: Database | None = None) -> None:
        self.wire = Wire()
        self.told: list[ev.RecordingChanged] = []
        self.journal = Journal(database) if database else Journal(None)  # type: ignore[arg-type]  # not run
        commands = Commands(self.wire.send)
        self.control = RecordingControl(
            "pbx",
            commands,
            self.wire,
            rules=Rules(*(rules or (Rule(1),))),
            journal=self.journal,
            publish=self._publish,
            agent_of=lambda _, interface: AGENT if interface == "PJSIP/1001" else None,
        )
        self.wire.tell = self.hear

    def _publish(self, event: ev.DomainEvent) -> None:
        assert isinstance(event, ev.RecordingChanged)
        self.told.append(event)

    def hear(self, *happened: ev.DomainEvent) -> None:
        for event in happened:
            hear(self.control, event)

    @property
    def shown(self) -> ev.RecordingChanged:
        return self.told[-1]

    async def until(self, test: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not test():  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.005)


def party(channel: str, leg: str) -> ev.Party:
    return ev.Party(channel, channel.rpartition("-")[0], None, None, leg)


CUSTOMER, PHONE = party(CHANNEL, LEG), party("PJSIP/1001-00000002", "2" * 32)
COMMON: dict[str, Any] = {"at": 1.0, "pbx": "pbx", "interaction": CALL}


def begun() -> ev.InteractionStarted:
    return ev.InteractionStarted(
        **COMMON, direction=ev.Direction.INBOUND, caller=CUSTOMER, dialled="8000"
    )


def taped() -> ev.RecordingStarted:
    return ev.RecordingStarted(**COMMON, file="/monitor/x.wav", channel=CHANNEL, leg=LEG)


def talk() -> ev.TalkStarted:
    return ev.TalkStarted(**COMMON, talk="t" * 32, a=CUSTOMER, b=PHONE)


def ended() -> ev.InteractionEnded:
    return ev.InteractionEnded(
        **COMMON, reason=ev.EndReason.COMPLETED, by="caller", cause=16, answered=True
    )


RECORDED = (taped(), talk())


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
