"""Takes a person out of the files in our data folder that hold text: letters, uploads, journals."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from callcenter import files
from callcenter.forgetting.person import Finder

LINES = frozenset({".jsonl", ".json", ".log", ".txt"})  # are written anew without the person
UPLOADS = "imports"  # folder of files that are deleted when the person is in them
ENCODINGS = ("utf-8", "gb18030", "utf-16", "cp1252")
LARGEST = 512 << 20  # bytes


def forget(data: Path, finder: Finder, *, apart: Iterable[Path] = ()) -> int:
    """How many files said something. `apart`: what is seen to by itself, or holds no text.

    Blocking: to be called in a thread. OSError when a file cannot be written.
    """
    changed = 0
    leave = {path.resolve() for path in apart}
    for path in sorted(data.rglob("*")):
        if not path.is_file() or path.is_symlink() or leave & {path, *path.parents}:
            continue
        if path.parent == data / UPLOADS:
            changed += _drop(path, finder)
        elif path.suffix in LINES and path.stat().st_size <= LARGEST:
            changed += _rewrite(path, finder)
    return changed


def _rewrite(path: Path, finder: Finder) -> bool:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    clean = finder.clean(text)
    if clean == text:
        return False
    files.replace(path, clean.encode("utf-8", "surrogateescape"))
    return True


def _drop(path: Path, finder: Finder) -> bool:
    if not any(finder.finds(text) for text in _texts(path.read_bytes())):
        return False
    path.unlink(missing_ok=True)
    return True


def _texts(data: bytes) -> Iterable[str]:
    """Everything that the file may say, whatever it is written in."""
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                for part in book.namelist():
                    yield book.read(part).decode("utf-8", "replace")
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
            pass
        return
    for encoding in ENCODINGS:
        yield data.decode(encoding, "replace")
