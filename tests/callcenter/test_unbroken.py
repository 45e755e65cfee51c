"""Whoever writes while the service ends finishes the write: on its own, and in every keeper."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from callcenter.store.database import Database
from callcenter.unbroken import unbroken

ROOT = Path(__file__).parents[2]
ROOMS = ("callcenter", "crm", "recording", "routing", "screenpop", "web")
CONSUMERS = {  # the bus ends them: the batch in hand is written before they come to their end
    "callcenter/outward/recorder.py",
    "callcenter/store/writer.py",
    "crm/activities/consumer.py",
}
JOURNAL = "routing/staff_journal.py"  # is told to end, and is never cancelled
BATCHES = "recording/index.py:_write"  # of its consumer
BESIDE = {"routing/callback_book.py", "crm/tickets/desk/handing_out.py"}  # where keepers write


class Slow:
    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.done = False
        self.fails = False

    @unbroken
    async def write(self, figure: int = 0) -> int:
        self.begun.set()
        await self.go_on.wait()
        self.done = True
        if self.fails:
            raise ValueError("refused")
        return figure


async def test_who_is_called_off_ends_after_the_write() -> None:
    slow = Slow()
    task = asyncio.create_task(slow.write())
    await slow.begun.wait()
    for _ in range(2):  # impatience does not help
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    slow.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.done


async def test_what_it_gives_and_raises_comes_out() -> None:
    slow = Slow()
    slow.go_on.set()
    assert await slow.write(7) == 7
    slow.fails = True
    with pytest.raises(ValueError, match="refused"):
        await slow.write()


async def test_a_write_that_fails_after_one_was_called_off_is_over_too() -> None:
    slow = Slow()
    slow.fails = True
    task = asyncio.create_task(slow.write())
    await slow.begun.wait()
    task.cancel()
    slow.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_limit_around_it_is_still_one() -> None:
    slow = Slow()
    asyncio.get_running_loop().call_later(0.02, slow.go_on.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await slow.write()
    assert slow.done


async def test_no_lock_stays_with_what_was_cut_off(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")

    @unbroken
    async def write() -> None:
        async with database.session() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            await asyncio.sleep(0.01)
            await session.commit()

    try:
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (n INTEGER)"))
        for turns in range(12):  # cut off at another place each time
            task = asyncio.create_task(write())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(2.0):
            await write()
        async with database.reading() as session:
            count = await session.scalar(text("SELECT count(*) FROM t"))
        assert count == 12  # the first was called off before it began
    finally:
        await database.close()


def test_every_keeper_that_writes_finishes_what_it_writes() -> None:
    cut_off = [
        place
        for path in _sources()
        for place in _writes_that_can_be_cut_off(path)
        if place.partition(":")[0] not in {*CONSUMERS, JOURNAL} and place != BATCHES
    ]
    assert cut_off == []


def _sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            if "node_modules" not in path.parts:
                yield path


def _writes_that_can_be_cut_off(path: Path) -> Iterator[str]:
    """Methods that commit, of classes that run, and are not marked as unbroken."""
    name = str(path.relative_to(ROOT))
    for kind in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(kind, ast.ClassDef):
            continue
        methods = [one for one in kind.body if isinstance(one, ast.AsyncFunctionDef)]
        if name not in BESIDE and not any(one.name == "run" for one in methods):
            continue
        for method in methods:
            marked = any("unbroken" in ast.unparse(one) for one in method.decorator_list)
            if _commits(method) and not marked:
                yield f"{name}:{method.name}"


def _commits(method: ast.AsyncFunctionDef) -> bool:
    calls = (node for node in ast.walk(method) if isinstance(node, ast.Call))
    ends = (".commit", ".engine.begin")
    return any(ast.unparse(call.func).endswith(ends) for call in calls)
