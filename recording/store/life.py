"""What happens to a file on its way to where it is kept, as tables: stage → step → stage.

    new ──prepare──> sealed ──upload──> uploaded ──verify──> verified ──release──> kept
                        └────────────verify (kept in a folder)──────┘
    any ──(retention, erasure, a person)──> deleting ──remove──> deleted

A step may be done again after it was cut off anywhere: each writes its result whole or not at all,
and the row is changed when the result is there. Nothing is removed before `verified` is written
down, so the PBX's file outlives every failure before it.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    NEW = "new"  # only the PBX's own file is there
    SEALED = "sealed"  # a copy, compressed and encrypted as configured, is in our folder
    UPLOADED = "uploaded"  # the store said that it has it
    VERIFIED = "verified"  # read back, and the same
    KEPT = "kept"  # the PBX's own file is gone
    LOST = "lost"  # there was no file to keep
    DELETING = "deleting"  # nobody hears it any more
    DELETED = "deleted"


class Step(StrEnum):
    PREPARE = "prepare"
    UPLOAD = "upload"
    VERIFY = "verify"
    RELEASE = "release"
    REMOVE = "remove"


class Outcome(StrEnum):
    DONE = "done"
    GONE = "gone"  # what the step works on is not there
    WRONG = "wrong"  # it is there, and not what it should be
    AWAY = "away"  # later


FINAL = frozenset({Stage.KEPT, Stage.LOST, Stage.DELETED})
GIVE_UP = 8  # attempts at a file that is not there
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0  # seconds

_STEPS = {
    Stage.NEW: Step.PREPARE,
    Stage.SEALED: Step.UPLOAD,
    Stage.UPLOADED: Step.VERIFY,
    Stage.VERIFIED: Step.RELEASE,
    Stage.DELETING: Step.REMOVE,
}
_AFTER = {
    (Step.PREPARE, Outcome.DONE): Stage.SEALED,
    (Step.UPLOAD, Outcome.DONE): Stage.UPLOADED,
    (Step.UPLOAD, Outcome.GONE): Stage.NEW,  # our copy is gone; the PBX's file is not
    (Step.UPLOAD, Outcome.WRONG): Stage.NEW,
    (Step.VERIFY, Outcome.DONE): Stage.VERIFIED,
    (Step.VERIFY, Outcome.GONE): Stage.SEALED,
    (Step.VERIFY, Outcome.WRONG): Stage.SEALED,
    (Step.RELEASE, Outcome.DONE): Stage.KEPT,
    (Step.REMOVE, Outcome.DONE): Stage.DELETED,
}


def step_of(stage: Stage, place: str) -> Step | None:
    """What is to be done next; None when nothing is."""
    if stage is Stage.SEALED and place == "folder":
        return Step.VERIFY  # it is where it stays
    return _STEPS.get(stage)


def after(stage: Stage, place: str, outcome: Outcome, attempts: int) -> Stage:
    """Where a file is after its step; `attempts`: those in a row that came to nothing, with it."""
    step = step_of(stage, place)
    if step is None or outcome is Outcome.AWAY:
        return stage
    if step is Step.PREPARE and outcome is Outcome.GONE and attempts >= GIVE_UP:
        return Stage.LOST
    if place == "folder" and step is Step.VERIFY and outcome is not Outcome.DONE:
        return Stage.NEW
    return _AFTER.get((step, outcome), stage)


def pause(attempts: int) -> float:
    """Seconds until the next attempt, after so many in a row that came to nothing."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE) if attempts > 0 else 0.0
