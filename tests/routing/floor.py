"""A floor of two agents for tests: the live staff with a clock of its own, and all it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callcenter import events as ev
from callcenter.events import AgentState as S
from callcenter.store.database import Database
from routing.staff import Staff

PBX = "main"
NOON = 1_780_000_000.0


@dataclass(frozen=True)
class Queue:
    wrap_up_seconds: float = 30.0
    wrap_up_extend: float = 60.0
    rona_limit: int = 2


@dataclass(frozen=True)
class Person:
    name: str
    interfaces: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    active: bool = True


@dataclass(frozen=True)
class House:
    pause_reasons: Mapping[str, Reason] = field(
        default_factory=lambda: {"meal": Reason(), "coaching": Reason(), "old": Reason(False)}
    )
    queues: Mapping[str, Queue] = field(default_factory=lambda: {"sales": Queue()})
    agents: Mapping[int, Person] = field(
        default_factory=lambda: {
            1: Person("Lucy", ("PJSIP/1001", "PJSIP/2001")),
            2: Person("Bob", ("PJSIP/1002",)),
        }
    )


class Floor:
    """Staff with a clock of its own and everything it tells."""

    def __init__(self, database: Database) -> None:
        self.now = NOON
        self.house = House()
        self.told: list[ev.DomainEvent] = []
        self.desk: list[tuple[str, int]] = []
        self.staff = Staff(
            PBX, database, lambda: self.house, self.told.append, clock=lambda: self.now
        )
        self.staff.on_free.append(lambda agent, since: self.desk.append(("free", agent)))
        self.staff.on_busy.append(lambda agent: self.desk.append(("busy", agent)))
        self.staff.on_seat.append(lambda a, here: self.desk.append(("in" if here else "out", a)))

    def state(self, agent: int = 1) -> S:
        return self.status(agent).state

    def status(self, agent: int = 1) -> ev.AgentChanged:
        status = self.staff.status(agent)
        assert status is not None
        return status

    def device(self, state: str, interface: str = "PJSIP/1001") -> None:
        event = ev.DeviceStateChanged(at=self.now, pbx=PBX, interface=interface, state=state)
        self.staff.hear(event)

    def call(
        self, kind: Callable[..., ev.DomainEvent], interaction: str = "c1", /, **values: Any
    ) -> None:
        self.staff.hear(kind(at=self.now, pbx=PBX, interaction=interaction, **values))

    def rings(self, leg: str = "l1", interaction: str = "c1") -> None:
        self.call(ev.LegStarted, interaction, party=phone(leg), uniqueid=leg, boot="b")

    def talks(self, leg: str = "l1", interaction: str = "c1") -> None:
        self.call(ev.TalkStarted, interaction, talk=f"t{leg}", a=CUSTOMER, b=phone(leg))

    def hangs_up(self, leg: str = "l1") -> None:
        self.call(ev.LegEnded, leg=leg, cause=16)

    def reconciled(self) -> None:
        self.staff.hear(ev.LinkRestored(at=self.now, pbx=PBX, boot="b", since=None))

    async def ready(self, agent: int = 1) -> None:
        interface = self.house.agents[agent].interfaces[0]
        self.device("NOT_INUSE", interface)
        await self.staff.sign_in(agent, interface, by=7)
        await self.staff.ready(agent, by=7)

    async def served(self) -> None:
        """A call of the queue is answered."""
        self.call(ev.QueueJoined, entry="e1", queue="sales", leg="c", position=1)
        assert self.staff.offered(1, "c1", "sales", self.now)
        self.rings()
        self.device("RINGING")
        self.talks()
        self.device("INUSE")


CUSTOMER = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", "138", None, "c")


def phone(leg: str) -> ev.Party:
    return ev.Party(f"PJSIP/1001-{leg}", "PJSIP/1001", "1001", None, leg)


async def reborn(floor: Floor, database: Database) -> Floor:
    """The service is started again."""
    await floor.staff.journal.finish()
    again = Floor(database)
    again.now, again.house = floor.now, floor.house
    await again.staff.load()
    return again
