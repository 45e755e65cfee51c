"""The live figures of what is owed: a snapshot, then the frames, equals a later snapshot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from callcenter.bus import MemoryBus
from callcenter.events import DomainEvent, LinkLost, LinkRestored, WorkChanged
from callcenter.store.database import Database
from screenpop.frames import CallbackOffer, LinkChanged, WorkState, WorkUpdated
from tests.routing.stories import T, asks_for_callback, missed, tell
from web.open_work import OVER
from web.work_board import EVENTS, WorkBoard
from web.work_feed import WorkFeed

MISSED = ("open", "claimed", "done")
CALLBACK = ("waiting", "offered", "dialling", "done", "failed", "cancelled")


def changed(
    kind: str, work: int, state: str, since: float = 5.0, by: int | None = 1
) -> WorkChanged:
    raw = {"at": 9.0, "kind": kind, "work": work, "state": state, "queue": "sales"}
    return msgspec.convert(
        {"type": "WorkChanged", **raw, "since": since, "by": by}, type=WorkChanged
    )


def told(state: WorkState, frame: object) -> WorkState:
    """What a console makes of a frame."""
    if isinstance(frame, WorkUpdated):
        names = ("missed", "claimed", "oldest", "callbacks", "offers")
        return msgspec.structs.replace(state, **{name: getattr(frame, name) for name in names})
    assert isinstance(frame, LinkChanged)
    return msgspec.structs.replace(state, link=frame.link)


happenings = st.lists(
    st.one_of(
        st.builds(
            changed,
            st.just("missed"),
            st.integers(1, 4),
            st.sampled_from(MISSED),
            st.floats(1, 9),
        ),
        st.builds(changed, st.just("callback"), st.integers(1, 4), st.sampled_from(CALLBACK)),
        st.just(LinkLost(at=3.0, pbx="main")),
        st.just(LinkRestored(at=4.0, pbx="main", boot="b", since=None)),
        st.none(),  # a moment passes, and frames are sent
    ),
    max_size=40,
)


@given(happenings)
def test_frames_tell_what_a_later_snapshot_shows(story: list[DomainEvent | None]) -> None:
    board = WorkBoard(1.0)
    state = board.snapshot()
    seq = 0
    for event in [*story, None]:
        if event is not None:
            board.apply(event)
            continue
        for frame in board.flush(10.0):
            assert frame.seq == (seq := seq + 1)
            state = told(state, frame)
        assert state == board.snapshot()


def test_the_figures() -> None:
    board = WorkBoard(1.0)
    story = [
        changed("missed", 1, "open", since=7.0),
        changed("missed", 2, "open", since=6.0),
        changed("missed", 3, "claimed", since=1.0),
        changed("missed", 4, "done"),
        changed("callback", 1, "waiting"),
        changed("callback", 2, "offered", by=7),
        changed("callback", 3, "failed"),
    ]
    for event in story:
        board.apply(event)
    shown = board.snapshot()
    assert (shown.missed, shown.claimed, shown.oldest, shown.callbacks) == (2, 1, 6.0, 2)
    assert shown.offers == [CallbackOffer(2, 7, "sales", 5.0)]
    assert {"done", "failed", "cancelled"} == OVER


def test_what_is_told_while_the_database_answers_is_newer() -> None:
    board = WorkBoard(1.0)
    board.apply(changed("missed", 3, "open"))
    board.begin_seed()
    board.apply(changed("missed", 1, "done"))
    board.seed([changed("missed", 1, "open"), changed("missed", 2, "open")])
    (frame,) = board.flush(10.0)
    assert isinstance(frame, WorkUpdated)
    assert frame.missed == 1
    assert {(ref.id, ref.state) for ref in frame.changed} == {
        (1, "done"),
        (2, "open"),
        (3, "done"),
    }


async def test_it_begins_with_what_is_open(database: Database, tmp_path: Path) -> None:
    story = [*missed("i1"), *missed("i2", number="13900139000"), *asks_for_callback("i3", T + 90)]
    await tell(database, tmp_path, story)
    board = WorkBoard(1.0)
    async with MemoryBus(tmp_path / "bus") as bus:
        feed = asyncio.create_task(
            WorkFeed(board, database).run(bus.subscribe("work", types=EVENTS))
        )
        async with asyncio.timeout(5):
            while board.snapshot().missed < 2:  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.01)
        assert board.snapshot().callbacks == 1
        bus.publish(changed("missed", 1, "done"))
        bus.finish()
        await feed
    assert board.snapshot().missed == 1
