"""Sends a part of a file, so that a player can seek without loading what came before."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self
from urllib.parse import quote

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from callcenter.errors import CallCenterError, NotFound

CHUNK = 256 * 1024  # bytes read at a time
Read = Callable[[int, int], AsyncIterator[bytes]]
_ONE_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


class RangeNotSatisfiable(CallCenterError):
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"the file has {size} bytes")
        self.headers = {hdrs.CONTENT_RANGE: f"bytes */{size}", hdrs.ACCEPT_RANGES: "bytes"}


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def span_of(header: str | None, size: int) -> Span | None:
    """The part asked for; None for the whole.

    What is malformed, or asks for several parts, is ignored, as RFC 9110 (14.2) allows; a part
    that the file does not reach raises RangeNotSatisfiable.
    """
    match = _ONE_RANGE.fullmatch((header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    begin, end = match.groups()
    if begin and end and int(end) < int(begin):
        return None
    first = int(begin) if begin else max(0, size - int(end))
    last = min(int(end), size - 1) if begin and end else size - 1
    if first > last:
        raise RangeNotSatisfiable(size)
    return Span(first, last)


class Answer(web.StreamResponse):
    """All of `size` bytes, or a part of them."""

    def __init__(self, span: Span | None, size: int) -> None:
        super().__init__(status=206 if span else 200)
        self._span = span or Span(0, size - 1)
        self.content_length = self._span.length
        self.headers[hdrs.ACCEPT_RANGES] = "bytes"
        if span:
            self.headers[hdrs.CONTENT_RANGE] = f"bytes {span.first}-{span.last}/{size}"

    def _of(self, content_type: str, etag: str, name: str) -> Self:
        self.content_type = content_type
        self.headers[hdrs.ETAG] = etag
        self.headers[hdrs.CONTENT_DISPOSITION] = disposition(name)
        return self


class FileAnswer(Answer):
    """A file or a part of it. Build it with `of`, which raises what can be foreseen."""

    def __init__(self, path: Path, span: Span | None, size: int) -> None:
        super().__init__(span, size)
        self._path = path

    @classmethod
    async def of(
        cls, request: web.Request, path: Path, *, content_type: str, name: str
    ) -> web.StreamResponse:
        """The answer to this request; `name` is what the file is called when it is kept."""
        try:
            stat = await asyncio.to_thread(path.stat)
        except OSError:
            raise NotFound("the file is not there") from None
        etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        if _has(request.headers.get(hdrs.IF_NONE_MATCH), etag):
            return web.Response(status=304, headers={hdrs.ETAG: etag})
        answer = cls(path, span_of(_range(request, etag), stat.st_size), stat.st_size)
        return answer._of(content_type, etag, name)

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        if self.prepared:
            return await super().prepare(request)
        file = await _kept(asyncio.ensure_future(asyncio.to_thread(self._open)))
        try:
            writer = await super().prepare(request)
            if request.method != hdrs.METH_HEAD:
                await self._send(file)
        finally:
            file.close()  # of a file only read, this waits for nothing
        return writer

    def _open(self: Self) -> BinaryIO:
        file = self._path.open("rb")
        file.seek(self._span.first)
        return file

    async def _send(self, file: BinaryIO) -> None:
        left = self._span.length
        while left > 0:
            chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not chunk:  # cut short while we read: the length was promised, so end the hard way
                raise ConnectionResetError("the file became shorter")
            left -= len(chunk)
            await self.write(chunk)


class PartsAnswer(Answer):
    """The same for what is read by a function of ours, wherever it comes from."""

    def __init__(self, read: Read, span: Span | None, size: int) -> None:
        super().__init__(span, size)
        self._read = read

    @classmethod
    def of(
        cls, request: web.Request, read: Read, size: int, tag: str, *, content_type: str, name: str
    ) -> web.StreamResponse:
        """`read(start, end)` gives the bytes up to `end`; `tag` changes when they do."""
        etag = f'"{tag}"'
        if _has(request.headers.get(hdrs.IF_NONE_MATCH), etag):
            return web.Response(status=304, headers={hdrs.ETAG: etag})
        return cls(read, span_of(_range(request, etag), size), size)._of(content_type, etag, name)

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        if self.prepared:
            return await super().prepare(request)
        if request.method == hdrs.METH_HEAD:
            return await super().prepare(request)
        pieces = self._read(self._span.first, self._span.last + 1)
        first = await anext(aiter(pieces), b"")  # what fails at once is an answer of its own
        writer = await super().prepare(request)
        left = self._span.length - len(first)
        if first:
            await self.write(first)
        async for piece in pieces:
            left -= len(piece)
            await self.write(piece)
        if left > 0:  # cut short while we read: the length was promised, so end the hard way
            raise ConnectionResetError("the file became shorter")
        return writer


async def _kept(opening: asyncio.Future[BinaryIO]) -> BinaryIO:
    """The file once it is open; a listener who leaves meanwhile does not leave it open."""
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise


def _close(opened: asyncio.Future[BinaryIO]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        opened.result().close()


def _range(request: web.Request, etag: str) -> str | None:
    """The Range header, unless it is meant for another version of the file."""
    if_range = request.headers.get(hdrs.IF_RANGE)
    if if_range is not None and if_range.strip() != etag:
        return None
    return request.headers.get(hdrs.RANGE)


def _has(header: str | None, etag: str) -> bool:
    given = {one.strip().removeprefix("W/") for one in (header or "").split(",")}
    return etag in given or "*" in given


def disposition(name: str) -> str:
    """Played in the page, and kept under a name that cannot break out of the header."""
    plain = _PLAIN.sub("_", name) or "file"
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def for_keeping(name: str) -> str:
    """The same for what is only ever kept as a file, never shown."""
    return disposition(name).replace("inline", "attachment", 1)
