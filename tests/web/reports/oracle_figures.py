"""Each figure as it is defined on the page, from sums; fractions are exact until the last step."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

Row = dict[str, Any]


def ratio(over: int, under: int, scale: int = 1) -> float | None:
    return None if under <= 0 else float(Fraction(over, under * scale))


def seconds(length: int) -> float:
    return float(Fraction(length, 1_000_000))


SECOND = 1_000_000
LEFT = (
    *("answered", "abandoned", "timed_out", "empty", "key_exit"),
    *("withdrawn", "callback", "overflow"),
)
FIGURES: dict[str, Callable[[Row], float | int | None]] = {
    "asa": lambda r: ratio(r["wait_answered"], r["answered"], SECOND),
    "longest_wait": lambda r: seconds(r["longest_wait"]) if any(r[one] for one in LEFT) else None,
    "average_abandon_wait": lambda r: ratio(r["wait_abandoned"], r["abandoned"], SECOND),
    "answer_rate": lambda r: ratio(r["answered"], r["offered"]),
    "abandon_rate": lambda r: ratio(r["abandoned"], r["offered"]),
    "talk": lambda r: seconds(r["talk"]),
    "hold": lambda r: seconds(r["hold"]),
    "wrap_up": lambda r: seconds(r["wrap_up"]),
    "consult_talk": lambda r: seconds(r["consult_talk"]),
    "average_talk": lambda r: ratio(r["talk"], r["handled"], SECOND),
    "average_hold": lambda r: ratio(r["hold"], r["handled"], SECOND),
    "average_wrap_up": lambda r: ratio(r["wrap_up"], r["handled"], SECOND),
    "aht": lambda r: ratio(r["talk"] + r["hold"] + r["wrap_up"], r["handled"], SECOND),
    "transfer_rate": lambda r: ratio(r["transfers_out"], r["handled"]),
    "fcr": lambda r: ratio(r["fcr_resolved"], r["fcr_known"]),
    "rona_rate": lambda r: ratio(r["rona"], r["offers"]),
    "average_ring": lambda r: ratio(r["ring"], r["offers"], SECOND),
    "satisfaction": lambda r: ratio(r["score_sum"], r["scores"]),
    "quality": lambda r: ratio(r["quality_sum"], r["quality_known"], SECOND),
    "occupancy": lambda r: ratio(
        r["state_busy"] + r["state_wrap_up"],
        r["state_busy"] + r["state_wrap_up"] + r["state_ready"],
    ),
    "first_response": lambda r: ratio(r["response_length"], r["responded"], SECOND),
    "resolution": lambda r: ratio(r["resolution_length"], r["tickets_resolved"], SECOND),
    "reopen_rate": lambda r: ratio(r["tickets_reopened"], r["ever_resolved"]),
    "respond_kept": lambda r: ratio(r["responses_in_time"], r["responses_promised"]),
    "resolve_kept": lambda r: ratio(r["resolved_in_time"], r["resolutions_promised"]),
    "ticket_satisfaction": lambda r: ratio(r["ticket_score_sum"], r["ticket_scores"]),
    "signed_in": lambda r: seconds(
        sum(r[f"state_{one}"] for one in ("ready", "not_ready", "offered", "busy", "wrap_up"))
    ),
}
LEVELS: dict[str, Callable[[Row], float | None]] = {
    "without_short": lambda r: ratio(
        r["in_time"], r["answered"] + r["abandoned"] - r["short_abandons"]
    ),
    "with_short": lambda r: ratio(r["in_time"], r["answered"] + r["abandoned"]),
    "of_offered": lambda r: ratio(r["in_time"], r["offered"]),
    "of_answered": lambda r: ratio(r["in_time"], r["answered"]),
    "abandoned_in_time": lambda r: ratio(
        r["in_time"] + r["abandoned_in_time"], r["answered"] + r["abandoned"] - r["short_abandons"]
    ),
}


def figure(name: str, row: Row, formula: str) -> float | int | None:
    """A count where nothing else is said."""
    if name == "service_level":
        return LEVELS[formula](row)
    if name.startswith("state_"):
        return seconds(row[name])
    if name in FIGURES:
        return FIGURES[name](row)
    count: int = row[name]
    return count
