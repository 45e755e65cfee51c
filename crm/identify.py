"""Hears of a call and tells everybody who it is: the step between the phone ringing and the pop.

Lookups run side by side, so a slow one delays only its own call. While the database is away, what
is remembered is told at once, and the question is asked again until there is an answer, for the
timeline even after the call is over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from callcenter.bus import Bus, Subscription
from callcenter.events import (
    CallerIdentified,
    Direction,
    DomainEvent,
    InteractionChanged,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
)
from callcenter.metrics import LOOKUP_SECONDS, LOOKUPS
from crm.card import MATCHES, CardSource, CardUnavailable, Found

AT_ONCE = 64  # lookups running or waiting for a connection; the rest wait for these
FOLLOWED = 100_000  # calls remembered at the same time; beyond it the oldest is forgotten
AGAIN = 1.0  # seconds before asking a database that was away once more

_LOOKUPS = {match: LOOKUPS.labels(match) for match in MATCHES}

log = structlog.get_logger()
_Told = InteractionStarted | InteractionChanged


@dataclass(slots=True)
class _Call:
    """What was asked for this call, and the task that asks, if it still does."""

    asked: tuple[str | None, str | None]  # number, trunk
    task: asyncio.Task[None] | None = None
    over: bool = False


class Identifier:
    """Subscribes on construction; `run` works until the bus ends it."""

    def __init__(self, bus: Bus, cards: CardSource, *, again: float = AGAIN) -> None:
        self._bus = bus
        self._cards = cards
        self._again = again
        self._room = asyncio.Semaphore(AT_ONCE)
        self._calls: dict[str, _Call] = {}
        self._subscription: Subscription = bus.subscribe("identify", types=_HANDLERS)

    async def run(self) -> None:
        try:
            async for batch in self._subscription:
                for _, event in batch:
                    _HANDLERS[type(event)](self, event)
            await self._finish()
        finally:
            for call in self._calls.values():
                if call.task is not None:
                    call.task.cancel()

    async def _finish(self) -> None:
        tasks = [call.task for call in self._calls.values() if call.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def changed(self, event: _Told) -> None:
        """A call began, or something was learned about it."""
        asked = _whom(event)
        known = self._calls.get(event.interaction)
        if asked is None or (known is not None and known.asked == asked):
            return
        self._forget(event.interaction)
        if len(self._calls) >= FOLLOWED:
            self._forget(next(iter(self._calls)))
        call = self._calls[event.interaction] = _Call(asked)
        call.task = asyncio.create_task(self._identify(event, call))

    def over(self, event: InteractionEnded) -> None:
        """The call ended. A question still open stays: the timeline wants the answer too."""
        call = self._calls.get(event.interaction)
        if call is None:
            return
        call.over = True
        if call.task is None:
            del self._calls[event.interaction]

    def merged(self, event: InteractionsMerged) -> None:
        self._forget(event.merged)

    def _forget(self, interaction: str) -> None:
        call = self._calls.pop(interaction, None)
        if call is not None and call.task is not None:
            call.task.cancel()

    async def _identify(self, event: _Told, call: _Call) -> None:
        try:
            await self._until_answered(event, call)
        except Exception:  # one call's trouble must not end the others
            log.exception("caller_not_identified", interaction=event.interaction)
        call.task = None
        if call.over:
            self._calls.pop(event.interaction, None)

    async def _until_answered(self, event: _Told, call: _Call) -> None:
        told: bytes | None = None
        while True:
            found = await self._look_up(event, call)
            if found is not None and found.card != told:
                self._tell(event, found, call)
                told = found.card
            if found is not None and not found.stale:
                return
            await asyncio.sleep(self._again)

    async def _look_up(self, event: _Told, call: _Call) -> Found | None:
        """None while the database is away and nothing is remembered."""
        try:
            async with self._room:
                began = time.perf_counter()
                try:
                    return await self._cards.look_up(*call.asked)
                finally:
                    LOOKUP_SECONDS.observe(time.perf_counter() - began)
        except CardUnavailable as error:
            log.warning("caller_not_identified", interaction=event.interaction, error=str(error))
            return None

    def _tell(self, event: _Told, found: Found, call: _Call) -> None:
        _LOOKUPS[found.match].inc()
        self._bus.publish(
            CallerIdentified(
                at=event.at,
                pbx=event.pbx,
                interaction=event.interaction,
                number=found.e164 or call.asked[0] or "",
                card=msgspec.Raw(found.card),
                customer=None if found.customer is None else str(found.customer),
            )
        )


def _whom(event: _Told) -> tuple[str | None, str | None] | None:
    """(number, trunk) of the outer side; None when nobody outside takes part, or not yet."""
    if event.direction is Direction.INBOUND:
        return event.caller.number, event.caller.interface
    if event.direction is Direction.OUTBOUND and event.dialled:
        return event.dialled, None  # written as our own people dial, whatever the trunk makes of it
    return None


_HANDLERS: dict[type[DomainEvent], Callable[[Identifier, Any], None]] = {
    InteractionStarted: Identifier.changed,
    InteractionChanged: Identifier.changed,
    InteractionsMerged: Identifier.merged,
    InteractionEnded: Identifier.over,
}
