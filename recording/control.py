"""Starts, stops, pauses and resumes recordings, and tells agents how theirs stands.

Orders go to the PBX once; what it then tells is what happened. A pause that it does not confirm
within a second is an alarm: the agent is told that it still records.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from callcenter.bus import Subscription
from callcenter.errors import AmiError, Conflict, InvalidInput, NotFound
from callcenter.events import DomainEvent, RecordingChanged
from callcenter.ids import stable_id
from callcenter.store.audit import Audited
from callcenter.store.database import in_words
from recording import spans
from recording.control_calls import BY_HAND, NowRecorded, Taped
from recording.control_journal import Journal, Left
from recording.control_orders import Muting, Orders
from recording.rules import LONGEST_PAUSE, Facts, PauseOn, Verdict
from recording.spans import Alarm, Order, Reason, State
from recording.tapes import Tape

SHORTEST_PAUSE = 5.0  # seconds
TIDY = 60.0  # seconds
STARTED = 2.0  # seconds in which the PBX tells that it records

log = structlog.get_logger(__name__)


class NotRecorded(Conflict):
    code = "not_recorded"


class StillRecording(Conflict):
    code = "still_recording"


class StillPaused(Conflict):
    code = "still_paused"


class NotAllowed(Conflict):
    code = "recording_not_allowed"


class NotStarted(Conflict):
    code = "recording_not_started"


class Starter(Protocol):
    """Begins a recording in a conversation, which takes an agent's telephone."""

    async def record(self, agent: int, interaction: str, base: str) -> None: ...


class Rules(Protocol):
    def decide(self, facts: Facts) -> Verdict: ...
    def new_tape(self, uniqueid: str, verdict: Verdict) -> Tape: ...


class RecordingControl:
    """`follow` hears the bus, `recording.control_events` has what it makes of each event."""

    def __init__(
        self,
        pbx: str,
        orders: Orders,
        starter: Starter,
        *,
        rules: Rules,
        journal: Journal,
        publish: Callable[[DomainEvent], object],
        agent_of: Callable[[str, str], int | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.pbx = pbx
        self.rules = rules
        self.journal = journal
        self.agent_of = agent_of
        self.clock = clock
        self.left: dict[str, Left] = {}  # by leg, until the PBX tells of it again
        self.refused: set[str] = set()
        self._orders = orders
        self._muting = Muting(orders, self.apply)
        self._starter = starter
        self._publish = publish
        self._calls: dict[str, NowRecorded] = {}  # by id, also by those it was merged from
        self._shown: dict[str, RecordingChanged] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """What an earlier run has left; raises what the database raises."""
        self.left = {one.leg: one for one in await self.journal.left(self.pbx)}
        self.refused = await self.journal.refusals(self.pbx)

    async def tidy(self) -> None:
        """What ended while nobody looked is closed; for ever."""
        while True:
            try:
                await self.journal.close_forgotten(self.pbx, self.clock())
            except Exception as error:
                log.warning("recording_spans_not_closed", error=in_words(error))
            await asyncio.sleep(TIDY)

    async def follow(
        self, subscription: Subscription, hear: Callable[[RecordingControl, DomainEvent], None]
    ) -> None:
        """Until the bus ends."""
        async for batch in subscription:
            if batch.missed:  # what is stale is found out by an order that comes too late
                log.warning("recording_control.missed", events=batch.missed)
            for _, event in batch:
                hear(self, event)
        for call in self._calls.values():
            if call.timer is not None:
                call.timer.cancel()

    # --- what people ask for ------------------------------------------------------------------

    def state(self, interaction: str) -> RecordingChanged:
        """NotFound for a call that is over, or was never there."""
        return self._view(self._call(interaction))

    async def pause(
        self, interaction: str, reason: Reason, *, seconds: float | None = None, by: int | None
    ) -> RecordingChanged:
        """Back when the PBX has told that it is silent. StillRecording when it has not in time."""
        call = self._recorded(interaction)
        limit = self.pause_seconds(call) if seconds is None else seconds
        if not SHORTEST_PAUSE <= limit <= LONGEST_PAUSE:
            text = f"between {SHORTEST_PAUSE:.0f} and {LONGEST_PAUSE:.0f}"
            raise InvalidInput(f"a pause lasts {text} seconds", field="seconds")
        call.by = by
        self.apply(call, spans.Asked(reason, limit))
        call = await self._until(call, lambda now: now.pause.state is not State.PAUSING)
        if call.pause.state is State.OFF:
            raise NotRecorded("the recording is over")
        if call.pause.state is not State.PAUSED:
            raise StillRecording("the PBX did not pause: this call is still recorded")
        return self._view(call)

    async def resume(
        self, interaction: str, *, by: int | None, reasons: frozenset[Reason] = BY_HAND
    ) -> RecordingChanged:
        """Back when it records again. Other reasons, as a hold or the dialplan, keep it paused."""
        call = self._recorded(interaction)
        call.by = by
        self.apply(call, spans.Released(reasons if call.pause.reasons - reasons else None))
        call = await self._until(call, lambda now: now.pause.state is not State.RESUMING)
        if call.pause.alarm is Alarm.STILL_PAUSED:
            raise StillPaused("the PBX did not go on recording: this call is still paused")
        return self._view(call)

    async def start(self, agent: int, interaction: str) -> RecordingChanged:
        """Record from now on, where the rules leave it to agents."""
        call = self._call(interaction)
        if call.recorded:
            return self._view(call)
        verdict = self.rules.decide(call.facts())
        if not verdict.on_demand:
            why = "the customer does not want to be recorded" if call.refused else "by the rules"
            raise NotAllowed(f"this call is not to be recorded: {why}")
        call.stopped = False
        await self._begin(call, agent, verdict)
        call = await self._until(call, lambda now: now.recorded, STARTED)
        if not call.recorded:
            raise NotStarted("the PBX did not begin to record")
        return self._view(call)

    async def stop(self, interaction: str) -> RecordingChanged:
        """What was recorded so far is kept. Only where the rules leave it to agents."""
        call = self._recorded(interaction)
        if self.rules.decide(call.facts()).records:
            raise NotAllowed("by the rules this call is recorded; it can be paused")
        call.stopped = True
        for one in list(call.taped.values()):
            await self._orders.stop_recording(one.channel)
        call = await self._until(call, lambda now: not now.recorded, STARTED)
        return self._view(call)

    # --- what events ask for ------------------------------------------------------------------

    def call(self, interaction: str) -> NowRecorded | None:
        return self._calls.get(interaction)

    def opened(self, interaction: str) -> NowRecorded:
        call = self._calls.get(interaction)
        if call is None:
            call = self._calls[interaction] = NowRecorded(interaction, self.pbx)
            call.refused = interaction in self.refused
        return call

    def renamed(self, kept: NowRecorded, names: list[str]) -> None:
        for name in names:
            self._calls[name] = kept

    def closed(self, call: NowRecorded) -> None:
        for name in (call.id, *call.merged):
            self._calls.pop(name, None)
            self._shown.pop(name, None)

    def taped(self, call: NowRecorded, one: Taped, found: Left | None = None) -> None:
        """A leg is recorded from now on, or was found to be."""
        call.taped[one.leg] = one
        if found is not None and found.muted:
            reasons = frozenset(Reason(why) for why in found.reasons if why in list(Reason))
            call.by = found.by
            self.apply(call, spans.Started(True, found.until, reasons))
        else:
            self.apply(call, spans.Started())

    def untaped(self, call: NowRecorded, leg: str) -> None:
        if call.taped.pop(leg, None) is None:
            return
        if not call.taped:
            self.apply(call, spans.Ended())
        elif call.silent:
            self.apply(call, spans.Told(True))

    def talks(self, call: NowRecorded) -> None:
        """Whoever talks with the customer now, the rules may see it otherwise than before."""
        verdict = self.rules.decide(call.facts())
        if verdict.records and not call.recorded and not call.starting and not call.stopped:
            if call.agent is not None:
                call.starting = True
                self._spawn(self._begin_alone(call, call.agent, verdict))
        elif not verdict.on_demand and call.recorded:
            for one in list(call.taped.values()):
                self._spawn(self._stop_alone(one.channel))
        self._tell(call)

    def wants_pause(self, call: NowRecorded, on: PauseOn, reason: Reason, *, begins: bool) -> None:
        """By the rule of the call: hold, or what the dialplan says."""
        rule = self.rules.decide(call.facts()).rule
        if not call.recorded or rule is None or on not in rule.pause_on:
            return
        if begins:
            seconds = LONGEST_PAUSE if on is PauseOn.HOLD else rule.pause_seconds
            self.apply(call, spans.Asked(reason, seconds))
        else:
            self.apply(call, spans.Released(frozenset({reason})))

    def span(self, call: NowRecorded, kind: str, at: float, **values: Any) -> None:
        """A stretch of time begins, or is told as a whole."""
        leg = values.get("leg_id")
        row = {
            "id": stable_id("span", kind, leg or call.id, repr(at)),
            "pbx": call.pbx,
            "interaction_id": call.id,
            "kind": kind,
            "leg_id": None,
            "channel": None,
            "started_at": at,
            "until": call.pause.until if kind == "pause" else None,
            "reasons": sorted(call.pause.reasons) if kind == "pause" else [],
            "user_id": call.by if kind == "pause" else None,
            "ended_at": None,
            "estimated": False,
        }
        self.journal.open(row | values)

    def apply(self, call: NowRecorded, what: spans.Input) -> None:
        """One step of the call's pause, with all that follows from it."""
        before = call.pause
        call.pause, order = spans.step(before, what, self.clock())
        if spans.unconfirmed(before, what, call.pause):
            call.unanswered()
        if order is not None:
            self._spawn(self._muting.give(call, order))
        self._extend(call, before)
        if order is Order.UNMUTE and isinstance(what, spans.Tick) and not before.tries:
            self._write_down(call, "recording.resume", {"by": "time"})
        if call.pause.alarm is not None and call.pause.alarm is not before.alarm:
            log.error("recording_alarm", interaction=call.id, alarm=call.pause.alarm)
            self._write_down(call, "recording.alarm", {"alarm": call.pause.alarm.value})
        self._plan(call)
        self._tell(call)
        call.wake()

    def pause_seconds(self, call: NowRecorded) -> float:
        rule = self.rules.decide(call.facts()).rule
        return rule.pause_seconds if rule is not None else 60.0

    # --- inside -------------------------------------------------------------------------------

    def _call(self, interaction: str) -> NowRecorded:
        call = self._calls.get(interaction)
        if call is None:
            raise NotFound("there is no such call now")
        return call

    def _recorded(self, interaction: str) -> NowRecorded:
        call = self._call(interaction)
        if not call.recorded:
            raise NotRecorded("this call is not recorded now")
        return call

    async def _begin(self, call: NowRecorded, agent: int, verdict: Verdict) -> None:
        tape = self.rules.new_tape("", verdict)
        await self._starter.record(agent, call.id, tape.base)

    async def _begin_alone(self, call: NowRecorded, agent: int, verdict: Verdict) -> None:
        try:
            await self._begin(call, agent, verdict)
            await self._until(call, lambda now: now.recorded, STARTED)
        except (AmiError, Conflict, NotFound) as error:
            log.warning("recording_not_started", interaction=call.id, error=str(error))
        finally:
            call.starting = False

    async def _stop_alone(self, channel: str) -> None:
        try:
            await self._orders.stop_recording(channel)
        except AmiError as error:
            log.warning("recording_not_stopped", channel=channel, error=str(error))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until(
        self,
        call: NowRecorded,
        test: Callable[[NowRecorded], bool],
        seconds: float = spans.CONFIRMED + 0.5,
    ) -> NowRecorded:
        """The call, or what it was merged into, when `test` holds of it or so long has passed.

        The step of time itself says when it is too late.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not test(call.now) and loop.time() < end:
            changed: asyncio.Future[None] = loop.create_future()
            call.now.waiting.add(changed)
            await asyncio.wait([changed], timeout=end - loop.time())
            call.now.waiting.discard(changed)
        return call.now

    def _plan(self, call: NowRecorded) -> None:
        """The next step that time brings."""
        if call.timer is not None:
            call.timer.cancel()
            call.timer = None
        if call.pause.due is not None:
            delay = max(0.0, call.pause.due - self.clock())
            loop = asyncio.get_running_loop()
            call.timer = loop.call_later(delay, self._time, call)

    def _extend(self, call: NowRecorded, before: spans.Pause) -> None:
        """What a restart would find is to end when the pause ends now."""
        now = call.pause
        if {now.state, before.state} <= spans.SILENT and now.asked != before.asked:
            for leg in call.taped:
                self.journal.extend(leg, now.until or 0.0, sorted(now.reasons))

    def _time(self, call: NowRecorded) -> None:
        call.timer = None
        self.apply(call, spans.Tick())

    def _view(self, call: NowRecorded) -> RecordingChanged:
        pause, verdict = call.pause, self.rules.decide(call.facts())
        theirs = verdict.on_demand and not (call.recorded and verdict.records)
        return RecordingChanged(
            at=pause.since or None,
            pbx=call.pbx,
            interaction=call.id,
            phase=pause.state.value,
            until=pause.until if pause.state in {State.PAUSED, State.PAUSING} else None,
            reasons=tuple(sorted(pause.reasons)),
            alarm=pause.alarm.value if pause.alarm else None,
            startable=call.talking and theirs,
            pause_seconds=self.pause_seconds(call),
        )

    def _tell(self, call: NowRecorded) -> None:
        """What agents see of it, if it is other than what was told."""
        now, shown = self._view(call), self._shown.get(call.id)
        nothing = shown is None and now.phase == "off" and not now.startable
        if now != shown and not nothing:
            self._shown[call.id] = now
            self._publish(now)

    def _write_down(self, call: NowRecorded, action: str, after: dict[str, Any]) -> None:
        """What nobody did by hand."""
        entry = Audited(self.clock(), None, action, f"interaction/{call.id}", None, after)
        self.journal.audit(entry)
