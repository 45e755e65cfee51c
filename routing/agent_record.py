"""One agent as the state machine knows them: everything that decides what may happen next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from callcenter.events import AgentState, OfferResult
from routing.agent_inputs import NoConsole, NoPhone, Terms

# Reasons that we give, beside those that people choose from.
SIGNED_IN = "signed_in"  # nobody is rung before they say that they are ready
NO_ANSWER = "no_answer"
DISCONNECTED = "disconnected"
NO_PHONE = "no_phone"
SUPERVISOR = "supervisor"  # a supervisor's, who gave no other
OURS = frozenset({NO_ANSWER, DISCONNECTED, NO_PHONE})  # beside which a person's reason stands
RESERVED = OURS | {SIGNED_IN, SUPERVISOR}  # nobody may add them to what agents choose from

IDLE = frozenset({"NOT_INUSE"})  # device states in which a phone may be rung
IN_USE = frozenset({"INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"})

GRACE = 30.0  # seconds for a console to come back
BLIP = 30.0  # seconds a phone may be gone without costing the agent its place in the line
DOUBT = 5.0  # seconds the PBX's word that a phone is idle outlives ours that it is in a call

# Of an offer's results: what an agent is to blame for, and what must not even cost the place in the
# line. FAILED is neither: a service of ours or a phone that broke goes to the end, without blame.
MISSES = frozenset({OfferResult.TIMED_OUT, OfferResult.REJECTED, OfferResult.BUSY})
NO_FAULT = frozenset({OfferResult.CALLER_GONE, OfferResult.ANSWERED_ELSEWHERE})

OFFLINE, READY, NOT_READY = AgentState.OFFLINE, AgentState.READY, AgentState.NOT_READY
OFFERED, BUSY, WRAP_UP = AgentState.OFFERED, AgentState.BUSY, AgentState.WRAP_UP
IN_CALL = frozenset({OFFERED, BUSY})


class Contact(msgspec.Struct, frozen=True):
    """What an agent is busy with."""

    interaction: str
    queue: str | None = None
    terms: Terms | None = None  # None: not of a queue of ours, so without wrap-up


class Agent(msgspec.Struct, frozen=True):
    """Everything about one agent that decides what may happen next.

    A struct of msgspec, because it is copied for every change, a dozen times a call, which costs a
    dataclass of so many fields twenty times as much.
    """

    id: int
    state: AgentState = OFFLINE
    since: float = 0.0
    reasons: frozenset[str] = frozenset()  # shown when not ready, pending otherwise
    leaving: bool = False
    interface: str | None = None
    device: str = "UNKNOWN"
    idle_since: float | None = None  # the place in the line of those who wait for calls
    keeps_place_until: float | None = None
    calls: tuple[tuple[str, str], ...] = ()  # (leg, interaction) of their phones
    contact: Contact | None = None  # offered, talked to or wrapped up
    owed: Contact | None = None  # wrap-up follows for this one
    last_offer: str | None = None  # its leg may be told after it was over
    until: float | None = None  # wrap-up ends by itself
    wrap_left: float | None = None  # seconds of a wrap-up that a call interrupted
    extended: float = 0.0
    misses: int = 0
    watched: bool = False  # a console is there, or was until a moment ago
    grace_until: float | None = None
    doubt_until: float | None = None

    @property
    def signed_in(self) -> bool:
        return self.state is not OFFLINE

    @property
    def free(self) -> bool:
        """May be rung now."""
        return self.state is READY and self.device in IDLE

    @property
    def registered(self) -> bool:
        return self.device in IDLE or self.device in IN_USE

    @property
    def pending(self) -> str | None:
        """What was asked for and has to wait."""
        if self.state not in IN_CALL and self.state is not WRAP_UP:
            return None
        if self.leaving:
            return "sign_out"
        return "not_ready" if self.reasons - {NO_PHONE} else None

    @property
    def due(self) -> float | None:
        """When a `Tick` is wanted."""
        instants = (self.until, self.grace_until, self.doubt_until)
        return min((at for at in instants if at is not None), default=None)

    def with_phone(self) -> Agent:
        """The reason that is a fact about the phone, put right."""
        others = self.reasons - {NO_PHONE}
        return replace(self, reasons=others if self.registered else others | {NO_PHONE})

    def offline(self, now: float) -> Agent:
        watched = self.watched and self.grace_until is None
        return Agent(self.id, since=now, calls=self.calls, watched=watched)

    def without(self, gone: Callable[[str, str], bool]) -> Agent:
        """Less the calls of which `gone(leg, interaction)` is true."""
        return replace(self, calls=tuple(call for call in self.calls if not gone(*call)))


class Effect(StrEnum):
    """What others have to hear of."""

    SEATED = "seated"
    UNSEATED = "unseated"
    FREED = "freed"
    TAKEN = "taken"
    TOLD = "told"  # consoles see a difference
    LOGGED = "logged"  # reports do


@dataclass(frozen=True, slots=True)
class Step:
    agent: Agent
    effects: frozenset[Effect]


def effects(before: Agent, after: Agent) -> frozenset[Effect]:
    if before == after:
        return frozenset()
    found = {
        Effect.SEATED: after.signed_in and not before.signed_in,
        Effect.UNSEATED: before.signed_in and not after.signed_in,
        Effect.FREED: after.free and not before.free,
        Effect.TAKEN: before.free and not after.free,
        Effect.TOLD: _shown(before) != _shown(after),
        Effect.LOGGED: _noted(before) != _noted(after),
    }
    return frozenset(effect for effect, is_so in found.items() if is_so)


def shown_reasons(agent: Agent) -> list[str]:
    return sorted(agent.reasons) if agent.state is NOT_READY else []


def _noted(agent: Agent) -> tuple[object, ...]:
    return agent.state, shown_reasons(agent)


def _shown(agent: Agent) -> tuple[object, ...]:
    phone = (agent.interface, agent.device)
    return *_noted(agent), agent.since, agent.until, agent.contact, agent.pending, phone


def renamed(agent: Agent, old: str, new: str) -> Agent:
    """The contact `old` is called `new` from now on."""

    def name(contact: Contact | None) -> Contact | None:
        if contact is None or contact.interaction != old:
            return contact
        return replace(contact, interaction=new)

    return replace(
        agent,
        calls=tuple((leg, new if of == old else of) for leg, of in agent.calls),
        contact=name(agent.contact),
        owed=name(agent.owed),
        last_offer=new if agent.last_offer == old else agent.last_offer,
    )


def refuse_without_phone(agent: Agent) -> None:
    """Raises NoPhone when the agent could not be rung."""
    if not agent.registered:
        said = f"{agent.interface} is {agent.device} to the PBX"
        raise NoPhone(f"the phone could not ring, {said}: connect it, or sign in with another")


def refuse_without_console(agent: Agent) -> None:
    """Raises NoConsole when nobody would see whom a call is from."""
    if DISCONNECTED in agent.reasons and not agent.watched:
        raise NoConsole("the agent's console is not connected: open it, then go ready")
