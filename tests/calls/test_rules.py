"""The rules that are hard to see in a trace, each on the shortest call that shows it."""

from __future__ import annotations

import itertools

import pytest

from callcenter.events import (
    HoldEnded,
    HoldStarted,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
    LegStarted,
    OfferEnded,
    OfferResult,
    OfferStarted,
    QueueExit,
    QueueJoined,
    QueueLeft,
    RecordingStarted,
    RecordingStopped,
    TalkEnded,
    TalkStarted,
    TransferKind,
    Transferred,
)
from tests.calls.script import Chan, Script


def pairs(script: Script) -> list[tuple[str, str]]:
    return [(talk.a.interface, talk.b.interface) for talk in script.all(TalkStarted)]


def local(script: Script, of: Chan, number: int = 1) -> tuple[Chan, Chan]:
    """Both halves of a Local channel that belongs to a call."""
    name = f"Local/1001@internal-{number:08x}"
    return script.channel(f"{name};1", of), script.channel(f"{name};2", of)


# --- who talks -----------------------------------------------------------------------------------


def test_answered_is_a_bridge_and_not_a_dial_status() -> None:
    script = Script()
    customer, phone = script.ringing()
    script.dialled(customer, phone, "ANSWER")
    assert script.all(TalkStarted) == []
    script.enter("b1", phone)
    assert script.all(TalkStarted) == []
    script.enter("b1", customer)
    assert pairs(script) == [("PJSIP/trunk", "PJSIP/1001")]
    assert [offer.result for offer in script.all(OfferEnded)] == [OfferResult.ANSWERED]


def test_nobody_talks_in_a_holding_bridge() -> None:
    script = Script()
    customer, phone = script.ringing()
    script.enter("waiting", customer, phone, technology="holding_bridge")
    assert script.all(TalkStarted) == []


def test_local_channels_are_heard_through_and_never_seen() -> None:
    script = Script()
    customer = script.channel("PJSIP/trunk-01", number="+8613800138000", exten="8000")
    one, two = local(script, customer)
    phone = script.channel("PJSIP/1001-02", customer, number="1001")
    script.dial(customer, one)
    script.dial(two, phone)
    script.enter("b1", customer, one)
    assert script.all(TalkStarted) == []
    script.enter("b2", two, phone)
    assert pairs(script) == [("PJSIP/trunk", "PJSIP/1001")]
    script.leave("b2", two)
    script.wait(2)
    assert len(script.all(TalkEnded)) == 1
    assert [offer.party.interface for offer in script.all(OfferStarted)] == ["PJSIP/1001"]
    assert {leg.party.interface for leg in script.all(LegStarted)} == {"PJSIP/trunk", "PJSIP/1001"}


def test_a_local_channel_that_is_optimised_away_interrupts_nobody() -> None:
    script = Script()
    customer = script.channel("PJSIP/trunk-01", number="+8613800138000", exten="8000")
    one, two = local(script, customer)
    phone = script.channel("PJSIP/1001-02", customer, number="1001")
    script.enter("b1", customer, one)
    script.enter("b2", two, phone)
    script.leave("b2", phone)
    script.leave("b1", one)
    script.enter("b1", phone)
    script.hangup(one, two)
    script.wait(5)
    assert len(script.all(TalkStarted)) == 1
    assert script.all(TalkEnded) == []


@pytest.mark.parametrize(("away", "ends"), [(0.5, 0), (1.5, 1)])
def test_a_short_break_mends_and_a_long_one_ends_the_conversation(away: float, ends: int) -> None:
    script = Script()
    customer, phone = script.talking()
    left_at = script.now
    script.leave("b1", customer, phone)
    script.wait(away)
    script.enter("b2", customer, phone)
    assert len(script.all(TalkEnded)) == ends
    assert len(script.all(TalkStarted)) == 1 + ends
    if ends:
        assert script.all(TalkEnded)[0].at == pytest.approx(left_at, abs=0.1)


def test_in_a_conference_everybody_hears_everybody() -> None:
    script = Script()
    people = [
        script.channel(f"PJSIP/100{n}-0{n}", number=f"100{n}", exten="8600") for n in (1, 2, 3)
    ]
    script.enter("conference", *people, technology="softmix")
    expected = itertools.combinations(["PJSIP/1001", "PJSIP/1002", "PJSIP/1003"], 2)
    assert set(pairs(script)) == set(expected)
    assert len({talk.interaction for talk in script.all(TalkStarted)[1:]}) == 1
    script.leave("conference", people[0])
    script.wait(2)
    assert len(script.all(TalkEnded)) == 2


# --- one contact ---------------------------------------------------------------------------------


def test_two_calls_that_turn_out_to_be_one_become_the_older_one() -> None:
    script = Script()
    older = script.channel("PJSIP/1001-01", number="1001", exten="1002")
    younger = script.channel("PJSIP/1002-02", number="1002", exten="1003")
    first, second = (event.interaction for event in script.all(InteractionStarted))
    script.enter("b1", older, younger)
    [merged] = script.all(InteractionsMerged)
    assert (merged.interaction, merged.merged) == (first, second)
    script.hangup(older, younger)
    assert [end.interaction for end in script.all(InteractionEnded)] == [first]


def test_a_changed_linkedid_merges_calls_and_renames_nothing() -> None:
    script = Script()
    older = script.channel("PJSIP/1001-01", number="1001", exten="1002")
    younger = script.channel("PJSIP/1002-02", number="1002", exten="1003")
    moved = Chan(younger.name, younger.uniqueid, older.linkedid, younger.number)
    script.state(moved, "6")
    assert len(script.all(InteractionsMerged)) == 1
    assert len(script.all(LegStarted)) == 2


def test_a_merge_into_a_call_of_local_channels_only_starts_that_call_first() -> None:
    script = Script()
    half, _ = local(script, Chan("", "", "1799999999.1", ""))
    phone = script.channel("PJSIP/1001-01", number="1001", exten="1002")
    script.state(Chan(phone.name, phone.uniqueid, half.linkedid, phone.number), "6")
    [merged] = script.all(InteractionsMerged)
    told = [event.interaction for event in script.all(InteractionStarted)]
    assert merged.interaction in told
    assert script.events.index(merged) > script.events.index(script.all(InteractionStarted)[1])


def test_nothing_is_told_of_a_call_before_there_is_somebody_to_tell_of() -> None:
    script = Script()
    half, _ = local(script, Chan("", "", "1799999999.1", ""))
    script.tell("QueueCallerJoin", half.fields(), Queue="support", Position="1")
    assert script.events == []
    script.channel("PJSIP/1001-01", half, number="1001", exten="8000")
    kinds = [type(event) for event in script.events]
    assert kinds == [InteractionStarted, LegStarted, QueueJoined]


def test_a_call_is_over_when_its_last_channel_is() -> None:
    script = Script()
    customer, phone = script.talking()
    script.hangup(customer)
    assert script.all(InteractionEnded) == []
    script.hangup(phone)
    assert len(script.all(InteractionEnded)) == 1


def test_late_events_bring_no_channel_back() -> None:
    script = Script()
    customer, phone = script.talking()
    script.hangup(customer, phone)
    count = len(script.events)
    script.state(customer, "6")
    script.enter("b1", phone)
    script.hangup(customer)
    assert len(script.events) == count


# --- moving calls --------------------------------------------------------------------------------


def test_a_pickup_moves_the_call_and_is_no_offer() -> None:
    script = Script()
    customer, phone = script.ringing()
    picker = script.channel("PJSIP/1002-03", number="1002", exten="*8")
    script.tell("Pickup", picker.fields(), phone.fields("Target"))
    script.hangup(phone, cause=26)
    script.enter("b1", customer, picker)
    assert [(o.party.interface, o.result) for o in script.all(OfferEnded)] == [
        ("PJSIP/1001", OfferResult.ANSWERED_ELSEWHERE)
    ]
    [moved] = script.all(Transferred)
    assert (moved.kind, moved.to, moved.result) == (
        TransferKind.PICKUP,
        "1002",
        OfferResult.ANSWERED,
    )
    assert len(script.all(InteractionEnded)) + len(script.all(InteractionsMerged)) == 1


@pytest.mark.parametrize("sooner", ["Pickup", "AgentConnect"])
def test_what_is_picked_up_belongs_to_the_queue_in_which_it_waited(sooner: str) -> None:
    """The PBX tells of both from threads of their own, in any order."""
    script = Script()
    customer = script.channel("PJSIP/trunk-01", number="+8613800138000", exten="8000")
    script.tell("QueueCallerJoin", customer.fields(), Queue="support", Position="1")
    phone = script.channel("PJSIP/1001-02", customer, number="1001")
    script.dial(customer, phone)
    picker = script.channel("PJSIP/1002-03", number="1002", exten="*8")
    if sooner == "Pickup":
        script.tell("Pickup", picker.fields(), phone.fields("Target"))
    script.tell("AgentConnect", customer.fields(), phone.fields("Dest"), Queue="support")
    if sooner == "AgentConnect":
        script.tell("Pickup", picker.fields(), phone.fields("Target"))
    script.hangup(phone, cause=26)
    script.enter("b1", customer, picker)
    [entry] = [event.entry for event in script.all(QueueJoined)]
    assert [talk.entry for talk in script.all(TalkStarted)] == [entry]
    assert [left.exit for left in script.all(QueueLeft)] == [QueueExit.ANSWERED]


def test_a_blind_transfer_ends_one_conversation_and_is_complete_with_the_next() -> None:
    script = Script()
    customer, phone = script.talking()
    script.tell(
        "BlindTransfer",
        phone.fields("Transferer"),
        customer.fields("Transferee"),
        Extension="1002",
        Result="Success",
    )
    assert len(script.all(TalkEnded)) == 1
    assert script.all(Transferred) == []
    script.hangup(phone)
    other = script.channel("PJSIP/1002-03", customer, number="1002")
    script.dial(customer, other)
    script.enter("b2", customer, other)
    [moved] = script.all(Transferred)
    assert (moved.kind, moved.to, moved.result) == (
        TransferKind.BLIND,
        "1002",
        OfferResult.ANSWERED,
    )
    assert len(script.all(TalkStarted)) == 2


def test_a_parked_caller_is_still_the_same_call() -> None:
    script = Script()
    customer, phone = script.talking()
    script.leave("b1", phone, customer)
    script.enter("park", customer, technology="holding_bridge")
    script.hangup(phone)
    script.wait(30)
    assert script.all(InteractionEnded) == []
    retriever = script.channel("PJSIP/1002-03", customer, number="1002", exten="701")
    script.leave("park", customer)
    script.enter("b2", retriever, customer)
    assert pairs(script) == [("PJSIP/trunk", "PJSIP/1001"), ("PJSIP/trunk", "PJSIP/1002")]
    assert len({event.interaction for event in script.all(TalkStarted)}) == 1


def test_a_transfer_told_after_the_answer_is_complete() -> None:
    """As told ringing by the PBX, although the two hear each other already."""
    script = Script()
    customer, phone = script.talking()
    colleague = script.channel("PJSIP/1004-00000003", phone, number="1004")
    script.dial(phone, colleague)
    script.leave("b1", phone)
    script.enter("b1", colleague)
    script.tell(
        "AttendedTransfer",
        phone.fields("OrigTransferer"),
        phone.fields("SecondTransferer"),
        customer.fields("Transferee"),
        colleague.fields("TransferTarget"),
        TransferTargetChannelState="5",
        Result="Success",
    )
    [moved] = script.all(Transferred)
    assert (moved.kind, moved.result) == (TransferKind.BLONDE, OfferResult.ANSWERED)


# --- hold and recording --------------------------------------------------------------------------


def test_a_hold_is_told_once_and_ends_with_its_leg() -> None:
    script = Script()
    customer, phone = script.talking()
    script.tell("Hold", phone.fields())
    script.tell("Hold", phone.fields())
    assert len(script.all(HoldStarted)) == 1
    script.hangup(phone, customer)
    assert len(script.all(HoldEnded)) == 1


def test_a_recording_ends_with_its_channel() -> None:
    """MixMonitorStop is not sent when a call simply hangs up."""
    script = Script()
    customer, phone = script.talking()
    variable = {"Variable": "MIXMONITOR_FILENAME", "Value": "/x/y.wav"}
    script.tell("VarSet", customer.fields(), variable)
    script.tell("VarSet", customer.fields(), variable, Again="1")
    assert [recording.file for recording in script.all(RecordingStarted)] == ["/x/y.wav"]
    script.hangup(phone, customer)
    assert len(script.all(RecordingStopped)) == 1


def test_a_hold_ends_when_the_two_hear_each_other_again() -> None:
    """Three together after a consultation by keys: the PBX says no more that the hold is over."""
    script = Script()
    _, phone = script.talking()
    script.tell("Hold", phone.fields())
    script.leave("b1", phone)
    colleague = script.channel("PJSIP/1004-00000003", phone, number="1004")
    script.dial(phone, colleague)
    script.enter("b2", phone, colleague)
    assert script.all(HoldEnded) == []
    script.wait(2)
    script.leave("b2", phone, colleague)
    script.enter("b1", phone, colleague)
    assert len(script.all(HoldStarted)) == len(script.all(HoldEnded)) == 1
