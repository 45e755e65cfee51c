"""What comes from outside becomes typed values here, or a 422 that names the field."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiMapping

from callcenter.errors import InvalidInput, TooLarge

T = TypeVar("T")

BODY_LIMIT = 256 * 1024  # bytes; the largest body we expect is a long note
BODY_SECONDS = 20.0  # to send it in
UPLOAD_LIMIT = 16 * 1024 * 1024  # bytes; ten minutes of speech as the best WAV people make
UPLOAD_SECONDS = 120.0
DEPTH_LIMIT = 16  # levels of lists and objects

_AT = re.compile(r" - at (?:`key` in )?`(?:key in )?\$\.?([^`]*)`$")
_NAMED = re.compile(r"^Object (?:missing required|contains unknown) field `([^`]*)`")
# A string, closed or not, taken whole without ever going back: whoever sends half a string full of
# quotes must not make us read it again from each of them.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+', re.DOTALL)
_PART = re.compile(r"(\w+)(?:\.(\w+)|\[(\w+)\])")
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


async def body_of(request: web.Request, shape: type[T]) -> T:
    """The JSON body as `shape`. Raises InvalidInput, or aiohttp's 400, 408, 413 and 415."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError):
        raise web.HTTPBadRequest from None  # not packed as it says, or gone in the middle
    return decode(raw, shape)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: the body itself, not JSON."""

    data: bytes = field(repr=False)
    content_type: str


async def upload_of(request: web.Request) -> Upload:
    """The body as a file. Raises TooLarge, and aiohttp's 400 and 408."""
    data = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            async for chunk in request.content.iter_chunked(64 * 1024):
                data += chunk
                if len(data) > UPLOAD_LIMIT:
                    raise TooLarge(f"at most {UPLOAD_LIMIT // 2**20} MiB", field="body")
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError):
        raise web.HTTPBadRequest from None
    return Upload(bytes(data), request.content_type)


def decode(raw: bytes, shape: type[T]) -> T:
    _check_depth(raw)
    if _SUSPECT.search(raw):
        _refuse_forbidden(raw)
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"not valid JSON: {error}", field="body") from None


def query_of(query: MultiMapping[str], shape: type[T]) -> T:
    """Query parameters as `shape`; each may be given once. `a.b=1` and `a[b]=1` are part b of a."""
    values: dict[str, Any] = {}
    for name, value in query.items():
        if _FORBIDDEN.search(value):
            raise InvalidInput(_named(value), field=name)
        part = _PART.fullmatch(name)
        into = values.setdefault(part[1], {}) if part else values
        key = (part[2] or part[3]) if part else name
        if not isinstance(into, dict) or key in into:
            raise InvalidInput("given more than once", field=name)
        into[key] = value
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(error) from None


def invalid(error: msgspec.ValidationError) -> InvalidInput:
    """msgspec's words, with the path of the field taken out of them."""
    text = str(error)
    at = _AT.search(text)
    named = _NAMED.match(text)
    parts = [at.group(1) if at else "", named.group(1) if named else ""]
    message = text[: at.start()] if at else text
    return InvalidInput(message, field=".".join(part for part in parts if part) or "body")


def _check_depth(raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= DEPTH_LIMIT:
        return
    depth = 0
    for byte in _STRING.sub(b"", raw):
        if byte in b"[{":
            depth += 1
        elif byte in b"]}":
            depth -= 1
        if depth > DEPTH_LIMIT:
            raise InvalidInput(f"nested deeper than {DEPTH_LIMIT} levels", field="body")


def _refuse_forbidden(raw: bytes) -> None:
    """Only for bodies that look guilty: the standard parser keeps what msgspec cannot name."""
    try:
        value = json.loads(raw)
    except ValueError:
        return  # not JSON at all: the real decoder says so
    for path, text in _strings(value, ""):
        if _FORBIDDEN.search(text):
            raise InvalidInput(_named(text), field=path or "body")


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield path or "body", key
            yield from _strings(item, f"{path}.{key}" if path else key)


def _named(text: str) -> str:
    return "contains a NUL character" if "\x00" in text else "contains a lone surrogate"
