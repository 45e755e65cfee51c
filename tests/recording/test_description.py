"""What a recording is found by follows from the rows of its call, by table."""

from __future__ import annotations

import pytest

from recording.description import LONGEST_NOTES, Facts, Said, Stay, describe

LEG, OTHER = "l" * 32, "o" * 32


def talk(*agents: int, leg: str = LEG, queue: str | None = None, entry: str | None = None) -> Stay:
    return Stay("talk", queue, frozenset({leg}), agents, entry, "t")


def wait(queue: str, id_: str = "e") -> Stay:
    return Stay("queue", queue, frozenset({LEG}), (), None, id_)


def test_the_agent_is_the_first_who_spoke_on_what_was_recorded() -> None:
    found = describe(Facts(leg=LEG, stays=[talk(3, leg=OTHER), talk(1), talk(2, 1)]))
    assert (found.agent, found.spoke) == (1, (3, 1, 2))


def test_nobody_spoke() -> None:
    found = describe(Facts(leg=LEG, stays=[wait("sales")]))
    assert (found.agent, found.spoke, found.queue) == (None, (), "sales")


@pytest.mark.parametrize(
    ("stays", "queue"),
    [
        ([wait("a", "x"), wait("b", "y"), talk(1, entry="x")], "a"),
        ([wait("a", "x"), wait("b", "y"), talk(1)], "b"),
        ([wait("a", "x"), talk(1, queue="c")], "c"),
        ([wait("a", "x"), talk(1, leg=OTHER, queue="c")], "a"),
        ([talk(1)], None),
    ],
)
def test_the_queue_is_the_one_that_led_there(stays: list[Stay], queue: str | None) -> None:
    assert describe(Facts(leg=LEG, stays=stays)).queue == queue


@pytest.mark.parametrize(
    ("direction", "number"), [("inbound", "1"), ("outbound", "2"), ("internal", "2"), (None, "2")]
)
def test_the_number_is_the_other_sides(direction: str | None, number: str) -> None:
    facts = Facts(leg=LEG, direction=direction, caller="1", dialled="2")
    assert describe(facts).number == number


def test_the_disposition_is_the_own_agents_else_the_last() -> None:
    said = [Said(1, "sold"), Said(2, "other")]
    assert describe(Facts(leg=LEG, stays=[talk(1)], said=said)).disposition == "sold"
    assert describe(Facts(leg=LEG, stays=[talk(7)], said=said)).disposition == "other"
    assert describe(Facts(leg=LEG)).disposition is None


def test_notes_are_put_together_and_bounded() -> None:
    said = [Said(1, "sold", " paid by card ")]
    found = describe(Facts(leg=LEG, said=said, notes=["", "  ", "calls again"]))
    assert found.notes == "paid by card\ncalls again"
    assert describe(Facts(leg=LEG, notes=[" "])).notes is None
    assert len(describe(Facts(leg=LEG, notes=["x" * 9_000])).notes or "") == LONGEST_NOTES
