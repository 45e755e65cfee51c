"""Turns what the PBX calls a file into a path we may open, or refuses it: the name is hostile text.

The PBX may name files by a path of its own (it runs in a chroot, a container, on another machine
with a shared disk): `pbx_folder` there is `folder` here. Nothing outside the folder is ever opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from callcenter.errors import NotFound

LONGEST_NAME = 1024  # characters
SOUNDS = frozenset({".wav", ".wav49", ".gsm", ".ulaw", ".alaw", ".g722", ".ogg", ".mp3", ".sln16"})
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class UnsafeFile(NotFound):
    """The name leads out of the folder, or cannot be a name; to a client there is no such file."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file found below the folder."""

    name: str  # relative to the folder
    size: int
    changed_at: float  # seconds since the epoch


class Folder:
    """The folder with the recordings, as we see it and as the PBX names it."""

    def __init__(self, folder: str | Path, pbx_folder: str = "") -> None:
        self.path = Path(folder).absolute()
        self._pbx = PurePosixPath(pbx_folder or str(self.path))

    def name_of(self, file: str) -> str:
        """The PBX's name as a name relative to the folder. UnsafeFile; the file need not exist."""
        if not file or len(file) > LONGEST_NAME or _CONTROL.search(file):
            raise UnsafeFile("not a file name")
        path = PurePosixPath(file)
        if path.is_absolute():
            path = self._inside(path)
        if ".." in path.parts or not path.parts:
            raise UnsafeFile(f"leads out of the folder: {file!r}")
        return str(path)

    def _inside(self, path: PurePosixPath) -> PurePosixPath:
        for base in (self._pbx, PurePosixPath(self.path)):
            if path.is_relative_to(base):
                return path.relative_to(base)
        raise UnsafeFile(f"outside of {self._pbx}: {str(path)!r}")

    def path_of(self, name: str) -> Path:
        """Where a file of ours is, with links followed. UnsafeFile; NotFound if it is not there."""
        relative = self.name_of(name)
        try:
            real = (self.path / relative).resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle
            raise NotFound(f"no such file: {relative!r}") from None
        if not real.is_relative_to(self.path.resolve()):
            raise UnsafeFile(f"leads out of the folder: {relative!r}")
        if not real.is_file():
            raise NotFound(f"not a file: {relative!r}")
        return real

    def look(self, name: str) -> Seen | None:
        """Size and time of a file; None if it is not there, or not one of ours."""
        try:
            found = self.path_of(name).stat()
        except (NotFound, OSError):
            return None
        return Seen(self.name_of(name), found.st_size, found.st_mtime)

    def scan(self, *, since: float = 0.0) -> Iterator[Seen]:
        """The sound files changed at or after `since`, in no order; links are not followed."""
        waiting = [self.path]
        while waiting:
            try:
                entries = list(os.scandir(waiting.pop()))
            except OSError:  # removed meanwhile, or not for us to read
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                    continue
                seen = self._seen(entry)
                if seen is not None and seen.changed_at >= since:
                    yield seen

    def _seen(self, entry: os.DirEntry[str]) -> Seen | None:
        path = Path(entry.path)
        if path.suffix.lower() not in SOUNDS or not entry.is_file(follow_symlinks=False):
            return None
        try:
            found = entry.stat(follow_symlinks=False)
            return Seen(self.name_of(entry.path), found.st_size, found.st_mtime)
        except (OSError, UnsafeFile):
            return None
