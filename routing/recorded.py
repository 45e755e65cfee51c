"""What a call's own flow does about its recording: says so to the caller, and starts it.

Before a telephone is rung the PBX is told to record as soon as the two are connected, so nothing of
the first words is lost and nothing depends on what we do then. Who rules on it is another room's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from callcenter.calls.names import parse_name
from callcenter.errors import AgiError, AgiHangup
from callcenter.recordable import Recordable

if TYPE_CHECKING:
    from routing.visit import Visit

ANSWER = "CALLCENTER_RECORD"  # what the dialplan wants to know: yes, no
KEY_SECONDS = 3.0  # after the announcement, for who wants to press the key

log = structlog.get_logger(__name__)


class Tape(Protocol):
    """A file, as MixMonitor is told to write it."""

    @property
    def file(self) -> str: ...
    @property
    def options(self) -> str: ...


class Ask(Protocol):
    """What callers of a queue are told; `opt_out_key`: who presses it is not recorded."""

    @property
    def announcement(self) -> str | None: ...
    @property
    def opt_out_key(self) -> str | None: ...


class Recorder(Protocol):
    """The rules about recording, answered from memory."""

    def asks(self, queue: str) -> Ask | None: ...

    def tape(self, call: Recordable) -> Tape | None:
        """None: not to be recorded."""


class NoRecorder:
    """Nothing is recorded by us."""

    def asks(self, queue: str) -> Ask | None:
        return None

    def tape(self, call: Recordable) -> Tape | None:
        return None


NOBODY: Recorder = NoRecorder()


async def tell_caller(visit: Visit, recorder: Recorder, queue: str) -> None:
    """Once in a call, before anybody is rung: that it may be recorded, and how not to be."""
    ask = None if visit.told_of_recording else recorder.asks(queue)
    if ask is None or ask.announcement is None:
        return
    visit.told_of_recording = True
    key = ask.opt_out_key
    if key is None:
        await visit.say(ask.announcement)
        visit.decided("recording", "announced", "rule", queue=queue)
        return
    pressed = await visit.asked(ask.announcement, seconds=KEY_SECONDS, keys=key)
    visit.refuses_recording = pressed == key
    outcome = "refused" if visit.refuses_recording else "accepted"
    visit.decided("recording", outcome, "key" if visit.refuses_recording else "no_key", queue=queue)


async def record(
    visit: Visit, recorder: Recorder, queue: str | None = None, agent: int | None = None
) -> None:
    """Have what follows recorded, or not, as the rules are for this agent."""
    refused = visit.refuses_recording
    tape = recorder.tape(
        Recordable(visit.agi.uniqueid, "inbound", queue=queue, agent=agent, refused=refused)
    )
    if tape is None and visit.recorded:
        await visit.agi.exec("StopMixMonitor")
        visit.recorded = False
    if tape is not None and not visit.recorded:
        visit.recorded = await _start(visit, tape)


async def answer(visit: Visit, recorder: Recorder, what: str) -> None:
    """The dialplan asks of a call that does not come to us: `outbound`, or a queue of the PBX."""
    if what == "outbound":
        interface = parse_name(visit.agi.channel).interface
        asked = Recordable(visit.agi.uniqueid, "outbound", interface=interface)
    else:
        asked = Recordable(visit.agi.uniqueid, "inbound", queue=what)
    tape = recorder.tape(asked)
    if tape is not None and not await _start(visit, tape):
        return  # the dialplan tries by itself
    await visit.agi.set_variable(ANSWER, "no" if tape is None else "yes")


async def _start(visit: Visit, tape: Tape) -> bool:
    """A PBX that cannot record does not keep people from talking."""
    try:
        await visit.agi.exec("MixMonitor", tape.file, tape.options)
    except AgiHangup:
        raise
    except AgiError as error:
        log.error("recording_not_started", interaction=visit.interaction, error=str(error))
        visit.decided("recording", "failed", "pbx")
        return False
    return True
