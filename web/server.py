"""The sockets of the web: strangers may not keep one for nothing, nor fill the log.

aiohttp waits for ever for the first request of a connection, and logs a traceback for each one
that is no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakSet

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from web import keys

FIRST_SECONDS = 15.0  # for a new connection to say what it wants
IDLE_SECONDS = 75.0  # between two requests; longer than proxies keep theirs

_log = logging.getLogger(__name__)


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, *, first: float = FIRST_SECONDS
) -> AsyncIterator[asyncio.Server]:
    """The application on this address while the context is open. OSError when it is taken."""
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_SECONDS, logger=_log)
    await runner.setup()
    loop = asyncio.get_running_loop()

    def connected() -> web.RequestHandler:
        if runner.server is None:
            raise RuntimeError("not set up")
        handler = runner.server()
        loop.call_later(first, _end_unless_heard, handler, app[keys.HEARD])
        return handler

    try:
        server = await loop.create_server(connected, host, port)
        try:
            yield server
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _end_unless_heard(handler: web.RequestHandler, heard: WeakSet[asyncio.Transport]) -> None:
    if handler.transport is not None and handler.transport not in heard:
        handler.force_close()


def _calmly(record: logging.LogRecord) -> bool:
    """Whoever speaks no HTTP is worth a line, not an alarm."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
        record.msg, record.args = "not HTTP: %s", (str(error),)
    return _log.isEnabledFor(record.levelno)


_log.addFilter(_calmly)
