"""Who is looking: each person once, gone when they leave or fall silent."""

from __future__ import annotations

from screenpop.frames import Looker
from screenpop.presence import EXPIRES, MOST_TICKETS, Presence


def test_somebody_who_looks_is_seen_until_they_turn_away() -> None:
    presence = Presence()
    assert presence.look("tab", 1, "Ann", 7, False, 0.0) == {7}
    assert presence.people(7) == [Looker(1, "Ann", False)]
    assert presence.turn_away("tab", 7) == {7}
    assert presence.people(7) == []
    assert presence.turn_away("tab", 7) == set()


def test_saying_the_same_again_is_no_news_writing_is() -> None:
    presence = Presence()
    presence.look("tab", 1, "Ann", 7, False, 0.0)
    assert presence.look("tab", 1, "Ann", 7, False, 20.0) == set()
    assert presence.look("tab", 1, "Ann", 7, True, 21.0) == {7}


def test_two_windows_are_one_person_who_writes_if_one_does() -> None:
    presence = Presence()
    presence.look("a", 1, "Ann", 7, False, 0.0)
    presence.look("b", 1, "Ann", 7, True, 0.0)
    presence.look("c", 2, "Bob", 7, False, 0.0)
    assert presence.people(7) == [Looker(1, "Ann", True), Looker(2, "Bob", False)]
    assert presence.leave("b") == {7}
    assert presence.people(7)[0] == Looker(1, "Ann", False)


def test_the_silent_are_forgotten() -> None:
    presence = Presence()
    presence.look("a", 1, "Ann", 7, False, 0.0)
    presence.look("b", 2, "Bob", 7, False, 30.0)
    assert presence.expire(EXPIRES) == {7}
    assert presence.people(7) == [Looker(2, "Bob", False)]


def test_one_console_looks_at_so_many_tickets_and_no_more() -> None:
    presence = Presence()
    for ticket in range(1, MOST_TICKETS + 1):
        presence.look("a", 1, "Ann", ticket, False, 0.0)
    assert presence.look("a", 1, "Ann", 999, False, 0.0) == set()
    assert presence.people(999) == []
    assert presence.leave("a") == set(range(1, MOST_TICKETS + 1))
