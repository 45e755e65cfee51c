"""Whether a mail that did not go out is tried again, and when; pure."""

from __future__ import annotations

# Seconds to the next attempt: soon, for a server that greylists, then for two days in all.
PAUSES = (60.0, 300.0, 900.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0, 24 * 3600.0)


def again(attempts: int, *, for_good: bool, now: float) -> float | None:
    """When to try after so many attempts; None: given up. `for_good`: the server says never."""
    if for_good or attempts > len(PAUSES):
        return None
    return now + PAUSES[attempts - 1]
