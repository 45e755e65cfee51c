"""Whose screen shows which call, from the first ring to the recording."""

from __future__ import annotations

import msgspec
import pytest

from callcenter import events as ev
from screenpop import frames
from screenpop.pops import CallInProgress, Pops
from screenpop.screens import Changes
from tests.screenpop.story import PBX, Story, agent_of, customer, phone


@pytest.fixture
def pops() -> Pops:
    return Pops(agent_of, started_at=1.0)


@pytest.fixture
def story() -> Story:
    return Story()


def tell(pops: Pops, *events: ev.Event) -> Changes:
    return [change for event in events for change in pops.apply(event)]


def kinds(changes: Changes) -> list[tuple[int, str]]:
    return [(agent, type(frame).__name__) for agent, frame in changes]


def withdrawn(changes: Changes) -> dict[int, str]:
    return {a: f.reason for a, f in changes if isinstance(f, frames.PopWithdrawn)}


def test_each_rung_agent_gets_a_pop_and_nobody_else(pops: Pops, story: Story) -> None:
    changes = tell(pops, story.started(), story.queued(), story.rings(1), story.rings(2))
    assert kinds(changes) == [(1, "PopOffered"), (2, "PopOffered")]
    pop = pops.snapshot(1).pops[0]
    assert (pop.number, pop.name, pop.queue, pop.dialled) == (
        "13800138000",
        "李雷",
        "sales",
        "4008",
    )
    assert (pop.entered_at, pop.offered_at) == (1001.0, 1003.0)
    assert not pops.snapshot(3).pops


def test_the_answer_itself_withdraws_the_pops_of_the_others(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.rings(1), story.rings(2), story.rings(3))
    changes = tell(pops, story.rang(2))
    assert withdrawn(changes) == {1: "answered_elsewhere", 2: "answered", 3: "answered_elsewhere"}
    assert pops.snapshot(2).calls[0].state == "talking"
    late = story.rang(1, ev.OfferResult.ANSWERED_ELSEWHERE)
    assert tell(pops, late, story.talks(2)) == []


def test_an_answer_by_somebody_who_is_no_agent_withdraws_too(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.rings(1))
    mobile = ev.OfferEnded(
        at=5.0,
        pbx=PBX,
        interaction="i1",
        offer="elsewhere",
        party=customer("139", "m1"),
        result=ev.OfferResult.ANSWERED,
        rang=None,
    )
    assert withdrawn(tell(pops, mobile)) == {1: "answered_elsewhere"}


def test_a_pop_of_two_phones_goes_when_the_last_stops_ringing(pops: Pops, story: Story) -> None:
    ringing = tell(pops, story.started(), story.rings(1, "o1"), story.rings(1, "o2"))
    assert kinds(ringing) == [(1, "PopOffered")]
    assert tell(pops, story.rang(1, ev.OfferResult.BUSY, "o1")) == []
    gone = tell(pops, story.rang(1, ev.OfferResult.TIMED_OUT, "o2"))
    assert withdrawn(gone) == {1: "timed_out"}


@pytest.mark.parametrize(
    ("reason", "shown"), [(ev.EndReason.LOST, "lost"), (ev.EndReason.CANCELLED, "caller_gone")]
)
def test_a_call_that_ends_takes_its_pops_along(
    pops: Pops, story: Story, reason: ev.EndReason, shown: str
) -> None:
    tell(pops, story.started(), story.rings(1))
    assert withdrawn(tell(pops, story.ended(reason))) == {1: shown}
    assert pops.size[0] == 0


def test_the_card_is_used_at_once_when_it_is_there_before_the_ring(
    pops: Pops, story: Story
) -> None:
    (change,) = tell(pops, story.started(), story.identified("李雷"), story.rings(1))
    frame = msgspec.json.decode(msgspec.json.encode(change[1]), type=frames.PopOffered)
    assert frame.pop.card is not None
    assert frame.pop.card.candidates[0].name == "李雷"


def test_a_late_card_fills_pops_and_calls(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.rings(1), story.rang(1), story.rings(2, "again"))
    changes = tell(pops, story.identified())
    assert kinds(changes) == [(1, "CallChanged"), (2, "PopOffered")]


def test_internal_calls_pop_without_a_card(pops: Pops, story: Story) -> None:
    started = story.started(phone(2), ev.Direction.INTERNAL, "1001")
    tell(pops, started, story.identified(), story.rings(1, queue=None))
    pop = pops.snapshot(1).pops[0]
    assert (pop.direction, pop.number, pop.name, pop.card) == ("internal", "1002", "Agent 2", None)
    caller = pops.snapshot(2).calls[0]
    assert (caller.state, caller.number) == ("dialling", "1001")


def test_an_outbound_call_dials_talks_holds_and_ends(pops: Pops, story: Story) -> None:
    tell(pops, story.started(phone(1), ev.Direction.OUTBOUND, "13900139000"))
    states = [pops.snapshot(1).calls[0].state]
    for event in (
        story.tell(ev.TalkStarted, talk="t", a=phone(1), b=customer("139", "b1")),
        story.tell(ev.HoldStarted, hold="h", leg="a1"),
        story.tell(ev.HoldEnded, hold="h", leg="a1"),
        story.tell(ev.LegEnded, leg="a1", cause=16),
        story.ended(),
    ):
        tell(pops, event)
        states.append(pops.snapshot(1).calls[0].state)
    assert states == ["dialling", "talking", "held", "talking", "ended", "ended"]
    call = pops.snapshot(1).calls[0]
    assert (call.number, call.name, call.end) == ("13900139000", "李雷", "completed")
    assert (call.answered_at, call.ended_at) == (1002.0, 1005.0)


def test_click_to_call_does_not_pop_at_its_own_caller(pops: Pops, story: Story) -> None:
    tell(pops, story.started(phone(1), ev.Direction.OUTBOUND, "139"))
    assert tell(pops, story.rings(1), story.rang(1)) == []
    assert pops.snapshot(1).calls[0].state == "dialling"


def test_a_blind_transfer_brings_the_next_person_what_is_known(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.identified(), story.rings(1), story.rang(1), story.talks(1))
    tell(pops, story.tell(ev.LegEnded, leg="a1", cause=16))
    left = pops.snapshot(1).calls[0]
    assert (left.state, left.end) == ("ended", None)
    tell(pops, story.rings(2, queue=None))
    assert pops.snapshot(2).pops[0].card is not None
    given = story.tell(
        ev.Transferred,
        transfer="x",
        kind=ev.TransferKind.BLIND,
        by=phone(1).channel,
        moved=customer().channel,
        to="1002",
        result=ev.OfferResult.ANSWERED,
    )
    tell(pops, story.rang(2), given)
    assert pops.snapshot(1).calls[0].end == "transferred"
    assert pops.snapshot(2).calls[0].state == "talking"


def test_a_merge_moves_the_consulted_call_under_the_customers(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.identified(), story.rings(1), story.rang(1))
    consult = Story("i2", at=2000.0)
    tell(pops, consult.started(phone(1, "a1b"), ev.Direction.INTERNAL, "1002"))
    tell(pops, consult.rings(2, queue=None), consult.rang(2))
    tell(pops, story.tell(ev.InteractionsMerged, merged="i2"))
    (call,) = pops.snapshot(2).calls
    assert (call.interaction, call.number, call.direction) == ("i1", "13800138000", "inbound")
    assert call.card is not None
    assert [call.interaction for call in pops.snapshot(1).calls] == ["i1"]


def test_a_merge_says_where_the_notes_of_the_old_call_go(pops: Pops, story: Story) -> None:
    consult = Story("i2")
    tell(pops, story.started(), consult.started(phone(1), ev.Direction.INTERNAL, "1002"))
    changes = tell(pops, story.tell(ev.InteractionsMerged, merged="i2"))
    closed = [frame for _, frame in changes if isinstance(frame, frames.CallClosed)]
    assert [(frame.interaction, frame.into) for frame in closed] == [("i2", "i1")]


def test_the_recording_arrives_at_the_ended_call(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.rings(1), story.rang(1), story.ended())
    indexed = story.tell(ev.RecordingIndexed, recording="r1", leg="c1", seconds=3.0)
    assert kinds(tell(pops, indexed, indexed)) == [(1, "CallChanged")]
    assert pops.snapshot(1).calls[0].recordings == ["r1"]


def test_a_call_found_in_progress_has_no_invented_times(pops: Pops, story: Story) -> None:
    talk = ev.TalkStarted(
        at=None, pbx=PBX, interaction="i1", talk="t", a=customer(), b=phone(1), entry=None
    )
    tell(pops, story.started(adopted=True), talk)
    call = pops.snapshot(1).calls[0]
    assert (call.state, call.answered_at, call.since) == ("talking", None, None)


def test_a_resync_tells_the_link_and_pops_nothing_twice(pops: Pops, story: Story) -> None:
    started, ring = story.started(), story.rings(1)
    tell(pops, ev.LinkRestored(at=2.0, pbx=PBX, boot="b", since=None), started, ring)
    lost = tell(pops, ev.LinkLost(at=3.0, pbx=PBX))
    assert kinds(lost) == [(1, "LinkChanged")]
    assert pops.snapshot(1).link.pbx == "down"
    back = ev.LinkRestored(at=9.0, pbx=PBX, boot="b", since=3.0)
    assert kinds(tell(pops, started, ring, back)) == [(1, "LinkChanged")]
    assert (pops.snapshot(1).link.pbx, pops.snapshot(1).link.pbx_since) == ("up", 9.0)


def test_dismissing_works_for_pops_and_ended_calls_only(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.rings(1))
    assert withdrawn(pops.dismiss(1, "i1")) == {1: "dismissed"}
    assert pops.dismiss(1, "i1") == []
    tell(pops, story.rang(1))
    with pytest.raises(CallInProgress):
        pops.dismiss(1, "i1")
    tell(pops, story.ended())
    assert kinds(pops.dismiss(1, "i1")) == [(1, "CallClosed")]
    assert pops.dismiss(2, "unheard of") == []


def test_after_lost_events_nothing_is_shown_as_going_on(pops: Pops, story: Story) -> None:
    other = Story("i2")
    tell(pops, story.started(), story.rings(1), other.started(), other.rings(2), other.rang(2))
    assert withdrawn(pops.lose_track(50.0)) == {1: "lost"}
    assert pops.snapshot(2).calls[0].end == "lost"


# --- our own distribution -------------------------------------------------------------------


def test_the_pop_is_there_before_the_ring_which_changes_nothing(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.queued())
    assert kinds(tell(pops, story.prepared(1))) == [(1, "PopOffered")]
    pop = pops.snapshot(1).pops[0]
    assert (pop.queue, pop.entered_at, pop.offered_at) == ("sales", 1001.0, 1003.0)
    assert tell(pops, story.rings(1)) == []
    assert pops.snapshot(1).pops == [pop]


def test_a_prepared_offer_told_twice_is_one_pop(pops: Pops, story: Story) -> None:
    assert len(tell(pops, story.started(), story.prepared(1), story.prepared(1))) == 1


def test_a_pop_closed_before_the_ring_stays_closed(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.prepared(1))
    assert withdrawn(pops.dismiss(1, "i1")) == {1: "dismissed"}
    assert tell(pops, story.rings(1)) == []


@pytest.mark.parametrize("result", ["timed_out", "rejected", "caller_gone", "failed"])
def test_a_prepared_offer_that_comes_to_nothing_takes_its_pop_along(
    pops: Pops, story: Story, result: str
) -> None:
    tell(pops, story.started(), story.prepared(1), story.rings(1))
    gone = tell(pops, story.dropped(1, ev.OfferResult(result)))
    assert withdrawn(gone) == {1: result}
    assert tell(pops, story.rang(1, ev.OfferResult(result))) == []


def test_the_telephone_itself_may_say_first_why_it_came_to_nothing(
    pops: Pops, story: Story
) -> None:
    tell(pops, story.started(), story.prepared(1), story.rings(1))
    assert withdrawn(tell(pops, story.rang(1, ev.OfferResult.BUSY))) == {1: "busy"}
    assert tell(pops, story.dropped(1, ev.OfferResult.FAILED)) == []


def test_an_answered_prepared_offer_becomes_a_call(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.prepared(1), story.rings(1))
    assert withdrawn(tell(pops, story.talks(1))) == {1: "answered"}
    assert tell(pops, story.dropped(1, ev.OfferResult.ANSWERED)) == []
    call = pops.snapshot(1).calls[0]
    assert (call.state, call.queue) == ("talking", "sales")


def test_the_same_agent_may_be_asked_again(pops: Pops, story: Story) -> None:
    tell(pops, story.started(), story.prepared(1), story.dropped(1, ev.OfferResult.TIMED_OUT))
    assert kinds(tell(pops, story.prepared(1))) == [(1, "PopOffered")]


def test_a_prepared_pop_moves_when_contacts_turn_out_to_be_one(pops: Pops, story: Story) -> None:
    other = Story("i2")
    tell(pops, story.started(), other.started(), other.prepared(1))
    changes = tell(pops, story.tell(ev.InteractionsMerged, merged="i2"))
    assert kinds(changes) == [(1, "PopWithdrawn"), (1, "PopOffered")]
    assert withdrawn(tell(pops, story.dropped(1, ev.OfferResult.TIMED_OUT))) == {1: "timed_out"}


# --- the agent's own state ------------------------------------------------------------------


def agent_changed(**values: object) -> ev.AgentChanged:
    usual = {
        "at": 5.0,
        "agent": 1,
        "name": "Lucy",
        "state": ev.AgentState.READY,
        "reasons": [],
        "since": 5.0,
        "until": None,
        "interaction": None,
        "queue": None,
        "pending": None,
        "phone": ev.AgentPhone("PJSIP/1001", "desk", "NOT_INUSE"),
    }
    return msgspec.convert(usual | values, ev.AgentChanged)


def test_an_agent_hears_of_their_own_state_and_nobody_else_does(pops: Pops) -> None:
    assert pops.snapshot(1).agent is None
    changes = tell(pops, agent_changed(), agent_changed(at=6.0))
    assert kinds(changes) == [(1, "AgentStatusChanged")]
    status = pops.snapshot(1).agent
    assert status is not None
    assert (status.state, status.phone) == ("ready", agent_changed().phone)
    assert pops.snapshot(2).agent is None
