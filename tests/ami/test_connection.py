"""The link against a peer that lies, stalls and goes away in every bad moment."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import replace

import pytest

from callcenter.ami.connection import Endpoint, LinkState, Session, Timing
from callcenter.ami.login import log_in
from callcenter.ami.messages import Message
from callcenter.errors import AmiDisconnected
from tests.ami.links import CALM, QUICK, WITHIN, Link, link
from tests.ami.peer import SECRET, USER, Action, Peer, Script, Wire, pbx, serves, silent

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
            lambda: Session(heard.extend, lambda bad: None), "127.0.0.1", peer.port
        )
        await log_in(session, Endpoint("127.0.0.1", peer.port, USER, SECRET), 1.0)
        transport.close()
        assert await asyncio.wait_for(session.lost, WITHIN) == "closed by the PBX"
