"""The stream of tickets: how many each of a person's views holds, which have changed, and who else
is looking.

The figures are each person's own, so they are counted anew when something has changed: everything
that changed meanwhile in one go, for everybody at once, and the less often the longer it takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import structlog

from screenpop import frames
from screenpop.console import Console, wire
from screenpop.door import Principal
from screenpop.presence import Presence
from screenpop.turns import in_turns

PERIOD = 0.25  # seconds between frames of one console, at least
SHARE = 4.0  # a pause is so many times as long as the counting took: the database has others too
AGAIN = 5.0  # seconds until a database that was away is asked again
ELSEWHERE = "elsewhere"  # the kind of what somebody does not see: it may have been theirs before
MOST_REFS = 200  # changed tickets named in one frame; more are read again anyway
SWEEP = 5.0  # seconds between looks for consoles that fell silent

log = structlog.get_logger(__name__)


class Tickets(Protocol):
    """What answers: `on_change` is to be called with each change."""

    on_change: list[Callable[[frames.TicketRef], None]]

    async def counts(
        self, people: Collection[Principal]
    ) -> Mapping[int, list[frames.ViewCount]]: ...

    async def visible(self, who: Principal, ticket: int) -> bool: ...

    async def reached(
        self, people: Collection[Principal], tickets: Collection[int]
    ) -> Mapping[int, Collection[int]]:
        """By user, which of these tickets they may see."""


class TicketStream:
    def __init__(self, tickets: Tickets, clock: Callable[[], float]) -> None:
        self._tickets = tickets
        self._clock = clock
        self._seq = 0
        self._consoles: set[Console] = set()  # who has had a snapshot
        self._joining: dict[Console, frames.Subscribe] = {}
        self._changed: dict[int, frames.TicketRef] = {}
        self._wake = asyncio.Event()
        self._looks: dict[tuple[Console, int], frames.Look] = {}
        self._looked = asyncio.Event()
        self._presence = Presence()
        tickets.on_change.append(self.changed)

    # --- what happens -------------------------------------------------------------------------

    def changed(self, ref: frames.TicketRef) -> None:
        self._changed[ref.ticket] = ref
        self._wake.set()

    def subscribe(self, console: Console, message: frames.Subscribe) -> None:
        self._consoles.discard(console)
        self._joining[console] = message
        self._wake.set()

    def look(self, console: Console, message: frames.Look) -> None:
        if message.ticket is None:
            self._tell_lookers(self._presence.leave(console))
            return
        self._looks[console, message.ticket] = message
        self._looked.set()

    def leave(self, console: Console) -> None:
        self._consoles.discard(console)
        self._joining.pop(console, None)
        self._tell_lookers(self._presence.leave(console))

    # --- figures ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell what has changed, until cancelled."""
        while True:
            await self._wake.wait()
            began = time.perf_counter()
            pause = PERIOD if await self._round() else AGAIN
            await asyncio.sleep(max(pause, (time.perf_counter() - began) * SHARE))

    async def _round(self) -> bool:
        """Whether the database answered; else all of it is tried again."""
        self._wake.clear()
        changed, joining = self._changed, self._joining
        self._changed, self._joining = {}, {}
        audience = {*joining, *(self._consoles if changed else ())}
        if not audience:
            return True
        people = _people(audience)
        try:
            counts = await self._tickets.counts(people)
            named = [ref.ticket for ref in list(changed.values())[-MOST_REFS:] if ref.ticket]
            seen = await self._tickets.reached(people, named) if named else {}
        except Exception:
            log.warning("views_not_counted", exc_info=True)
            self._changed, self._joining = changed | self._changed, joining | self._joining
            self._wake.set()
            return False
        if changed:
            await self._update(list(changed.values())[-MOST_REFS:], counts, seen)
        for console, message in joining.items():
            self._welcome(console, message, counts)
        return True

    async def _update(
        self,
        changed: Sequence[frames.TicketRef],
        counts: Mapping[int, list[frames.ViewCount]],
        seen: Mapping[int, Collection[int]],
    ) -> None:
        self._seq += 1
        encoded: dict[int, bytes] = {}
        async for few in in_turns(list(self._consoles)):
            for console in few:
                user = console.principal.user if console.principal is not None else None
                if user is None or console not in self._consoles or user not in counts:
                    continue
                if user not in encoded:
                    refs = self._refs(user, changed, seen.get(user, ()))
                    encoded[user] = wire(
                        frames.TicketsUpdated(seq=self._seq, views=counts[user], changed=refs)
                    )
                console.push(encoded[user])

    def _refs(
        self, user: int, changed: Sequence[frames.TicketRef], seen: Collection[int]
    ) -> list[frames.TicketRef]:
        """What this person may know: what they see, and what they had open until now. Of the rest
        only that there is some: what was theirs is to leave their lists."""
        told = [ref for ref in changed if ref.ticket in seen or self._has_open(user, ref.ticket)]
        if len(told) < len(changed):
            told.append(frames.TicketRef(0, 0, ELSEWHERE))
        return told

    def _has_open(self, user: int, ticket: int) -> bool:
        """Of the saved views (0) everybody knows."""
        return ticket == 0 or self._presence.has(user, ticket)

    def _welcome(
        self,
        console: Console,
        message: frames.Subscribe,
        counts: Mapping[int, list[frames.ViewCount]],
    ) -> None:
        """The figures whole: they are few, so nothing is kept to resume from."""
        who = console.principal
        again = console in self._joining  # asked once more meanwhile
        if who is None or again or not console.connected:
            return
        if message.resume_epoch is not None:
            console.push(wire(frames.Reset(stream="tickets", reason="too_old")))
        state = frames.TicketsState(views=counts.get(who.user, []))
        console.push(wire(frames.Snapshot(stream="tickets", seq=self._seq, tickets=state)))
        self._consoles.add(console)

    # --- who is looking -----------------------------------------------------------------------

    async def run_presence(self) -> None:
        """Let those in who may see what they look at, and forget the silent, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(SWEEP):
                    await self._looked.wait()
            except TimeoutError:
                pass  # time to look for the silent
            self._looked.clear()
            looks, self._looks = self._looks, {}
            for (console, ticket), message in looks.items():
                await self._let_look(console, ticket, message)
            self._tell_lookers(self._presence.expire(self._clock()))
            await asyncio.sleep(PERIOD)

    async def _let_look(self, console: Console, ticket: int, message: frames.Look) -> None:
        who = console.principal
        if who is None:
            return
        try:
            allowed = await self._tickets.visible(who, ticket)
        except Exception:
            log.warning("look_not_checked", exc_info=True)
            return  # said again in a moment
        if not allowed or not console.connected:
            self._tell_lookers(self._presence.turn_away(console, ticket))
            return
        known = console in self._presence.watching(ticket)
        changed = self._presence.look(
            console, who.user, who.display_name, ticket, message.writing, self._clock()
        )
        self._tell_lookers(changed or (set() if known else {ticket}))

    def _tell_lookers(self, tickets: Collection[int]) -> None:
        for ticket in tickets:
            people = self._presence.people(ticket)
            data = wire(frames.Lookers(ticket=ticket, people=people))
            for console in self._presence.watching(ticket):
                if isinstance(console, Console):
                    console.push(data)


def _people(consoles: Collection[Console]) -> list[Principal]:
    """Each person once."""
    found = {one.principal.user: one.principal for one in consoles if one.principal is not None}
    return list(found.values())
