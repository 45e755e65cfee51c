"""Every recorded trace tells its whole story, at any chunking, and survives what a network does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from callcenter.calls.story import Stories
from callcenter.calls.tracker import Tracker
from callcenter.events import (
    DomainEvent,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
    QueueExit,
    QueueLeft,
    TalkStarted,
)
from tests.calls import traces

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from callcenter.ami.messages import Message

every_trace = pytest.mark.parametrize("trace", traces.ALL, ids=traces.name)


def test_there_are_traces_of_every_kind_of_call() -> None:
    names = {trace.name for trace in traces.ALL}
    assert names >= {
        "queue_answered",
        "queue_abandoned",
        "queue_timeout",
        "queue_ringall",
        "reject",
        "busy",
        "queue_blind_transfer",
        "queue_attended_transfer",
        "blonde_transfer",
        "pickup",
        "forward_302",
        "conference",
        "originate",
        "chinese_caller_name",
    }


@every_trace
def test_a_trace_tells_its_whole_story(trace: Path, request: pytest.FixtureRequest) -> None:
    told = traces.story(traces.raw(trace), 65536)
    if request.config.getoption("--update-traces"):
        traces.update(trace, told)
    assert told == traces.expected(trace)


@every_trace
def test_an_answered_queue_entry_has_its_conversation(trace: Path) -> None:
    """Also where somebody else picked the call up: what was said belongs to the queue."""
    events = _events(traces.messages(trace))
    left = [event for event in events if isinstance(event, QueueLeft)]
    answered = {event.entry for event in left if event.exit is QueueExit.ANSWERED}
    spoken = {event.entry for event in events if isinstance(event, TalkStarted)}
    assert answered == spoken - {None}


@every_trace
@pytest.mark.parametrize("chunk", [1, 7, 1460])
def test_the_story_does_not_depend_on_the_chunks(trace: Path, chunk: int) -> None:
    assert traces.story(traces.raw(trace), chunk) == traces.expected(trace)


@every_trace
def test_every_message_twice_tells_the_same_calls(trace: Path) -> None:
    once = traces.messages(trace)
    twice = [message for message in once for _ in range(2)]
    assert _shape(_events(twice)) == _shape(_events(once))


@every_trace
def test_any_one_message_may_be_missing_or_come_twice(trace: Path) -> None:
    messages = traces.messages(trace)
    for index in range(len(messages)):
        for damaged in (
            messages[:index] + messages[index + 1 :],
            messages[: index + 1] + messages[index:],
        ):
            events = _events(damaged)
            assert _left_open(events) == set(), messages[index]


@every_trace
def test_a_call_with_a_missing_end_is_closed_and_marked(trace: Path) -> None:
    messages = traces.messages(trace)
    hangups = [i for i, message in enumerate(messages) if message.name == "Hangup"]
    for index in hangups:
        events = _events(messages[:index] + messages[index + 1 :])
        ends = [event for event in events if isinstance(event, InteractionEnded)]
        name = messages[index].fields.get("Channel", "")
        real = name and not name.startswith(("Local/", "CBAnn/", "CBRec/"))
        if real and ends:
            assert any(end.incomplete and end.estimated for end in ends), messages[index]


def _events(messages: Iterable[Message]) -> list[DomainEvent]:
    tracker = Tracker("test")
    events = [event for message in messages for event in tracker.feed(message)]
    return events + tracker.finish()


def _left_open(events: list[DomainEvent]) -> set[str]:
    open_: set[str] = set()
    for event in events:
        match event:
            case InteractionStarted():
                open_.add(event.interaction)
            case InteractionEnded():
                open_.discard(event.interaction)
            case InteractionsMerged():
                open_.discard(event.merged)
    return open_


def _shape(events: list[DomainEvent]) -> list[object]:
    stories = Stories()
    for event in events:
        stories.add(event)
    return [
        (
            story["direction"],
            story["caller"],
            [(entry["queue"], entry["exit"]) for entry in story["queues"]],
            [(offer["channel"], offer["result"]) for offer in story["offers"]],
            [(talk["a"], talk["b"]) for talk in story["talks"]],
            [(move["kind"], move["by"], move["result"]) for move in story["transfers"]],
            story["end"],
        )
        for story in stories.records()
    ]
