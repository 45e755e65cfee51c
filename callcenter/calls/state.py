"""What the tracker knows at a moment: channels, bridges, interactions and what is open in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callcenter.events import (
    Direction,
    MonitorMode,
    OfferResult,
    Party,
    QueueExit,
    TransferKind,
)
from callcenter.ids import stable_id

if TYPE_CHECKING:
    from callcenter.calls.names import ChannelName
    from callcenter.events import DomainEvent


@dataclass(slots=True, eq=False)
class Channel:
    """One leg, from its first mention to its hangup."""

    uniqueid: str
    name: str
    parsed: ChannelName
    linkedid: str
    interaction: Interaction
    order: int  # of first mention, over all channels
    started_at: float | None
    leg: str
    number: str | None = None
    caller_name: str | None = None
    exten: str | None = None
    up: bool = False
    bridge: str | None = None
    dialled_by: str | None = None  # uniqueid of the channel whose Dial or Queue made this one
    originated: bool = False  # dialled by nobody: an Originate made it
    offer: Offer | None = None
    talks: dict[str, Talk] = field(default_factory=dict)  # peer's uniqueid -> talk
    last_partner: Channel | None = None  # of the last conversation that ended
    hold: str | None = None
    holds: frozenset[str] = frozenset()  # uniqueids of whom it put on hold
    held_by: Channel | None = None  # whose telephone had us play music here
    recording: bool = False
    recording_file: str | None = None
    muted: frozenset[str] = frozenset()  # directions of its recording that are silent
    apart_since: float | None = None  # when it left its last bridge, while it is in none
    answered: bool = False
    asked_to_hang_up: bool = False
    number_at_birth: bool = False  # the endpoint has a number of its own; nobody guessed it
    announced: bool = False  # LegStarted was told
    picked_up: bool = False  # took another phone's call
    led_by: str | None = None  # the queue entry whose call it took

    @property
    def real(self) -> bool:
        """Somebody speaks here: no half of a Local channel."""
        return not self.parsed.is_local

    def party(self) -> Party:
        return Party(
            channel=self.name,
            interface=self.parsed.interface,
            number=self.number,
            name=self.caller_name,
            leg=self.leg,
        )


@dataclass(slots=True, eq=False)
class Bridge:
    bridge: str
    holding: bool
    members: dict[str, None] = field(default_factory=dict)  # ordered set of uniqueids


@dataclass(slots=True, eq=False)
class Offer:
    """One attempt at one phone. Its result is told once, when it is certain."""

    id: str
    channel: Channel
    started_at: float | None
    queue: str | None
    entry: str | None
    status: str | None = None  # DialStatus, when the dialling ended
    ended_at: float | None = None
    rang: float | None = None  # as an Agent event gave it, seconds
    forwarded: bool = False


@dataclass(slots=True, eq=False)
class Entry:
    """One stay in a queue."""

    id: str
    queue: str
    channel: Channel
    joined_at: float | None
    left_at: float | None = None
    leaving: bool = False  # left, the exit not yet certain
    abandoned: bool = False  # the PBX said abandon, which it also says of a timeout
    hold_time: float | None = None  # as the PBX gave it, seconds
    undecided: list[Offer] = field(default_factory=list)  # cancelled; why, the exit will say


@dataclass(slots=True, eq=False)
class Talk:
    """Two who hear each other. A break that mends itself at once does not end it."""

    id: str
    a: Channel
    b: Channel
    started_at: float | None
    broken_at: float | None = None
    broken: bool = False
    broken_by: Channel | None = None


@dataclass(slots=True, eq=False)
class Transfer:
    """A transfer whose result is not known yet."""

    id: str
    kind: TransferKind
    by: Channel | None
    by_name: str
    moved: Channel | None
    moved_name: str | None
    to: str | None
    last_result: OfferResult | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Of one of the PBX's own queues, as it was told last."""

    name: str | None
    paused: bool
    reason: str | None


@dataclass(slots=True, eq=False)
class Monitor:
    """A telephone that listens to a call: no leg of any, and in no conversation."""

    id: str
    channel: str
    mode: MonitorMode = "listen"
    heard: Channel | None = None  # whose call it is, once it listens
    started_at: float | None = None


@dataclass(slots=True, eq=False)
class Interaction:
    id: str
    order: int
    started_at: float | None
    caller: Channel | None = None  # the first real channel; kept after it is gone
    direction: Direction = Direction.INTERNAL
    dialled: str | None = None
    announced: bool = False  # InteractionStarted was told
    told: bool = False  # and all there is to tell before anything else can be
    adopted: bool = False
    originated: bool = False
    answered: bool = False
    incomplete: bool = False
    exit: QueueExit | None = None  # of the last queue
    ends_by: Channel | None = None  # who broke the last conversation
    callee_external: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)
    held: list[DomainEvent] = field(default_factory=list)  # told before there was a caller
    linkedids: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    last_offer: OfferResult | None = None
    cause: int | None = None  # Q.850, of the caller's hangup
    seen: dict[str, int] = field(default_factory=dict)  # how often each pair talked ...

    def ordinal(self, what: str) -> str:
        """A counter per kind of thing: ids are the same whenever the story is told again."""
        count = self.seen.get(what, 0)
        self.seen[what] = count + 1
        return str(count)

    def new_id(self, *parts: str) -> str:
        key = "\x1f".join(parts)
        return stable_id(key, self.ordinal(key))
