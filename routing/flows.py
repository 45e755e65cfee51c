"""The story of a call that asked us where to go, from its question to its end.

One coroutine for each call. Whatever goes wrong in it ends its session, and the dialplan goes on to
the PBX's own queue: CALLCENTER_SERVED is set only when nobody else is wanted.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from callcenter.calendars import Closed, is_open
from callcenter.errors import AgiHangup
from callcenter.events import (
    CallbackRequested,
    DomainEvent,
    OfferResult,
    QueueExit,
    SatisfactionGiven,
    VoicemailLeft,
)
from callcenter.ids import stable_id
from routing import announce, recorded
from routing.announce import Rhythm, Said
from routing.desk import Desk, Ticket
from routing.engine import Work
from routing.legs import Legs
from routing.recorded import NOBODY, Recorder
from routing.rule_settings import VOICEMAIL
from routing.rules import Route
from routing.setup import SATISFACTION_PROMPT, NextStep, QueueSetup, Setup
from routing.visit import NotOurs, Visit, known

if TYPE_CHECKING:
    from callcenter.agi.session import Agi

MOST_STEPS = 20  # from one destination to the next; more is a circle
LOOK = 5.0  # seconds until a waiting call looks again whether anybody could take it
VOICEMAIL_SECONDS, SILENCE_SECONDS = 180, 5
DEAD_AIR_SECONDS = 30.0  # how long an unwanted caller listens to nothing
TRIES = 3  # to say where one is to be called back
MARKS = "12345"

log = structlog.get_logger(__name__)


class Entry(Protocol):
    """Decides where a call to a number goes; asks the caller where the rules say so."""

    async def route(self, visit: Visit, number: str) -> Route: ...


class Numbers(Protocol):
    """Which numbers may be dialled, and how."""

    def dial_string(self, number: str, *, abroad: bool) -> str | None:
        """None when the number is not allowed; `abroad`: whoever chose it may call there."""


@dataclass(slots=True, kw_only=True, eq=False)
class Flows:
    """`setup` gives what administrators describe, as it is now."""

    pbx: str
    setup: Callable[[], Setup]
    desk: Desk
    legs: Legs
    entry: Entry
    numbers: Numbers
    voicemail_folder: str  # as the PBX names it
    sound: Callable[[str], str]  # the file of a prompt, as the PBX names it
    publish: Callable[[DomainEvent], object]
    recorder: Recorder = NOBODY
    clock: Callable[[], float] = time.time

    async def handle(self, agi: Agi) -> None:
        """`/entry/NUMBER` goes by that number's rules, `/queue/NAME` to the queue, `/record/WHAT`
        only asks whether a call is recorded."""
        visit = await self._met(agi)
        kind, _, name = agi.path.strip("/").partition("/")
        if kind == "record":
            await recorded.answer(visit, self.recorder, name)
            return
        try:
            if kind == "entry":
                route = await self.entry.route(visit, name)
            elif kind == "queue":
                route = Route(queue=name)
            else:
                raise NotOurs(f"nothing is known at {agi.path!r}")
            await self._through(visit, route)
        except NotOurs as reason:
            log.warning("call_left_to_the_pbx", reason=str(reason), interaction=visit.interaction)
            return
        await visit.served()

    async def _met(self, agi: Agi) -> Visit:
        """Who is on the line. While nobody follows the PBX the call is served all the same."""
        interaction = await self.legs.interaction_of(agi.uniqueid)
        return Visit(
            agi=agi,
            pbx=self.pbx,
            interaction=interaction or stable_id("unseen", self.pbx, agi.uniqueid),
            entered_at=self.clock(),
            number=known(agi.env.get("callerid")),
            dialled=known(agi.env.get("dnid")) or known(agi.env.get("extension")),
            publish=self.publish,
            clock=self.clock,
            sound=self.sound,
        )

    async def _through(self, visit: Visit, route: Route) -> None:
        """From one destination to the next until somebody or something has served the caller."""
        if route.reject is not None:
            await self._reject(visit, route.reject)
            return
        if route.announcement is not None:
            await visit.say(route.announcement)
        step = route.step or NextStep(kind="queue", target=route.queue)
        for _ in range(MOST_STEPS):
            visit.decided("step", "chosen", step.kind, target=step.target or "")
            after = await _STEPS[step.kind](self, visit, route, step.target or "")
            if after is None:
                return
            step = after
        raise NotOurs("the queue's next steps go round in a circle")

    # --- destinations: each says where to go on, or that it was the end ------------------------

    async def queue(self, visit: Visit, route: Route, name: str) -> NextStep | None:
        setup = self.setup()
        queue = setup.queues.get(name)
        if queue is None:
            raise NotOurs(f"the queue {name!r} is not distributed by us")
        if _is_closed(setup, queue, self.clock()):
            visit.decided("calendar", "closed", "closed", queue=name)
            return _onward(queue, queue.when_closed)
        if queue.max_waiting is not None and self.desk.waiting(name) >= queue.max_waiting:
            visit.decided("queue", "full", "full", queue=name)
            return _onward(queue, queue.when_full)
        await recorded.tell_caller(visit, self.recorder, name)
        work = _work(visit, route, queue, self.clock())
        ticket = self.desk.join(work, visit.interaction, visit.entered_at, visit.agi.channel)
        result = OfferResult.CALLER_GONE
        try:
            await visit.agi.answer()
            await visit.joined(name)
            return await self._wait(visit, queue, ticket)
        except AgiHangup:
            raise
        except Exception:
            result = OfferResult.FAILED
            raise
        finally:
            self.desk.leave(ticket, result)

    async def number(self, visit: Visit, _route: Route, number: str) -> NextStep | None:
        where = self.numbers.dial_string(number, abroad=True)
        if where is None:
            raise NotOurs(f"the number {number!r} may not be dialled")
        await recorded.record(visit, self.recorder)
        result = await visit.dial(where, 60.0, "gm")
        visit.decided("number", result.value, "dialled", number=number)
        if result is not OfferResult.ANSWERED:
            raise NotOurs(f"the number {number!r} did not answer")
        return None

    async def voicemail(self, visit: Visit, route: Route, prompt: str) -> NextStep | None:
        await visit.say(prompt or "vm-intro")
        # A name of ours: a uniqueid is whatever its originator made it.
        name = stable_id(self.pbx, visit.agi.uniqueid, str(visit.entered_at))
        file = f"{self.voicemail_folder}/voicemail-{name}"
        said = await visit.agi.record(file, "wav", "#", VOICEMAIL_SECONDS, SILENCE_SECONDS)
        file += ".wav"
        # The file is a recording of this call like any other; the PBX tells of it.
        await visit.agi.set_variable("MIXMONITOR_FILENAME", file)
        self.publish(
            VoicemailLeft(
                at=self.clock(),
                pbx=self.pbx,
                interaction=visit.interaction,
                queue=route.queue,
                file=file,
                seconds=said.seconds,
            )
        )
        return None

    async def message(self, visit: Visit, _route: Route, prompt: str) -> NextStep | None:
        await visit.say(prompt or "vm-goodbye")
        return None

    async def callback(self, visit: Visit, route: Route, queue: str) -> NextStep | None:
        """Promised for a number that was confirmed; who gives none can at least leave a word."""
        number = await self._confirmed_number(visit)
        if number is None:
            if visit.leaving is not None:
                await visit.left(visit.leaving)
            visit.decided("callback", "failed", "nothing_typed")
            return VOICEMAIL
        await visit.left(QueueExit.CALLBACK)
        self.publish(
            CallbackRequested(
                at=self.clock(),
                pbx=self.pbx,
                interaction=visit.interaction,
                queue=queue,
                number=number,
                joined_at=visit.entered_at,
                priority=route.priority,
            )
        )
        await visit.say("auth-thankyou")
        return None

    async def hang_up(self, _visit: Visit, _route: Route, _target: str) -> NextStep | None:
        return None

    # --- the wait ------------------------------------------------------------------------------

    async def _wait(self, visit: Visit, queue: QueueSetup, ticket: Ticket) -> NextStep | None:
        """Music and announcements until an agent has talked to the caller, or a way out."""
        joined, rhythm = self.clock(), Rhythm.begin(queue.announce_every, self.clock())
        await visit.agi.music(True, queue.music)
        while True:
            if ticket.sent_to is not None:
                there = NextStep(kind="queue", target=ticket.sent_to)
                return await self._leave(visit, queue, ticket, QueueExit.WITHDRAWN, there)
            if ticket.match is not None:
                if await self._offer(visit, queue, ticket):
                    await self._ask_satisfaction(visit, queue, ticket)
                    return None
                await visit.agi.music(True, queue.music)
                continue
            now = self.clock()
            way_out = self._way_out(queue, ticket, now - joined)
            if way_out is not None:
                return await self._leave(visit, queue, ticket, *way_out)
            if rhythm.is_due(now):
                digit = await self._announce(visit, queue, ticket)
                rhythm.done(self.clock())
            else:
                pause = _pause(queue, rhythm, joined, now)
                digit = await visit.agi.wait(pause, ticket.chosen)
            way_out = _by_key(queue, digit)
            if way_out is not None:
                return await self._leave(visit, queue, ticket, *way_out)

    def _way_out(
        self, queue: QueueSetup, ticket: Ticket, waited: float
    ) -> tuple[QueueExit, NextStep] | None:
        if queue.max_wait is not None and waited >= queue.max_wait:
            return QueueExit.TIMED_OUT, queue.when_timed_out
        if not self.desk.servable(ticket):
            return QueueExit.EMPTY, queue.when_empty
        return None

    async def _leave(
        self, visit: Visit, queue: QueueSetup, ticket: Ticket, how: QueueExit, step: NextStep
    ) -> NextStep:
        self.desk.leave(ticket)  # at once: nobody is offered a caller who is on the way out
        visit.decided("queue", how.value, how.value, queue=queue.name)
        await visit.agi.music(False)
        if step.kind == "callback":
            visit.leaving = how  # a callback it is only when it is promised
        else:
            overflows = step.kind == "queue" and how is not QueueExit.WITHDRAWN
            await visit.left(QueueExit.OVERFLOW if overflows else how)
        return _onward(queue, step)

    async def _offer(self, visit: Visit, queue: QueueSetup, ticket: Ticket) -> bool:
        """Whether the agent and the caller have talked; else the ticket waits again."""
        match = ticket.match
        assert match is not None  # noqa: S101  # the only caller has looked
        interface = self.desk.telephone(ticket)
        result = OfferResult.FAILED
        if interface is not None:
            await recorded.record(visit, self.recorder, queue.name, match.agent)
            result = await visit.dial(interface, queue.ring_seconds)
        if result is OfferResult.ANSWERED or ticket.answered:
            ticket.answered = True
            return True
        if visit.agi.hung_up:
            raise AgiHangup(visit.agi.channel)
        visit.decided("offer", "failed", result.value, agent=str(match.agent))
        self.desk.refused(ticket, result)
        return False

    async def _announce(self, visit: Visit, queue: QueueSetup, ticket: Ticket) -> str | None:
        place = self.desk.position(ticket)
        sounds: list[Said] = []
        if queue.announce_position:
            sounds += announce.position(place)
        if queue.announce_wait:
            sounds += announce.wait(self.desk.estimate(ticket))
        return await visit.say(*sounds, keys=queue.keys, until=ticket.chosen)

    # --- talking to the caller -----------------------------------------------------------------

    async def _confirmed_number(self, visit: Visit) -> str | None:
        """The caller's own number if 1 is pressed, else the one that is typed in."""
        for _ in range(TRIES):
            if visit.number is not None and await self._confirms(visit, visit.number):
                return visit.number
            typed = await visit.typed("vm-enter-num-to-call", 8.0, 15)
            if typed and self.numbers.dial_string(typed, abroad=False) is not None:
                return typed
        return None

    async def _confirms(self, visit: Visit, number: str) -> bool:
        """The number I have is …; if this is correct, press one."""
        key = await visit.say("vm-num-i-have", keys="1")
        key = key or await visit.agi.say_digits(number, "1")
        key = key or await visit.asked("if-correct-press", 1, seconds=6.0, keys="1")
        return key is not None

    async def _ask_satisfaction(self, visit: Visit, queue: QueueSetup, ticket: Ticket) -> None:
        """Only a caller who stayed on the line is asked."""
        if not queue.ask_satisfaction or visit.agi.hung_up:
            return
        digit = await visit.asked(SATISFACTION_PROMPT, seconds=6.0, keys=MARKS)
        if digit is None:
            return
        self.publish(
            SatisfactionGiven(
                at=self.clock(),
                pbx=self.pbx,
                interaction=visit.interaction,
                agent=None if ticket.match is None else ticket.match.agent,
                queue=queue.name,
                score=int(digit),
            )
        )

    async def _reject(self, visit: Visit, how: str) -> None:
        """Before the call is answered, where the dialplan leaves it so."""
        if how == "dead_air":
            await visit.agi.wait(DEAD_AIR_SECONDS)
        await visit.agi.exec(*_REJECTIONS.get(how, ("Hangup", "21")))


_REJECTIONS = {"busy": ("Busy", "5"), "reject": ("Hangup", "21"), "dead_air": ("Hangup", "16")}


def _work(visit: Visit, route: Route, queue: QueueSetup, now: float) -> Work:
    wished_until = None if route.wished_until is None else now + route.wished_until
    return Work(
        id=visit.agi.uniqueid,
        queue=queue.name,
        joined_at=visit.entered_at,  # queued again, a caller is not young again
        priority=queue.priority + route.priority,
        required=(*queue.required, *route.required),
        preferred=(*queue.preferred, *route.preferred),
        wished=route.wished,
        wished_until=wished_until,
    )


def _onward(queue: QueueSetup, step: NextStep) -> NextStep:
    """A callback without a queue is one of the queue that was left."""
    if step.kind == "callback" and not step.target:
        return NextStep(kind="callback", target=queue.name)
    return step


def _is_closed(setup: Setup, queue: QueueSetup, now: float) -> bool:
    calendar = setup.calendars.get(queue.calendar or "")
    return calendar is not None and isinstance(is_open(calendar, now), Closed)


def _pause(queue: QueueSetup, rhythm: Rhythm, joined: float, now: float) -> float:
    """Until the next thing to do by the clock."""
    until = [now + LOOK]
    if rhythm.next_at is not None:
        until.append(rhythm.next_at)
    if queue.max_wait is not None:
        until.append(joined + queue.max_wait)
    return max(0.01, min(until) - now)


def _by_key(queue: QueueSetup, digit: str | None) -> tuple[QueueExit, NextStep] | None:
    if digit is None:
        return None
    if digit == queue.callback_key:
        return QueueExit.KEY_EXIT, NextStep(kind="callback", target=queue.name)
    return (QueueExit.KEY_EXIT, queue.when_key) if digit == queue.exit_key else None


_STEPS: dict[str, Callable[[Flows, Visit, Route, str], Awaitable[NextStep | None]]] = {
    "queue": Flows.queue,
    "number": Flows.number,
    "voicemail": Flows.voicemail,
    "message": Flows.message,
    "callback": Flows.callback,
    "hangup": Flows.hang_up,
}
