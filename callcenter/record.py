"""Captures what the PBX says, byte for byte, so that a trace can come with a bug report."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from callcenter import config as configuration
from callcenter.ami.connection import Endpoint, Session, log_in, open_session
from callcenter.commands.arguments import config_argument
from callcenter.errors import AmiError
from callcenter.redact import Redactor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

HELP = "record AMI bytes, for a bug report"
CONNECT_SECONDS = 5.0
_CHUNK = 1024 * 1024
_BAD = 2  # exit status, as for wrong arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="where the bytes go")
    config_argument(parser)
    parser.add_argument("--seconds", type=float, metavar="N", help="how long; else until Ctrl-C")
    parser.add_argument(
        "--redact", action="store_true", help="replace numbers and names, each by the same other"
    )
    parser.add_argument(
        "--redact-file", nargs=2, metavar=("IN", "OUT"), help="only redact a recorded file"
    )
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def run(args: argparse.Namespace) -> int:
    """0 when something was written; 1 when the PBX would not; 2 for files and arguments."""
    if (args.file is None) == (args.redact_file is None):
        return _complain("give either FILE to record to, or --redact-file IN OUT", _BAD)
    try:
        if args.redact_file is not None:
            return _redact_file(Path(args.redact_file[0]), Path(args.redact_file[1]), args.force)
        config = configuration.load(args.config)
        with _create(Path(args.file), force=args.force) as file:
            return asyncio.run(_record(Endpoint.of(config.ami), file, args))
    except FileExistsError as error:
        return _complain(f"{error.filename} exists; --force overwrites it", _BAD)
    except AmiError as error:
        with suppress(OSError):
            if not Path(args.file).stat().st_size:
                Path(args.file).unlink()
        return _complain(error.message, 1)
    except OSError as error:
        return _complain(f"{error.filename or ''} {error.strerror or error}".strip(), _BAD)


class _Recording(Session):
    """A session whose bytes are written down before anybody looks at them."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        super().__init__(lambda message: None, lambda bad: None)
        self._write = write

    def data_received(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError as error:  # the disk is full: say so, instead of recording holes
            self.abort(f"cannot write: {error.strerror or error}")
            return
        super().data_received(data)


async def _record(endpoint: Endpoint, file: BinaryIO, args: argparse.Namespace) -> int:
    """Until the time is over, somebody says stop, or the PBX goes away."""
    redactor = Redactor(secrets.token_bytes(32)) if args.redact else None
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def write(data: bytes) -> None:
        file.write(redactor.feed(data) if redactor else data)

    session = await open_session(endpoint, lambda: _Recording(write), CONNECT_SECONDS)
    try:
        await log_in(session, endpoint, CONNECT_SECONDS)
        _say(f"recording to {args.file}; Ctrl-C ends it")
        ended = await _until(session, stop, args.seconds)
    finally:
        session.abort("enough")
        if redactor:
            file.write(redactor.finish())
        file.flush()
    counts = session.parser.counts
    _say(
        f"{args.file}: {counts.events} events ({counts.ignored} of them read by nobody), "
        f"{counts.quarantined} set aside, {counts.bytes} bytes"
    )
    return 0 if ended is None else _complain(f"the PBX went away: {ended}", 1)


async def _until(session: Session, stop: asyncio.Event, seconds: float | None) -> str | None:
    """Why the session was lost, None when it was not."""
    told = asyncio.ensure_future(stop.wait())
    either: set[asyncio.Future[Any]] = {told, session.lost}
    await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    return session.lost.result() if session.lost.done() else None


def _redact_file(source: Path, target: Path, force: bool) -> int:
    redactor = Redactor(secrets.token_bytes(32))
    if target.exists() and source.samefile(target):
        return _complain("a file cannot be redacted into itself", _BAD)
    with source.open("rb") as given, _create(target, force=force) as made:
        while data := given.read(_CHUNK):
            made.write(redactor.feed(data))
        made.write(redactor.finish())
    _say(f"{target}: written. Look through it before you show it: names may hide in file names")
    return 0


def _create(path: Path, *, force: bool) -> BinaryIO:
    """A file only we may read. Raises FileExistsError unless `force`."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    handle = os.open(path, flags, 0o600)
    os.fchmod(handle, 0o600)  # it may have been there, readable by others
    return os.fdopen(handle, "wb")


def _say(text: str) -> None:
    sys.stderr.write(f"callcenter record: {text}\n")


def _complain(text: str, status: int) -> int:
    _say(text)
    return status
