"""Reads the sound of a recording, wherever it is kept and however: the player never knows.

`Reader.find` says what there is to read (its size, a tag that changes with its bytes), and
`Found.read(start, end)` gives the bytes between, decrypted, without reading what comes before. Our
own folder is asked first, then the store, then the PBX's file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import CallCenterError, NotFound
from recording.files import Folder
from recording.store.keyring import KeyRing, Wrapped
from recording.store.life import Stage
from recording.store.places import FolderPlace, NotThere, Place, PlaceAway, read_file
from recording.store.sealing import CHUNK, NotOurs, Seal, cover, sealed_length
from recording.store.tables import RecordingCopy

_GONE = frozenset({Stage.DELETING, Stage.DELETED, Stage.LOST})
_COPIED = frozenset({Stage.SEALED, Stage.UPLOADED, Stage.VERIFIED, Stage.KEPT})
NO_FILE = "the file of this recording cannot be read"

log = structlog.get_logger(__name__)
Bytes = AsyncIterator[bytes]


class StoreAway(CallCenterError):
    """The recording is kept where we cannot reach it now."""

    code = "store_away"


@dataclass(frozen=True, slots=True)
class Found:
    """A recording that can be read: `size` bytes, `tag` as long as they are the same."""

    size: int
    tag: str
    _read: Callable[[int, int], Bytes]

    def read(self, start: int = 0, end: int | None = None) -> Bytes:
        """Bytes from `start` up to `end`, which is not included.

        NotFound when they turn out to be damaged or gone, StoreAway when the store is; both before
        the first byte that is not right.
        """
        return self._read(start, self.size if end is None else min(end, self.size))


class Reader:
    """`places` by name; `local` is our own folder, whatever place is configured."""

    def __init__(
        self,
        folder: Folder,
        local: FolderPlace | None = None,
        places: Mapping[str, Place] | None = None,
        keys: KeyRing | None = None,
    ) -> None:
        self._folder = folder
        self._local = local
        self._places: dict[str, Place] = {**({"folder": local} if local else {}), **(places or {})}
        self._keys = keys or KeyRing({})

    async def find(self, session: AsyncSession, recording: str, file: str | None) -> Found:
        """`file` is its name below the PBX's folder. NotFound, KeyMissing, StoreAway."""
        row = await session.scalar(
            select(RecordingCopy).where(RecordingCopy.recording_id == recording)
        )
        stage = Stage(row.stage) if row is not None else Stage.NEW
        if stage in _GONE:
            raise NotFound("this recording was deleted or lost")
        if row is not None and stage in _COPIED:
            found = await self._copy(row)
            if found is not None:
                return found
        if file is None or (row is not None and not row.original):
            log.warning("recording_not_readable", recording=recording, stage=stage)
            raise NotFound(NO_FILE)
        return self._original(recording, file)

    def _original(self, recording: str, file: str) -> Found:
        try:
            path = self._folder.path_of(file)
            there = path.stat()
        except (NotFound, OSError) as error:  # what it is called is told to the log alone
            log.warning("recording_not_readable", recording=recording, file=file, error=str(error))
            raise NotFound(NO_FILE) from None
        tag = f"{there.st_mtime_ns:x}-{there.st_size:x}"
        return Found(there.st_size, tag, lambda start, end: _told(read_file(path, start, end)))

    async def _copy(self, row: RecordingCopy) -> Found | None:
        """The copy, if it is somewhere in its full length."""
        size, kept = row.size, row.kept_size
        if size is None or kept is None:
            return None
        away: PlaceAway | None = None
        for place in dict.fromkeys((self._local, self._places.get(row.place))):
            if place is None:
                continue
            try:
                if await place.size(row.key) == kept:
                    break
            except PlaceAway as error:
                away = error
        else:
            if away is not None and not row.original:
                log.warning("recording_store_away", recording=row.recording_id, error=str(away))
                raise StoreAway("the store of recordings cannot be reached now") from None
            return None
        return Found(size, (row.sha256 or "")[:32], self._opened(place, row, size))

    def _opened(self, place: Place, row: RecordingCopy, size: int) -> Callable[[int, int], Bytes]:
        read = partial(place.read, row.key)
        if row.wrapped is None or row.key_id is None:
            return lambda start, end: _told(read(start, end))
        secret = self._keys.unwrap(Wrapped(row.key_id, row.wrapped), row.recording_id)
        return lambda start, end: _told(unsealed(read, secret, size, range(start, end)))


async def unsealed(
    read: Callable[[int, int], Bytes], secret: bytes, size: int, span: range
) -> Bytes:
    """The plain bytes of `span`; NotOurs before the first one that is not as it was."""
    start, end = span.start, span.stop
    if end <= start:
        return
    seal, wanted = Seal(secret, size), cover(start, end, size)
    number, waiting = wanted.first, bytearray()
    async for piece in read(wanted.start, wanted.end):
        waiting += piece
        while number <= wanted.last and len(waiting) >= sealed_length(number, size):
            length = sealed_length(number, size)
            plain = seal.open(number, bytes(waiting[:length]))
            del waiting[:length]
            at = number * CHUNK
            number += 1
            yield plain[max(0, start - at) : end - at]
    if number <= wanted.last:
        raise NotOurs("cut short")


async def _told(pieces: Bytes) -> Bytes:
    """The same, with what goes wrong in words for whoever asked."""
    try:
        async for piece in pieces:
            yield piece
    except (NotThere, NotOurs) as error:
        log.warning("recording_damaged", error=str(error))
        raise NotFound(NO_FILE) from None
    except PlaceAway as error:
        log.warning("recording_store_away", error=str(error))
        raise StoreAway("the store of recordings cannot be reached now") from None
