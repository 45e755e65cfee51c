"""The closed set of what a timeline can hold; filters and pages speak of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ActivityKind(StrEnum):
    """Who writes it and what its `source` is stands beside each."""

    CALL = "call"  # this room, when a call is over: interaction:<id>
    VOICEMAIL = "voicemail"  # this room: interaction:<id>
    NOTE = "note"  # people: note:<key>
    TASK = "task"  # people; `result` is created, done or reopened: task:<id>:<version>
    TICKET = "ticket"  # a ticket was opened: ticket:<id>
    TICKET_STEP = "ticket_step"  # a step of its life; `result` is the step: ticket:<id>:<event>
    SATISFACTION = "satisfaction"  # `result` is the score: interaction:<id>, ticket:<id>
    MERGE = "merge"  # `result` is merged or undone: merge:<id>


# What shows that somebody looks after a customer, with the result it must have: they were spoken
# to, or something was done and written down. An attempt that reached nobody is none.
REACHES: Mapping[ActivityKind, str | None] = {
    ActivityKind.CALL: "completed",
    ActivityKind.NOTE: None,
    ActivityKind.TASK: "done",
    ActivityKind.TICKET_STEP: None,
}
