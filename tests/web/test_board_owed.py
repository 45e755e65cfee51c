"""The board's queues show what is owed to callers and what they thought; also what came before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

from callcenter import events as ev
from callcenter.bus import MemoryBus
from callcenter.store.database import Database
from screenpop.frames import QueueRow
from tests.routing.stories import T, asks_for_callback, missed, tell
from web.board import EVENTS, LiveBoard
from web.board_feed import BoardFeed
from web.board_queues import Terms

ZONE = ZoneInfo("Asia/Shanghai")


def score(interaction: str, value: int, at: float = T) -> ev.SatisfactionGiven:
    return ev.SatisfactionGiven(
        at=at, pbx="main", interaction=interaction, agent=1, queue="sales", score=value
    )


def work(id_: int, state: str, queue: str | None = "sales", since: float = T) -> ev.WorkChanged:
    return ev.WorkChanged(at=T, kind="missed", work=id_, state=state, queue=queue, since=since)


def row(board: LiveBoard, queue: str = "sales") -> QueueRow:
    return next(one for one in board.snapshot().queues if one.queue == queue)


def test_missed_calls_come_and_go() -> None:
    board = LiveBoard(ZONE, T)
    for event in (work(1, "open"), work(2, "claimed", since=T - 60), work(3, "open", queue=None)):
        board.apply(event)
    assert (row(board).missed, row(board).missed_since) == (2, T - 60)
    board.apply(work(2, "done"))
    assert (row(board).missed, row(board).missed_since) == (1, T)
    board.apply(work(1, "open", queue="support"))
    assert (row(board).missed, row(board, "support").missed) == (0, 1)
    board.configure([], {"sales": Terms()})
    assert {one.queue for one in board.snapshot().queues} == {"sales", "support"}


def test_the_first_answer_of_a_call_stands_and_a_day_begins_anew() -> None:
    board = LiveBoard(ZONE, T)
    for event in (score("i1", 5), score("i1", 1), score("i2", 4), score("i3", 1, T - 90_000)):
        board.apply(event)
    assert (row(board).scores, row(board).score_sum) == (2, 9)
    board.flush(T + 90_000)
    assert (row(board).scores, row(board).score_sum) == (0, 0)


async def test_it_begins_with_what_is_known(database: Database, tmp_path: Path) -> None:
    story = [*missed("i1"), *asks_for_callback("i2", T + 90), score("i3", 5, T + 100)]
    await tell(database, tmp_path, story)
    board = LiveBoard(ZONE, T + 200)
    async with MemoryBus(tmp_path / "bus") as bus:
        feed = BoardFeed(board, database, started_at=T + 200)
        running = asyncio.create_task(feed.run(bus.subscribe("board", types=EVENTS)))
        async with asyncio.timeout(5):
            while not (board.snapshot().queues and row(board).scores):  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.01)
        shown = row(board)
        assert (shown.missed, shown.missed_since, shown.callbacks) == (1, T + 30, 1)
        assert (shown.scores, shown.score_sum) == (1, 5)
        bus.publish(work(1, "done"))
        bus.finish()
        await running
    assert row(board).missed == 0
