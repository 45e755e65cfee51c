"""Answers that are made while they are sent: tables of any length in little memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import structlog
from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from web.ranges import for_keeping

WRITE_SECONDS = 60.0  # that a reader may take for one piece

log = structlog.get_logger(__name__)
Pieces = Callable[[], AsyncIterator[bytes]]


class Streamed(web.StreamResponse):
    """`pieces` is called once there is somebody to send to; a HEAD never calls it."""

    def __init__(self, pieces: Pieces, *, content_type: str, name: str) -> None:
        super().__init__()
        self._pieces = pieces
        self.content_type = content_type
        self.headers[hdrs.CONTENT_DISPOSITION] = for_keeping(name)

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        if self.prepared:
            return await super().prepare(request)
        writer = await super().prepare(request)
        if request.method != hdrs.METH_HEAD:
            await self._send()
        return writer

    async def _send(self) -> None:
        """What breaks off in the middle must not look like the end."""
        pieces = self._pieces()
        try:
            async for piece in pieces:
                if piece:
                    async with asyncio.timeout(WRITE_SECONDS):
                        await self.write(piece)
        except ConnectionError:
            raise
        except Exception as error:
            log.exception("stream_broken", error=type(error).__name__)
            raise ConnectionResetError("the table broke off") from None
        finally:
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()
