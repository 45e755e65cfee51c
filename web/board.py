"""The supervisor's board as a pure projection: events in, whole rows that changed out.

Rows are marked as they change and told together, at most four times a second, so that a busy
hour costs each watching browser no more than a quiet one. Nothing here waits or knows the time:
whoever calls `flush` says what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from callcenter import events as ev
from screenpop.frames import Alarm, BoardChanged, BoardState, LinkChanged, QueueRow, Threshold
from screenpop.link import LinkState
from web.board_agents import Agents, BoardAgent
from web.board_queues import Caller, Entry, Queues, Terms

UNKNOWN = Caller(None, None)


def midnight(now: float, zone: ZoneInfo) -> float:
    """The beginning of the day that `now` is in; a day can have 23 or 25 hours."""
    there = datetime.fromtimestamp(now, zone)
    return there.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def next_midnight(now: float, zone: ZoneInfo) -> float:
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp()


class LiveBoard:
    """What the board stream shows. `seq` is the number of its last frame.

    The law, kept by tests: a snapshot and the frames after it give the same as a later snapshot
    taken when nothing waits to be flushed.
    """

    def __init__(self, zone: ZoneInfo, now: float) -> None:
        self.seq = 0
        self._zone = zone
        self._now = now
        self._day_start = midnight(now, zone)
        self._day_end = next_midnight(now, zone)
        self._new_day = False
        self._callers: dict[str, Caller] = {}
        self._queues = Queues(self._day_start, self._caller_of)
        self._agents = Agents()
        self._gone_queues: set[str] = set()
        self._gone_agents: set[int] = set()
        self._link = LinkState(now)
        self._link_dirty = False
        self._thresholds: list[Threshold] = []
        self._alarms: list[Alarm] = []
        self._thresholds_dirty = self._alarms_dirty = False

    # --- what others ask ------------------------------------------------------------------

    def configure(self, agents: Iterable[BoardAgent], queues: Mapping[str, Terms]) -> None:
        """Who and what there is, at the start and whenever that changes."""
        self._gone_agents |= self._agents.configure(agents, self._now)
        self._gone_queues |= self._queues.configure(dict(queues))

    def seed(self, entries: Iterable[Entry]) -> None:
        """Queue entries that were over before this run, from the database; only today's count."""
        self._queues.seed(entries)

    def begin_owed(self) -> None:
        """The database is about to be asked what is owed to callers."""
        self._queues.begin_owed()

    def seed_owed(self, events: Iterable[ev.WorkChanged]) -> None:
        self._queues.seed_owed(events)

    def seed_scores(self, scores: Iterable[tuple[str, str, int, float]]) -> None:
        """What callers of today thought of it: interaction, queue, score, when."""
        for interaction, queue, score, at in scores:
            self._queues.scored(interaction, queue, score, at)

    @property
    def day_start(self) -> float:
        return self._day_start

    def apply(self, event: ev.Event) -> None:
        """Take one event; what it changes waits for `flush`."""
        handle = HANDLERS.get(type(event))
        if handle is None:
            return
        if event.at is not None:
            self._now = max(self._now, event.at)
        handle(self, event)

    def store_link(self, up: bool, at: float) -> None:
        self._link_dirty |= self._link.store(up, at)

    def lose_track(self) -> None:
        """Events were lost: whoever waited or talked then may not any more."""
        for interaction in list(self._callers):
            self._forget(interaction)

    def set_thresholds(self, thresholds: list[Threshold]) -> None:
        self._thresholds_dirty |= thresholds != self._thresholds
        self._thresholds = thresholds

    def set_alarms(self, alarms: list[Alarm]) -> None:
        self._alarms_dirty |= alarms != self._alarms
        self._alarms = alarms

    def queue_rows(self) -> list[QueueRow]:
        return [self._queues.row(name) for name in self._queues.names()]

    def ready(self) -> int:
        """How many agents would be rung now."""
        return sum(self._agents.row(id_).state == "ready" for id_ in self._agents.ids())

    def snapshot(self) -> BoardState:
        return BoardState(
            queues=self.queue_rows(),
            agents=[self._agents.row(id_) for id_ in self._agents.ids()],
            link=self._link.link,
            day_start=self._day_start,
            strip=self._queues.quarters(),
            thresholds=self._thresholds,
            alarms=self._alarms,
        )

    def flush(self, now: float) -> list[BoardChanged | LinkChanged]:
        """The frames for what changed since the last time; also turns the day at midnight."""
        self._now = now
        if now >= self._day_end:
            self._turn_day(now)
        told: list[BoardChanged | LinkChanged] = []
        if self._link_dirty:  # even if it is as it was: a snapshot may have shown it otherwise
            self._link_dirty = False
            told.append(LinkChanged(stream="board", seq=self._next(), link=self._link.link))
        if self._is_dirty():
            told.append(self._changed())
        return told

    # --- frames ---------------------------------------------------------------------------

    def _is_dirty(self) -> bool:
        gone = self._gone_queues or self._gone_agents or self._new_day
        warns = self._thresholds_dirty or self._alarms_dirty
        return bool(self._queues.dirty or self._agents.dirty or gone or warns)

    def _changed(self) -> BoardChanged:
        frame = BoardChanged(
            seq=self._next(),
            queues=[self._queues.row(name) for name in sorted(self._queues.dirty)],
            agents=[self._agents.row(id_) for id_ in sorted(self._agents.dirty)],
            gone_queues=sorted(self._gone_queues.difference(self._queues.names())),
            gone_agents=sorted(self._gone_agents.difference(self._agents.ids())),
            day_start=self._day_start if self._new_day else None,
            strip=self._queues.quarters(self._queues.dirty_quarters),
            thresholds=self._thresholds if self._thresholds_dirty else None,
            alarms=self._alarms if self._alarms_dirty else None,
        )
        for told in (self._queues.dirty, self._agents.dirty, self._gone_queues, self._gone_agents):
            told.clear()
        self._queues.dirty_quarters.clear()
        self._new_day = self._thresholds_dirty = self._alarms_dirty = False
        return frame

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _turn_day(self, now: float) -> None:
        self._day_start = midnight(now, self._zone)
        self._day_end = next_midnight(now, self._zone)
        self._queues.begin_day(self._day_start)
        self._new_day = True

    def _caller_of(self, interaction: str) -> Caller:
        return self._callers.get(interaction, UNKNOWN)

    # --- events ---------------------------------------------------------------------------

    def _contact(self, event: ev.InteractionStarted | ev.InteractionChanged) -> None:
        known = isinstance(event, ev.InteractionStarted) or event.interaction in self._callers
        caller = Caller(event.caller.number, event.caller.name)
        if known and self._callers.get(event.interaction) != caller:
            self._callers[event.interaction] = caller
            self._queues.contact_changed(event.interaction)

    def _merged(self, event: ev.InteractionsMerged) -> None:
        if event.merged == event.interaction:
            return
        caller = self._callers.pop(event.merged, None)
        if caller is None:
            return
        self._callers.setdefault(event.interaction, caller)
        self._queues.contact_merged(event.merged, event.interaction)
        self._agents.contact_merged(event.merged, event.interaction)

    def _ended(self, event: ev.InteractionEnded) -> None:
        self._forget(event.interaction)

    def _forget(self, interaction: str) -> None:
        self._callers.pop(interaction, None)
        self._queues.contact_ended(interaction)
        self._agents.contact_ended(interaction, self._now)

    def _joined(self, event: ev.QueueJoined) -> None:
        if event.interaction in self._callers:
            self._queues.joined(event)

    def _left(self, event: ev.QueueLeft) -> None:
        self._queues.left(event)

    def _rings(self, event: ev.OfferStarted) -> None:
        if event.interaction in self._callers:
            number = self._callers[event.interaction].number
            self._agents.rings(event, number, self._now)

    def _rang(self, event: ev.OfferEnded) -> None:
        self._agents.rang(event, self._now)

    def _talk_started(self, event: ev.TalkStarted) -> None:
        if event.interaction in self._callers:
            self._queues.talk_started(event)
            self._agents.talks(event, self._queues.queue_of(event.entry), self._now)

    def _talk_ended(self, event: ev.TalkEnded) -> None:
        self._queues.talk_ended(event)
        self._agents.talked(event, self._now)

    def _owes(self, event: ev.WorkChanged) -> None:
        self._queues.owes(event)

    def _scored(self, event: ev.SatisfactionGiven) -> None:
        self._queues.scored(event.interaction, event.queue, event.score, event.at)

    def _device(self, event: ev.DeviceStateChanged) -> None:
        self._agents.device(event, self._now)

    def _agent(self, event: ev.AgentChanged) -> None:
        caller = UNKNOWN if event.interaction is None else self._caller_of(event.interaction)
        self._agents.own(event, caller.number, self._now)

    def _monitored(self, event: ev.CallMonitored) -> None:
        if event.mode is None or event.interaction in self._callers:
            self._agents.monitored(event)

    def _steered(self, event: ev.CallSteered) -> None:
        self._queues.prioritised(event)

    def _member(self, event: ev.QueueMemberChanged) -> None:
        self._agents.member(event, self._now)

    def _linked(self, event: ev.LinkLost | ev.LinkRestored) -> None:
        self._link_dirty |= self._link.pbx(event)


# Every event that reaches the board. Any: each handler takes just the event of its row.
HANDLERS: Mapping[type[ev.Event], Callable[[LiveBoard, Any], None]] = {
    ev.InteractionStarted: LiveBoard._contact,
    ev.InteractionChanged: LiveBoard._contact,
    ev.InteractionsMerged: LiveBoard._merged,
    ev.InteractionEnded: LiveBoard._ended,
    ev.QueueJoined: LiveBoard._joined,
    ev.QueueLeft: LiveBoard._left,
    ev.OfferStarted: LiveBoard._rings,
    ev.OfferEnded: LiveBoard._rang,
    ev.TalkStarted: LiveBoard._talk_started,
    ev.TalkEnded: LiveBoard._talk_ended,
    ev.DeviceStateChanged: LiveBoard._device,
    ev.QueueMemberChanged: LiveBoard._member,
    ev.AgentChanged: LiveBoard._agent,
    ev.CallMonitored: LiveBoard._monitored,
    ev.CallSteered: LiveBoard._steered,
    ev.WorkChanged: LiveBoard._owes,
    ev.SatisfactionGiven: LiveBoard._scored,
    ev.LinkLost: LiveBoard._linked,
    ev.LinkRestored: LiveBoard._linked,
}

# What to subscribe to; each row above is one of the domain events.
EVENTS = cast(tuple[type[ev.DomainEvent], ...], tuple(HANDLERS))
