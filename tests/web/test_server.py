"""Who does not say what they want is not waited for, and who speaks no HTTP makes no alarm."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from web.server import serving


@pytest.fixture
async def port(app: web.Application) -> AsyncIterator[int]:
    async with serving(app, "127.0.0.1", 0, first=0.3) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: a", b"\r\n" * 10])
async def test_a_connection_without_a_request_is_ended(sent: bytes, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_a_connection_with_a_request_stays(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 401")
        await reader.readuntil(b"}}")
        await asyncio.sleep(0.5)
    writer.close()


async def test_what_is_no_http_is_one_calm_line(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.0 400")
    writer.close()
    told = [record for record in caplog.records if record.name == "web.server"]
    assert [(record.levelname, record.exc_info) for record in told] == [("INFO", None)]
