"""What a command says to whoever typed it: results, which scripts may read, and remarks beside."""

from __future__ import annotations

import sys


def say(text: str = "") -> None:
    """One line of the result, at once: somebody is waiting for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def remark(text: str) -> None:
    """One line that no script takes for the result."""
    sys.stderr.write(f"{text}\n")
