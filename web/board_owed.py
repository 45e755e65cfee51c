"""What the board shows of each queue beside calls: what is owed to callers, what they thought."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from callcenter.events import WorkChanged
from web.open_work import Change, OpenWork


@dataclass(slots=True)
class OwedRow:
    """One queue. `since` is the oldest missed call's; scores are today's, 1 to 5."""

    missed: int = 0
    since: float | None = None
    callbacks: int = 0
    scores: int = 0
    score_sum: int = 0
    _missed: dict[int, float] = field(default_factory=dict)

    def used(self) -> bool:
        return bool(self.missed or self.callbacks or self.scores)

    def put(self, event: WorkChanged, *, there: bool) -> None:
        if event.kind == "callback":
            self.callbacks += 1 if there else -1
            return
        if there:
            self._missed[event.work] = event.since
        else:
            self._missed.pop(event.work, None)
        self.missed = len(self._missed)
        self.since = min(self._missed.values(), default=None)


class Owed:
    """All queues. What belongs to no queue is not on the board."""

    def __init__(self) -> None:
        self._open = OpenWork()
        self._rows: dict[str, OwedRow] = {}
        self._scored: set[str] = set()  # interactions, today

    def row(self, queue: str) -> OwedRow:
        row = self._rows.get(queue)
        if row is None:
            row = self._rows[queue] = OwedRow()
        return row

    def changed(self, event: WorkChanged) -> set[str]:
        """The queues that are other now."""
        return self._moved(self._open.apply(event))

    def begin_seed(self) -> None:
        self._open.begin_seed()

    def seed(self, events: Iterable[WorkChanged]) -> set[str]:
        """What the database knew; the queues that are other now."""
        return set().union(*(self._moved(change) for change in self._open.seed(events)))

    def scored(self, interaction: str, queue: str, score: int) -> bool:
        """The first answer stands; False for a second one."""
        if interaction in self._scored:
            return False
        self._scored.add(interaction)
        row = self.row(queue)
        row.scores += 1
        row.score_sum += score
        return True

    def begin_day(self) -> None:
        self._scored.clear()
        for row in self._rows.values():
            row.scores = row.score_sum = 0

    def _moved(self, change: Change) -> set[str]:
        queues = set()
        for event, there in ((change.old, False), (change.new, True)):
            if event is not None and event.queue is not None:
                self.row(event.queue).put(event, there=there)
                queues.add(event.queue)
        return queues
