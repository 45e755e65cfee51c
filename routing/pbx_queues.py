"""The queues that the PBX distributes by itself: who waits there, and whom they ring.

Folded from the events of the bus, as what supervisors see on the board.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from callcenter.bus import Subscription
from callcenter.events import (
    DomainEvent,
    InteractionEnded,
    InteractionsMerged,
    OfferEnded,
    OfferStarted,
    QueueJoined,
    QueueLeft,
    TalkStarted,
)

EVENTS = (
    *(QueueJoined, QueueLeft, OfferStarted, OfferEnded, TalkStarted),
    *(InteractionsMerged, InteractionEnded),
)

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Waiting:
    """A call in a queue of the PBX. `rings`: offer → interface that is rung for it now."""

    interaction: str
    queue: str
    entry: str
    leg: str
    rings: dict[str, str] = field(default_factory=dict)


class PbxQueues:
    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}

    async def follow(self, subscription: Subscription) -> None:
        """Until the bus ends."""
        async for batch in subscription:
            if batch.missed:  # what is stale is found out by an order that comes too late
                log.warning("pbx_queues.missed", events=batch.missed)
            for _, event in batch:
                self.hear(event)

    def hear(self, event: DomainEvent) -> None:
        handler = _FOLD.get(type(event))
        if handler is not None:
            handler(self, event)

    def waiting(self, interaction: str) -> Waiting | None:
        return self._waiting.get(interaction)

    # --- the fold ------------------------------------------------------------------------------

    def _joined(self, event: QueueJoined) -> None:
        if event.ours:
            self._waiting.pop(event.interaction, None)
        else:
            wait = Waiting(event.interaction, event.queue, event.entry, event.leg)
            self._waiting[event.interaction] = wait

    def _left(self, event: QueueLeft) -> None:
        wait = self._waiting.get(event.interaction)
        if wait is not None and wait.entry == event.entry:
            del self._waiting[event.interaction]

    def _offered(self, event: OfferStarted) -> None:
        wait = self._waiting.get(event.interaction)
        if wait is not None and event.entry == wait.entry:
            wait.rings[event.offer] = event.party.interface

    def _offer_ended(self, event: OfferEnded) -> None:
        wait = self._waiting.get(event.interaction)
        if wait is not None:
            wait.rings.pop(event.offer, None)

    def _over(self, event: TalkStarted | InteractionEnded) -> None:
        self._waiting.pop(event.interaction, None)

    def _merged(self, event: InteractionsMerged) -> None:
        wait = self._waiting.pop(event.merged, None)
        if wait is not None:
            wait.interaction = event.interaction
            self._waiting.setdefault(event.interaction, wait)


_FOLD: dict[type[DomainEvent], Callable[..., None]] = {
    QueueJoined: PbxQueues._joined,
    QueueLeft: PbxQueues._left,
    OfferStarted: PbxQueues._offered,
    OfferEnded: PbxQueues._offer_ended,
    TalkStarted: PbxQueues._over,
    InteractionEnded: PbxQueues._over,
    InteractionsMerged: PbxQueues._merged,
}
