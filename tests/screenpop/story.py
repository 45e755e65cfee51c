"""Short ways to tell what happened, for tests about what consoles show of it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from callcenter import events as ev

PBX = "pbx1"
PHONES = {"PJSIP/1001": 1, "PJSIP/1002": 2, "PJSIP/1003": 3}
TRUNK = "PJSIP/trunk"
E = TypeVar("E", bound=ev.CallEvent)


def agent_of(pbx: str, interface: str) -> int | None:
    return PHONES.get(interface) if pbx == PBX else None


def customer(number: str | None = "13800138000", leg: str = "c1") -> ev.Party:
    return ev.Party(channel=f"{TRUNK}-{leg}", interface=TRUNK, number=number, name="李雷", leg=leg)


def phone(agent: int, leg: str | None = None) -> ev.Party:
    interface = f"PJSIP/100{agent}"
    leg = leg or f"a{agent}"
    name = f"Agent {agent}"
    return ev.Party(f"{interface}-{leg}", interface, f"100{agent}", name, leg)


class Story:
    """Events of one interaction, each a second after the other."""

    def __init__(self, interaction: str = "i1", at: float = 1000.0) -> None:
        self.interaction = interaction
        self.at = at

    def tell(self, event: type[E], /, **values: Any) -> E:
        self.at += 1
        return event(at=self.at, pbx=PBX, interaction=self.interaction, **values)

    def started(
        self,
        caller: ev.Party | None = None,
        direction: ev.Direction = ev.Direction.INBOUND,
        dialled: str | None = "4008",
        **more: Any,
    ) -> ev.InteractionStarted:
        return self.tell(
            ev.InteractionStarted,
            direction=direction,
            caller=caller or customer(),
            dialled=dialled,
            **more,
        )

    def queued(self, queue: str = "sales", entry: str = "e1") -> ev.QueueJoined:
        return self.tell(ev.QueueJoined, entry=entry, queue=queue, leg="c1", position=1)

    def rings(
        self, agent: int, offer: str | None = None, queue: str | None = "sales"
    ) -> ev.OfferStarted:
        offer = offer or f"{self.interaction}-o{agent}"
        return self.tell(ev.OfferStarted, offer=offer, party=phone(agent), queue=queue, entry=None)

    def rang(
        self,
        agent: int,
        result: ev.OfferResult = ev.OfferResult.ANSWERED,
        offer: str | None = None,
    ) -> ev.OfferEnded:
        offer = offer or f"{self.interaction}-o{agent}"
        return self.tell(ev.OfferEnded, offer=offer, party=phone(agent), result=result, rang=1.0)

    def prepared(self, agent: int, queue: str | None = "sales") -> ev.OfferPrepared:
        return self.tell(ev.OfferPrepared, agent=agent, queue=queue, entered_at=self.at)

    def dropped(self, agent: int, result: ev.OfferResult) -> ev.OfferDropped:
        return self.tell(ev.OfferDropped, agent=agent, result=result)

    def talks(self, agent: int, with_: ev.Party | None = None, talk: str = "t1") -> ev.TalkStarted:
        other = with_ or customer()
        return self.tell(ev.TalkStarted, talk=talk, a=other, b=phone(agent), entry="e1")

    def ended(
        self, reason: ev.EndReason = ev.EndReason.COMPLETED, **more: Any
    ) -> ev.InteractionEnded:
        more = {"by": "caller", "cause": 16, "answered": True} | more
        return self.tell(ev.InteractionEnded, reason=reason, **more)

    def identified(self, name: str = "李雷") -> ev.CallerIdentified:
        return self.tell(
            ev.CallerIdentified, number="13800138000", card=card_of(name), customer="7"
        )


def card_of(name: str) -> msgspec.Raw:
    card = {
        "match": "known",
        "number": "13800138000",
        "e164": "+8613800138000",
        "place": "北京",
        "candidates": [
            {
                "customer": 7,
                "name": name,
                "company": None,
                "level": "gold",
                "owner": None,
                "how": "known",
                "tickets": [],
                "contacts": [],
            }
        ],
    }
    return msgspec.Raw(msgspec.json.encode(card))
