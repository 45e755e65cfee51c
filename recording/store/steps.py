"""What is done in each step of a file's way (recording.store.life): the I/O and nothing else.

Every step can be done again: it writes its result whole or not at all, under the same name.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import structlog

from callcenter.errors import NotFound
from recording.examiner import Examiner
from recording.files import Folder
from recording.store.keyring import KeyRing, Wrapped
from recording.store.life import Outcome, Step
from recording.store.opus import worth_it
from recording.store.places import FolderPlace, NotThere, Place, PlaceAway, atomic
from recording.store.queries import Copy
from recording.store.sealing import CHUNK, HEAD, NotOurs, Seal, chunks_of, sealed_length

LEAST = 1024  # bytes: below that it is a header and next to nothing
PATIENCE = 800.0  # seconds to compress one file; ten hours take some minutes
WORK = ".work"  # folder below ours for what is half done

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step, what its row is to say, and in words what went wrong."""

    outcome: Outcome
    values: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """How recordings are kept from now on. `place`: pbx (where they are), folder, s3."""

    place: str = "pbx"
    opus: bool = True
    bit_rate: int = 16_000  # for each channel


class Steps:
    """`places` by name, our own folder among them as "folder"."""

    def __init__(
        self,
        folder: Folder,
        local: FolderPlace,
        places: Mapping[str, Place],
        *,
        keys: KeyRing,
        shape: Shape,
        between: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._local = local
        self._places: dict[str, Place] = {"folder": local, **places}
        self._keys = keys
        self._shape = shape
        self._between = between  # told where in a step we are; tests end us there
        self._examiner = Examiner(patience=PATIENCE)
        self._do: dict[Step, Callable[[Copy], Awaitable[Result]]] = {
            Step.PREPARE: self.prepare,
            Step.UPLOAD: self.upload,
            Step.VERIFY: self.verify,
            Step.RELEASE: self.release,
            Step.REMOVE: self.remove,
        }

    async def do(self, step: Step, copy: Copy) -> Result:
        """Never raises for what files and stores do."""
        try:
            return await self._do[step](copy)
        except NotThere as error:
            return Result(Outcome.GONE, problem=str(error))
        except NotOurs as error:
            return Result(Outcome.WRONG, problem=str(error))
        except (PlaceAway, OSError) as error:
            return Result(Outcome.AWAY, problem=f"{type(error).__name__}: {error}"[:300])

    def close(self) -> None:
        self._examiner.close()

    # --- prepare ----------------------------------------------------------------------------

    async def prepare(self, copy: Copy) -> Result:
        original = await asyncio.to_thread(self._original, copy)
        source, codec, problem = await self._compressed(copy, original)
        self._between("compressed")
        key = _finished(copy.key, source, sealed=bool(self._keys.names))
        made = self._keys.fresh(copy.recording)
        secret = made[0] if made else None
        sizes = await asyncio.to_thread(keep, source, self._local.path_of(key), secret)
        self._between("sealed")
        if source != original:
            await asyncio.to_thread(source.unlink, missing_ok=True)
        values: dict[str, Any] = {"key": key, "codec": codec, "local": True, **sizes}
        wrapped = made[1] if made else None
        values |= {
            "key_id": wrapped.by if wrapped else None,
            "wrapped": wrapped.data if wrapped else None,
        }
        return Result(Outcome.DONE, values, problem)

    def _original(self, copy: Copy) -> Path:
        try:
            return self._folder.path_of(copy.file or "")
        except NotFound:
            raise NotThere("the PBX's file is not where it was: removed or renamed") from None

    async def _compressed(self, copy: Copy, original: Path) -> tuple[Path, str | None, str | None]:
        """(file, codec, why it is the original after all)."""
        if not (self._shape.opus and worth_it(copy.codec)):
            return original, copy.codec, None
        if (await asyncio.to_thread(original.stat)).st_size < LEAST:
            return original, copy.codec, None
        target = self._local.folder / WORK / f"{PurePosixPath(copy.key).name}.ogg"
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = await self._examiner.compress(original, target, self._shape.bit_rate)
        if made.problem is None:
            return target, "opus", None
        log.warning("recording_kept_as_it_is", recording=copy.recording, problem=made.problem)
        return original, copy.codec, f"kept as it is: {made.problem}"

    # --- upload, verify ---------------------------------------------------------------------

    async def upload(self, copy: Copy) -> Result:
        place = self._place(copy)
        await place.put(copy.key, self._local.path_of(copy.key))
        self._between("uploaded")
        return Result(Outcome.DONE)

    async def verify(self, copy: Copy) -> Result:
        """Read all of it back: what a store said is not what it has."""
        digest, size = hashlib.sha256(), 0
        async for piece in self._place(copy).read(copy.key, 0, copy.kept_size or 0):
            digest.update(piece)
            size += len(piece)
        if size != copy.kept_size or digest.hexdigest() != copy.sha256:
            return Result(Outcome.WRONG, problem=f"read back {size} bytes that are not the same")
        self._between("verified")
        return Result(Outcome.DONE)

    def _place(self, copy: Copy) -> Place:
        place = self._places.get(copy.place)
        if place is None:
            raise PlaceAway(f"no store {copy.place!r} is configured")
        return place

    # --- release, remove --------------------------------------------------------------------

    async def release(self, copy: Copy) -> Result:
        """The PBX's own file goes: the copy was read back."""
        await asyncio.to_thread(self._drop_original, copy)
        self._between("released")
        return Result(Outcome.DONE, {"original": False})

    def _drop_original(self, copy: Copy) -> None:
        if not copy.file:
            return
        try:
            path = self._folder.path_of(copy.file)
        except NotFound:
            return
        path.unlink(missing_ok=True)

    async def remove(self, copy: Copy) -> Result:
        """Everywhere. Its own key goes, too, so that forgotten copies of it are noise."""
        await asyncio.to_thread(self._sweep, copy, copy.recording)  # of every attempt there was
        if copy.key != copy.recording:  # it was kept somewhere
            for place in dict.fromkeys((self._local, self._places.get(copy.place))):
                if place is not None:
                    await place.delete(copy.key)
                    self._between("removed one")
            if copy.place not in self._places:
                raise PlaceAway(f"no store {copy.place!r} is configured")
        await asyncio.to_thread(self._drop_original, copy)
        self._between("removed")
        nothing = ("key_id", "wrapped", "sha256", "kept_size", "size")
        return Result(Outcome.DONE, {"local": False, "original": False, **dict.fromkeys(nothing)})

    async def drop_local(self, copy: Copy) -> None:
        await self._local.delete(copy.key)

    async def drop_copies(self, copy: Copy) -> None:
        """What an attempt made, whole or not, that its row does not name (any more)."""
        if copy.key == copy.recording:  # it has made nothing
            return
        await asyncio.to_thread(self._sweep, copy, attempt_of(copy.key))
        place = self._places.get(copy.place)
        if place is not None and copy.sha256 is not None:  # else it never was in a store
            await place.delete(copy.key)

    def _sweep(self, copy: Copy, name: str) -> None:
        """All that is called so in our folder, finished or not."""
        for folder in (self._local.path_of(copy.key).parent, self._local.folder / WORK):
            for path in (folder / name, *folder.glob(f"{name}.*"), *folder.glob(f".{name}.*")):
                path.unlink(missing_ok=True)

    def rewrapped(self, copy: Copy) -> Wrapped:
        """Its key under the one in use now. KeyMissing."""
        wrapped = Wrapped(copy.key_id or "", copy.wrapped or b"")
        return self._keys.wrap(self._keys.unwrap(wrapped, copy.recording), copy.recording)


def keep(source: Path, target: Path, secret: bytes | None) -> dict[str, Any]:
    """Write `source` to `target`, encrypted if there is a secret, and read it back once.

    NotThere, OSError; NotOurs when what was written does not open as what was read.
    """
    try:
        with source.open("rb") as read:
            size = source.stat().st_size
            plain, whole, kept = hashlib.sha256(), hashlib.sha256(), 0
            with atomic(target) as out:
                for piece in _pieces(read, size, secret, plain):
                    out.write(piece)
                    whole.update(piece)
                    kept += len(piece)
    except FileNotFoundError as error:
        raise NotThere(str(error)) from None
    if secret is not None and _opened(target, size, secret) != plain.hexdigest():
        target.unlink(missing_ok=True)
        raise NotOurs("what was encrypted does not open as what it was")
    return {"size": size, "kept_size": kept, "sha256": whole.hexdigest()}


def _pieces(read: BinaryIO, size: int, secret: bytes | None, plain: Any) -> Any:
    seal = None if secret is None else Seal(secret, size)
    if seal is not None:
        yield HEAD
    for number in range(chunks_of(size)):
        piece = read.read(min(CHUNK, size - number * CHUNK))
        if len(piece) != min(CHUNK, size - number * CHUNK):
            raise NotOurs("the file changes while it is read")
        plain.update(piece)
        yield piece if seal is None else seal.close(number, piece)


def _opened(path: Path, size: int, secret: bytes) -> str:
    digest, seal = hashlib.sha256(), Seal(secret, size)
    with path.open("rb") as file:
        file.seek(len(HEAD))
        for number in range(chunks_of(size)):
            digest.update(seal.open(number, file.read(sealed_length(number, size))))
    return digest.hexdigest()


def attempt(copy: Copy) -> str:
    """The name of a new attempt: who was overtaken and still writes does not write over another.

    Ours, with a day and an id: the PBX's names have numbers of people in them.
    """
    day = time.strftime("%Y/%m/%d", time.gmtime(copy.started_at or 0.0))
    return f"{day}/{copy.recording}.{secrets.token_hex(4)}"


def attempt_of(key: str) -> str:
    """What the names of all its files begin with."""
    return ".".join(PurePosixPath(key).name.split(".")[:2])


def _finished(name: str, source: Path, *, sealed: bool) -> str:
    ending = PurePosixPath(source.name).suffix.lower()
    return f"{name}{ending}{'.sealed' if sealed else ''}"
