"""Every event is told or has a reason not to be, and what is told is what is documented."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from callcenter import events as ev
from callcenter.outward import describe, payloads
from callcenter.outward.catalogue import BY_NAME, CATALOGUE, NOT_TOLD, TEST, outgoing
from callcenter.outward.words import WORDS
from tests.calls import traces
from tests.outward.people import Everybody
from tests.outward.test_cti import told

ROOT = Path(__file__).parent.parent.parent


def test_every_event_is_told_or_has_a_reason_not_to_be() -> None:
    known = CATALOGUE.keys() | NOT_TOLD.keys()
    missing = set(get_args(ev.DomainEvent)) - known
    assert missing == set(), "add a line to callcenter/outward/catalogue.py: told, or why not"
    assert CATALOGUE.keys() & NOT_TOLD.keys() == set()


def test_each_kind_has_one_name_and_words_for_it() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    assert WORDS.keys() == BY_NAME.keys()
    assert TEST.name not in BY_NAME


def test_the_documentation_is_what_the_types_say() -> None:
    page = (ROOT / describe.PAGE).read_text("utf-8")
    assert page == describe.page(page), "run python -m callcenter.outward.describe"
    schema = (ROOT / describe.PAGE).with_suffix(".schema.json").read_text("utf-8")
    assert schema == describe.json_schema(), "run python -m callcenter.outward.describe"


def test_no_event_of_ours_leaks_as_it_is() -> None:
    """What is told has types of its own: a field added to an event is told nobody by itself."""
    for told_as in CATALOGUE.values():
        assert told_as.data.__module__ == payloads.__name__
        for field in msgspec.structs.fields(told_as.data):
            text = inspect.formatannotation(field.type)
            assert "callcenter.events.calls" not in text, (told_as.name, text)
            assert "callcenter.events.base" not in text, (told_as.name, text)


@pytest.mark.parametrize("trace", ["queue_ringall", "queue_attended_transfer", "hold_unhold"])
def test_what_is_told_of_a_call_fits_its_schema_and_is_the_same_each_time(trace: str) -> None:
    ids: dict[str, str] = {}
    for event in told(trace):
        message = outgoing(event, Everybody())
        if message is None:
            assert type(event) in NOT_TOLD
            continue
        again = outgoing(event, Everybody())
        assert again == message
        assert ids.setdefault(message.id, message.body) == message.body
        sent: dict[str, Any] = json.loads(message.body)
        assert sent.keys() == {"id", "type", "version", "timestamp", "data"}
        assert sent["id"] == message.id
        msgspec.convert(sent["data"], BY_NAME[message.type].data, strict=True)
        if isinstance(event, ev.CallEvent):
            assert message.subject == event.interaction


def test_ids_are_of_the_event_not_of_the_place_in_the_stream() -> None:
    seen = [
        message.id
        for trace in traces.ALL
        for event in told(traces.name(trace))
        if (message := outgoing(event, Everybody())) is not None
    ]
    assert len(set(seen)) > 0.99 * len(seen)  # traces share a few words of the PBX's queues


def test_an_agent_is_named_with_their_login() -> None:
    (offered,) = [
        json.loads(message.body)["data"]["to"]
        for event in told("trunk_inbound_answered")
        if isinstance(event, ev.OfferStarted) and (message := outgoing(event, Everybody()))
    ]
    assert offered == {
        "number": "1001",
        "name": offered["name"],
        "agent": {"id": 1, "name": "Agent 1", "login": "agent1"},
    }


def test_a_member_found_in_a_list_when_we_came_is_no_news() -> None:
    member = ev.QueueMemberChanged(
        at=1.0, pbx="main", queue="support", interface="PJSIP/1001", name=None, paused=True,
        reason="lunch",
    )  # fmt: skip
    assert outgoing(member, Everybody()) is not None
    assert outgoing(msgspec.structs.replace(member, listed=True), Everybody()) is None
