"""Parts of files, as players, download managers and liars ask for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from pytest_aiohttp import AiohttpClient

from tests.web.conftest import Client
from web import keys
from web.middleware import Handler, as_json
from web.ranges import FileAnswer, RangeNotSatisfiable, Span, disposition, span_of

CONTENT = bytes(range(256)) * 2000  # more than one chunk


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, None),
        ("", None),
        ("bytes=0-9", Span(0, 9)),
        ("Bytes = 0-9", None),
        ("BYTES=0-9", Span(0, 9)),
        ("bytes= 5-", Span(5, 99)),
        ("bytes=-10", Span(90, 99)),
        ("bytes=-1000", Span(0, 99)),
        ("bytes=99-500", Span(99, 99)),
        ("bytes=0-0", Span(0, 0)),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("bytes=0--5", None),
        ("items=0-9", None),
        ("bytes=" + "9" * 4000 + "-", None),
        ("bytes=٣-٤", None),
    ],
)
def test_what_a_range_header_means(header: str | None, span: Span | None) -> None:
    assert span_of(header, 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_beyond_the_end(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        span_of(header, 100)


def test_of_nothing_there_is_no_part() -> None:
    assert span_of(None, 0) is None
    with pytest.raises(RangeNotSatisfiable):
        span_of("bytes=0-", 0)


@pytest.mark.parametrize("name", ['a"b.wav', "a\r\nSet-Cookie: x", "录音.wav", "", "../../etc/x"])
def test_a_name_cannot_break_out_of_the_header(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.count('"') == 2
    assert not {"\r", "\n", "/"} & set(header)


@pytest.fixture
async def client(tmp_path: Path, aiohttp_client: AiohttpClient) -> Client:
    file = tmp_path / "录音.wav"
    file.write_bytes(CONTENT)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await FileAnswer.of(request, file, content_type="audio/wav", name=file.name)

    @web.middleware
    async def named(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[keys.REQUEST_ID] = "0" * 32
        return await handler(request)

    app = web.Application(middlewares=[named, as_json])
    app.router.add_get("/file", answer)
    return await aiohttp_client(app)


async def ask(client: Client, **headers: str) -> ClientResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.get("/file", headers=names)


async def test_the_whole(client: Client) -> None:
    response = await ask(client)
    assert response.status == 200
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert await response.read() == CONTENT


async def test_a_part(client: Client) -> None:
    response = await ask(client, Range="bytes=300000-300009")
    assert response.status == 206
    assert response.headers["Content-Range"] == f"bytes 300000-300009/{len(CONTENT)}"
    assert response.headers["Content-Length"] == "10"
    assert await response.read() == CONTENT[300000:300010]


async def test_several_parts_are_the_whole(
    client: Client,
) -> None:
    response = await ask(client, Range="bytes=0-1,5-6")
    assert response.status == 200
    assert await response.read() == CONTENT


async def test_beyond_the_end_says_the_size(
    client: Client,
) -> None:
    response = await ask(client, Range=f"bytes={len(CONTENT)}-")
    assert response.status == 416
    assert response.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert (await response.json())["error"]["code"] == "range_not_satisfiable"


async def test_head_has_no_body(client: Client) -> None:
    async with client.head("/file") as response:
        assert response.status == 200
        assert response.headers["Content-Length"] == str(len(CONTENT))
        assert await response.read() == b""


async def test_the_same_version_is_not_sent_again(
    client: Client,
) -> None:
    etag = (await ask(client)).headers["ETag"]
    assert (await ask(client, If_None_Match=f'"other", {etag}')).status == 304
    assert (await ask(client, If_None_Match='"other"')).status == 200


async def test_a_part_of_another_version_is_the_whole(
    client: Client,
) -> None:
    etag = (await ask(client)).headers["ETag"]
    assert (await ask(client, Range="bytes=0-9", If_Range=etag)).status == 206
    assert (await ask(client, Range="bytes=0-9", If_Range='"other"')).status == 200
