"""How much is owed to callers, live: the figures of missed calls and callbacks for every console.

The law of all live views: a snapshot, then the frames, equals a later snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable

from callcenter.events import DomainEvent, LinkLost, LinkRestored, WorkChanged
from screenpop.frames import CallbackOffer, LinkChanged, WorkRef, WorkState, WorkUpdated
from screenpop.link import LinkState
from web.open_work import Key, OpenWork

EVENTS = (WorkChanged, LinkLost, LinkRestored)
MOST_REFS = 200  # rows named in one frame; more are read again anyway


class WorkBoard:
    """Everything that is not over, by what the events say of it."""

    def __init__(self, started_at: float) -> None:
        self.seq = 0
        self._open = OpenWork()
        self._changed: dict[Key, str] = {}  # to the state it has now
        self._link = LinkState(started_at)
        self._link_dirty = False

    def begin_seed(self) -> None:
        """The database is about to be asked."""
        self._open.begin_seed()

    def seed(self, events: Iterable[WorkChanged]) -> None:
        """What the database knew."""
        for change in self._open.seed(events):
            self._changed[change.key] = change.state

    def apply(self, event: DomainEvent) -> None:
        """Take one event; what it changes waits for `flush`."""
        if isinstance(event, WorkChanged):
            change = self._open.apply(event)
            self._changed[change.key] = change.state
        elif isinstance(event, LinkLost | LinkRestored):
            self._link_dirty |= self._link.pbx(event)

    def store_link(self, up: bool, at: float) -> None:
        self._link_dirty |= self._link.store(up, at)

    def snapshot(self) -> WorkState:
        missed, claimed, oldest, callbacks = self._figures()
        return WorkState(
            missed=missed,
            claimed=claimed,
            oldest=oldest,
            callbacks=callbacks,
            offers=self._offers(),
            link=self._link.link,
        )

    def flush(self, now: float) -> list[WorkUpdated | LinkChanged]:
        """The frames for what changed since the last time."""
        told: list[WorkUpdated | LinkChanged] = []
        if self._link_dirty:
            self._link_dirty = False
            told.append(LinkChanged(stream="work", seq=self._next(), link=self._link.link))
        if self._changed:
            told.append(self._updated())
        return told

    def _updated(self) -> WorkUpdated:
        changed, self._changed = list(self._changed.items())[:MOST_REFS], {}
        missed, claimed, oldest, callbacks = self._figures()
        return WorkUpdated(
            seq=self._next(),
            missed=missed,
            claimed=claimed,
            oldest=oldest,
            callbacks=callbacks,
            offers=self._offers(),
            changed=[WorkRef(kind, id_, state) for (kind, id_), state in changed],
        )

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _figures(self) -> tuple[int, int, float | None, int]:
        """Missed and nobody's, claimed, since when the oldest of nobody's, callbacks."""
        missed = [one for one in self._open.values() if one.kind == "missed"]
        nobodys = [one.since for one in missed if one.state == "open"]
        callbacks = len(self._open.values()) - len(missed)
        return len(nobodys), len(missed) - len(nobodys), min(nobodys, default=None), callbacks

    def _offers(self) -> list[CallbackOffer]:
        return [
            CallbackOffer(one.work, one.by, one.queue, one.since)
            for one in self._open.values()
            if one.kind == "callback" and one.state == "offered" and one.by is not None
        ]
