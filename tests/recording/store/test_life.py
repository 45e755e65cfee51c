"""The way of a file as tables: where it may be cut off, and that nothing is lost by it."""

from __future__ import annotations

import pytest

from recording.store.life import (
    FINAL,
    FIRST_PAUSE,
    GIVE_UP,
    LONGEST_PAUSE,
    Outcome,
    Stage,
    Step,
    after,
    pause,
    step_of,
)

KEEPS_THE_ORIGINAL = {Stage.NEW, Stage.SEALED, Stage.UPLOADED, Stage.VERIFIED}


def walk(place: str) -> list[Stage]:
    stage, seen = Stage.NEW, [Stage.NEW]
    while step_of(stage, place) is not None:
        stage = after(stage, place, Outcome.DONE, 0)
        seen.append(stage)
    return seen


def test_a_file_gets_where_it_is_kept() -> None:
    assert walk("s3") == [
        Stage.NEW, Stage.SEALED, Stage.UPLOADED, Stage.VERIFIED, Stage.KEPT
    ]  # fmt: skip
    assert walk("folder") == [Stage.NEW, Stage.SEALED, Stage.VERIFIED, Stage.KEPT]


def test_what_is_to_be_deleted_ends_deleted() -> None:
    for place in ("pbx", "folder", "s3"):
        assert step_of(Stage.DELETING, place) is Step.REMOVE
        assert after(Stage.DELETING, place, Outcome.DONE, 0) is Stage.DELETED
        assert after(Stage.DELETING, place, Outcome.AWAY, 99) is Stage.DELETING


@pytest.mark.parametrize("place", ["folder", "s3"])
@pytest.mark.parametrize("stage", sorted(KEEPS_THE_ORIGINAL))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_original_goes_only_after_a_copy_was_read_back(
    stage: Stage, place: str, outcome: Outcome
) -> None:
    """Whatever happens, one step leads to no stage without it but from `verified`."""
    to = after(stage, place, outcome, 1)
    assert to in KEEPS_THE_ORIGINAL or (stage is Stage.VERIFIED and to is Stage.KEPT)
    if to is Stage.VERIFIED and stage is not Stage.VERIFIED:
        assert (step_of(stage, place), outcome) == (Step.VERIFY, Outcome.DONE)


def test_a_copy_that_is_not_right_is_made_again() -> None:
    assert after(Stage.UPLOADED, "s3", Outcome.WRONG, 1) is Stage.SEALED
    assert after(Stage.UPLOADED, "s3", Outcome.GONE, 1) is Stage.SEALED
    assert after(Stage.SEALED, "s3", Outcome.GONE, 1) is Stage.NEW
    assert after(Stage.SEALED, "folder", Outcome.WRONG, 1) is Stage.NEW
    assert after(Stage.SEALED, "folder", Outcome.GONE, 1) is Stage.NEW


def test_a_file_that_is_not_there_is_given_up_in_the_end() -> None:
    assert after(Stage.NEW, "s3", Outcome.GONE, GIVE_UP - 1) is Stage.NEW
    assert after(Stage.NEW, "s3", Outcome.GONE, GIVE_UP) is Stage.LOST
    assert after(Stage.NEW, "s3", Outcome.AWAY, 10 * GIVE_UP) is Stage.NEW


def test_nothing_happens_to_what_is_at_its_end() -> None:
    for stage in FINAL:
        assert step_of(stage, "s3") is None
        assert after(stage, "s3", Outcome.DONE, 0) is stage


def test_attempts_come_further_and_further_apart() -> None:
    pauses = [pause(attempts) for attempts in range(12)]
    assert pauses[:3] == [0.0, FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert pauses == sorted(pauses)
    assert pause(1000) == LONGEST_PAUSE
