"""The process that works on one import: modest, bounded, and gone when the service is.

One line of JSON in, then a line for each new version of the import's row. The input stays open as
long as somebody wants the work done. A file from outside is only ever opened here.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import threading
from pathlib import Path
from typing import BinaryIO

import msgspec

from callcenter.store.database import Database
from crm.numbers import TrunkRule, Writing
from crm.transfer.steps import Work, run

MEMORY = 2 << 30  # bytes of address space
SECONDS = 3600  # of computing


class Order(msgspec.Struct, frozen=True):
    database: str
    id: str
    file: str
    country: str
    writing: str


class Line(msgspec.Struct, frozen=True):
    version: int


def main() -> None:
    os.nice(10)  # calls go first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    asyncio.run(_work(order))
    os._exit(0)  # a thread still reads, and Python would wait for what it holds


async def _work(order: Order) -> None:
    database = Database(order.database, pool_size=1, answer_within=None)
    rule = TrunkRule(Writing(order.writing), order.country)
    try:
        await run(Work(database, order.id, Path(order.file), rule, _say))
    finally:
        await database.close()


def _say(version: int) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(Line(version)) + b"\n")
    sys.stdout.buffer.flush()


def _end_with(source: BinaryIO) -> None:
    """Nobody is there any more who wants it."""
    source.read()
    os._exit(1)


if __name__ == "__main__":
    main()
