"""Calls told by hand, message by message, as a PBX would tell them; for rules no trace shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from callcenter.ami.messages import Message
from callcenter.calls.tracker import Tracker
from callcenter.events import DomainEvent, Event

Kind = TypeVar("Kind", bound=Event)
BEGAN = 1_800_000_000.0


@dataclass(frozen=True, slots=True)
class Chan:
    """A channel as messages name it."""

    name: str
    uniqueid: str
    linkedid: str
    number: str

    def fields(self, prefix: str = "") -> dict[str, str]:
        return {
            f"{prefix}Channel": self.name,
            f"{prefix}Uniqueid": self.uniqueid,
            f"{prefix}Linkedid": self.linkedid,
            f"{prefix}CallerIDNum": self.number,
            f"{prefix}CallerIDName": "<unknown>",
        }


class Script:
    """Feeds a tracker what it is told, a second passing with `wait`, and keeps what comes out."""

    def __init__(self, trunks: tuple[str, ...] = ()) -> None:
        self.tracker = Tracker("main", "boot", trunks)
        self.now = BEGAN
        self.events: list[DomainEvent] = []
        self._count = 0

    def tell(self, name: str, *parts: dict[str, str], **fields: str) -> None:
        merged = {key: value for part in parts for key, value in part.items()} | fields
        merged["Timestamp"] = f"{self.now:.6f}"
        self.now += 0.001
        self.events += self.tracker.feed(Message(name, merged, None))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.events += self.tracker.tick(self.now)

    def finish(self) -> list[DomainEvent]:
        self.events += self.tracker.finish()
        return self.events

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    # --- what a PBX says -------------------------------------------------------------------------

    def channel(
        self, name: str, of: Chan | None = None, *, number: str = "", exten: str = "", **more: str
    ) -> Chan:
        """A new channel, in the call `of` or in one of its own."""
        self._count += 1
        uniqueid = f"{int(BEGAN)}.{self._count}"
        linkedid = of.linkedid if of else uniqueid
        made = Chan(name, uniqueid, linkedid, number or "<unknown>")
        where = {"ChannelState": "4" if exten else "0", "Exten": exten, "Context": "c"}
        self.tell("Newchannel", made.fields(), where, **more)
        return made

    def state(self, channel: Chan, state: str) -> None:
        self.tell("Newstate", channel.fields(), ChannelState=state)

    def dial(self, source: Chan | None, called: Chan, **more: str) -> None:
        parts = [source.fields()] if source else []
        self.tell("DialBegin", *parts, called.fields("Dest"), **more)

    def dialled(self, source: Chan | None, called: Chan, status: str, **more: str) -> None:
        parts = [source.fields()] if source else []
        self.tell("DialEnd", *parts, called.fields("Dest"), DialStatus=status, **more)

    def enter(self, bridge: str, *channels: Chan, technology: str = "simple_bridge") -> None:
        for channel in channels:
            self.tell(
                "BridgeEnter",
                channel.fields(),
                BridgeUniqueid=bridge,
                BridgeTechnology=technology,
                ChannelState="6",
            )

    def leave(self, bridge: str, *channels: Chan) -> None:
        for channel in channels:
            self.tell("BridgeLeave", channel.fields(), BridgeUniqueid=bridge)

    def hangup(self, *channels: Chan, cause: int = 16, asked: bool = False) -> None:
        for channel in channels:
            if asked:
                self.tell("HangupRequest", channel.fields())
            self.tell("Hangup", channel.fields(), Cause=str(cause))

    # --- what happens in most calls --------------------------------------------------------------

    def ringing(self, exten: str = "8000") -> tuple[Chan, Chan]:
        """A customer from the trunk, and the telephone 1001 that rings for them."""
        customer = self.channel("PJSIP/trunk-00000001", number="+8613800138000", exten=exten)
        phone = self.channel("PJSIP/1001-00000002", customer, number="1001")
        self.dial(customer, phone)
        return customer, phone

    def talking(self, bridge: str = "b1") -> tuple[Chan, Chan]:
        customer, phone = self.ringing()
        self.dialled(customer, phone, "ANSWER")
        self.enter(bridge, phone, customer)
        return customer, phone
