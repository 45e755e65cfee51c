"""Serves the built console: hashed assets for ever, the page itself never from a cache."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import hdrs, web

FOREVER = "public, max-age=31536000, immutable"  # Vite names assets by their content
ASK_FIRST = "no-cache"

NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Callcenter: console not built</title></head>
<body><h1>The console is not built</h1>
<p>The service runs, and its API answers. To build the page, run <code>make console</code>
in the source folder (the wheel from PyPI already has it) and load this page again.</p>
<p lang="zh">服务正在运行，但网页尚未构建。
请在源代码目录中运行 <code>make console</code>，然后刷新本页。</p>
</body></html>
"""


class ConsoleFiles:
    """One folder, of which only files that are really inside it are ever served."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """The asset, or the page for a navigation to any of its views; None when neither."""
        file = await asyncio.to_thread(self._find, request.path)
        if file is not None:
            hashed = request.path.startswith("/assets/")
            return _file(file, FOREVER if hashed else ASK_FIRST)
        if not _is_navigation(request):
            return None
        page = await asyncio.to_thread(self._find, "/index.html")
        return _file(page, ASK_FIRST) if page else _not_built()

    def _find(self, path: str) -> Path | None:
        if "\x00" in path:
            return None
        try:
            file = (self._folder / path.lstrip("/")).resolve()
            inside = file.is_relative_to(self._folder) and file.is_file()
        except (OSError, ValueError, RuntimeError):  # a name too long, a loop of links
            return None
        return file if inside else None


def _is_navigation(request: web.Request) -> bool:
    """Somebody typed or reloaded a view's address; assets have a dot in their name, views none."""
    wants_page = "text/html" in request.headers.get(hdrs.ACCEPT, "") or request.path == "/"
    return wants_page and "." not in request.path.rsplit("/", 1)[-1]


def _file(file: Path, cache: str) -> web.FileResponse:
    return web.FileResponse(file, headers={hdrs.CACHE_CONTROL: cache})


def _not_built() -> web.Response:
    return web.Response(
        status=503,
        text=NOT_BUILT,
        content_type="text/html",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )
