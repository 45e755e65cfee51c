"""One call told as one record, folded from its domain events: what `callcenter replay` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from callcenter import events as e

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Story:
    """Everything known of one interaction, in plain JSON values. Times are ISO 8601 in UTC."""

    order: int
    direction: str = ""
    caller: dict[str, str | None] = field(default_factory=dict)
    dialled: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    talks: dict[str, dict[str, Any]] = field(default_factory=dict)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)
    recordings: list[dict[str, str]] = field(default_factory=list)
    end: dict[str, Any] | None = None

    def record(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "caller": self.caller,
            "dialled": self.dialled,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "queues": list(self.queues.values()),
            "offers": list(self.offers.values()),
            "talks": list(self.talks.values()),
            "transfers": list(self.transfers.values()),
            "recordings": self.recordings,
            "end": self.end,
        }


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _started(story: Story, event: e.InteractionStarted) -> None:
    story.started_at = _time(event.at)
    _changed(story, event)


def _changed(story: Story, event: e.InteractionStarted | e.InteractionChanged) -> None:
    story.direction = event.direction.value
    story.dialled = event.dialled
    party = event.caller
    story.caller = {"number": party.number, "name": party.name, "channel": party.channel}


def _ended(story: Story, event: e.InteractionEnded) -> None:
    story.ended_at = _time(event.at)
    story.end = {"reason": event.reason.value, "by": event.by, "cause": event.cause}


def _joined(story: Story, event: e.QueueJoined) -> None:
    story.queues[event.entry] = {
        "queue": event.queue,
        "joined_at": _time(event.at),
        "left_at": None,
        "exit": None,
        "waited": None,
    }


def _left(story: Story, event: e.QueueLeft) -> None:
    story.queues[event.entry] |= {
        "left_at": _time(event.at),
        "exit": event.exit.value,
        "waited": _seconds(event.waited),
    }


def _offered(story: Story, event: e.OfferStarted) -> None:
    story.offers[event.offer] = {
        "channel": event.party.channel,
        "number": event.party.number,
        "result": None,
        "rang": None,
    }


def _offer_ended(story: Story, event: e.OfferEnded) -> None:
    story.offers[event.offer] |= {"result": event.result.value, "rang": _seconds(event.rang)}


def _talked(story: Story, event: e.TalkStarted) -> None:
    story.talks[event.talk] = {
        "a": event.a.channel,
        "b": event.b.channel,
        "started_at": _time(event.at),
        "seconds": None,
    }


def _talk_ended(story: Story, event: e.TalkEnded) -> None:
    story.talks[event.talk]["seconds"] = _seconds(event.seconds)


def _transferred(story: Story, event: e.Transferred) -> None:
    story.transfers[event.transfer] = {
        "kind": event.kind.value,
        "by": event.by,
        "moved": event.moved,
        "to": event.to,
        "result": event.result.value,
    }


def _recorded(story: Story, event: e.RecordingStarted) -> None:
    story.recordings.append({"file": event.file, "channel": event.channel})


_FOLD: dict[type[e.Event], Callable[[Story, Any], None]] = {
    e.InteractionStarted: _started,
    e.InteractionChanged: _changed,
    e.InteractionEnded: _ended,
    e.QueueJoined: _joined,
    e.QueueLeft: _left,
    e.OfferStarted: _offered,
    e.OfferEnded: _offer_ended,
    e.TalkStarted: _talked,
    e.TalkEnded: _talk_ended,
    e.Transferred: _transferred,
    e.RecordingStarted: _recorded,
}


class Stories:
    """Folds a stream of domain events into stories, in order of each call's first channel."""

    def __init__(self) -> None:
        self._open: dict[str, Story] = {}
        self._order: list[str] = []

    def add(self, event: e.Event) -> None:
        if not isinstance(event, e.CallEvent):
            return
        if isinstance(event, e.InteractionsMerged):
            self._merge(event)
            return
        story = self._open.get(event.interaction)
        if story is None:
            story = self._open[event.interaction] = Story(order=len(self._order))
            self._order.append(event.interaction)
        fold = _FOLD.get(type(event))
        if fold is not None:
            fold(story, event)

    def records(self) -> list[dict[str, Any]]:
        return [s.record() for s in sorted(self._open.values(), key=lambda s: s.order)]

    def _merge(self, event: e.InteractionsMerged) -> None:
        keep, gone = self._open[event.interaction], self._open.pop(event.merged, None)
        if gone is None:
            return
        keep.queues |= gone.queues
        keep.offers |= gone.offers
        keep.talks |= gone.talks
        keep.transfers |= gone.transfers
        keep.recordings += gone.recordings
