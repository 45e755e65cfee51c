"""What machines ask the service about itself."""

from __future__ import annotations

from aiohttp import web

from web import keys
from web.routes import Call


async def openapi(call: Call) -> web.Response:
    return web.Response(body=call.request.app[keys.OPENAPI], content_type="application/json")
