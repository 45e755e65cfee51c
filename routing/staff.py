"""The live agents: hears what happens to them, keeps their time, tells each confirmed change.

The machine (`routing.agents`) decides; here it is fed from the bus, the consoles and the desk. What
comes out is told in this order: the bus, then the desk, which may offer a call at once and so ask
again from within. Everything is kept in memory and written down behind it, so that a database that
is away stops nobody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal, cast

import structlog
from msgspec.structs import replace

from callcenter import events as ev
from callcenter.bus import Subscription
from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import Database
from routing import agent_inputs as i
from routing.agent_queries import agent_of, load_states, row_of
from routing.agent_record import BUSY, SUPERVISOR, WRAP_UP, Agent, Effect, shown_reasons
from routing.agents import restored, step
from routing.staff_journal import Journal
from routing.staff_lookup import House, Lookup, Person

WRITTEN_WITHIN = 1.0  # seconds a command waits for its row; then the journal goes on behind it
LONGEST_SLEEP = 60.0

Kind = Literal["browser", "desk"]
log = structlog.get_logger(__name__)


class Staff:
    """`setup` gives what administrators describe, as it is now; `kind_of` tells phones apart."""

    def __init__(
        self,
        pbx: str,
        database: Database,
        setup: Callable[[], House],
        publish: Callable[[ev.DomainEvent], object],
        *,
        kind_of: Callable[[str], Kind] = lambda _: "desk",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.on_free: list[Callable[[int, float], None]] = []
        self.on_busy: list[Callable[[int], None]] = []
        self.on_seat: list[Callable[[int, bool], None]] = []
        self.journal = Journal(database)
        self._pbx = pbx
        self._database = database
        self._setup = setup
        self._publish = publish
        self._kind_of = kind_of
        self._clock = clock
        self._agents: dict[int, Agent] = {}
        self._lookup = Lookup()
        self._wake = asyncio.Event()

    # --- what others ask ----------------------------------------------------------------------

    def status(self, agent: int) -> ev.AgentChanged | None:
        """What is so now. None for who is no (active) agent."""
        if agent not in self._setup().agents:
            return None
        return self._told(self._agents.get(agent) or Agent(agent), self._clock())

    def signed_in(self) -> list[ev.AgentChanged]:
        """Everybody who is signed in."""
        now = self._clock()
        return [self._told(agent, now) for agent in self._agents.values() if agent.signed_in]

    def interface(self, agent: int) -> str | None:
        """Where to ring."""
        found = self._agents.get(agent)
        return None if found is None else found.interface

    def phones(self, agent: int) -> list[ev.AgentPhone]:
        """All the agent could sign in with."""
        return [self._phone(interface) for interface in self._person(agent).interfaces]

    # --- what people ask for; `by` is the user who does ---------------------------------------

    async def sign_in(self, agent: int, interface: str, by: int | None = None) -> None:
        """Raises InvalidInput for a phone that is not theirs, Conflict for what may not be now."""
        if interface not in self._person(agent).interfaces:
            raise InvalidInput("this is not a phone of this agent", field="interface")
        device = self._lookup.device(interface)
        await self._asked(agent, i.SignIn(interface, device), "sign_in", by)

    async def sign_out(self, agent: int, by: int | None = None) -> None:
        await self._asked(agent, i.SignOut(), "sign_out", by)

    async def ready(self, agent: int, by: int | None = None) -> None:
        await self._asked(agent, i.Ready(), "ready", by)

    async def not_ready(self, agent: int, reason: str, by: int | None = None) -> None:
        """Raises InvalidInput for a reason that is not among those people choose from."""
        known = self._setup().pause_reasons.get(reason)
        if reason != SUPERVISOR and (known is None or not known.active):
            raise InvalidInput("there is no such reason to be away", field="reason")
        await self._asked(agent, i.NotReady(reason), "not_ready", by)

    async def clear(self, agent: int, reason: str, by: int | None = None) -> None:
        """One reason less."""
        await self._asked(agent, i.ClearReason(reason), "clear", by)

    async def finish_wrap_up(self, agent: int, by: int | None = None) -> None:
        await self._asked(agent, i.FinishWrapUp(), "finish", by)

    async def extend_wrap_up(self, agent: int, seconds: float, by: int | None = None) -> None:
        await self._asked(agent, i.ExtendWrapUp(seconds), "extend", by)

    async def _asked(self, agent: int, what: i.Input, asked: str, by: int | None) -> None:
        self._person(agent)
        self._apply(agent, what, asked=asked, by=by)
        await self.journal.written(WRITTEN_WITHIN)

    def _person(self, agent: int) -> Person:
        person = self._setup().agents.get(agent)
        if person is None:
            raise NotFound("there is no such agent")
        return person

    # --- the desk -----------------------------------------------------------------------------

    def offered(self, agent: int, interaction: str, queue: str | None, now: float) -> bool:
        """The desk offers; False when the agent cannot be rung after all."""
        offer = i.Offer(interaction, queue, self._terms(queue) or i.Terms())
        try:
            self._apply(agent, offer, now)
        except Conflict:
            return False
        return True

    def offer_ended(
        self, agent: int, result: ev.OfferResult, now: float, interaction: str | None = None
    ) -> None:
        """`interaction` keeps a late word about one offer from ending the next."""
        self._apply(agent, i.OfferOver(result, interaction), now)

    # --- the consoles -------------------------------------------------------------------------

    def console(self, agent: int, connected: bool) -> None:
        """The agent has a console, or the last one is gone."""
        self._apply(agent, i.ConsoleBack() if connected else i.ConsoleLost())

    # --- life ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Who was signed in before a restart. Raises what the database raises.

        To be called when everybody who has to hear of it listens, and before `run`.
        """
        async with self._database.reading() as session:
            rows = await load_states(session)
        for row in rows:
            try:
                self._restore(agent_of(row))
            except ValueError as error:
                log.error("agent_state_unreadable", agent=row.agent_id, error=str(error))

    def _restore(self, agent: Agent) -> None:
        if agent.id not in self._setup().agents or not agent.signed_in:
            return
        if agent.contact is not None and agent.state in {BUSY, WRAP_UP}:
            served = replace(agent.contact, terms=self._terms(agent.contact.queue))
            agent = replace(agent, contact=served, owed=served if served.terms else None)
        now = self._clock()
        back = restored(agent, now)
        self._keep(agent, back, now)
        if back.signed_in:
            self._publish(self._told(back, now))
            self._call(self.on_seat, agent.id, True)

    def arrange(self, setup: House) -> None:
        """Administrators changed something: who is no agent or has lost the phone is signed out."""
        for agent in list(self._agents.values()):
            person = setup.agents.get(agent.id)
            if agent.signed_in and (person is None or agent.interface not in person.interfaces):
                self._apply(agent.id, i.SignOut())

    async def run(self, subscription: Subscription) -> None:
        """Until the bus ends. Subscribed to EVENTS."""
        async with asyncio.TaskGroup() as keepers:
            keepers.create_task(self.journal.run())
            keeping_time = keepers.create_task(self._keep_time())
            try:
                await self._follow(subscription)
            finally:
                keeping_time.cancel()
                self.journal.end()
        await self.journal.finish()

    async def _follow(self, subscription: Subscription) -> None:
        async for batch in subscription:
            if batch.missed:
                log.error("staff_missed_events", count=batch.missed)
                self.lose_track()
            for _, event in batch:
                self.hear(event)

    def lose_track(self) -> None:
        """Events were lost. A phone that is in use is not rung, so forgetting calls is safe."""
        for agent in list(self._agents):
            self._apply(agent, i.LostTrack())

    async def _keep_time(self) -> None:
        while True:
            pause = min(LONGEST_SLEEP, self._lookup.next_due() - self._clock())
            if pause > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
            self._wake.clear()
            self.tick(self._clock())

    def tick(self, now: float) -> None:
        """Do what is due."""
        for agent in self._lookup.due(now):
            self._apply(agent, i.Tick(), now)

    # --- what happens on the PBX --------------------------------------------------------------

    def hear(self, event: ev.DomainEvent) -> None:
        """One event; those of another PBX and those nobody of us is concerned by are nothing."""
        handle = HANDLERS.get(type(event))
        if handle is not None and getattr(event, "pbx", self._pbx) == self._pbx:
            handle(self, event)

    def _owner(self, interface: str) -> int | None:
        return self._lookup.owner(interface, self._setup().agents)

    def _leg(self, event: ev.LegStarted) -> None:
        self._call_began(event.party, event.interaction, heard=False)

    def _talk(self, event: ev.TalkStarted) -> None:
        for party in (event.a, event.b):
            self._call_began(party, event.interaction, heard=True)

    def _call_began(self, party: ev.Party, interaction: str, *, heard: bool) -> None:
        agent = self._owner(party.interface)
        if agent is None:
            return
        self._lookup.leg_began(party.leg, agent)
        queue = self._lookup.queue(interaction)
        began = i.CallBegan(party.leg, interaction, heard, queue, self._terms(queue))
        self._apply(agent, began)

    def _leg_ended(self, event: ev.LegEnded) -> None:
        agent = self._lookup.leg_ended(event.leg)
        if agent is not None:
            self._apply(agent, i.CallEnded(event.leg))

    def _joined(self, event: ev.QueueJoined) -> None:
        self._lookup.joined(event.interaction, event.queue)

    def _left(self, event: ev.QueueLeft) -> None:
        if event.exit is not ev.QueueExit.ANSWERED:
            self._lookup.left(event.interaction, event.queue)

    def _contact_over(self, event: ev.InteractionEnded) -> None:
        for agent in self._lookup.contact_over(event.interaction):
            self._apply(agent, i.ContactOver(event.interaction))

    def _merged(self, event: ev.InteractionsMerged) -> None:
        for agent in self._lookup.merged(event.merged, event.interaction):
            self._apply(agent, i.ContactMerged(event.merged, event.interaction))

    def _device(self, event: ev.DeviceStateChanged) -> None:
        changed = self._lookup.heard(event.interface, event.state)
        agent = self._owner(event.interface)
        if changed and agent is not None and self.interface(agent) == event.interface:
            self._apply(agent, i.Device(event.state))

    def _reconciled(self, event: ev.LinkRestored) -> None:
        for agent in [one for one in self._agents.values() if one.state is BUSY]:
            self._apply(agent.id, i.Reconciled())

    # --- a change -----------------------------------------------------------------------------

    def _apply(
        self,
        agent: int,
        what: i.Input,
        now: float | None = None,
        *,
        asked: str | None = None,
        by: int | None = None,
    ) -> None:
        """Raises Conflict for what may not be; then nothing has changed."""
        now = self._clock() if now is None else now
        before = self._agents.get(agent) or Agent(agent)
        taken = step(before, what, now)
        after = taken.agent
        self._keep(before, after, now)
        if Effect.LOGGED in taken.effects or asked is not None:
            self.journal.entry(_entry(after, now, asked, by))
        if Effect.TOLD in taken.effects:
            self._publish(self._told(after, now))
        self._tell_desk(after, taken.effects)

    def _keep(self, before: Agent, after: Agent, now: float) -> None:
        self._agents[after.id] = after
        self._lookup.keep(after)
        self._wake.set()
        row = row_of(after)
        if row != row_of(before):
            self.journal.state(row)

    def _tell_desk(self, agent: Agent, effects: Iterable[Effect]) -> None:
        if Effect.SEATED in effects:
            self._call(self.on_seat, agent.id, True)
        if Effect.TAKEN in effects:
            self._call(self.on_busy, agent.id)
        if Effect.UNSEATED in effects:
            self._call(self.on_seat, agent.id, False)
        if Effect.FREED in effects and agent.idle_since is not None:
            self._call(self.on_free, agent.id, agent.idle_since)

    def _call(self, listeners: Iterable[Callable[..., None]], *told: Any) -> None:
        for listener in listeners:
            try:
                listener(*told)
            except Exception:  # who listens has their own trouble; the agents' state is what it is
                log.exception("staff_listener_failed", told=told)

    def _told(self, agent: Agent, now: float) -> ev.AgentChanged:
        contact = agent.contact
        person = self._setup().agents.get(agent.id)
        return ev.AgentChanged(
            at=now,
            agent=agent.id,
            name=person.name if person else "",
            state=agent.state,
            reasons=shown_reasons(agent),
            since=agent.since,
            until=agent.until,
            interaction=contact.interaction if contact else None,
            queue=contact.queue if contact else None,
            pending=agent.pending,
            phone=self._phone(agent.interface, agent.device) if agent.interface else None,
        )

    def _phone(self, interface: str, device: str | None = None) -> ev.AgentPhone:
        state = self._lookup.device(interface) if device is None else device
        return ev.AgentPhone(interface, self._kind_of(interface), state)

    def _terms(self, queue: str | None) -> i.Terms | None:
        found = None if queue is None else self._setup().queues.get(queue)
        if found is None:
            return None
        return i.Terms(found.wrap_up_seconds, found.wrap_up_extend, found.rona_limit)


def _entry(agent: Agent, now: float, asked: str | None, by: int | None) -> dict[str, Any]:
    return {
        "agent_id": agent.id,
        "at": now,
        "state": agent.state.value,
        "reasons": sorted(agent.reasons),
        "interaction_id": agent.contact.interaction if agent.contact else None,
        "asked": asked,
        "user_id": by,
    }


# Every event that concerns agents. Any: each handler takes just the event of its row.
HANDLERS: Mapping[type[ev.Event], Callable[[Staff, Any], None]] = {
    ev.LegStarted: Staff._leg,
    ev.LegEnded: Staff._leg_ended,
    ev.TalkStarted: Staff._talk,
    ev.QueueJoined: Staff._joined,
    ev.QueueLeft: Staff._left,
    ev.InteractionEnded: Staff._contact_over,
    ev.InteractionsMerged: Staff._merged,
    ev.DeviceStateChanged: Staff._device,
    ev.LinkRestored: Staff._reconciled,
}

# What to subscribe to; each row above is one of the domain events.
EVENTS = cast(tuple[type[ev.DomainEvent], ...], tuple(HANDLERS))
