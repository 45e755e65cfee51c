"""A server of somebody else's, which behaves as badly as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`behave` answers; everything that came is in `got`."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    behave: Behaviour | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    open_now: int = 0
    most_at_once: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            body = await request.read()
            self.got.append(Got(request.path_qs, dict(request.headers), body))
            self.news.set()
            return web.Response() if self.behave is None else await self.behave(request)
        finally:
            self.open_now -= 1

    async def until(self, count: int) -> list[Got]:
        """Wait for so many requests."""
        async with asyncio.timeout(60):
            while len(self.got) < count:
                self.news.clear()
                await self.news.wait()
        return self.got


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.handle)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/"))
        yield made


def answering(status: int, text: str = "", **headers: str) -> Behaviour:
    async def behave(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return behave


async def hanging(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    """A good status and a body that never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b"x" * 65_536)
            await asyncio.sleep(0)
    except (ConnectionError, asyncio.CancelledError):
        return response


async def torn(request: web.Request) -> web.StreamResponse:
    """Less than it promised, then gone."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return response


async def hung_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()
