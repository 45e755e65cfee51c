"""Calls in progress, told event by event, and a PBX and a house for who gives orders about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callcenter.ami.connection import Reply
from callcenter.events import (
    AgentPhone,
    DomainEvent,
    HoldEnded,
    HoldStarted,
    InteractionEnded,
    LegEnded,
    LegStarted,
    Party,
    TalkEnded,
    TalkStarted,
)
from callcenter.events import EndReason as Reason
from routing.calls_now import CallsNow

CALL = "c" * 32
AGENTS = {"PJSIP/1001": 1, "PJSIP/web-1002": 2, "PJSIP/1004": 4}
TRUNK, ME, OTHER = "PJSIP/trunk-00000000", "PJSIP/1001-00000001", "PJSIP/1004-00000002"


def agent_of(pbx: str, interface: str) -> int | None:
    return AGENTS.get(interface) if pbx == "main" else None


def party(channel: str) -> Party:
    return Party(
        channel=channel, interface=channel[:-9], number=None, name=None, leg=f"leg {channel}"
    )


@dataclass
class Told:
    """Tells a picture what happens in one call."""

    now: CallsNow = field(default_factory=lambda: CallsNow(agent_of))
    call: str = CALL

    def tell(self, kind: Callable[..., DomainEvent], **fields: Any) -> None:
        self.now.hear(kind(at=1.0, pbx="main", interaction=self.call, **fields))

    def leg(self, *channels: str) -> None:
        for channel in channels:
            self.tell(LegStarted, party=party(channel), uniqueid=channel, boot="b")

    def ended(self, channel: str) -> None:
        self.tell(LegEnded, leg=party(channel).leg, cause=16)

    def talk(self, a: str, b: str) -> None:
        self.tell(TalkStarted, talk=f"{a} {b}", a=party(a), b=party(b))

    def talked(self, a: str, b: str) -> None:
        self.tell(TalkEnded, talk=f"{a} {b}", a=party(a), b=party(b), seconds=1.0)

    def held(self, channel: str) -> None:
        self.tell(HoldStarted, hold="h", leg=party(channel).leg)

    def resumed(self, channel: str) -> None:
        self.tell(HoldEnded, hold="h", leg=party(channel).leg)

    def over(self) -> None:
        self.tell(InteractionEnded, reason=Reason.COMPLETED, by=None, cause=16, answered=True)

    def conversation(self) -> None:
        """A customer talks with agent 1."""
        self.leg(TRUNK, ME)
        self.talk(TRUNK, ME)

    def consultation(self) -> None:
        """The customer is put aside, and agent 1 talks with agent 4."""
        self.talked(TRUNK, ME)
        self.leg(OTHER)
        self.talk(ME, OTHER)


Hook = Callable[[Mapping[str, str]], None]


class Pbx:
    """Keeps its orders; `does` is what happens because of one, `failure` what it says instead."""

    def __init__(self) -> None:
        self.orders: list[dict[str, str]] = []
        self.does: Hook = lambda _: None
        self.failure: Exception | None = None

    async def __call__(self, headers: Mapping[str, str]) -> Reply:
        self.orders.append(dict(headers))
        if self.failure is not None:
            raise self.failure
        self.does(headers)
        return Reply({})

    def names(self) -> list[str]:
        return [order["Action"] for order in self.orders]


@dataclass
class House:
    phones: dict[int, AgentPhone] = field(
        default_factory=lambda: {
            1: AgentPhone(interface="PJSIP/1001", kind="desk", state="NOT_INUSE"),
            2: AgentPhone(interface="PJSIP/web-1002", kind="browser", state="UNKNOWN"),
            4: AgentPhone(interface="PJSIP/1004", kind="desk", state="NOT_INUSE"),
        }
    )

    def phone(self, agent: int) -> AgentPhone | None:
        return self.phones.get(agent)

    def queues(self) -> list[str]:
        return ["support", "sales"]
