"""Turns what happened on the PBX into what each agent's console shows: a pure projection.

Events go in one by one; out come numbered frames for the agents they concern. Nothing here
waits, looks anything up or knows what time it is. The law, kept by tests: a snapshot and the
frames after it give the same as a later snapshot, at every point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from callcenter import events as ev
from callcenter.errors import Conflict
from screenpop import frames
from screenpop.contact import Contact, Line, contact_of, recording_of, spliced, status_of
from screenpop.link import LinkState
from screenpop.screens import Changes, Screens

ENDED_CALLS = 20  # ended calls kept for each agent until dismissed

# Kinds of transfer in which the one who pressed the keys gives a call away.
GIVEN_AWAY = frozenset({ev.TransferKind.BLIND, ev.TransferKind.ATTENDED, ev.TransferKind.BLONDE})


class AgentOf(Protocol):
    """Whose phone it is. Asked at each ring, so it answers from memory."""

    def __call__(self, pbx: str, interface: str, /) -> int | None: ...


class CallInProgress(Conflict):
    """A call that still goes on cannot be dismissed."""

    code = "call_in_progress"


class Pops:
    """Every agent's pops and calls. `agent_of` says whose phone an interface is."""

    def __init__(self, agent_of: AgentOf, *, started_at: float) -> None:
        self._agent_of = agent_of
        self._contacts: dict[str, Contact] = {}
        self._screens = Screens()
        self._link = LinkState(started_at)

    # --- what others ask ------------------------------------------------------------------

    def apply(self, event: ev.Event) -> Changes:
        """The frames that `event` causes. An event that concerns no agent causes none."""
        handle = HANDLERS.get(type(event))
        if handle is None:
            return []
        handle(self, event)
        return self._screens.take()

    def snapshot(self, agent: int) -> frames.MeState:
        """What the agent's consoles show now; from here on the agent hears of the link too."""
        return self._screens.snapshot(agent, self._link.link)

    def seq(self, agent: int) -> int:
        """Number of the agent's last frame; 0 before the first."""
        return self._screens.seq(agent)

    def dismiss(self, agent: int, interaction: str) -> Changes:
        """Close a pop or an ended call; what is not there (any more) is no mistake.

        Raises `CallInProgress` for a call that goes on.
        """
        line = self._screens.line(agent, interaction)
        if self._screens.withdraw(agent, interaction, "dismissed") is None and line is not None:
            if line.state != "ended":
                raise CallInProgress("the call still goes on")
            self._close(agent, interaction)
        return self._screens.take()

    def store_link(self, up: bool, at: float) -> Changes:
        """The database answers again, or does not."""
        if self._link.store(up, at):
            self._screens.tell_link(self._link.link)
        return self._screens.take()

    def lose_track(self, at: float) -> Changes:
        """Events were lost: what went on then may be over, so it is shown as over."""
        for contact in list(self._contacts.values()):
            if contact.end is None:
                contact.end = ev.EndReason.LOST
                self._finish(contact, at, ev.EndReason.LOST)
        return self._screens.take()

    @property
    def size(self) -> tuple[int, int]:
        """Contacts and agents remembered, for the metrics."""
        return len(self._contacts), len(self._screens)

    # --- the contact ----------------------------------------------------------------------

    def _started(self, event: ev.InteractionStarted) -> None:
        if event.interaction in self._contacts:
            self._changed(event)
            return
        contact = contact_of(event, self._agent_of(event.pbx, event.caller.interface))
        self._contacts[contact.id] = contact
        self._dials(contact, event.at)

    def _changed(self, event: ev.InteractionStarted | ev.InteractionChanged) -> None:
        contact = self._running(event)
        if contact is None:
            return
        contact.direction, contact.dialled = event.direction, event.dialled
        contact.caller = event.caller
        contact.caller_agent = self._agent_of(event.pbx, event.caller.interface)
        self._dials(contact, event.at)
        self._screens.refresh(contact)

    def _dials(self, contact: Contact, at: float | None) -> None:
        """The caller is an agent: that is a call of theirs from the first moment."""
        agent = contact.caller_agent
        if agent is None:
            return
        line = self._screens.line(agent, contact.id)
        if line is None:
            line = self._open(contact, agent)
            line.since = at
        if line.state != "ended":
            line.add(contact.caller)
        self._screens.show(contact, agent)

    def _queued(self, event: ev.QueueJoined) -> None:
        contact = self._running(event)
        if contact is not None:
            contact.queue = event.queue

    def _identified(self, event: ev.CallerIdentified) -> None:
        contact = self._contacts.get(event.interaction)
        if contact is not None:
            contact.card = spliced(event.card)
            self._screens.refresh(contact)

    def _merged(self, event: ev.InteractionsMerged) -> None:
        if event.merged == event.interaction:
            return
        source = self._contacts.pop(event.merged, None)
        if source is None:
            return
        target = self._contacts.get(event.interaction)
        if target is None:
            source.id = event.interaction
            target = self._contacts[event.interaction] = source
        else:
            target.absorb(source)
        for agent in sorted(source.agents):
            self._move(agent, event.merged, target)
        self._screens.refresh(target)
        if target.end is not None:
            self._finish(target, event.at, target.end)

    def _move(self, agent: int, old: str, target: Contact) -> None:
        """Re-key what the agent sees of `old`."""
        pop = self._screens.withdraw(agent, old, "merged")
        if pop is not None:
            self._screens.offer(target, agent, pop.queue or target.queue, pop.offered_at)
        line = self._screens.close(agent, old, into=target.id)
        if line is None:
            return
        present = self._screens.view(agent).lines.setdefault(target.id, line)
        if present is line:
            line.shown = None  # under its new key the consoles have not seen it
            line.queue = line.queue or target.queue
        else:
            present.absorb(line)
        self._screens.show(target, agent)

    def _ended(self, event: ev.InteractionEnded) -> None:
        contact = self._running(event)
        if contact is not None:
            contact.end = event.reason
            self._finish(contact, event.at, event.reason)

    def _finish(self, contact: Contact, at: float | None, reason: str) -> None:
        gone = "lost" if reason == ev.EndReason.LOST else ev.OfferResult.CALLER_GONE
        contact.offers.clear()
        contact.prepared.clear()
        for agent in sorted(contact.agents):
            self._screens.withdraw(agent, contact.id, gone)
            line = self._screens.line(agent, contact.id)
            if line is not None:
                line.finish(at, reason)
                self._screens.show(contact, agent)
                self._make_room(agent)
        self._forget(contact)

    # --- rings ----------------------------------------------------------------------------

    def _offered(self, event: ev.OfferStarted) -> None:
        contact = self._running(event)
        agent = self._agent_of(event.pbx, event.party.interface)
        if contact is None or agent is None or contact.knows_offer(event.offer):
            return
        if self._own_ring(contact, agent):
            return
        contact.offers[event.offer] = agent
        if agent not in contact.prepared:  # else the pop was there before the ring, or is closed
            self._screens.offer(contact, agent, event.queue or contact.queue, event.at)

    def _prepared(self, event: ev.OfferPrepared) -> None:
        """Our own distribution chose this agent: the pop does not wait for the ring."""
        contact = self._running(event)
        if contact is None or event.agent in contact.prepared:
            return
        if contact.entered_at is None:
            contact.entered_at = event.entered_at
        contact.prepared.add(event.agent)
        self._screens.offer(contact, event.agent, event.queue or contact.queue, event.at)

    def _dropped(self, event: ev.OfferDropped) -> None:
        contact = self._running(event)
        if contact is None or event.agent not in contact.prepared:
            return
        contact.prepared.discard(event.agent)
        if event.result is not ev.OfferResult.ANSWERED:
            self._screens.withdraw(event.agent, contact.id, event.result)

    def _own_ring(self, contact: Contact, agent: int | None) -> bool:
        """Click-to-call rings the caller's own phone first: that is no incoming call."""
        if agent is None or contact.caller_agent != agent:
            return False
        line = self._screens.line(agent, contact.id)
        return line is not None and line.state == "dialling"

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        contact = self._running(event)
        if contact is None or event.offer in contact.answered:
            return
        if event.result is ev.OfferResult.ANSWERED:
            self._answered(contact, event)
            return
        agent = contact.offers.pop(event.offer, None)
        if agent is not None and agent not in contact.offers.values():
            self._screens.withdraw(agent, contact.id, event.result)

    def _answered(self, contact: Contact, event: ev.OfferEnded) -> None:
        """One answered, agent or not: the pops of all others go within this event."""
        agent = self._agent_of(event.pbx, event.party.interface)
        if self._own_ring(contact, agent):
            return
        contact.answered.add(event.offer)
        contact.offers.pop(event.offer, None)
        if agent is not None:
            self._talks(contact, agent, event.party, event.at)
        for loser in sorted(contact.agents):
            self._screens.withdraw(loser, contact.id, ev.OfferResult.ANSWERED_ELSEWHERE)

    # --- conversations --------------------------------------------------------------------

    def _talk_started(self, event: ev.TalkStarted) -> None:
        contact = self._running(event)
        if contact is None:
            return
        if event.a.leg == contact.caller.leg and contact.callee_name is None:
            contact.callee_name = event.b.name
        for party in (event.a, event.b):
            agent = self._agent_of(event.pbx, party.interface)
            if agent is not None:
                self._talks(contact, agent, party, event.at)

    def _talks(self, contact: Contact, agent: int, party: ev.Party, at: float | None) -> None:
        pop = self._screens.withdraw(agent, contact.id, ev.OfferResult.ANSWERED)
        line = self._screens.line(agent, contact.id) or self._open(contact, agent)
        if pop is not None:
            line.queue = pop.queue
        line.add(party)
        line.talk(at)
        self._screens.show(contact, agent)

    def _held(self, event: ev.HoldStarted) -> None:
        for contact, agent, line in self._lines(event):
            if event.leg in line.live:
                line.hold(event.hold, event.at)
                self._screens.show(contact, agent)

    def _unheld(self, event: ev.HoldEnded) -> None:
        for contact, agent, line in self._lines(event):
            line.unhold(event.hold, event.at)
            self._screens.show(contact, agent)

    def _leg_ended(self, event: ev.LegEnded) -> None:
        for contact, agent, line in self._lines(event):
            if line.leave(event.leg, event.at):
                self._screens.show(contact, agent)
                self._make_room(agent)

    def _transferred(self, event: ev.Transferred) -> None:
        if event.kind not in GIVEN_AWAY or event.result is not ev.OfferResult.ANSWERED:
            return
        for contact, agent, line in self._lines(event):
            if event.by in line.legs.values():
                line.give_away()
                self._screens.show(contact, agent)

    def _recorded(self, event: ev.RecordingIndexed) -> None:
        """To the agent whose leg it is; a recording of the customer's leg to all who talked."""
        lines = self._lines(event)
        owned = [found for found in lines if event.leg in found[2].legs]
        for contact, agent, line in owned or lines:
            if event.recording not in line.recordings:
                line.recordings.append(event.recording)
                self._screens.show(contact, agent)

    def _recording(self, event: ev.RecordingChanged) -> None:
        contact = self._running(event)
        if contact is not None:
            contact.recording = recording_of(event)
            self._screens.refresh(contact)

    def _monitored(self, event: ev.CallMonitored) -> None:
        """Only the agent whose call it is, and only as far as the house says."""
        for contact, agent, line in self._lines(event):
            if agent != event.agent:
                continue
            if event.mode is None or not event.shown:
                line.listeners.pop(event.monitor, None)
            else:
                line.listeners[event.monitor] = frames.Listener(event.user, event.name, event.mode)
            self._screens.show(contact, agent)

    def _linked(self, event: ev.LinkLost | ev.LinkRestored) -> None:
        if self._link.pbx(event):
            self._screens.tell_link(self._link.link)

    # --- bookkeeping ----------------------------------------------------------------------

    def _running(self, event: ev.CallEvent) -> Contact | None:
        """The contact, unless it is unknown or over."""
        contact = self._contacts.get(event.interaction)
        return contact if contact is not None and contact.end is None else None

    def _lines(self, event: ev.CallEvent) -> list[tuple[Contact, int, Line]]:
        """Who has this contact as a call, over or not."""
        contact = self._contacts.get(event.interaction)
        if contact is None:
            return []
        found = [(a, self._screens.line(a, contact.id)) for a in sorted(contact.agents)]
        return [(contact, agent, line) for agent, line in found if line is not None]

    def _open(self, contact: Contact, agent: int) -> Line:
        contact.agents.add(agent)
        line = self._screens.view(agent).lines[contact.id] = Line(queue=contact.queue)
        return line

    def _close(self, agent: int, interaction: str) -> None:
        self._screens.close(agent, interaction)
        contact = self._contacts.get(interaction)
        if contact is not None:
            self._forget(contact)

    def _make_room(self, agent: int) -> None:
        lines = self._screens.view(agent).lines
        ended = [key for key, line in lines.items() if line.state == "ended"]
        for key in ended[: max(0, len(ended) - ENDED_CALLS)]:
            self._close(agent, key)

    def _forget(self, contact: Contact) -> None:
        """Drop a contact that is over and on nobody's screen."""
        seen = any(self._screens.line(agent, contact.id) for agent in contact.agents)
        if contact.end is not None and not seen:
            self._contacts.pop(contact.id, None)


# Every event that reaches a screen. Any: each handler takes just the event of its row.
HANDLERS: Mapping[type[ev.Event], Callable[[Pops, Any], None]] = {
    ev.InteractionStarted: Pops._started,
    ev.InteractionChanged: Pops._changed,
    ev.InteractionsMerged: Pops._merged,
    ev.InteractionEnded: Pops._ended,
    ev.LegEnded: Pops._leg_ended,
    ev.QueueJoined: Pops._queued,
    ev.OfferStarted: Pops._offered,
    ev.OfferEnded: Pops._offer_ended,
    ev.OfferPrepared: Pops._prepared,
    ev.OfferDropped: Pops._dropped,
    ev.TalkStarted: Pops._talk_started,
    ev.HoldStarted: Pops._held,
    ev.HoldEnded: Pops._unheld,
    ev.Transferred: Pops._transferred,
    ev.CallerIdentified: Pops._identified,
    ev.RecordingIndexed: Pops._recorded,
    ev.RecordingChanged: Pops._recording,
    ev.CallMonitored: Pops._monitored,
    ev.AgentChanged: lambda pops, event: pops._screens.tell_status(status_of(event)),
    ev.ScoreChanged: lambda pops, event: pops._screens.tell_score(event),
    ev.LinkLost: Pops._linked,
    ev.LinkRestored: Pops._linked,
}

# What to subscribe to; each row above is one of the domain events.
EVENTS = cast(tuple[type[ev.DomainEvent], ...], tuple(HANDLERS))
