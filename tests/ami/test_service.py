"""Following a PBX through floods, gaps and a store that is away, with a peer that plays along."""

from __future__ import annotations

import asyncio
import time

import pytest

from callcenter.ami import service as module
from callcenter.ami.connection import Endpoint, LinkState, Timing
from callcenter.ami.service import AmiService
from callcenter.calls.tracker import HANDLERS
from callcenter.events import (
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LegStarted,
    LinkLost,
    LinkRestored,
    OfferStarted,
    TalkStarted,
)
from tests.ami.heard import Heard, following
from tests.ami.peer import SECRET, USER, Action, Peer, Wire, pbx, serves

TRUNK = {"Channel": "PJSIP/trunk-01", "Uniqueid": "1.1", "Linkedid": "1.1"}
PHONE = {"Channel": "PJSIP/1001-02", "Uniqueid": "1.2", "Linkedid": "1.1"}
_CALLER = {"CallerIDNum": "+8613800138000", "Context": "from-trunk", "Exten": "8000"}
_ROWS = [
    TRUNK | _CALLER | {"ChannelState": "6", "BridgeId": "b1", "Duration": "00:00:30"},
    PHONE | {"ChannelState": "6", "BridgeId": "b1", "Duration": "00:00:20"},
]
_BRIDGE = {"BridgeUniqueid": "b1", "BridgeTechnology": "simple_bridge"}


def endpoint(peer: Peer) -> Endpoint:
    return Endpoint("127.0.0.1", peer.port, USER, SECRET)


def new(number: int) -> dict[str, str]:
    """A call from outside, told by its first channel."""
    unique = {"Uniqueid": f"5.{number}", "Linkedid": f"5.{number}"}
    return unique | {"Channel": f"PJSIP/trunk-{number:08x}", "ChannelState": "4"} | _CALLER


def in_call(wire: Wire, action: Action) -> None:
    wire.list(action, "CoreShowChannel", *_ROWS)


def bridged(wire: Wire, action: Action) -> None:
    wire.list(action, "BridgeListItem", _BRIDGE)


talking = serves(CoreShowChannels=in_call, BridgeList=bridged)


# --- floods --------------------------------------------------------------------------------------


async def test_a_flood_is_followed_in_order_and_never_piles_up() -> None:
    wires: list[Wire] = []

    def ready(wire: Wire, action: Action) -> None:
        wires.append(wire)
        wire.list(action, "DeviceStateChange")

    heard = Heard()
    deepest = 0
    async with (
        Peer(serves(DeviceStateList=ready)) as peer,
        following(heard, endpoint(peer)) as service,
    ):
        await heard.first(LinkRestored)
        for number in range(6000):
            wires[0].send(Event="Newchannel", **new(number))
            if number % 500 == 0:
                await wires[0].drain()
                deepest = max(deepest, service.depth)
        await heard.first(LegStarted, where=lambda leg: leg.uniqueid == "5.5999")
        assert service.depth == 0
    assert [leg.uniqueid for leg in heard.all(LegStarted)] == [f"5.{n}" for n in range(6000)]
    assert deepest < 6000


async def test_more_than_can_be_held_leads_to_a_new_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_QUEUED", 1000)
    depths: list[int] = []

    async def flood(wire: Wire, action: Action) -> None:
        wire.reply(action, EventList="start")  # and never its end: nothing can be followed
        for number in range(20_000):
            wire.send(Event="Newchannel", **new(number))
            if number % 1000 == 0:
                await wire.drain()
                depths.append(followed.depth)

    heard = Heard()
    async with Peer(serves(CoreShowChannels=flood), pbx) as peer:
        async with following(heard, endpoint(peer)) as followed:
            await heard.first(LinkRestored)
            assert followed.depth == 0
        assert peer.connections == 2
    assert max(depths) <= 1000
    assert heard.all(InteractionStarted) == []


async def test_what_is_told_while_the_lists_are_read_is_followed_after_them() -> None:
    def meanwhile(wire: Wire, action: Action) -> None:
        wire.reply(action, EventList="start")
        wire.send(Event="Newchannel", **new(1))
        wire.send(Event="Hangup", **TRUNK)  # still in the list, gone before the list was read
        for row in _ROWS:
            wire.send(Event="CoreShowChannel", ActionID=action["ActionID"], **row)
        wire.end_list(action)

    heard = Heard()
    async with (
        Peer(serves(CoreShowChannels=meanwhile, BridgeList=bridged)) as peer,
        following(heard, endpoint(peer)),
    ):
        await heard.first(LegStarted, where=lambda leg: leg.uniqueid == "5.1")
    kinds = [type(event) for event in heard.events]
    restored = kinds.index(LinkRestored)
    assert kinds.index(TalkStarted) < restored
    assert [leg.uniqueid for leg in heard.all(LegStarted, restored)] == ["5.1"]


async def test_one_message_that_cannot_be_followed_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(world: object, fields: dict[str, str]) -> None:
        raise ZeroDivisionError(fields["Uniqueid"])

    def ready(wire: Wire, action: Action) -> None:
        wire.list(action, "DeviceStateChange")
        wire.send(Event="Hold", **TRUNK)
        wire.send(Event="Newchannel", **new(1))

    monkeypatch.setitem(HANDLERS, "Hold", fail)
    heard = Heard()
    async with (
        Peer(serves(DeviceStateList=ready)) as peer,
        following(heard, endpoint(peer)) as service,
    ):
        await heard.first(LegStarted)
        assert service.connection.state is LinkState.UP
        assert peer.connections == 1


# --- gaps ----------------------------------------------------------------------------------------


async def test_a_call_in_progress_is_adopted_with_what_can_be_known() -> None:
    heard = Heard()
    async with Peer(talking) as peer, following(heard, endpoint(peer)):
        await heard.first(LinkRestored)
    [call] = heard.all(InteractionStarted)
    assert call.adopted
    assert call.caller.number == "+8613800138000"
    assert call.dialled == "8000"
    assert call.at == pytest.approx(time.time() - 30, abs=2)
    [talk] = heard.all(TalkStarted)
    assert talk.at is None
    assert (talk.a.channel, talk.b.channel) == ("PJSIP/trunk-01", "PJSIP/1001-02")


async def test_a_gap_in_mid_call_is_told_and_the_call_is_told_once() -> None:
    heard = Heard()
    async with Peer(talking) as peer, following(heard, endpoint(peer)) as service:
        await heard.first(LinkRestored)
        before = len(heard.events)
        service.connection.drop("as a broken cable would")
        restored = await heard.first(LinkRestored, before)
        assert [type(event) for event in heard.events[before:]] == [LinkLost, LinkRestored]
    lost = heard.all(LinkLost)[0]
    assert restored.since == lost.at
    assert restored.at is not None
    assert lost.at is not None
    assert lost.at <= restored.at


async def test_a_gap_begins_when_the_pbx_was_last_heard() -> None:
    spoke: list[float] = []

    def once(wire: Wire, action: Action) -> None:
        if not spoke:
            wire.reply(action)
            spoke.append(time.time())

    heard = Heard()
    timing = Timing(ping_every=0.3, ping=0.3, backoff=(0.05,))
    async with (
        Peer(serves(Ping=once), pbx) as peer,
        following(heard, endpoint(peer), timing),
    ):
        lost = await heard.first(LinkLost)
        assert lost.at == pytest.approx(spoke[0], abs=0.1)
        assert time.time() - spoke[0] > 0.5


async def test_what_is_gone_after_a_gap_is_closed_as_lost() -> None:
    heard = Heard()
    async with Peer(talking, pbx) as peer, following(heard, endpoint(peer)) as service:
        await heard.first(LinkRestored)
        service.connection.drop("gone")
        end = await heard.first(InteractionEnded)
    assert (end.reason, end.estimated, end.incomplete) == (EndReason.LOST, True, True)


async def test_a_pbx_that_started_anew_has_none_of_the_old_calls() -> None:
    def another_boot(wire: Wire, action: Action) -> None:
        wire.reply(action, CoreStartupDate="2026-11-22", CoreStartupTime="00:00:00")

    again = serves(CoreShowChannels=in_call, BridgeList=bridged, CoreStatus=another_boot)
    heard = Heard()
    async with Peer(talking, again) as peer, following(heard, endpoint(peer)) as service:
        await heard.first(LinkRestored)
        mark = len(heard.events)
        service.connection.drop("restart")
        await heard.first(LinkRestored, mark)
    first, second = heard.all(InteractionStarted)
    assert first.interaction != second.interaction  # the same uniqueid, another run of the PBX
    assert [end.interaction for end in heard.all(InteractionEnded)] == [first.interaction]
    assert {leg.boot for leg in heard.all(LegStarted)} == {
        "2026-11-21T10:00:00",
        "2026-11-22T00:00:00",
    }


# --- a restart of ours, and the store ------------------------------------------------------------


async def test_after_a_restart_the_call_is_the_same_call() -> None:
    heard = Heard()
    async with Peer(talking) as peer:
        async with following(heard, endpoint(peer)):
            await heard.first(LinkRestored)
        mark = len(heard.events)
        async with following(heard, endpoint(peer)):
            await heard.first(LinkRestored, mark)
    first, second = heard.all(InteractionStarted)
    assert first.interaction == second.interaction
    assert second.adopted
    assert heard.all(InteractionEnded) == []
    talks = heard.all(TalkStarted)
    assert talks[0].talk == talks[1].talk


async def test_calls_that_ended_while_we_were_away_are_closed_as_lost() -> None:
    heard = Heard()
    async with Peer(talking, pbx) as peer:
        async with following(heard, endpoint(peer)):
            await heard.first(LinkRestored)
        async with following(heard, endpoint(peer)):
            end = await heard.first(InteractionEnded)
    assert end.interaction == heard.all(InteractionStarted)[0].interaction
    assert end.reason is EndReason.LOST
    assert end.estimated


async def test_a_call_begun_since_is_not_closed_by_a_store_that_lags() -> None:
    class Lagging(Heard):
        """Knows of starts at once and of ends never, and can be asked only after one."""

        async def open_interactions(self, pbx: str) -> list[str]:
            await self.first(InteractionEnded)
            return ["from-before", *(e.interaction for e in self.all(InteractionStarted))]

    def ready(wire: Wire, action: Action) -> None:
        wire.list(action, "DeviceStateChange")
        wire.send(Event="Newchannel", **new(1))
        wire.send(Event="Hangup", Cause="16", **{k: new(1)[k] for k in ("Uniqueid", "Channel")})

    heard = Lagging()
    async with Peer(serves(DeviceStateList=ready)) as peer, following(heard, endpoint(peer)):
        await heard.first(InteractionEnded, where=lambda end: end.interaction == "from-before")
    begun = heard.all(InteractionStarted)[0].interaction
    ends = [end for end in heard.all(InteractionEnded) if end.interaction == begun]
    assert [end.reason for end in ends] == [EndReason.CANCELLED]


async def test_a_store_that_is_away_keeps_no_call_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away(Heard):
        asked = 0

        async def known(self, pbx: str, boot: str) -> dict[str, str]:
            await asyncio.Event().wait()
            return {}

        async def open_interactions(self, pbx: str) -> list[str]:
            self.asked += 1
            if self.asked < 3:
                raise ConnectionRefusedError
            return ["from-before"]

    monkeypatch.setattr(module, "MEMORY_SECONDS", 0.05)
    monkeypatch.setattr(module, "RETRY", 0.02)
    heard = Away()
    async with Peer(talking) as peer, following(heard, endpoint(peer)):
        await heard.first(TalkStarted)
        end = await heard.first(InteractionEnded)
    assert end.interaction == "from-before"
    assert heard.asked == 3


async def test_the_gap_after_a_crash_begins_where_the_rows_end() -> None:
    class Crashed(Heard):
        async def last_known_at(self, pbx: str) -> float | None:
            return 1_000.0

    heard = Crashed()
    async with Peer(pbx) as peer, following(heard, endpoint(peer)):
        assert (await heard.first(LinkRestored)).since == 1_000.0


async def test_stopping_while_the_store_is_away_leaves_nothing_behind() -> None:
    class Away(Heard):
        async def open_interactions(self, pbx: str) -> list[str]:
            raise ConnectionRefusedError

    heard = Away()
    async with Peer(pbx) as peer, following(heard, endpoint(peer)):
        await heard.first(LinkRestored)
        await asyncio.sleep(0)
    assert [t for t in asyncio.all_tasks() if t.get_name().startswith("ami-")] == []


# --- what a PBX may lack -------------------------------------------------------------------------


async def test_a_pbx_without_queues_or_device_states_is_followed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BOOT_SECONDS", 0.1)

    def absent(wire: Wire, action: Action) -> None:
        wire.reply(action, "Error", Message="Invalid/unknown command: X. Use Action: ListCommands")

    heard = Heard()
    script = serves(QueueStatus=absent, DeviceStateList=absent)
    async with Peer(script) as peer, following(heard, endpoint(peer)) as service:
        await heard.first(LinkRestored)
        await asyncio.sleep(0)
        assert service.health[0]


async def changed(service: AmiService) -> tuple[bool, str]:
    """The health once the first attempt is over; nothing tells of a failure but the state."""
    async with asyncio.timeout(5):
        while service.connection.state is LinkState.CONNECTING:  # noqa: ASYNC110 - polls
            await asyncio.sleep(0.01)
    return service.health


async def test_a_missing_right_is_named_in_the_health() -> None:
    def denied(wire: Wire, action: Action) -> None:
        wire.reply(action, "Error", Message="Permission denied")

    heard = Heard()
    async with (
        Peer(serves(CoreShowChannels=denied)) as peer,
        following(heard, endpoint(peer)) as service,
    ):
        state = await changed(service)
    assert state == (False, "down: CoreShowChannels: Permission denied")


async def test_a_wrong_password_is_in_the_health() -> None:
    heard = Heard()
    async with Peer(pbx) as peer:
        wrong = Endpoint("127.0.0.1", peer.port, USER, "not it")
        async with following(heard, wrong) as service:
            state = await changed(service)
    assert state == (False, "refused: Login: Authentication failed")


async def test_offers_are_not_told_again_when_a_phone_still_rings_after_a_gap() -> None:
    def ringing(wire: Wire, action: Action) -> None:
        trunk = _ROWS[0] | {"BridgeId": ""}
        wire.list(action, "CoreShowChannel", trunk, PHONE | {"ChannelState": "5"})

    heard = Heard()
    async with (
        Peer(serves(CoreShowChannels=ringing)) as peer,
        following(heard, endpoint(peer)) as service,
    ):
        await heard.first(LinkRestored)
        mark = len(heard.events)
        service.connection.drop("gap")
        await heard.first(LinkRestored, mark)
    assert [offer.party.interface for offer in heard.all(OfferStarted)] == ["PJSIP/1001"]
