"""How attempts and calls end: what phones and PBX said, put into words that mean one thing."""

from __future__ import annotations

import pytest

from callcenter.events import (
    EndReason,
    InteractionEnded,
    OfferEnded,
    OfferResult,
    QueueExit,
    QueueLeft,
)
from tests.calls.script import Script

R = OfferResult


@pytest.mark.parametrize(
    ("status", "cause", "result"),
    [
        ("NOANSWER", 19, R.TIMED_OUT),
        ("NOANSWER", 16, R.TIMED_OUT),
        ("NOANSWER", 21, R.REJECTED),  # 603: the phone declined, the PBX calls it no answer
        ("NOANSWER", 17, R.BUSY),  # 486 in a queue of the PBX, which calls it no answer too
        ("BUSY", 17, R.BUSY),  # 486, and do not disturb
        ("CONGESTION", 17, R.BUSY),
        ("CANCEL", 16, R.CALLER_GONE),
        ("CANCEL", 26, R.ANSWERED_ELSEWHERE),
        ("CHANUNAVAIL", 20, R.FAILED),
        ("CONGESTION", 34, R.FAILED),
        ("ANSWER", 16, R.REJECTED),  # picked up, and refused the confirmation
        ("ANSWER", 19, R.TIMED_OUT),  # picked up, and never confirmed
        ("A-WORD-OF-TOMORROW", 16, R.FAILED),
    ],
)
def test_the_result_of_an_offer(status: str, cause: int, result: OfferResult) -> None:
    script = Script()
    customer, phone = script.ringing()
    script.dialled(customer, phone, status)
    script.hangup(phone, cause=cause)
    assert [offer.result for offer in script.all(OfferEnded)] == [result]


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        (17, R.BUSY),
        (19, R.TIMED_OUT),
        (21, R.REJECTED),
        (26, R.ANSWERED_ELSEWHERE),
        (16, R.CALLER_GONE),
        (34, R.FAILED),
    ],
)
def test_without_a_dial_status_the_cause_tells(cause: int, result: OfferResult) -> None:
    script = Script()
    _, phone = script.ringing()
    script.hangup(phone, cause=cause)
    assert [offer.result for offer in script.all(OfferEnded)] == [result]


@pytest.mark.parametrize(
    ("status", "phone_cause", "reason", "by"),
    [
        ("BUSY", 17, EndReason.BUSY, "callee"),
        ("NOANSWER", 21, EndReason.REJECTED, "callee"),
        ("NOANSWER", 19, EndReason.NO_ANSWER, "pbx"),
        ("CANCEL", 16, EndReason.CANCELLED, "caller"),
        ("CHANUNAVAIL", 20, EndReason.FAILED, "pbx"),
    ],
)
def test_why_a_call_nobody_answered_ended(
    status: str, phone_cause: int, reason: EndReason, by: str
) -> None:
    script = Script()
    customer, phone = script.ringing()
    script.dialled(customer, phone, status)
    script.hangup(phone, cause=phone_cause)
    script.hangup(customer)
    [end] = script.all(InteractionEnded)
    assert (end.reason, end.by, end.answered) == (reason, by, False)


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_who_hung_up_is_who_asked_to(who: str) -> None:
    script = Script()
    customer, phone = script.talking()
    first, second = (customer, phone) if who == "caller" else (phone, customer)
    script.tell("HangupRequest", first.fields())
    script.leave("b1", first)
    script.hangup(first)
    script.leave("b1", second)
    script.hangup(second)
    [end] = script.all(InteractionEnded)
    assert (end.reason, end.by, end.answered) == (EndReason.COMPLETED, who, True)


def test_a_call_served_by_an_announcement_is_completed() -> None:
    script = Script()
    customer = script.channel("PJSIP/trunk-01", number="+8613800138000", exten="8000")
    script.state(customer, "6")
    script.hangup(customer)
    assert script.all(InteractionEnded)[0].reason is EndReason.COMPLETED


@pytest.mark.parametrize(
    ("status", "how"),
    [
        ("TIMEOUT", QueueExit.TIMED_OUT),
        ("LEAVEEMPTY", QueueExit.EMPTY),
        ("LEAVEUNAVAIL", QueueExit.EMPTY),
        ("WITHDRAW", QueueExit.WITHDRAWN),
        ("FULL", QueueExit.OVERFLOW),
    ],
)
def test_a_queue_says_by_a_variable_why_it_let_a_caller_go(status: str, how: QueueExit) -> None:
    """QueueCallerAbandon is also said of a timeout and a withdrawal; the variable is not."""
    script = Script()
    customer = script.channel("PJSIP/trunk-01", number="+8613800138000", exten="8000")
    script.state(customer, "6")
    script.tell("QueueCallerJoin", customer.fields(), Queue="support", Position="1")
    script.now += 12
    script.tell("QueueCallerAbandon", customer.fields(), Queue="support", HoldTime="12")
    script.tell("QueueCallerLeave", customer.fields(), Queue="support")
    script.tell("VarSet", customer.fields(), Variable="QUEUESTATUS", Value=status)
    script.hangup(customer)
    [left] = script.all(QueueLeft)
    assert left.exit is how
    assert left.waited == pytest.approx(12, abs=0.1)


def test_a_caller_who_hangs_up_in_a_queue_has_abandoned() -> None:
    script = Script()
    customer = script.channel("PJSIP/trunk-01", number="+8613800138000", exten="8000")
    script.tell("QueueCallerJoin", customer.fields(), Queue="support", Position="1")
    script.tell("HangupRequest", customer.fields())
    script.tell("QueueCallerAbandon", customer.fields(), Queue="support", HoldTime="3")
    script.tell("QueueCallerLeave", customer.fields(), Queue="support")
    script.hangup(customer)
    assert [left.exit for left in script.all(QueueLeft)] == [QueueExit.ABANDONED]
    assert script.all(InteractionEnded)[0].reason is EndReason.CANCELLED
