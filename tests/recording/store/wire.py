"""An S3 server of another maker, and a wire to it on which things go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

BUCKET = "recordings"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """moto's server, with an empty bucket; its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                request = urllib.request.Request(f"{url}/{BUCKET}", method="PUT")  # noqa: S310
                with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - our own
                    break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(10)


class Wire:
    """Passes bytes on to the server; `fault` says what becomes of them.

    fine; refused: nobody listens; cut: the connection ends in the middle of what is sent or read;
    500: the server answers so; flipped: a bit of a large body is another one; mute: no answer.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()
        self.fault = "fine"
        self.where = "up"  # or down: which way the fault is
        self.url = ""

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            await self._pass(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._busy.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault == "refused":
            writer.transport.abort()
            return
        if self.fault == "mute":
            await asyncio.sleep(3600)
        if self.fault == "500":
            await reader.read(1)
            body = b"<Error><Code>InternalError</Code></Error>"
            head = f"HTTP/1.1 500 Oops\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_connection(*self._target)
        try:
            await asyncio.gather(
                self._copy(reader, up_writer, "up"), self._copy(up_reader, writer, "down")
            )
        finally:
            up_writer.close()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        passed = 0
        while data := await reader.read(65536):
            if self.where == way and self.fault == "cut" and passed + len(data) > 2_000:
                writer.transport.abort()
                raise ConnectionResetError
            if self.where == way and self.fault == "flipped" and len(data) > 1_000:
                middle = len(data) - 100  # in the body, behind the head
                data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            passed += len(data)
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
