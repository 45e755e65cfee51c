"""Actions against a peer that answers late, twice, to others, by halves or with junk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from callcenter.ami.connection import LinkState, Reply
from callcenter.errors import AmiDisconnected, AmiRefused, AmiTimeout, UnsafeValue
from tests.ami.links import WITHIN, Link, link
from tests.ami.peer import Action, Peer, Script, Wire, pbx, serves, silent

# --- actions -------------------------------------------------------------------------------------


async def _up(connection: Link) -> None:
    await connection.until("up")


async def test_an_action_without_an_answer_ends_in_time_and_its_late_answer_is_harmless() -> None:
    kept: list[Action] = []

    def late(wire: Wire, action: Action) -> None:
        kept.append(action)
        if len(kept) == 2:
            wire.reply(kept[0], Which="first")
            wire.reply(kept[1], Which="second")

    async with Peer(serves(Status=late)) as peer, link(peer) as connection:
        await _up(connection)
        with pytest.raises(AmiTimeout, match=r"Status had no answer within 0\.05 s"):
            await connection.send({"Action": "Status"}, 0.05)
        reply = await connection.send({"Action": "Status"}, WITHIN)
        assert reply.fields["Which"] == "second"
        assert connection.state is LinkState.UP


async def test_an_originate_is_never_sent_again() -> None:
    def torn(wire: Wire, action: Action) -> Awaitable[None]:
        return wire.end()

    async with Peer(serves(Originate=torn), pbx) as peer, link(peer) as connection:
        await _up(connection)
        with pytest.raises(AmiDisconnected):
            await connection.send({"Action": "Originate", "Channel": "PJSIP/1001"})
        await _up(connection)
        await connection.send({"Action": "Ping"})  # whatever was to be sent again, was before this
        assert peer.connections == 2
    assert peer.names().count("Originate") == 1


async def test_without_a_link_an_action_fails_at_once_and_is_not_kept_for_later() -> None:
    async with Peer(silent, pbx) as peer, link(peer) as connection:
        with pytest.raises(AmiDisconnected):
            await connection.send({"Action": "Originate"})
        await _up(connection)
        await connection.send({"Action": "Ping"})
    assert "Originate" not in peer.names()


async def test_a_list_is_given_with_its_events() -> None:
    def two(wire: Wire, action: Action) -> None:
        wire.list(action, "CoreShowChannel", {"Uniqueid": "1.1"}, {"Uniqueid": "1.2"})

    async with Peer(serves(CoreShowChannels=two)) as peer, link(peer) as connection:
        await _up(connection)
        reply = await connection.send({"Action": "CoreShowChannels"})
    assert [message.fields["Uniqueid"] for message in reply.events] == ["1.1", "1.2"]


async def test_events_of_others_between_the_rows_of_a_list_are_no_rows() -> None:
    def mixed(wire: Wire, action: Action) -> None:
        wire.reply(action, EventList="start")
        wire.send(Event="Newchannel", Uniqueid="7.7")
        wire.send(Event="CoreShowChannel", Uniqueid="6.6", ActionID="somebody-else")
        wire.send(Event="CoreShowChannel", Uniqueid="1.1", ActionID=action["ActionID"])
        wire.end_list(action)

    async with Peer(serves(CoreShowChannels=mixed)) as peer, link(peer) as connection:
        await _up(connection)
        reply = await connection.send({"Action": "CoreShowChannels"})
    assert [message.fields["Uniqueid"] for message in reply.events] == ["1.1"]


@pytest.mark.parametrize("word", ["Cancelled", "cancelled"])
async def test_a_cancelled_list_is_an_error(word: str) -> None:
    def cancelled(wire: Wire, action: Action) -> None:
        wire.reply(action, EventList="start")
        ended = {"ActionID": action["ActionID"], "EventList": word}
        wire.send(Event="CoreShowChannelsComplete", **ended)

    async with Peer(serves(CoreShowChannels=cancelled)) as peer, link(peer) as connection:
        await _up(connection)
        with pytest.raises(AmiRefused, match="cancelled"):
            await connection.send({"Action": "CoreShowChannels"})


async def test_a_list_without_an_end_is_a_timeout() -> None:
    def endless(wire: Wire, action: Action) -> None:
        wire.reply(action, EventList="start")
        wire.send(Event="CoreShowChannel", Uniqueid="1.1", ActionID=action["ActionID"])

    async with Peer(serves(CoreShowChannels=endless)) as peer, link(peer) as connection:
        await _up(connection)
        with pytest.raises(AmiTimeout):
            await connection.send({"Action": "CoreShowChannels"}, 0.1)
        assert (await connection.send({"Action": "Ping"})).fields["Response"] == "Success"


@pytest.mark.parametrize("wrong", ["", "action/0/1/1", "*"])
async def test_an_answer_to_nobody_answers_nobody(wrong: str) -> None:
    def confused(wire: Wire, action: Action) -> None:
        wire.send(Response="Error", ActionID=wrong, Message="not yours")
        wire.send(Response="Error", Message="nobody's")
        wire.reply(action, Which="mine")

    async with Peer(serves(Status=confused)) as peer, link(peer) as connection:
        await _up(connection)
        reply = await connection.send({"Action": "Status"})
    assert reply.fields["Which"] == "mine"


async def test_an_answer_given_twice_is_taken_once() -> None:
    def twice(wire: Wire, action: Action) -> None:
        wire.reply(action, Which="first")
        wire.reply(action, Which="second")

    async with Peer(serves(Status=twice)) as peer, link(peer) as connection:
        await _up(connection)
        assert (await connection.send({"Action": "Status"})).fields["Which"] == "first"
        assert (await connection.send({"Action": "Status"})).fields["Which"] == "first"


async def test_a_refusal_names_the_action_and_the_reason() -> None:
    def refuse(wire: Wire, action: Action) -> None:
        wire.reply(action, "Error", Message="Permission denied")

    async with Peer(serves(Command=refuse)) as peer, link(peer) as connection:
        await _up(connection)
        with pytest.raises(AmiRefused, match="Command: Permission denied"):
            await connection.send({"Action": "Command", "Command": "core stop now"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Exten": "100\r\nAction: Command"},
        {"Exten": "100\nx"},
        {"Exten": "100\r"},
        {"Exten": "1\0"},
        {"Exten\r\nAction": "x"},
    ],
)
async def test_a_value_with_a_line_end_is_refused_and_nothing_is_written(
    headers: dict[str, str],
) -> None:
    async with Peer(pbx) as peer, link(peer) as connection:
        with pytest.raises(UnsafeValue):  # also while there is no link
            await connection.send({"Action": "Originate"} | headers)
        await _up(connection)
        with pytest.raises(UnsafeValue) as refused:
            await connection.send({"Action": "Originate"} | headers)
        await connection.send({"Action": "Ping"})
    assert refused.value.field == next(iter(headers))
    assert "Originate" not in peer.names()


async def test_many_actions_at_once_each_get_their_own_answer() -> None:
    waiting: list[Action] = []

    def backwards(wire: Wire, action: Action) -> None:
        waiting.append(action)
        if len(waiting) == 50:
            for each in reversed(waiting):
                wire.reply(each, Which=each["Channel"])

    async def ask(connection: Link, number: int) -> Reply:
        return await connection.send({"Action": "Status", "Channel": str(number)})

    async with Peer(serves(Status=backwards)) as peer, link(peer) as connection:
        await _up(connection)
        replies = await asyncio.gather(*(ask(connection, number) for number in range(50)))
    assert [reply.fields["Which"] for reply in replies] == [str(n) for n in range(50)]


# --- bad bytes -----------------------------------------------------------------------------------


def _sends(*data: bytes) -> Script:
    async def script(wire: Wire) -> None:
        await wire.let_in()
        for each in data:
            wire.write(each)
            await wire.drain()
        wire.send(Event="Hangup", Uniqueid="9.9")
        await wire.hold()

    return script


@pytest.mark.parametrize(
    ("junk", "reason"),
    [
        (b"x" * (2 * 1024 * 1024) + b"\r\n\r\n", "too_large"),
        (b"Event: Newchannel\r\nUniqueid: 1\r\nUniqueid: 2\r\n\r\n", "repeated Uniqueid"),
        (b"\xff\xfe\0 nothing\r\n\r\n", "no_name"),
    ],
)
async def test_junk_is_set_aside_and_the_link_goes_on(junk: bytes, reason: str) -> None:
    async with Peer(_sends(junk)) as peer, link(peer) as connection:
        await connection.until("Hangup")
        assert connection.state is LinkState.UP
        assert peer.connections == 1
    assert [bad.reason for bad in connection.quarantined] == [reason]
    assert connection.quarantined[0].data == junk.removesuffix(b"\r\n\r\n")[:4096]


async def test_events_are_told_in_order() -> None:
    sent = b"".join(b"Event: Newchannel\r\nUniqueid: %d\r\n\r\n" % n for n in range(5000))
    async with Peer(_sends(sent)) as peer, link(peer) as connection:
        await connection.until("Hangup")
    assert [m.fields["Uniqueid"] for m in connection.messages[:-1]] == [str(n) for n in range(5000)]
