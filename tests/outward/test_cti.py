"""What a helpdesk receives of recorded calls, by the generic CTI protocol."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from callcenter import events as ev
from callcenter.calls.tracker import Tracker
from callcenter.outward.cti import GATHER, MOST_CALLS, CtiBook, CtiMessage, Fields
from tests.calls import traces
from tests.outward.people import Everybody, as_digits

NEVER = 1e12
CUSTOMER = "8613800138000"
# What each helpdesk hears, without the ids: event, who, to, and what else there is.
HEARD: dict[str, list[str]] = {
    "simple_answered": [
        "newCall in 1001>1002 user=[agent2]",
        "answer in 1001>1002 user=agent2 answeringNumber=1002",
        "hangup in 1001>1002 cause=normalClearing answeringNumber=1002",
    ],
    "trunk_inbound_answered": [
        f"newCall in {CUSTOMER}>1001 user=[agent1]",
        f"answer in {CUSTOMER}>1001 user=agent1 answeringNumber=1001",
        f"hangup in {CUSTOMER}>1001 cause=normalClearing answeringNumber=1001",
    ],
    "queue_ringall": [
        f"newCall in {CUSTOMER}>sales queue=sales user=[agent2,agent1]",
        f"answer in {CUSTOMER}>sales queue=sales user=agent2 answeringNumber=1002",
        f"hangup in {CUSTOMER}>sales queue=sales cause=normalClearing answeringNumber=1002",
    ],
    "queue_blind_transfer": [
        f"newCall in {CUSTOMER}>support queue=support user=[agent1]",
        f"answer in {CUSTOMER}>support queue=support user=agent1 answeringNumber=1001",
        f"hangup in {CUSTOMER}>support queue=support cause=forwarded answeringNumber=1001",
        f"newCall/2 in {CUSTOMER}>1004 user=[agent4]",
        f"answer/2 in {CUSTOMER}>1004 user=agent4 answeringNumber=1004",
        f"hangup/2 in {CUSTOMER}>1004 cause=normalClearing answeringNumber=1004",
    ],
    "queue_attended_transfer": [
        f"newCall in {CUSTOMER}>support queue=support user=[agent1]",
        f"answer in {CUSTOMER}>support queue=support user=agent1 answeringNumber=1001",
        f"hangup in {CUSTOMER}>support queue=support cause=forwarded answeringNumber=1001",
        f"newCall/2 in {CUSTOMER}>1004 user=[agent4]",
        f"answer/2 in {CUSTOMER}>1004 user=agent4 answeringNumber=1004",
        f"hangup/2 in {CUSTOMER}>1004 cause=normalClearing answeringNumber=1004",
    ],
    "blonde_transfer": [
        f"newCall in {CUSTOMER}>support queue=support user=[agent1]",
        f"answer in {CUSTOMER}>support queue=support user=agent1 answeringNumber=1001",
        f"hangup in {CUSTOMER}>support queue=support cause=forwarded answeringNumber=1001",
        f"newCall/2 in {CUSTOMER}>1004 user=[agent4]",
        f"answer/2 in {CUSTOMER}>1004 user=agent4 answeringNumber=1004",
        f"hangup/2 in {CUSTOMER}>1004 cause=normalClearing answeringNumber=1004",
    ],
    "queue_pickup": [
        f"newCall in {CUSTOMER}>support queue=support user=[agent1]",
        f"answer in {CUSTOMER}>support queue=support user=agent4 answeringNumber=1004",
        f"hangup in {CUSTOMER}>support queue=support cause=normalClearing answeringNumber=1004",
    ],
    "pickup": [
        "newCall in 1001>1002 user=[agent2]",
        "answer in 1001>1002 user=agent3 answeringNumber=1003",
        "hangup in 1001>1002 cause=normalClearing answeringNumber=1003",
    ],
    "busy": [
        "newCall in 1001>1002 user=[agent2]",
        "hangup in 1001>1002 cause=busy",
    ],
    "simple_caller_hangs_up_ringing": [
        "newCall in 1001>1002 user=[agent2]",
        "hangup in 1001>1002 cause=cancel",
    ],
    "queue_abandoned": [
        f"newCall in {CUSTOMER}>support queue=support user=[agent1]",
        f"hangup in {CUSTOMER}>support queue=support cause=cancel",
    ],
    "queue_abandoned_nobody_there": [  # nobody was rung: it is told when it is over, as missed
        f"newCall in {CUSTOMER}>support queue=support",
        f"hangup in {CUSTOMER}>support queue=support cause=cancel",
    ],
    "forward_302": [
        "newCall in 1001>1002 user=[agent2]",
        "hangup in 1001>1002 cause=forwarded",
        "newCall/2 in 1001>1003 user=[agent3]",
        "answer/2 in 1001>1003 user=agent3 answeringNumber=1003",
        "hangup/2 in 1001>1003 cause=normalClearing answeringNumber=1003",
    ],
    "outbound_answered": [
        "newCall out 1001>8613900139000 user=[agent1]",
        "answer out 1001>8613900139000 user=agent1 answeringNumber=8613900139000",
        "hangup out 1001>8613900139000 cause=normalClearing",
    ],
    "outbound_busy": [
        "newCall out 1001>8613900139000 user=[agent1]",
        "hangup out 1001>8613900139000 cause=busy",
    ],
}


def told(trace: str) -> list[ev.DomainEvent]:
    tracker = Tracker("pbx")
    messages = traces.messages(traces.ROOT / trace)
    return [event for message in messages for event in tracker.feed(message)] + tracker.finish()


def heard(events: Iterable[ev.DomainEvent], book: CtiBook | None = None) -> list[CtiMessage]:
    """Everything a helpdesk is told, with the clock going as the events do."""
    book = book or CtiBook(Everybody(), as_digits)
    found: list[CtiMessage] = []
    now = 0.0
    for event in events:
        now = event.at or now
        found += book.tick(now) + book.feed(event, now)
    return found + book.tick(NEVER)


def line(fields: Fields) -> str:
    """Short enough to read; the id only as far as it tells parts apart."""
    rest = dict(fields)
    part = str(rest.pop("callId")).partition("-")[2]
    event = f"{rest.pop('event')}{'/' if part else ''}{part}"
    text = f"{event} {rest.pop('direction')} {rest.pop('from')}>{rest.pop('to')}"
    order = ("queue", "user", "cause", "answeringNumber")
    for name in order:
        if name in rest:
            value = rest.pop(name)
            text += f" {name}={value if isinstance(value, str) else '[' + ','.join(value) + ']'}"
    assert rest == {}
    return text


@pytest.mark.parametrize("trace", HEARD)
def test_what_a_helpdesk_hears_of_a_call(trace: str) -> None:
    messages = heard(told(trace))
    outside = [message for message in messages if not message.internal]  # not the consultations
    assert [line(message.fields) for message in outside or messages] == HEARD[trace]


@pytest.mark.parametrize("trace", traces.ALL, ids=traces.name)
def test_every_call_is_told_in_an_order_that_a_helpdesk_takes(trace: Path) -> None:
    """Once newCall, then at most one answer, then once hangup, for every id."""
    state: dict[str, str] = {}
    for message in heard(told(traces.name(trace))):
        event, call = str(message.fields["event"]), str(message.fields["callId"])
        before = state.get(call)
        allowed: dict[str, set[str | None]] = {
            "newCall": {None},
            "answer": {"newCall"},
            "hangup": {"newCall", "answer"},
        }
        assert before in allowed[event], (call, before, event)
        state[call] = event
    assert set(state.values()) <= {"hangup"}


@pytest.mark.parametrize("trace", ["queue_attended_transfer", "queue_ringall", "forward_302"])
def test_a_restart_between_any_two_events_changes_nothing(trace: str) -> None:
    events = told(trace)
    whole = [message.fields for message in heard(events)]
    for cut in range(len(events)):
        first, second = CtiBook(Everybody(), as_digits), CtiBook(Everybody(), as_digits)
        kept: dict[str, bytes] = {}
        found: list[CtiMessage] = []
        now = 0.0
        for number, event in enumerate(events):
            now = event.at or now
            if number == cut:
                second.load(kept.items())
            book = first if number < cut else second
            found += book.tick(now) + book.feed(event, now)
            for key, data in book.take_changes().items():
                if data is None:
                    kept.pop(key, None)
                else:
                    kept[key] = data
        found += second.tick(NEVER)
        assert [message.fields for message in found] == whole, cut
        assert kept == {}


def unanswered(event: ev.DomainEvent) -> ev.DomainEvent | None:
    """The same call if nobody had picked up."""
    if isinstance(event, ev.TalkStarted | ev.TalkEnded):
        return None
    if isinstance(event, ev.OfferEnded) and event.result is ev.OfferResult.ANSWERED:
        return replace(event, result=ev.OfferResult.TIMED_OUT)
    if isinstance(event, ev.InteractionEnded):
        return replace(event, reason=ev.EndReason.NO_ANSWER, answered=False)
    return event


def test_a_call_that_is_forwarded_before_anybody_answers_ends_as_forwarded() -> None:
    events = [event for one in told("forward_302") if (event := unanswered(one)) is not None]
    assert [line(message.fields) for message in heard(events)] == [
        "newCall in 1001>1002 user=[agent2]",
        "hangup in 1001>1002 cause=forwarded",
        "newCall/2 in 1001>1003 user=[agent3]",
        "hangup/2 in 1001>1003 cause=noAnswer",
    ]
    start = events[0]
    assert isinstance(start, ev.InteractionStarted)
    queued = ev.QueueJoined(
        at=start.at, pbx="pbx", interaction=start.interaction, entry="e", queue="support",
        leg="leg", position=1,
    )  # fmt: skip
    in_a_queue = heard([start, queued, *events[1:]])
    assert [str(message.fields["event"]) for message in in_a_queue] == ["newCall", "hangup"]


def test_calls_within_the_house_are_marked_as_such() -> None:
    assert all(message.internal for message in heard(told("simple_answered")))
    assert not any(message.internal for message in heard(told("queue_ringall")))


def test_telephones_that_begin_to_ring_together_are_in_one_message() -> None:
    book = CtiBook(Everybody(), as_digits)
    told_of: list[CtiMessage] = []
    for event in told("queue_ringall"):
        if isinstance(event, ev.OfferEnded):
            break
        told_of += book.feed(event, 100.0)
    assert told_of == []
    assert book.next_due() == 100.0 + GATHER
    assert book.tick(100.0 + GATHER - 0.01) == []
    (message,) = book.tick(100.0 + GATHER)
    assert message.fields["user"] == ["agent2", "agent1"]
    assert book.next_due() is None


def test_a_withheld_number_is_anonymous() -> None:
    party = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", None, None, "leg")
    start = ev.InteractionStarted(
        at=1.0, pbx="pbx", interaction="a", direction=ev.Direction.INBOUND, caller=party,
        dialled="8000",
    )  # fmt: skip
    end = ev.InteractionEnded(
        at=2.0, pbx="pbx", interaction="a", reason=ev.EndReason.CANCELLED, by="caller", cause=16,
        answered=False,
    )  # fmt: skip
    lines = [line(message.fields) for message in heard([start, end])]
    assert lines == ["newCall in anonymous>8000", "hangup in anonymous>8000 cause=cancel"]


@pytest.mark.parametrize(
    ("reason", "q850", "cause"),
    [
        (ev.EndReason.FAILED, 1, "notFound"),
        (ev.EndReason.FAILED, 38, "congestion"),
        (ev.EndReason.NO_ANSWER, 16, "noAnswer"),
        (ev.EndReason.REJECTED, 21, "noAnswer"),
        (ev.EndReason.LOST, None, "congestion"),
    ],
)
def test_why_nobody_talked(reason: ev.EndReason, q850: int | None, cause: str) -> None:
    party = ev.Party("PJSIP/1001-1", "PJSIP/1001", "1001", None, "leg")
    start = ev.InteractionStarted(
        at=1.0, pbx="pbx", interaction="a", direction=ev.Direction.OUTBOUND, caller=party,
        dialled="9013900139000",
    )  # fmt: skip
    end = ev.InteractionEnded(
        at=2.0, pbx="pbx", interaction="a", reason=reason, by="pbx", cause=q850, answered=False
    )
    assert heard([start, end])[-1].fields["cause"] == cause


def test_calls_that_never_end_are_forgotten_at_a_bound() -> None:
    book = CtiBook(Everybody(), as_digits)
    party = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", "1", None, "leg")
    for number in range(MOST_CALLS + 5):
        book.feed(
            ev.InteractionStarted(
                at=1.0, pbx="pbx", interaction=str(number), direction=ev.Direction.INBOUND,
                caller=party, dialled=None,
            ),
            1.0,
        )  # fmt: skip
    assert len(book) == MOST_CALLS
