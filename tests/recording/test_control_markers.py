"""Where in the file things are: conversations open it, what lies between them takes no time."""

from __future__ import annotations

from recording.markers import Happening, Stretch, Timeline, marks, timeline


def test_a_file_begins_with_the_first_conversation_after_it_was_started() -> None:
    talks = [Stretch(20.0, 50.0), Stretch(60.0, 80.0)]
    assert timeline(5.0, talks).begins == 20.0
    assert timeline(30.0, talks).begins == 30.0
    assert timeline(55.0, talks).begins == 60.0
    assert timeline(5.0, []).begins == 5.0


def test_time_between_conversations_is_not_in_the_file_and_pauses_are() -> None:
    line = Timeline(20.0, (Stretch(50.0, 60.0),), 50.0)
    assert line.position(19.0) == 0.0
    assert line.position(45.0) == 25.0
    assert line.position(55.0) == 30.0
    assert line.position(65.0) == 35.0
    assert line.position(500.0) == 50.0


def test_marks_are_in_the_order_of_the_file() -> None:
    line = Timeline(20.0, (Stretch(50.0, 60.0),), 50.0)
    found = marks(
        line,
        [
            Happening("t", "transfer", Stretch(50.0, 50.0)),
            Happening("p", "pause", Stretch(30.0, 62.0), ("agent",), 7),
            Happening("g", "gap", Stretch(50.0, 60.0)),
            Happening("h", "hold", Stretch(21.0, 25.0)),
        ],
    )
    assert [(m.id, m.starts, m.ends) for m in found] == [
        ("h", 1.0, 5.0),
        ("p", 10.0, 32.0),
        ("t", 30.0, 30.0),
        ("g", 30.0, 30.0),
    ]


def test_what_was_before_the_file_or_after_it_is_not_in_it() -> None:
    line = Timeline(20.0, (), 30.0)
    before = Happening("b", "hold", Stretch(5.0, 15.0))
    after = Happening("a", "transfer", Stretch(60.0, 60.0))
    assert marks(line, [before, after]) == []


def test_a_pause_that_never_ended_lasts_to_the_end_of_the_file() -> None:
    [mark] = marks(Timeline(20.0, (), 30.0), [Happening("p", "pause", Stretch(40.0))])
    assert (mark.starts, mark.ends) == (20.0, 30.0)
