"""The figures on the board are those of the reports, and agents are shown as they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from callcenter import events as ev
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from screenpop.frames import AgentRow, BoardChanged, QueueRow
from web.board import LiveBoard, midnight, next_midnight
from web.board_agents import BoardAgent
from web.board_queries import entries_between
from web.board_queues import Entry, Terms

PBX = "pbx1"
ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 10, 12, tzinfo=ZONE).timestamp()
CUSTOMER = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", "13800138000", "李雷", "c1")
PHONE = ev.Party("PJSIP/1001-2", "PJSIP/1001", "1001", None, "a1")


class Call:
    """One caller, told to the board second by second."""

    def __init__(self, board: LiveBoard, id_: str, at: float = NOON) -> None:
        self.board, self.id, self.at = board, id_, at
        self.head: dict[str, Any] = {"pbx": PBX, "interaction": id_}
        board.apply(
            ev.InteractionStarted(
                **self.head, at=at, direction=ev.Direction.INBOUND, caller=CUSTOMER, dialled="400"
            )
        )
        board.apply(
            ev.QueueJoined(
                **self.head, at=at, entry=f"e-{id_}", queue="sales", leg="c1", position=1
            )
        )

    def leaves(self, exit_: ev.QueueExit, waited: float | None) -> Call:
        self.at += waited or 0.0
        self.board.apply(
            ev.QueueLeft(
                **self.head,
                at=self.at,
                entry=f"e-{self.id}",
                queue="sales",
                exit=exit_,
                waited=waited,
            )
        )
        return self

    def talks(self, seconds: float | None, talk: str = "t") -> Call:
        talk = f"{talk}-{self.id}"
        self.board.apply(
            ev.TalkStarted(
                **self.head, at=self.at, talk=talk, a=CUSTOMER, b=PHONE, entry=f"e-{self.id}"
            )
        )
        if seconds is not None:
            self.at += seconds
            self.board.apply(
                ev.TalkEnded(
                    **self.head, at=self.at, talk=talk, a=CUSTOMER, b=PHONE, seconds=seconds
                )
            )
        return self

    def rings(self) -> Call:
        self.board.apply(
            ev.OfferStarted(
                **self.head, at=self.at, offer="o", party=PHONE, queue="sales", entry=None
            )
        )
        return self


@pytest.fixture
def board() -> LiveBoard:
    board = LiveBoard(ZONE, NOON)
    agent = BoardAgent(1, "Lucy", ((PBX, "PJSIP/1001"),))
    board.configure([agent], {"sales": Terms(service_level=20, short_abandon=5)})
    return board


def sales(board: LiveBoard) -> QueueRow:
    return next(row for row in board.snapshot().queues if row.queue == "sales")


def lucy(board: LiveBoard) -> AgentRow:
    return board.snapshot().agents[0]


def test_an_answer_within_the_threshold_earns_the_service_level(board: LiveBoard) -> None:
    Call(board, "i1").leaves(ev.QueueExit.ANSWERED, 20.0).talks(60.0)
    Call(board, "i2").leaves(ev.QueueExit.ANSWERED, 20.1).talks(30.0)
    row = sales(board)
    assert (row.offered, row.answered, row.in_time) == (2, 2, 1)
    assert row.wait_sum == pytest.approx(40.1)
    assert (row.handled, row.talk_sum) == (2, 90.0)


def test_short_abandons_are_counted_among_the_abandons_and_apart(board: LiveBoard) -> None:
    Call(board, "i1").leaves(ev.QueueExit.ABANDONED, 5.0)
    Call(board, "i2").leaves(ev.QueueExit.ABANDONED, 5.1)
    row = sales(board)
    assert (row.offered, row.abandoned, row.short_abandoned) == (2, 2, 1)


@pytest.mark.parametrize(
    "exit_",
    [e for e in ev.QueueExit if e not in {ev.QueueExit.ANSWERED, ev.QueueExit.ABANDONED}],
)
def test_no_other_exit_is_an_abandon(board: LiveBoard, exit_: ev.QueueExit) -> None:
    Call(board, "i1").leaves(exit_, 3.0)
    row = sales(board)
    assert (row.offered, row.answered, row.abandoned, row.waiting) == (1, 0, 0, 0)


def test_a_wait_nobody_measured_is_taken_from_the_clock(board: LiveBoard) -> None:
    call = Call(board, "i1")
    call.at += 7.0
    call.leaves(ev.QueueExit.ANSWERED, None)
    assert sales(board).wait_sum == 7.0


def test_two_conversations_of_one_entry_are_one_handled_call(board: LiveBoard) -> None:
    Call(board, "i1").leaves(ev.QueueExit.ANSWERED, 1.0).talks(10.0, "a").talks(20.0, "b")
    assert (sales(board).handled, sales(board).talk_sum) == (1, 30.0)


def test_a_conversation_whose_end_nobody_saw_counts_in_no_average(board: LiveBoard) -> None:
    Call(board, "i1").leaves(ev.QueueExit.ANSWERED, 1.0).talks(10.0)
    call = Call(board, "i2").leaves(ev.QueueExit.ANSWERED, 1.0).talks(None)
    lost = ev.TalkEnded(
        **call.head,
        at=call.at + 300,
        talk="t-i2",
        a=CUSTOMER,
        b=PHONE,
        seconds=None,
        estimated=True,
    )
    board.apply(lost)
    assert (sales(board).answered, sales(board).handled, sales(board).talk_sum) == (2, 1, 10.0)


def test_the_threshold_is_the_one_of_joining(board: LiveBoard) -> None:
    call = Call(board, "i1")
    board.configure([], {"sales": Terms(service_level=5)})
    call.leaves(ev.QueueExit.ANSWERED, 15.0)
    assert (sales(board).in_time, sales(board).threshold) == (1, 5)


def test_those_who_wait_are_shown_longest_first(board: LiveBoard) -> None:
    Call(board, "late", NOON + 9)
    Call(board, "early", NOON + 1)
    row = sales(board)
    assert (row.waiting, row.longest_since) == (2, NOON + 1)
    assert [call.interaction for call in row.waiting_calls] == ["early", "late"]
    assert row.waiting_calls[0].name == "李雷"


def test_a_call_belongs_to_the_day_it_joined(board: LiveBoard) -> None:
    before = midnight(NOON, ZONE) + 86400 - 10
    call = Call(board, "old", before)
    told = board.flush(before + 11)
    assert isinstance(told[-1], BoardChanged)
    assert told[-1].day_start == before + 10
    call.leaves(ev.QueueExit.ANSWERED, 15.0).talks(60.0)
    row = sales(board)
    assert (row.offered, row.answered, row.handled, row.talk_sum) == (0, 0, 0, 0.0)
    Call(board, "new", before + 12)
    assert (sales(board).offered, sales(board).waiting) == (1, 1)


def test_who_joined_just_before_midnight_was_noticed_counts_in_the_new_day(
    board: LiveBoard,
) -> None:
    after = midnight(NOON, ZONE) + 86400 + 0.1
    Call(board, "new", after).leaves(ev.QueueExit.ANSWERED, 0.05)
    board.flush(after + 0.2)
    assert (sales(board).offered, sales(board).answered) == (1, 1)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_a_day_is_as_long_as_it_is(day: tuple[int, int, int], hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    noon = datetime(*day, 12, tzinfo=zone).timestamp()
    assert next_midnight(noon, zone) - midnight(noon, zone) == hours * 3600


def test_a_phone_gives_the_state_until_the_calls_say_more(board: LiveBoard) -> None:
    assert lucy(board).state == "offline"

    def phone(state: str, at: float) -> str:
        event = ev.DeviceStateChanged(at=at, pbx=PBX, interface="PJSIP/1001", state=state)
        board.apply(event)
        return lucy(board).state

    assert phone("NOT_INUSE", NOON + 1) == "ready"
    assert lucy(board).since == NOON + 1
    assert phone("RINGING", NOON + 2) == "ringing"
    assert phone("UNAVAILABLE", NOON + 3) == "offline"
    phone("NOT_INUSE", NOON + 4)
    call = Call(board, "i1", NOON + 5).rings()
    row = lucy(board)
    assert (row.state, row.interaction, row.number, row.queue) == (
        "ringing",
        "i1",
        "13800138000",
        "sales",
    )
    call.talks(None)
    assert (lucy(board).state, lucy(board).queue) == ("busy", "sales")


def test_paused_everywhere_is_paused_with_its_reason(board: LiveBoard) -> None:
    def member(queue: str, paused: bool, reason: str | None = None) -> None:
        board.apply(
            ev.QueueMemberChanged(
                at=NOON,
                pbx=PBX,
                queue=queue,
                interface="PJSIP/1001",
                name=None,
                paused=paused,
                reason=reason,
            )
        )

    board.apply(ev.DeviceStateChanged(at=NOON, pbx=PBX, interface="PJSIP/1001", state="NOT_INUSE"))
    member("sales", True, "lunch")
    member("help", False)
    assert lucy(board).state == "ready"
    member("help", True)
    assert (lucy(board).state, lucy(board).reason) == ("paused", "lunch")


def changed(
    state: ev.AgentState, since: float, reasons: list[str] | None = None, call: str | None = None
) -> ev.AgentChanged:
    return ev.AgentChanged(
        at=since,
        agent=1,
        name="Lucy",
        state=state,
        reasons=reasons or [],
        since=since,
        until=None,
        interaction=call,
        queue="sales" if call else None,
        pending=None,
        phone=ev.AgentPhone("PJSIP/7001", "browser", "NOT_INUSE"),
    )


def test_the_own_state_of_an_agent_outranks_the_phones(board: LiveBoard) -> None:
    board.apply(ev.DeviceStateChanged(at=NOON, pbx=PBX, interface="PJSIP/1001", state="RINGING"))
    board.apply(changed(ev.AgentState.NOT_READY, NOON + 1, ["meal", "no_phone"]))
    row = lucy(board)
    assert (row.state, row.reason, row.reasons) == ("not_ready", "meal", ["meal", "no_phone"])
    assert (row.since, row.interface) == (NOON + 1, "PJSIP/7001")


def test_an_offer_shows_its_caller_before_the_ring(board: LiveBoard) -> None:
    call = Call(board, "i1")
    board.apply(changed(ev.AgentState.OFFERED, NOON + 2, call="i1"))
    row = lucy(board)
    assert (row.state, row.interaction, row.number) == ("offered", "i1", "13800138000")
    call.rings().talks(None)
    board.apply(changed(ev.AgentState.BUSY, NOON + 3, call="i1"))
    assert (lucy(board).state, lucy(board).queue) == ("busy", "sales")
    board.apply(changed(ev.AgentState.WRAP_UP, NOON + 9, call="i1"))
    assert (lucy(board).state, lucy(board).number, lucy(board).since) == (
        "wrap_up",
        "13800138000",
        NOON + 9,
    )


def test_who_signs_out_is_what_the_phone_says_again(board: LiveBoard) -> None:
    board.apply(ev.DeviceStateChanged(at=NOON, pbx=PBX, interface="PJSIP/1001", state="NOT_INUSE"))
    board.apply(changed(ev.AgentState.READY, NOON + 1))
    board.apply(changed(ev.AgentState.OFFLINE, NOON + 2))
    assert (lucy(board).state, lucy(board).since) == ("ready", NOON + 1)


def test_who_takes_our_calls_is_offline_until_signed_in(board: LiveBoard) -> None:
    board.configure([BoardAgent(1, "Lucy", ((PBX, "PJSIP/1001"),), ours=True)], {})
    board.apply(ev.DeviceStateChanged(at=NOON, pbx=PBX, interface="PJSIP/1001", state="NOT_INUSE"))
    assert lucy(board).state == "offline"
    board.apply(changed(ev.AgentState.READY, NOON + 1))
    assert lucy(board).state == "ready"
    board.apply(changed(ev.AgentState.OFFLINE, NOON + 2))
    assert lucy(board).state == "offline"
    Call(board, "own", NOON + 3).talks(None)
    assert lucy(board).state == "busy"


def test_a_state_told_before_the_directory_was_read_is_not_lost(board: LiveBoard) -> None:
    board.configure([], {})
    board.apply(changed(ev.AgentState.READY, NOON + 1))
    board.configure([BoardAgent(1, "Lucy", ((PBX, "PJSIP/1001"),))], {})
    assert (lucy(board).state, lucy(board).since) == ("ready", NOON + 1)


def test_what_changes_often_is_told_once(board: LiveBoard) -> None:
    board.flush(NOON)
    for n in range(100):
        Call(board, f"i{n}").leaves(ev.QueueExit.ABANDONED, 1.0)
    assert len(board.flush(NOON + 0.25)) == 1
    assert board.flush(NOON + 0.5) == []


async def test_a_restart_shows_the_same_figures(board: LiveBoard, database: Database) -> None:
    Call(board, "i1").leaves(ev.QueueExit.ANSWERED, 15.0).talks(60.0)
    Call(board, "i2").leaves(ev.QueueExit.ABANDONED, 2.0)
    rows = [
        segment("e-i1", "i1", exit="answered", seconds=15.0, threshold=20.0),
        segment("t1", "i1", kind="talk", entry_id="e-i1", seconds=60.0),
        segment("e-i2", "i2", exit="abandoned", seconds=2.0),
        segment("e-i3", "i3", ended=False),
        segment("e-i4", "i4", exit="answered", seconds=1.0, started_at=NOON - 86400),
        segment("e-i5", "i5", exit="answered", seconds=1.0, ended_at=NOON + 7200),
    ]
    async with database.session() as session:
        for n in range(1, 6):
            await session.execute(insert(Interaction).values(id=f"i{n}", pbx=PBX))
        for row in rows:
            await session.execute(insert(Segment).values(**row))
        again = LiveBoard(ZONE, NOON)
        again.configure([], {"sales": Terms()})
        day = midnight(NOON, ZONE)
        again.seed(await entries_between(session, day, NOON + 3600, {"sales": Terms()}))
    assert sales(again) == sales(board)


def segment(id_: str, interaction: str, **values: object) -> dict[str, object]:
    usual = {"kind": "queue", "queue": "sales", "started_at": NOON, "ended": True}
    return {"id": id_, "interaction_id": interaction} | usual | values


def test_an_entry_seen_live_is_not_counted_from_the_database_again(board: LiveBoard) -> None:
    Call(board, "i1").leaves(ev.QueueExit.ANSWERED, 15.0)
    seen = Entry("e-i1", "sales", "i1", NOON, Terms(), ev.QueueExit.ANSWERED, 15.0)
    board.seed([seen])
    assert (sales(board).offered, sales(board).answered) == (1, 1)


def test_after_lost_events_nobody_is_shown_as_waiting_or_busy(board: LiveBoard) -> None:
    Call(board, "i1").rings().talks(None)
    board.lose_track()
    assert (sales(board).waiting, sales(board).offered, lucy(board).interaction) == (0, 1, None)
