"""What the PBX says after a gap, laid over what was known before it."""

from __future__ import annotations

import pytest

from callcenter.ami.messages import Message
from callcenter.calls.reconcile import Snapshot
from callcenter.calls.tracker import Tracker
from callcenter.events import (
    Direction,
    DomainEvent,
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LegStarted,
    OfferEnded,
    OfferResult,
    OfferStarted,
    QueueExit,
    QueueJoined,
    QueueLeft,
    QueueMemberChanged,
    TalkEnded,
    TalkStarted,
)
from tests.calls.script import BEGAN, Chan, Script

CUSTOMER = Chan("PJSIP/trunk-01", "1800000000.1", "1800000000.1", "+8613800138000")
PHONE = Chan("PJSIP/1001-02", "1800000000.2", "1800000000.1", "1001")
NOW = BEGAN + 100


def shown(channel: Chan, state: str = "6", bridge: str = "", age: str = "00:00:30") -> Message:
    where = {"ChannelState": state, "BridgeId": bridge, "Duration": age, "Exten": "8000"}
    return Message("CoreShowChannel", channel.fields() | where, NOW)


def bridge(name: str, technology: str = "simple_bridge") -> Message:
    fields = {"BridgeUniqueid": name, "BridgeTechnology": technology}
    return Message("BridgeListItem", fields, NOW)


def waiting(channel: Chan, seconds: str = "12") -> Message:
    where = {"Queue": "support", "Position": "2", "Wait": seconds}
    return Message("QueueEntry", channel.fields() | where, NOW)


def member(agent: str, *, paused: bool = False, queue: str = "support") -> Message:
    fields = {"Queue": queue, "Location": f"PJSIP/{agent}", "Name": agent}
    return Message("QueueMember", fields | {"Paused": str(int(paused))}, NOW)


TALKING = Snapshot((shown(CUSTOMER, bridge="b1"), shown(PHONE, bridge="b1")), (bridge("b1"),))


def seen(events: list[DomainEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_nothing_there_is_nothing_told() -> None:
    assert Tracker("main").reconcile(Snapshot(()), NOW, {}) == []


def test_a_call_in_progress_is_adopted_and_what_is_unknown_stays_unknown() -> None:
    events = Tracker("main").reconcile(TALKING, NOW, {})
    [call] = [event for event in events if isinstance(event, InteractionStarted)]
    [talk] = [event for event in events if isinstance(event, TalkStarted)]
    assert call.adopted
    assert call.at == NOW - 30
    assert call.direction is Direction.INBOUND
    assert talk.at is None
    assert (talk.a.channel, talk.b.channel) == (CUSTOMER.name, PHONE.name)


def test_an_adopted_conversation_ends_with_its_length_unknown() -> None:
    tracker = Tracker("main")
    tracker.reconcile(TALKING, NOW, {})
    gone = CUSTOMER.fields() | {"Timestamp": str(NOW + 5), "Cause": "16"}
    events = tracker.feed(Message("Hangup", gone, None))
    [ended] = [event for event in events if isinstance(event, TalkEnded)]
    assert ended.seconds is None
    assert ended.at == NOW + 5


def test_a_conversation_that_ended_in_a_gap_has_no_length() -> None:
    """It may have ended when the gap began or just now; it ends now, and that is a guess."""
    tracker = talking()
    events = tracker.reconcile(Snapshot(()), NOW + 300, {})
    [ended] = [event for event in events if isinstance(event, TalkEnded)]
    assert (ended.at, ended.seconds, ended.estimated) == (NOW + 300, None, True)


def test_a_conversation_of_a_pbx_that_began_anew_has_no_length() -> None:
    [ended] = [e for e in talking().finish(unseen=NOW + 300) if isinstance(e, TalkEnded)]
    assert (ended.at, ended.seconds, ended.estimated) == (NOW + 300, None, True)


def talking() -> Tracker:
    """That of two whose conversation was seen to begin."""
    script = Script()
    script.talking()
    return script.tracker


def test_the_store_says_which_call_it_was() -> None:
    events = Tracker("main").reconcile(TALKING, NOW, {CUSTOMER.uniqueid: "from-the-store"})
    assert {event.interaction for event in events if isinstance(event, LegStarted)} == {
        "from-the-store"
    }


@pytest.mark.parametrize("technology", ["simple_bridge", "softmix", "native_rtp"])
def test_who_is_bridged_talks(technology: str) -> None:
    snapshot = Snapshot(TALKING.channels, (bridge("b1", technology),))
    assert "TalkStarted" in seen(Tracker("main").reconcile(snapshot, NOW, {}))


def test_who_is_in_a_holding_bridge_waits() -> None:
    snapshot = Snapshot(TALKING.channels, (bridge("b1", "holding_bridge"),))
    assert "TalkStarted" not in seen(Tracker("main").reconcile(snapshot, NOW, {}))


def test_a_phone_that_rings_was_offered_the_call() -> None:
    channels = (shown(CUSTOMER), shown(PHONE, state="5"))
    events = Tracker("main").reconcile(Snapshot(channels, (), (waiting(CUSTOMER),)), NOW, {})
    [offer] = [event for event in events if isinstance(event, OfferStarted)]
    assert (offer.party.interface, offer.queue) == ("PJSIP/1001", "support")


def test_who_waits_joined_when_it_follows_from_the_wait() -> None:
    events = Tracker("main").reconcile(
        Snapshot((shown(CUSTOMER),), (), (waiting(CUSTOMER),)), NOW, {}
    )
    [joined] = [event for event in events if isinstance(event, QueueJoined)]
    assert (joined.at, joined.queue, joined.position) == (NOW - 12, "support", 2)


def test_a_wait_that_is_no_number_is_unknown() -> None:
    snapshot = Snapshot((shown(CUSTOMER),), (), (waiting(CUSTOMER, "²"),))
    events = Tracker("main").reconcile(snapshot, NOW, {})
    assert [event.at for event in events if isinstance(event, QueueJoined)] == [None]


def test_what_is_gone_is_closed_from_the_inside_out_and_marked() -> None:
    script = Script()
    customer, _ = script.ringing()
    script.tell("QueueCallerJoin", customer.fields(), Queue="support", Position="1")
    events = script.tracker.reconcile(Snapshot(()), NOW, {})
    [end] = [event for event in events if isinstance(event, InteractionEnded)]
    assert (end.reason, end.estimated, end.incomplete) == (EndReason.LOST, True, True)
    assert events[-1] is end
    assert [event.exit for event in events if isinstance(event, QueueLeft)] == [QueueExit.LOST]
    results = [event.result for event in events if isinstance(event, OfferEnded)]
    assert results == [OfferResult.FAILED]


def test_what_goes_on_is_not_told_again() -> None:
    tracker = Tracker("main")
    tracker.reconcile(TALKING, NOW, {})
    assert tracker.reconcile(TALKING, NOW + 10, {}) == []


def test_an_answer_in_the_gap_answers_the_offer() -> None:
    script = Script()
    customer, phone = script.ringing()
    channels = (shown(customer, bridge="b9"), shown(phone, bridge="b9"))
    events = script.tracker.reconcile(Snapshot(channels, (bridge("b9"),)), NOW, {})
    results = [event.result for event in events if isinstance(event, OfferEnded)]
    assert results == [OfferResult.ANSWERED]
    assert [event.at for event in events if isinstance(event, TalkStarted)] == [None]


def test_a_bridge_left_in_the_gap_ends_the_conversation() -> None:
    script = Script()
    customer, phone = script.talking()
    events = script.tracker.reconcile(Snapshot((shown(customer), shown(phone))), NOW, {})
    assert seen(events) == ["TalkEnded"]


def test_channels_of_the_pbx_itself_and_local_ones_are_nobodys_call() -> None:
    own = Chan("CBAnn/8600-00000000;1", "1800000000.7", "1800000000.7", "")
    local = Chan("Local/1001@c-00000001;1", "1800000000.8", "1800000000.8", "")
    assert Tracker("main").reconcile(Snapshot((shown(own), shown(local))), NOW, {}) == []


def test_a_list_entry_without_an_id_is_skipped() -> None:
    nameless = Message("CoreShowChannel", {"Channel": "PJSIP/1-1"}, NOW)
    assert Tracker("main").reconcile(Snapshot((nameless,)), NOW, {}) == []


# --- members of the PBX's own queues --------------------------------------------------------------


def told(events: list[DomainEvent]) -> list[tuple[str, bool, bool, bool]]:
    """Of each telephone: paused, removed, only found in a list."""
    members = [event for event in events if isinstance(event, QueueMemberChanged)]
    assert len(members) == len(events)
    return [(m.interface, m.paused, m.removed, m.listed) for m in members]


def test_who_is_a_member_and_who_at_lunch_is_known_from_the_first_list() -> None:
    snapshot = Snapshot((), members=(member("1001"), member("1002", paused=True)))
    assert told(Tracker("main").reconcile(snapshot, NOW, {})) == [
        ("PJSIP/1001", False, False, True),
        ("PJSIP/1002", True, False, True),
    ]


def test_after_a_gap_only_members_who_changed_meanwhile_are_told() -> None:
    tracker = Tracker("main")
    before = (member("1001"), member("1002", paused=True), member("1003"))
    tracker.reconcile(Snapshot((), members=before), NOW, {})
    tracker.feed(Message("QueueMemberPause", member("1003", paused=True).fields, NOW))
    after = (member("1001", paused=True), member("1003", paused=True), member("1004"))
    assert told(tracker.reconcile(Snapshot((), members=after), NOW + 60, {})) == [
        ("PJSIP/1002", True, True, False),
        ("PJSIP/1001", True, False, False),
        ("PJSIP/1004", False, False, False),
    ]


def test_a_telephone_is_a_member_of_each_queue_for_itself() -> None:
    tracker = Tracker("main")
    both = (member("1001"), member("1001", queue="sales", paused=True))
    tracker.reconcile(Snapshot((), members=both), NOW, {})
    assert told(tracker.reconcile(Snapshot((), members=both[:1]), NOW, {})) == [
        ("PJSIP/1001", True, True, False)
    ]
