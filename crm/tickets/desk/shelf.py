"""Where attachments lie: one folder that no web server knows, each file called after its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from callcenter import files
from callcenter.errors import NotFound

_ID = re.compile(r"[0-9a-f]{32}")


class Shelf:
    """Blocking: to be called in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, id_: str, data: bytes) -> None:
        """Whole or not at all."""
        path = self.path_of(id_)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.replace(path, data)

    def drop(self, id_: str) -> None:
        """Nothing happens when it is not there."""
        with suppress(FileNotFoundError):
            self.path_of(id_).unlink()

    def path_of(self, id_: str) -> Path:
        """NotFound for what is no id of ours."""
        if _ID.fullmatch(id_) is None:
            raise NotFound("there is no such attachment")
        return self._folder / id_[:2] / id_

    def older_than(self, at: float) -> Iterator[str]:
        """The ids of files that were written before `at`."""
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                if _ID.fullmatch(path.name) and path.stat().st_mtime < at:
                    yield path.name
