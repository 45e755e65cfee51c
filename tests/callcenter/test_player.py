"""The demo's stand-in for a PBX: real bytes on a real socket, and every round a new call."""

from __future__ import annotations

import asyncio
import io
import itertools
import re
import time
from pathlib import Path

import pytest

from callcenter.ami.connection import AmiConnection, Endpoint, LinkState, Timing
from callcenter.ami.service import AmiService
from callcenter.events import (
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LegStarted,
    LinkRestored,
    OfferStarted,
    QueueJoined,
    TalkEnded,
    TalkStarted,
)
from callcenter.player import CHOSEN, Trace, TracePlayer, demo_traces, refresh
from callcenter.replay import tell
from tests.ami.heard import Heard, following
from tests.calls import traces

FAST = 100.0


def endpoint(player: TracePlayer) -> Endpoint:
    return Endpoint(player.host, player.port, player.username, player.secret)


async def ended(heard: Heard, calls: int) -> list[InteractionEnded]:
    """Wait until so many calls have ended."""
    await heard.first(InteractionEnded, where=lambda _: len(heard.all(InteractionEnded)) >= calls)
    return heard.all(InteractionEnded)


# --- end to end ----------------------------------------------------------------------------------


async def test_the_service_follows_its_calls_one_round_after_the_other() -> None:
    heard = Heard()
    paths = demo_traces()
    async with (
        TracePlayer(paths, speed=FAST) as player,
        following(heard, endpoint(player)) as service,
    ):
        ends = await ended(heard, 2 * len(paths) + 1)
        assert service.health[0]
        assert player.rounds >= 2 * len(paths)
    assert {end.reason for end in ends} >= {EndReason.COMPLETED, EndReason.CANCELLED}
    assert not any(end.incomplete or end.estimated for end in ends)
    started = [event.interaction for event in heard.all(InteractionStarted)]
    assert len(started) == len(set(started))
    uniqueids = [leg.uniqueid for leg in heard.all(LegStarted)]
    assert len(uniqueids) == len(set(uniqueids))
    for kind in (OfferStarted, QueueJoined, TalkStarted):
        assert heard.all(kind)


async def test_its_calls_happen_now_and_last_as_long_as_they_did() -> None:
    path = next(path for path in demo_traces() if path.stem == "queue_answered")
    recorded = next(tell(io.BytesIO(path.read_bytes()), 65536))["talks"][0]["seconds"]
    heard = Heard()
    before = time.time()
    async with TracePlayer([path], speed=2.0) as player, following(heard, endpoint(player)):
        talk = await heard.first(TalkEnded)
        now = time.time()
    call = heard.all(InteractionStarted)[0]
    assert call.at is not None
    assert before <= call.at <= now
    assert talk.seconds == pytest.approx(recorded / 2, abs=0.01)


async def test_calls_may_overlap_at_a_given_rate() -> None:
    heard = Heard()
    path = next(path for path in demo_traces() if path.stem == "queue_answered")
    async with (
        TracePlayer([path], speed=2.0, per_minute=600) as player,
        following(heard, endpoint(player)),
    ):
        await ended(heard, 3)
        assert len(heard.all(InteractionStarted)) > len(heard.all(InteractionEnded))
    assert not any(end.incomplete for end in heard.all(InteractionEnded))


async def test_who_comes_in_the_middle_of_a_call_hears_only_whole_ones() -> None:
    first, second = Heard(), Heard()
    path = next(path for path in demo_traces() if path.stem == "queue_ringall")
    async with TracePlayer([path], speed=4.0) as player, following(first, endpoint(player)):
        await first.first(TalkStarted)
        async with following(second, endpoint(player)):
            ends = await ended(second, 1)
    assert not ends[0].incomplete
    assert second.all(InteractionStarted)[0].interaction != (
        first.all(InteractionStarted)[0].interaction
    )


async def test_a_service_that_comes_back_is_let_in_again() -> None:
    heard = Heard()
    async with (
        TracePlayer(demo_traces(), speed=FAST) as player,
        following(heard, endpoint(player)) as service,
    ):
        await ended(heard, 1)
        mark = len(heard.events)
        service.connection.drop("on purpose")
        await heard.first(LinkRestored, mark)
        calls = len(heard.all(InteractionEnded))
        await ended(heard, calls + 1)


async def test_nobody_else_is_let_in() -> None:
    async with TracePlayer(demo_traces(), speed=FAST) as player:
        heard = Heard()
        wrong = Endpoint(player.host, player.port, player.username, "guessed")
        service = AmiService("x", wrong, heard, heard)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(service.run(), 0.3)
        assert service.connection.state is LinkState.REFUSED
        assert player.rounds == 0  # nobody hears, nothing is played
    assert heard.events == []


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"Action: CoreShowChannels\r\n\r\n", b"Permission denied"),
        (b"junk\r\n\r\n", b"Permission denied"),
        (b"x" * 100_000, b""),
        (b"Action: Logoff\r\n\r\n", b"Goodbye"),
        (b"Action: Login\r\nUsername: callcenter\r\nSecret: \r\n\r\n", b"Authentication failed"),
        (b"Action: Login\r\nUsername: callcenter\r\nKey: \xff\r\n\r\n", b"Authentication failed"),
    ],
)
async def test_a_stranger_gets_an_answer_and_the_door(sent: bytes, answered: bytes) -> None:
    async with TracePlayer(demo_traces(), speed=FAST) as player:
        reader, writer = await asyncio.open_connection(player.host, player.port)
        writer.write(sent)
        told = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert told.startswith(b"Asterisk Call Manager/")
    assert answered in told
    assert b"Event:" not in told


async def test_an_unknown_action_is_refused_and_nothing_ends() -> None:
    done = asyncio.Event()

    async with TracePlayer(demo_traces(), speed=FAST) as player:

        async def ask() -> None:
            with pytest.raises(Exception, match="unknown command"):
                await link.send({"Action": "Originate", "Channel": "PJSIP/1001"})
            assert (await link.send({"Action": "Ping"})).fields["Ping"] == "Pong"
            done.set()

        link = AmiConnection(
            endpoint(player), lambda m: None, ask, lambda: None, lambda q: None, timing=Timing()
        )
        running = asyncio.create_task(link.run())
        await asyncio.wait_for(done.wait(), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_leaving_it_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with TracePlayer(demo_traces(), speed=FAST) as player:
        _, writer = await asyncio.open_connection(player.host, player.port)
    writer.close()
    await asyncio.sleep(0)
    assert [t for t in asyncio.all_tasks() - before if "player" in repr(t.get_coro())] == []


# --- traces --------------------------------------------------------------------------------------

every_trace = pytest.mark.parametrize("trace", traces.ALL, ids=traces.name)


@every_trace
def test_a_call_told_again_is_the_same_call_under_other_ids(trace: Path) -> None:
    raw = traces.raw(trace)
    played = Trace(raw)
    again = b"".join(event.raw for event in played.again(itertools.count(7000), 2e9))
    mine, other = (list(tell(io.BytesIO(data), 65536)) for data in (raw, again))
    assert _shape(other[:-1]) == _shape(mine[:-1])
    assert other[-1]["summary"]["open_channels"] == mine[-1]["summary"]["open_channels"]
    assert not _ids(again) & _ids(raw)


_IDS = re.compile(rb"(?:id|Channel|Newname): ([0-9]+\.[0-9]+|[0-9a-f-]{36}|\S+-[0-9a-f]{8}\S*)\r")


def _ids(raw: bytes) -> set[bytes]:
    return set(_IDS.findall(raw)) - {b"<unknown>"}


def _shape(stories: list[dict[str, object]]) -> str:
    """As text, with what must differ made alike."""
    text = re.sub(r"-[0-9a-f]{8}(?![0-9a-f])", "-N", repr(stories))
    return re.sub(r"[0-9]{10}\.[0-9]+", "ID", text)


def test_two_rounds_share_no_id() -> None:
    played = Trace(traces.raw(traces.ROOT / "queue_local_optimised"))
    numbers = itertools.count()
    one, two = (b"".join(e.raw for e in played.again(numbers, 2e9)) for _ in range(2))
    assert _ids(one)
    assert not _ids(one) & _ids(two)


def test_the_package_brings_whole_calls() -> None:
    assert {path.stem for path in demo_traces()} == set(CHOSEN)
    for path in demo_traces():
        *calls, summary = tell(io.BytesIO(path.read_bytes()), 65536)
        assert calls
        assert summary["summary"]["open_channels"] == 0
        assert summary["summary"]["quarantined"] == 0


def test_refreshing_keeps_the_story_and_drops_the_rest(tmp_path: Path) -> None:
    for path in refresh(traces.ROOT, tmp_path):
        recorded = traces.raw(traces.ROOT / path.stem)
        assert len(path.read_bytes()) < len(recorded) / 2
        *told, _ = tell(io.BytesIO(path.read_bytes()), 65536)
        *expected, _ = tell(io.BytesIO(recorded), 65536)
        assert told == expected
