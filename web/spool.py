"""A large upload on its way to the disk: never whole in memory, never larger than allowed."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from callcenter.errors import TooLarge
from crm.transfer.jobs import ARRIVING
from crm.transfer.limits import LARGEST_FILE, MIB

CHUNK = MIB  # bytes written at once
WHOLE_SECONDS = 900.0  # for all of it
STALLED_SECONDS = 30.0  # without a byte


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that has arrived. Whoever wants to keep it takes it; otherwise it is dropped."""

    path: Path
    size: int

    def take(self, place: Path) -> None:
        self.path.replace(place)

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


async def spool(request: web.Request, folder: Path, *, limit: int = LARGEST_FILE) -> Spooled:
    """The body as a file in this folder. Raises TooLarge, and aiohttp's 400 and 408."""
    _check(request.content_length or 0, limit)
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{ARRIVING}{secrets.token_hex(16)}"
    file = await asyncio.to_thread(_create, path)
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            size = await _copy(request, file, limit)
        await asyncio.to_thread(file.close)
    except BaseException as error:
        file.close()
        path.unlink(missing_ok=True)
        if isinstance(error, TimeoutError):
            raise web.HTTPRequestTimeout from None
        if isinstance(error, web.RequestPayloadError | HttpProcessingError | ConnectionError):
            raise web.HTTPBadRequest from None  # not packed as it says, or gone in the middle
        raise
    return Spooled(path, size)


async def _copy(request: web.Request, file: BinaryIO, limit: int) -> int:
    size, waiting = 0, bytearray()
    while True:
        async with asyncio.timeout(STALLED_SECONDS):
            chunk = await request.content.readany()
        size += len(chunk)
        _check(size, limit)
        waiting += chunk
        if waiting and (not chunk or len(waiting) >= CHUNK):
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
        if not chunk:
            return size


def _check(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"a file may have at most {limit // MIB} MiB", field="file")


def _create(path: Path) -> BinaryIO:
    """For us alone: it is full of customers."""
    path.touch(mode=0o600)
    return path.open("wb")
