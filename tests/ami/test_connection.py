"""The link against a peer that lies, stalls, repeats itself and goes away in every bad moment."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from callcenter.ami.connection import AmiConnection, Endpoint, LinkState, Reply, Session, Timing
from callcenter.ami.login import log_in
from callcenter.ami.messages import Message
from callcenter.ami.protocol import Quarantined
from callcenter.errors import AmiDisconnected, AmiRefused, AmiTimeout, UnsafeValue
from tests.ami.peer import SECRET, USER, Action, Peer, Script, Wire, pbx, serves, silent

QUICK = Timing(connect=0.3, ping_every=0.05, ping=0.15, backoff=(0.01,), refused=30.0)
CALM = replace(QUICK, ping_every=30.0)  # no pings among what is looked at
WITHIN = 5.0  # seconds in which a test must have seen what it waits for


class Link(AmiConnection):
    """An AmiConnection that remembers what it told."""

    def __init__(self, port: int, timing: Timing, *, secret: str = SECRET) -> None:
        self.messages: list[Message] = []
        self.quarantined: list[Quarantined] = []
        self.told: asyncio.Queue[str] = asyncio.Queue()
        endpoint = Endpoint("127.0.0.1", port, USER, secret)
        super().__init__(
            endpoint,
            self._message,
            self._came_up,
            lambda: self.told.put_nowait("down"),
            self.quarantined.append,
            timing=timing,
        )

    def _message(self, message: Message) -> None:
        self.messages.append(message)
        self.told.put_nowait(message.name)

    async def _came_up(self) -> None:
        self.told.put_nowait("up")

    async def until(self, what: str) -> None:
        """Wait until it has told this; what it told before is forgotten."""
        async with asyncio.timeout(WITHIN):
            while await self.told.get() != what:
                pass


@asynccontextmanager
async def link(peer: Peer, timing: Timing = CALM, *, secret: str = SECRET) -> AsyncIterator[Link]:
    """A running link; when it is stopped nothing of it may be left."""
    before = asyncio.all_tasks()
    connection = Link(peer.port, timing, secret=secret)
    running = asyncio.create_task(connection.run())
    try:
        yield connection
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    left = asyncio.all_tasks() - before
    assert [task for task in left if "callcenter/ami/" in repr(task.get_coro())] == []


# --- who is there, and who we are ----------------------------------------------------------------


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\r\n",
        b"\0" * 64,
        b"Asterisk Call Managed/1\r\n",
        b"Asterisk Call Manager/" + b"9" * 5000,
    ],
)
async def test_a_stranger_is_not_told_who_we_are(greeting: bytes) -> None:
    async def stranger(wire: Wire) -> None:
        wire.write(greeting)
        await wire.hold()

    async with Peer(stranger) as peer, link(peer) as connection:
        await connection.until("down")
        assert connection.state is LinkState.DOWN
        assert "did not greet" in connection.reason
        assert peer.received == b""
    assert connection.messages == []


async def test_what_a_stranger_says_after_its_greeting_is_not_believed() -> None:
    async def stranger(wire: Wire) -> None:
        wire.write(b"220 mail ready\r\n\r\nEvent: Hangup\r\nUniqueid: 1.1\r\n\r\n")
        await wire.hold()

    async with Peer(stranger) as peer, link(peer) as connection:
        await connection.until("down")
    assert connection.messages == []


async def test_the_secret_is_never_on_the_wire() -> None:
    async with Peer(pbx) as peer, link(peer) as connection:
        await connection.until("up")
        assert connection.state is LinkState.UP
    assert peer.names() == ["Challenge", "Login"]
    assert peer.actions[1]["AuthType"] == "MD5"
    assert SECRET.encode() not in peer.received


async def _no_challenge(wire: Wire) -> None:
    wire.write(b"Asterisk Call Manager/11.0.0\r\n")
    wire.reply(await wire.action(), "Error", Message="Permission denied")
    action = await wire.action()
    wire.reply(action, Message="Authentication accepted")
    await wire.hold()


async def test_without_a_challenge_the_secret_stays_inside_this_machine() -> None:
    async with Peer(_no_challenge) as peer, link(peer) as connection:
        await connection.until("up")
    assert peer.actions[1]["Secret"] == SECRET


async def test_without_challenge_and_tls_the_secret_is_not_sent_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Endpoint, "is_local", False)
    async with Peer(_no_challenge) as peer, link(peer) as connection:
        await connection.until("down")
        assert connection.state is LinkState.REFUSED
        assert "without TLS the password is not sent" in connection.reason
    assert peer.names() == ["Challenge"]
    assert SECRET.encode() not in peer.received


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.7", False),
        ("pbx.example.com", False),
        ("localhost.example.com", False),
    ],
)
def test_what_counts_as_this_machine(host: str, local: bool) -> None:
    assert Endpoint(host, 5038, USER, SECRET).is_local is local


def test_the_secret_is_not_in_what_may_be_logged() -> None:
    assert SECRET not in repr(Endpoint("127.0.0.1", 5038, USER, SECRET))


async def test_a_wrong_password_is_said_and_not_hammered() -> None:
    async with Peer(pbx) as peer, link(peer, secret="wrong") as connection:
        await connection.until("down")
        assert connection.state is LinkState.REFUSED
        assert connection.reason == "Login: Authentication failed"
        await asyncio.sleep(0.2)  # twenty times the pause after an ordinary loss
        assert peer.connections == 1


async def test_refusals_after_the_log_in_are_no_wrong_password() -> None:
    refused = iter([True])

    def once(wire: Wire, action: Action) -> None:
        wire.reply(action, "Error" if next(refused, False) else "Success", Message="not yet")

    async with Peer(serves(CoreStatus=once)) as peer:
        connection = Link(peer.port, CALM)

        async def ask() -> None:
            await connection.send({"Action": "CoreStatus"})
            connection.told.put_nowait("up")

        connection._on_up = ask
        running = asyncio.create_task(connection.run())
        await connection.until("down")
        assert connection.state is LinkState.DOWN
        assert connection.reason == "CoreStatus: not yet"
        await connection.until("up")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_fault_of_ours_after_the_log_in_begins_the_link_anew() -> None:
    async with Peer(pbx) as peer:
        connection = Link(peer.port, CALM)
        faults = iter([ZeroDivisionError("ours")])

        async def fail_once() -> None:
            if fault := next(faults, None):
                raise fault
            connection.told.put_nowait("up")

        connection._on_up = fail_once
        running = asyncio.create_task(connection.run())
        await connection.until("down")
        assert connection.reason == "ZeroDivisionError: ours"
        await connection.until("up")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


# --- silence -------------------------------------------------------------------------------------


async def test_a_peer_that_accepts_and_is_silent_is_given_up_in_time() -> None:
    began = time.monotonic()
    async with Peer(silent) as peer, link(peer) as connection:
        await connection.until("down")
        assert "did not greet within" in connection.reason
    assert time.monotonic() - began < QUICK.connect + 1


async def test_a_peer_that_never_answers_the_log_in_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def mute(wire: Wire) -> None:
        wire.write(b"Asterisk Call Manager/11.0.0\r\n")
        await wire.hold()

    monkeypatch.setattr(Session.send, "__defaults__", (0.1,))
    async with Peer(mute) as peer, link(peer) as connection:
        await connection.until("down")
        assert "Challenge had no answer" in connection.reason


async def test_a_half_open_link_is_found_by_its_pings() -> None:
    pings = itertools.count()

    def three_times(wire: Wire, action: Action) -> None:
        if next(pings) < 3:
            wire.reply(action, Ping="Pong")

    async with Peer(serves(Ping=three_times)) as peer, link(peer, QUICK) as connection:
        await connection.until("up")
        began = time.monotonic()
        await connection.until("down")
        lasted = time.monotonic() - began
        assert connection.reason == "no answer to a ping within 0.15 s"
    assert next(pings) >= 4
    assert lasted < 4 * QUICK.ping_every + QUICK.ping + 1


def test_unless_told_otherwise_a_half_open_link_is_found_within_15_seconds() -> None:
    timing = Timing()
    assert timing.ping_every + timing.ping <= 12


async def test_a_refused_ping_is_a_sign_of_life() -> None:
    pings: asyncio.Queue[None] = asyncio.Queue()

    def refuse(wire: Wire, action: Action) -> None:
        wire.reply(action, "Error", Message="Permission denied")
        pings.put_nowait(None)

    async with Peer(serves(Ping=refuse)) as peer, link(peer, QUICK) as connection:
        async with asyncio.timeout(WITHIN):
            for _ in range(3):
                await pings.get()
        assert connection.state is LinkState.UP
        assert peer.connections == 1


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


# --- coming and going ----------------------------------------------------------------------------


async def test_a_lost_link_is_told_and_begun_anew() -> None:
    async def short(wire: Wire) -> None:
        await wire.let_in()

    async with Peer(short, pbx) as peer, link(peer) as connection:
        await connection.until("down")
        assert connection.reason == "closed by the PBX"
        await connection.until("up")
        assert connection.connects == 2


async def test_a_dropped_link_is_begun_anew() -> None:
    async with Peer(pbx) as peer, link(peer) as connection:
        await connection.until("up")
        connection.drop("because")
        await connection.until("down")
        assert connection.reason == "because"
        await connection.until("up")


async def test_nobody_listening_is_an_ordinary_loss() -> None:
    async with Peer(pbx) as peer:
        port = peer.port
    connection = Link(port, replace(CALM, backoff=(30.0,)))
    with pytest.raises(TimeoutError):  # for ever, as it does not end by itself
        await asyncio.wait_for(connection.run(), 0.1)
    assert connection.state is LinkState.DOWN
    assert "Connect call failed" in connection.reason


async def test_a_host_that_no_name_can_be_is_an_ordinary_loss() -> None:
    connection = Link(5038, replace(CALM, backoff=(30.0,)))
    connection.endpoint = replace(connection.endpoint, host="a" * 70 + ".example")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection.run(), 0.3)
    assert connection.state is LinkState.DOWN
    assert "no connection" in connection.reason


def test_pauses_grow_to_a_limit_and_are_jittered() -> None:
    timing = Timing()
    random.seed(1)
    pauses = [[timing.pause(failures) for _ in range(200)] for failures in range(10)]
    for base, drawn in zip((0.5, 0.5, 1, 2, 4, 8, 15, 15, 15, 15), pauses, strict=True):
        assert base * 0.5 <= min(drawn) < base * 0.6
        assert base * 1.4 < max(drawn) <= base * 1.5


async def test_each_failure_in_a_row_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def pause(self: Timing, failures: int) -> float:
        asked.append(failures)
        return 0.0

    async def bye(wire: Wire) -> None:
        await wire.end()

    monkeypatch.setattr(Timing, "pause", pause)
    async with Peer(bye) as peer, link(peer, replace(CALM, backoff=(5.0,))) as connection:
        for _ in range(4):
            await connection.until("down")
    assert asked[:3] == [1, 2, 3]


async def _greeted(wire: Wire) -> None:
    wire.write(b"Asterisk Call Manager/11.0.0\r\n")
    await wire.hold()


async def _logged_in(wire: Wire) -> None:
    await wire.let_in()
    await wire.hold()


_MOMENTS: dict[str, Script] = {
    "before the greeting": silent,
    "before the log-in": _greeted,
    "logged in": _logged_in,
}


@pytest.mark.parametrize("moment", _MOMENTS)
async def test_a_stop_at_any_moment_leaves_nothing_behind(moment: str) -> None:
    reached = asyncio.Event()

    async def script(wire: Wire) -> None:
        reached.set()
        await _MOMENTS[moment](wire)

    async with Peer(script) as peer, link(peer, replace(CALM, connect=30.0)) as connection:
        async with asyncio.timeout(WITHIN):
            await reached.wait()
            if moment == "logged in":
                await connection.until("up")
    assert connection.session is None


async def test_a_stop_before_anything_ran_leaves_nothing_behind() -> None:
    async with Peer(silent) as peer, link(peer):
        pass


async def test_a_stop_while_a_lost_session_is_cleared_away_is_a_stop() -> None:
    """At every step of the loop after the loss: none may take the stop for its own."""
    for steps in range(30):
        async with Peer(pbx) as peer:
            connection = Link(peer.port, replace(CALM, backoff=(60.0,)))
            running = asyncio.create_task(connection.run())
            await connection.until("up")
            connection.drop("now")
            for _ in range(steps):
                await asyncio.sleep(0)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(running, 1.0)


async def test_what_waits_when_the_link_is_stopped_is_told() -> None:
    asked = asyncio.Event()
    async with Peer(serves(Status=lambda wire, action: asked.set())) as peer:
        async with link(peer) as connection:
            await connection.until("up")
            waiting = asyncio.create_task(connection.send({"Action": "Status"}, 30.0))
            await asyncio.wait_for(asked.wait(), WITHIN)
        with pytest.raises(AmiDisconnected):
            await waiting


async def test_a_session_alone_can_be_logged_in() -> None:
    async with Peer(pbx) as peer:
        heard: list[Message] = []
        loop = asyncio.get_running_loop()
        transport, session = await loop.create_connection(
            lambda: Session(heard.append, lambda bad: None), "127.0.0.1", peer.port
        )
        await log_in(session, Endpoint("127.0.0.1", peer.port, USER, SECRET), 1.0)
        transport.close()
        assert await asyncio.wait_for(session.lost, WITHIN) == "closed by the PBX"
