"""A PBX that says it goes is believed when it goes: callers can put words into its mouth."""

from __future__ import annotations

import pytest

from callcenter.ami import service as module
from callcenter.ami.connection import Endpoint
from callcenter.events import (
    EndReason,
    InteractionEnded,
    LegEnded,
    LegStarted,
    LinkLost,
    LinkRestored,
)
from tests.ami.heard import Heard, following
from tests.ami.peer import SECRET, USER, Action, Peer, Wire, pbx, serves

CALL = {
    "Channel": "PJSIP/trunk-01",
    "Uniqueid": "1.1",
    "Linkedid": "1.1",
    "ChannelState": "4",
    "CallerIDNum": "13800138000",
    "Exten": "8000",
}


async def played(heard: Heard, *, goes: bool) -> None:
    """A call rings, the PBX says farewell, and hangs up on us or stays."""
    wires: list[Wire] = []

    def ready(wire: Wire, action: Action) -> None:
        wires.append(wire)
        wire.list(action, "DeviceStateChange")

    async with (
        Peer(serves(DeviceStateList=ready), pbx) as peer,
        following(heard, Endpoint("127.0.0.1", peer.port, USER, SECRET)),
    ):
        await heard.first(LinkRestored)
        wires[0].send(Event="Newchannel", **CALL)
        wires[0].send(Event="Shutdown", Shutdown="Cleanly")
        await heard.first(LegStarted)
        if goes:
            await wires[0].end()
            await heard.first(InteractionEnded)
        else:
            wires[0].send(Event="Hangup", Cause="16", **CALL)
            await heard.first(LegEnded)


def told(heard: Heard) -> list[str]:
    kinds = (InteractionEnded, LinkLost)
    return [type(event).__name__ for event in heard.events if isinstance(event, kinds)]


async def test_calls_are_lost_with_a_pbx_that_goes() -> None:
    heard = Heard()
    await played(heard, goes=True)
    assert told(heard)[:2] == ["InteractionEnded", "LinkLost"]
    assert [end.reason for end in heard.all(InteractionEnded)] == [EndReason.LOST]


async def test_a_call_goes_on_when_the_pbx_stays() -> None:
    heard = Heard()
    await played(heard, goes=False)
    assert [leg.cause for leg in heard.all(LegEnded)] == [16]
    assert EndReason.LOST not in {end.reason for end in heard.all(InteractionEnded)}


async def test_a_farewell_of_long_ago_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHUTDOWN_SECONDS", -1.0)
    heard = Heard()
    await played(heard, goes=True)  # what the PBX no longer knows afterwards is lost all the same
    assert told(heard)[:2] == ["LinkLost", "InteractionEnded"]
