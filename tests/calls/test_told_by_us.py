"""What our own distribution says of a call by variables: queues, holds, and what nobody can say."""

from __future__ import annotations

import pytest

from callcenter.events import (
    HoldEnded,
    HoldStarted,
    OfferStarted,
    QueueExit,
    QueueJoined,
    QueueLeft,
    TalkStarted,
)
from tests.calls.script import Chan, Script


def waiting(script: Script) -> Chan:
    """A customer in the queue `support` of our own distribution."""
    customer = script.channel("PJSIP/trunk-00000001", number="+8613800138000", exten="8000")
    script.tell("VarSet", customer.fields(), Variable="CALLCENTER_QUEUE", Value="support")
    return customer


def test_a_variable_of_ours_puts_the_caller_into_a_queue_and_an_answer_takes_them_out() -> None:
    script = Script()
    customer = waiting(script)
    script.wait(7.0)
    phone = script.channel("PJSIP/1001-00000002", customer, number="1001")
    script.dial(customer, phone)
    script.enter("b1", customer, phone)
    (joined,), (left,) = script.all(QueueJoined), script.all(QueueLeft)
    (offer,), (talk,) = script.all(OfferStarted), script.all(TalkStarted)
    assert (joined.queue, offer.queue) == ("support", "support")
    assert offer.entry == joined.entry == talk.entry
    assert left.exit is QueueExit.ANSWERED
    assert left.waited == pytest.approx(7.0, abs=0.1)


@pytest.mark.parametrize("told", ["timed_out", "key_exit", "callback", "overflow", "empty"])
def test_a_variable_of_ours_says_how_a_caller_left(told: str) -> None:
    script = Script()
    customer = waiting(script)
    script.tell("VarSet", customer.fields(), Variable="CALLCENTER_QUEUE_EXIT", Value=told)
    assert [left.exit for left in script.all(QueueLeft)] == [QueueExit(told)]


def test_nobody_can_say_that_a_call_was_answered() -> None:
    script = Script()
    customer = waiting(script)
    script.tell("VarSet", customer.fields(), Variable="CALLCENTER_QUEUE_EXIT", Value="answered")
    assert script.all(QueueLeft) == []


def test_the_pbx_goes_on_with_a_wait_that_we_began() -> None:
    script = Script()
    customer = waiting(script)
    script.wait(7.0)
    script.tell("QueueCallerJoin", customer.fields(), Queue="support", Position="1")
    script.wait(3.0)
    script.tell("HangupRequest", customer.fields())
    script.tell("Hangup", customer.fields(), Cause="16")
    assert len(script.all(QueueJoined)) == 1
    (left,) = script.all(QueueLeft)
    assert left.exit is QueueExit.ABANDONED
    assert left.waited == pytest.approx(10.0, abs=0.1)


def test_a_hold_that_we_play_is_the_hold_of_the_telephone_that_asked() -> None:
    script = Script()
    customer, phone = script.talking()
    script.tell("VarSet", customer.fields(), Variable="CALLCENTER_HELD", Value=phone.name)
    [hold] = script.all(HoldStarted)
    [talk] = script.all(TalkStarted)
    assert hold.leg == talk.b.leg
    script.tell("VarSet", customer.fields(), Variable="CALLCENTER_HELD", Value="")
    assert [end.hold for end in script.all(HoldEnded)] == [hold.hold]


@pytest.mark.parametrize("holder", ["PJSIP/nobody-01", "x" * 5000, ""])
def test_a_hold_for_nobody_is_none(holder: str) -> None:
    script = Script()
    customer, _ = script.talking()
    script.tell("VarSet", customer.fields(), Variable="CALLCENTER_HELD", Value=holder)
    assert script.all(HoldStarted) == []
