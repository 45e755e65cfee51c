"""What the desk stands on: the agents as it sees them, the learned waits, and what waits at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from callcenter.events import OfferResult
from routing.engine import Match, Work


class Floor(Protocol):
    """The live agents, as the desk needs them."""

    on_free: list[Callable[[int, float], None]]
    on_busy: list[Callable[[int], None]]
    on_seat: list[Callable[[int, bool], None]]

    def offered(self, agent: int, interaction: str, queue: str, now: float) -> bool: ...

    def offer_ended(
        self, agent: int, result: OfferResult, now: float, interaction: str | None = None
    ) -> None:
        """`interaction` keeps a late word about one offer from ending the next."""

    def interface(self, agent: int) -> str | None: ...


class Waits(Protocol):
    """Learns from those who wait how long it takes."""

    def joined(self, queue: str, work: str, position: int, now: float) -> float | None: ...

    def answered(self, queue: str, work: str, now: float) -> None: ...

    def left(self, queue: str, work: str, now: float) -> None: ...

    def estimate(self, queue: str, position: int, now: float) -> float | None: ...


@dataclass(slots=True, eq=False)
class Ticket:
    """One piece of work at the desk; `chosen` is set while an agent is offered it."""

    work: Work
    interaction: str
    entered_at: float
    channel: str | None = None  # the caller's, if there is one yet
    chosen: asyncio.Event = field(default_factory=asyncio.Event)
    match: Match | None = None
    answered: bool = False
    gone: bool = False
    sent_to: str | None = None  # the queue that a supervisor has sent it to
    telephone: str | None = None  # rung for this offer, of an agent who takes no calls now
