"""Finds the agents whom an event concerns, without looking at all of them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Protocol

from routing.agent_record import Agent


class Queue(Protocol):
    """What staff has to know of a queue of ours; seconds."""

    @property
    def wrap_up_seconds(self) -> float: ...
    @property
    def wrap_up_extend(self) -> float: ...
    @property
    def rona_limit(self) -> int: ...


class Person(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def interfaces(self) -> tuple[str, ...]: ...


class PauseReason(Protocol):
    @property
    def active(self) -> bool: ...


class House(Protocol):
    """The part of `routing.setup.Setup` that staff looks at."""

    @property
    def queues(self) -> Mapping[str, Queue]: ...
    @property
    def agents(self) -> Mapping[int, Person]: ...
    @property
    def pause_reasons(self) -> Mapping[str, PauseReason]: ...


class Lookup:
    """Kept up to date by `keep` with every agent that changed."""

    def __init__(self) -> None:
        self._people: Mapping[int, Person] | None = None
        self._owners: dict[str, int] = {}
        self._devices: dict[str, str] = {}
        self._legs: dict[str, int] = {}
        self._queues: dict[str, str] = {}  # interaction → the queue of ours it came through
        self._busy_with: dict[str, set[int]] = {}  # interaction → agents
        self._contacts: dict[int, frozenset[str]] = {}  # the same the other way round
        self._dues: dict[int, float] = {}

    def keep(self, agent: Agent) -> None:
        if agent.due is None:
            self._dues.pop(agent.id, None)
        else:
            self._dues[agent.id] = agent.due
        contacts = _contacts(agent)
        before = self._contacts.pop(agent.id, frozenset())
        for gone in before - contacts:
            self._busy_with[gone].discard(agent.id)
            if not self._busy_with[gone]:
                del self._busy_with[gone]
        for new in contacts - before:
            self._busy_with.setdefault(new, set()).add(agent.id)
        if contacts:
            self._contacts[agent.id] = contacts

    # --- time ---------------------------------------------------------------------------------

    def next_due(self) -> float:
        return min(self._dues.values(), default=inf)

    def due(self, now: float) -> list[int]:
        return sorted(agent for agent, at in self._dues.items() if at <= now)

    # --- phones -------------------------------------------------------------------------------

    def owner(self, interface: str, people: Mapping[int, Person]) -> int | None:
        """Whose phone it is. `people` are replaced as a whole, never changed."""
        if people is not self._people:
            self._people = people
            self._owners = {
                phone: agent for agent, person in people.items() for phone in person.interfaces
            }
        return self._owners.get(interface)

    def device(self, interface: str) -> str:
        return self._devices.get(interface, "UNKNOWN")

    def heard(self, interface: str, state: str) -> bool:
        """True when it is other than what was heard before."""
        changed = self._devices.get(interface) != state
        self._devices[interface] = state
        return changed

    # --- calls --------------------------------------------------------------------------------

    def leg_began(self, leg: str, agent: int) -> None:
        self._legs[leg] = agent

    def leg_ended(self, leg: str) -> int | None:
        return self._legs.pop(leg, None)

    def queue(self, interaction: str) -> str | None:
        return self._queues.get(interaction)

    def joined(self, interaction: str, queue: str) -> None:
        self._queues[interaction] = queue

    def left(self, interaction: str, queue: str) -> None:
        if self._queues.get(interaction) == queue:
            del self._queues[interaction]

    def contact_over(self, interaction: str) -> list[int]:
        self._queues.pop(interaction, None)
        return sorted(self._busy_with.get(interaction, ()))

    def merged(self, old: str, new: str) -> list[int]:
        queue = self._queues.pop(old, None)
        if queue is not None:
            self._queues.setdefault(new, queue)
        return sorted(self._busy_with.get(old, ()))


def _contacts(agent: Agent) -> frozenset[str]:
    found = {interaction for _, interaction in agent.calls}
    found |= {contact.interaction for contact in (agent.contact, agent.owed) if contact is not None}
    return frozenset(found | {agent.last_offer} if agent.last_offer else found)
