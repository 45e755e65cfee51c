"""The life of an import as one table: what may be done when, and what it is then."""

from __future__ import annotations

from enum import StrEnum

from callcenter.errors import Conflict


class ImportState(StrEnum):
    READING = "reading"  # being looked into
    READY = "ready"  # its columns can be mapped
    CHECKING = "checking"  # the dry run
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"  # the file cannot be read; `failure` says why
    INTERRUPTED = "interrupted"  # while it was imported; can be continued
    CANCELLED = "cancelled"


class Step(StrEnum):
    READ = "read"
    MAP = "map"
    CHECK = "check"
    START = "start"
    CANCEL = "cancel"


_S = ImportState
RUNNING = frozenset({_S.READING, _S.CHECKING, _S.IMPORTING})
OVER = frozenset({_S.DONE, _S.CANCELLED})

_STEPS: dict[Step, tuple[frozenset[ImportState], ImportState]] = {
    Step.READ: (frozenset({_S.READY, _S.CHECKED, _S.FAILED}), _S.READING),
    Step.MAP: (frozenset({_S.READY, _S.CHECKED}), _S.READY),
    Step.CHECK: (frozenset({_S.READY, _S.CHECKED}), _S.CHECKING),
    Step.START: (frozenset({_S.READY, _S.CHECKED, _S.INTERRUPTED}), _S.IMPORTING),
    Step.CANCEL: (frozenset(_S) - OVER, _S.CANCELLED),
}

# What is left when whoever worked on it is gone. Looking twice costs nothing; writing goes on.
LEFT: dict[ImportState, ImportState] = {
    _S.READING: _S.FAILED,
    _S.CHECKING: _S.READY,
    _S.IMPORTING: _S.INTERRUPTED,
}


def after(state: ImportState, step: Step) -> ImportState:
    """Conflict where the step makes no sense."""
    allowed, then = _STEPS[step]
    if state not in allowed:
        raise Conflict(f"an import that is {state} cannot be told to {step}", field="state")
    return then
