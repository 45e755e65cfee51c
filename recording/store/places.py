"""Where copies can be: what each place does, and the folder on this machine as one of them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 256 * 1024  # bytes read at a time
_KEY = re.compile(r"[0-9a-z][0-9a-z._-]*(?:/[0-9a-z][0-9a-z._-]*)*")


class PlaceAway(Exception):
    """The place cannot be reached or does not do what is asked now; trying again may help."""


class NotThere(Exception):
    """No copy under this name."""


class Place(Protocol):
    """Copies by name. A name is ours (`2026/11/22/<id>`) and tells nothing of whose call it is."""

    async def put(self, key: str, file: Path) -> None:
        """All of it or nothing. PlaceAway; NotThere when `file` is gone."""
        ...

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` to `end`, not included. NotThere, PlaceAway; may end early."""
        ...

    async def size(self, key: str) -> int | None:
        """None: there is no such copy. PlaceAway."""
        ...

    async def delete(self, key: str) -> None:
        """Gone afterwards, also when it was not there. PlaceAway."""
        ...


class FolderPlace:
    """A folder of ours, for us alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a name of a copy: {key!r}")
        return self.folder / key

    async def put(self, key: str, file: Path) -> None:
        await asyncio.to_thread(self._put, key, file)

    def _put(self, key: str, file: Path) -> None:
        try:
            with file.open("rb") as source, atomic(self.path_of(key)) as target:
                shutil.copyfileobj(source, target, CHUNK)
        except FileNotFoundError as error:
            raise NotThere(str(error)) from None
        except OSError as error:
            raise PlaceAway(f"{type(error).__name__}: {error.strerror}") from error

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        async for piece in read_file(self.path_of(key), start, end):
            yield piece

    async def size(self, key: str) -> int | None:
        try:
            return (await asyncio.to_thread(self.path_of(key).stat)).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PlaceAway(f"{type(error).__name__}: {error.strerror}") from error

    async def delete(self, key: str) -> None:
        try:
            await asyncio.to_thread(self.path_of(key).unlink, missing_ok=True)
        except OSError as error:
            raise PlaceAway(f"{type(error).__name__}: {error.strerror}") from error


class atomic:  # noqa: N801 - reads as `open` does
    """`with atomic(path) as file`: the file is whole and on the disk, or not there at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._file: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.fdopen(
            os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        )
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        file = self._file
        if file is None:
            return
        if kind is None:
            file.flush()
            os.fsync(file.fileno())
            file.close()
            self._part.replace(self._path)
            sync_folder(self._path.parent)
        else:
            file.close()
            self._part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """So that a name outlives a power cut, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def read_file(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """A part of a file, without holding up the loop. NotThere; ends early where the file does."""
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except OSError as error:
        raise NotThere(f"{type(error).__name__}: {error.strerror}") from None
    try:
        file.seek(start)
        left = end - start
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
    finally:
        file.close()
