"""What agents see of calls recorded from the real PBX, through the real parser and tracker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from callcenter import events as ev
from callcenter.ami.protocol import AmiParser
from callcenter.calls.tracker import Tracker
from screenpop import frames
from screenpop.pops import Pops
from tests.screenpop.fold import fold, over_the_wire, state_over_the_wire

TRACES = Path(__file__).parents[1] / "traces"
AGENTS = range(1001, 1006)


def agent_of(pbx: str, interface: str) -> int | None:
    number = interface.removeprefix("PJSIP/")
    return int(number) if number.isdigit() and int(number) in AGENTS else None


@cache
def told(trace: str) -> Sequence[ev.Event]:
    parser, tracker = AmiParser(), Tracker("pbx1")
    messages = parser.feed((TRACES / trace / "ami.txt").read_bytes(), None)
    events = [event for message in messages for event in tracker.feed(message)]
    return events + tracker.finish()


@pytest.mark.parametrize("trace", sorted(p.parent.name for p in TRACES.glob("*/ami.txt")))
def test_every_console_follows_and_nothing_is_left_ringing(trace: str) -> None:
    pops = Pops(agent_of, started_at=1.0)
    shown = {agent: state_over_the_wire(pops.snapshot(agent)) for agent in AGENTS}
    for event in told(trace):
        for agent, frame in pops.apply(event):
            shown[agent] = fold(shown[agent], over_the_wire(frame))
        assert shown == {agent: state_over_the_wire(pops.snapshot(agent)) for agent in AGENTS}
        if isinstance(event, ev.OfferEnded) and event.result is ev.OfferResult.ANSWERED:
            ringing = {pop.interaction for state in shown.values() for pop in state.pops}
            assert event.interaction not in ringing
    assert not any(state.pops for state in shown.values())
    calls = [call for state in shown.values() for call in state.calls]
    assert all(call.state == "ended" and call.end for call in calls)


def words(trace: str) -> list[str]:
    """The story of a trace as its agents see it, a word for each frame."""
    pops, story = Pops(agent_of, started_at=1.0), []
    for event in told(trace):
        for agent, frame in pops.apply(event):
            match frame:
                case frames.PopOffered(pop=pop):
                    story.append(f"{agent} pop {pop.direction} {pop.number}")
                case frames.PopWithdrawn(reason=reason):
                    story.append(f"{agent} gone {reason}")
                case frames.CallChanged(call=call):
                    story.append(f"{agent} {call.state} {call.end or call.number}")
                case frames.CallClosed():
                    story.append(f"{agent} closed")
    return story


CUSTOMER = "+8613800138000"


def test_ringing_all_withdraws_from_the_one_who_was_slower() -> None:
    rung = [f"1002 pop inbound {CUSTOMER}", f"1001 pop inbound {CUSTOMER}"]
    assert words("queue_ringall")[:5] == [
        *rung,
        "1002 gone answered",
        f"1002 talking {CUSTOMER}",
        "1001 gone answered_elsewhere",
    ] or words("queue_ringall")[:5] == [
        *rung,
        "1001 gone answered_elsewhere",
        "1002 gone answered",
        f"1002 talking {CUSTOMER}",
    ]


def test_a_blonde_transfer_brings_the_customer_to_the_one_who_still_rings() -> None:
    story = words("blonde_transfer")
    at = story.index("1004 gone merged")
    assert story[at + 1] == f"1004 pop inbound {CUSTOMER}"
    assert "1001 ended transferred" in story
    assert f"1004 talking {CUSTOMER}" in story


def test_an_attended_transfer_turns_the_consultation_into_the_customers_call() -> None:
    story = words("queue_attended_transfer")
    assert story.index("1004 talking 1001") < story.index(f"1004 talking {CUSTOMER}")
    assert "1001 ended transferred" in story
    assert story[-1] == "1004 ended completed"


def test_click_to_call_rings_only_at_the_other_end() -> None:
    story = words("originate")
    assert [word for word in story if " pop " in word] == ["1002 pop internal 1001"]
    assert story[0] == "1001 dialling None"


def test_a_picked_up_call_leaves_the_phone_it_rang_at() -> None:
    story = words("pickup")
    assert "1002 gone answered_elsewhere" in story
    assert "1003 talking 1001" in story
