"""The board's queues: who waits now, and today's figures as the reports define them.

A call counts in the day in which it joined, with the thresholds it joined under. So each entry
remembers what became of it, and the figures of a day are the sum of its entries: the same sum
whether they were watched live or read from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from callcenter import events as ev
from screenpop.frames import QuarterHour, QueueRow, WaitingCall
from web.board_owed import Owed

QUARTER = 900.0  # seconds


@dataclass(frozen=True, slots=True)
class Terms:
    """What a queue is measured against, in seconds."""

    service_level: float = 20.0
    short_abandon: float = 5.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a contact is with; hostile text."""

    number: str | None
    name: str | None


@dataclass(slots=True)
class Entry:
    """One stay in a queue, from joining until the contact is over."""

    id: str
    queue: str
    interaction: str
    joined_at: float | None
    terms: Terms
    exit: ev.QueueExit | None = None
    waited: float | None = None
    talked: float = 0.0
    handled: bool = False  # its conversation has ended
    priority: float = 0.0  # by a supervisor's order
    talks: set[str] = field(default_factory=set)  # conversations it led to, running


@dataclass(slots=True)
class Figures:
    """Today's sums of one queue."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    in_time: int = 0
    wait_sum: float = 0.0
    handled: int = 0
    talk_sum: float = 0.0

    def add(self, entry: Entry) -> None:
        """All that is known of an entry."""
        self.offered += 1
        self.add_exit(entry)
        self.handled += entry.handled
        self.talk_sum += entry.talked

    def add_exit(self, entry: Entry) -> None:
        if entry.exit is ev.QueueExit.ANSWERED:
            self.answered += 1
            if entry.waited is not None:
                self.wait_sum += entry.waited
                self.in_time += entry.waited <= entry.terms.service_level
        elif entry.exit is ev.QueueExit.ABANDONED:
            self.abandoned += 1
            if entry.waited is not None:
                self.short_abandoned += entry.waited <= entry.terms.short_abandon


@dataclass(slots=True)
class Queue:
    terms: Terms
    figures: Figures = field(default_factory=Figures)
    quarters: dict[int, Figures] = field(default_factory=dict)
    waiting: dict[str, Entry] = field(default_factory=dict)

    def used(self) -> bool:
        return bool(self.waiting or self.figures.offered)


class Queues:
    """All queues. Names in `dirty` have changed since somebody last emptied it."""

    def __init__(self, day_start: float, caller_of: Callable[[str], Caller]) -> None:
        self.dirty: set[str] = set()
        self.dirty_quarters: set[tuple[str, int]] = set()
        self._owed = Owed()
        self._day_start = day_start
        self._caller_of = caller_of
        self._queues: dict[str, Queue] = {}
        self._entries: dict[str, Entry] = {}
        self._of_interaction: dict[str, list[str]] = {}
        self._talks: dict[str, Entry] = {}  # running conversation → what led to it

    def configure(self, terms: dict[str, Terms]) -> set[str]:
        """The queues there are; returns those that are gone. One with calls today stays."""
        for name, term in terms.items():
            if name not in self._queues or self._queues[name].terms != term:
                self._queue(name).terms = term
                self.dirty.add(name)
        gone = {
            name
            for name, queue in self._queues.items()
            if name not in terms and not queue.used() and not self._owed.row(name).used()
        }
        for name in gone:
            del self._queues[name]
        self.dirty -= gone
        return gone

    def names(self) -> list[str]:
        return sorted(self._queues)

    def row(self, name: str) -> QueueRow:
        queue = self._queues[name]
        figures, owed = queue.figures, self._owed.row(name)
        calls = [self._waiting_call(entry) for entry in queue.waiting.values()]
        calls.sort(key=lambda call: (call.since is None, call.since or 0.0, call.interaction))
        return QueueRow(
            queue=name,
            waiting=len(calls),
            longest_since=calls[0].since if calls else None,
            offered=figures.offered,
            answered=figures.answered,
            abandoned=figures.abandoned,
            short_abandoned=figures.short_abandoned,
            in_time=figures.in_time,
            threshold=queue.terms.service_level,
            wait_sum=figures.wait_sum,
            handled=figures.handled,
            talk_sum=figures.talk_sum,
            waiting_calls=calls,
            missed=owed.missed,
            missed_since=owed.since,
            callbacks=owed.callbacks,
            scores=owed.scores,
            score_sum=owed.score_sum,
        )

    def queue_of(self, entry: str | None) -> str | None:
        found = self._entries.get(entry or "")
        return found.queue if found else None

    def quarters(self, cells: Iterable[tuple[str, int]] | None = None) -> list[QuarterHour]:
        """These quarter hours, or all in which anything joined, in order."""
        if cells is None:
            cells = ((name, n) for name, queue in self._queues.items() for n in queue.quarters)
        return [self._quarter_row(*cell) for cell in sorted(cells)]

    def _quarter_row(self, name: str, quarter: int) -> QuarterHour:
        figures = self._queues[name].quarters[quarter]
        return QuarterHour(
            queue=name,
            quarter=quarter,
            offered=figures.offered,
            answered=figures.answered,
            abandoned=figures.abandoned,
            short_abandoned=figures.short_abandoned,
            in_time=figures.in_time,
        )

    # --- the day --------------------------------------------------------------------------

    def seed(self, entries: Iterable[Entry]) -> None:
        """Entries of today that were over before we looked."""
        for entry in entries:
            if entry.id not in self._entries and self._counts(entry):
                for figures in self._figures(entry):
                    figures.add(entry)
                self.dirty.add(entry.queue)

    def begin_day(self, day_start: float) -> None:
        """Midnight: the figures begin anew, those who wait go on waiting."""
        self._day_start = day_start
        self.dirty_quarters.clear()
        for queue in self._queues.values():
            queue.figures, queue.quarters = Figures(), {}
        self._owed.begin_day()
        for entry in self._entries.values():
            if entry.joined_at is not None and self._counts(entry):
                for figures in self._figures(entry):
                    figures.add(entry)
        self.dirty.update(self._queues)

    def _counts(self, entry: Entry) -> bool:
        return entry.joined_at is None or entry.joined_at >= self._day_start

    # --- what happened --------------------------------------------------------------------

    def joined(self, event: ev.QueueJoined) -> None:
        if event.entry in self._entries:
            return
        queue = self._queue(event.queue)
        entry = Entry(event.entry, event.queue, event.interaction, event.at, queue.terms)
        self._entries[entry.id] = queue.waiting[entry.id] = entry
        self._of_interaction.setdefault(event.interaction, []).append(entry.id)
        for figures in self._figures(entry):
            figures.offered += 1
        self.dirty.add(entry.queue)

    def left(self, event: ev.QueueLeft) -> None:
        entry = self._entries.get(event.entry)
        if entry is None or entry.exit is not None:
            return
        queue = self._queue(entry.queue)
        queue.waiting.pop(entry.id, None)
        entry.exit, entry.waited = event.exit, event.waited
        if entry.waited is None and event.at is not None and entry.joined_at is not None:
            entry.waited = max(0.0, event.at - entry.joined_at)
        for figures in self._figures(entry):
            figures.add_exit(entry)
        self.dirty.add(entry.queue)

    def talk_started(self, event: ev.TalkStarted) -> None:
        entry = self._entries.get(event.entry or "")
        if entry is not None:
            self._talks[event.talk] = entry
            entry.talks.add(event.talk)

    def talk_ended(self, event: ev.TalkEnded) -> None:
        entry = self._talks.pop(event.talk, None)
        if entry is None:
            return
        entry.talks.discard(event.talk)
        seconds = event.seconds or 0.0
        entry.talked += seconds
        if event.estimated:  # it counts in no average
            return
        if self._counts(entry):
            figures = self._queue(entry.queue).figures
            figures.talk_sum += seconds
            figures.handled += not entry.handled
            self.dirty.add(entry.queue)
        entry.handled = True

    def prioritised(self, event: ev.CallSteered) -> None:
        """A supervisor lets it go before others, or after them."""
        for id_ in self._of_interaction.get(event.interaction, ()):
            entry = self._entries[id_]
            if event.priority is not None and entry.exit is None and entry.queue == event.queue:
                entry.priority = event.priority
                self.dirty.add(entry.queue)

    def contact_changed(self, interaction: str) -> None:
        """Its caller is shown otherwise now."""
        for entry in self._of_interaction.get(interaction, ()):
            if self._entries[entry].exit is None:
                self.dirty.add(self._entries[entry].queue)

    def contact_merged(self, old: str, new: str) -> None:
        moved = self._of_interaction.pop(old, [])
        for entry in moved:
            self._entries[entry].interaction = new
        if moved:
            self._of_interaction.setdefault(new, []).extend(moved)
            self.contact_changed(new)

    def contact_ended(self, interaction: str) -> None:
        """Nobody of it waits any more, whether or not we heard them leave."""
        for id_ in self._of_interaction.pop(interaction, ()):
            entry = self._entries.pop(id_)
            if self._queue(entry.queue).waiting.pop(id_, None) is not None:
                self.dirty.add(entry.queue)
            for talk in entry.talks:
                self._talks.pop(talk, None)

    def owes(self, event: ev.WorkChanged) -> None:
        """A missed call or callback of a queue came, went, or changed hands."""
        self._touch(self._owed.changed(event))

    def begin_owed(self) -> None:
        """The database is about to be asked what is owed."""
        self._owed.begin_seed()

    def seed_owed(self, events: Iterable[ev.WorkChanged]) -> None:
        self._touch(self._owed.seed(events))

    def scored(self, interaction: str, queue: str, score: int, at: float | None) -> None:
        """What a caller thought of it counts in the day in which it was said."""
        today = at is None or at >= self._day_start
        if today and self._owed.scored(interaction, queue, score):
            self._touch({queue})

    def _touch(self, names: set[str]) -> None:
        for name in names:
            self._queue(name)
        self.dirty |= names

    def _figures(self, entry: Entry) -> list[Figures]:
        """Where an entry counts: in the day, and in the quarter hour in which it joined."""
        if not self._counts(entry):
            return []
        queue = self._queue(entry.queue)
        if entry.joined_at is None:
            return [queue.figures]
        quarter = int((entry.joined_at - self._day_start) // QUARTER)
        self.dirty_quarters.add((entry.queue, quarter))
        return [queue.figures, queue.quarters.setdefault(quarter, Figures())]

    # --- helpers --------------------------------------------------------------------------

    def _queue(self, name: str) -> Queue:
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = Queue(Terms())
        return queue

    def _waiting_call(self, entry: Entry) -> WaitingCall:
        caller = self._caller_of(entry.interaction)
        return WaitingCall(
            interaction=entry.interaction,
            number=caller.number,
            name=caller.name,
            since=entry.joined_at,
            priority=entry.priority,
        )
