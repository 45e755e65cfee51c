"""Writes a file whole or not at all, so that nobody ever reads half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, data: bytes, ready: Callable[[Path], object] | None = None) -> None:
    """`data` in place of whatever `path` was. The mode is 0600, unless `ready(file)` changes that
    before the file gets its name. The folder must be there; OSError as the system gives it."""
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if ready is not None:
            ready(Path(made))
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
