"""The one folder the demo writes to, gone when the demo is, however it ended."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.pbx.asterisk import CACHE

# Waits until our end of the pipe is closed, by us or by the kernel after kill -9, and tidies up.
# The PBX is killed by the kernel at the same moment and may still write for a blink.
_KEEPER = """trap '' INT TERM HUP
cat >/dev/null
for turn in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && break; sleep 0.2; done
rmdir "$2/asterisk" "$2" 2>/dev/null
exit 0
"""


class Place:
    """A temporary folder, watched by a small process that outlives us by a moment."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="callcenter-demo-"))
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Where the PBX's root has the folder mounted; an empty directory stays after a crash.
        mounted = CACHE / "asterisk-22" / self.folder.relative_to("/")
        self._keeper = subprocess.Popen(  # noqa: S603  our own script and our own paths
            [shutil.which("sh") or "/bin/sh", "-c", _KEEPER, "sh", str(self.folder), str(mounted)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us, not for who tidies up behind us
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keeper is not None:
            self._keeper.communicate()

    def path(self, name: str) -> Path:
        """A path in the folder; nothing is made."""
        return self.folder / name
