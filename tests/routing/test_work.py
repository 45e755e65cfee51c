"""Which calls were missed, and who was reached, without any database."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.events import Direction, QueueExit
from crm.numbers import ContactKeys
from routing.work import (
    KnownCall,
    QueueStay,
    WorkKind,
    WorkState,
    combined,
    miss_of,
    reached,
    state_of,
)
from tests.routing.stories import E164, NUMBER, caller


def known(**values: Any) -> KnownCall:
    about = {
        "interaction": "i1",
        "pbx": "main",
        "direction": Direction.INBOUND,
        "number": NUMBER,
        "name": None,
        "interface": "PJSIP/trunk",
        "dialled": "4008",
        "started_at": 100.0,
        "answered": False,
    }
    return KnownCall(**(about | values))


def stayed(exit_: QueueExit, waited: float = 30.0) -> tuple[QueueStay, ...]:
    return (QueueStay("sales", exit_, waited),)


@pytest.mark.parametrize(
    ("exit_", "kind"),
    [
        (QueueExit.ABANDONED, WorkKind.ABANDONED),
        (QueueExit.TIMED_OUT, WorkKind.UNANSWERED),
        (QueueExit.EMPTY, WorkKind.UNANSWERED),
        (QueueExit.OVERFLOW, WorkKind.UNANSWERED),
        (QueueExit.LOST, WorkKind.UNANSWERED),
    ],
)
def test_how_the_queue_was_left_says_whose_doing_it_was(exit_: QueueExit, kind: WorkKind) -> None:
    miss = miss_of(known(stays=stayed(exit_)), at=130.0, by_caller=True, short_abandon=5.0)
    assert miss is not None
    assert (miss.kind, miss.queue, miss.waited) == (kind, "sales", 30.0)


def test_without_a_queue_whoever_hung_up_decides() -> None:
    for by_caller, kind in ((True, WorkKind.ABANDONED), (False, WorkKind.UNANSWERED)):
        miss = miss_of(known(), at=130.0, by_caller=by_caller, short_abandon=5.0)
        assert miss is not None
        assert (miss.kind, miss.queue, miss.waited) == (kind, None, 30.0)


@pytest.mark.parametrize(("waited", "short"), [(5.0, True), (5.1, False)])
def test_a_short_abandon_counts_and_is_marked(waited: float, short: bool) -> None:
    call = known(stays=stayed(QueueExit.ABANDONED, waited))
    miss = miss_of(call, at=130.0, short_abandon=5.0)
    assert miss is not None
    assert miss.short is short


@pytest.mark.parametrize(
    "values",
    [
        {"answered": True},
        {"direction": Direction.OUTBOUND},
        {"direction": Direction.INTERNAL},
        {"direction": None},
        {"refused": True},
        {"merged": True},
        {"promised": True},
        {"stays": stayed(QueueExit.CALLBACK)},
    ],
)
def test_what_is_not_missed(values: dict[str, Any]) -> None:
    assert miss_of(known(**values), at=130.0, short_abandon=5.0) is None


def test_a_message_is_work_even_after_a_conversation() -> None:
    miss = miss_of(known(answered=True), at=130.0, short_abandon=5.0, voicemail=True)
    assert miss is not None
    assert (miss.kind, miss.short) == (WorkKind.VOICEMAIL, False)


def test_a_message_that_was_left_stays_worth_hearing() -> None:
    assert combined(WorkKind.VOICEMAIL, WorkKind.ABANDONED) is WorkKind.VOICEMAIL
    assert combined(WorkKind.ABANDONED, WorkKind.UNANSWERED) is WorkKind.UNANSWERED


@pytest.mark.parametrize(
    ("values", "shown", "who"),
    [
        ({}, "1001", {E164}),
        ({"number": "anonymous"}, "1001", set()),
        ({"direction": Direction.OUTBOUND, "dialled": NUMBER}, None, {E164}),
        ({"direction": Direction.OUTBOUND, "dialled": f"9{NUMBER}"}, None, {E164}),
        ({"direction": Direction.OUTBOUND, "dialled": "s"}, NUMBER, {"s", E164}),
        ({"direction": Direction.INTERNAL, "dialled": NUMBER}, None, {E164}),
        ({"direction": Direction.OUTBOUND, "dialled": None}, None, set()),
    ],
)
def test_who_was_reached(values: dict[str, Any], shown: str | None, who: set[str]) -> None:
    keys = ContactKeys(prefix="9")
    assert reached(known(**values), keys, caller(shown)) == who


def test_states() -> None:
    assert state_of(None, None) is WorkState.OPEN
    assert state_of(3, None) is WorkState.CLAIMED
    assert state_of(3, 1.0) is WorkState.DONE
