"""Every figure that a report can show, as one table: what it is made of, how it adds up, how it is
divided. Its text in both languages is the console's, under `metric.NAME` and `metric.NAME.what`.

A figure is the sum of some columns of the roll-ups over the sum of others; without the others it is
the sum itself. Over nothing there is no value, never zero and never 100 %. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from web.reports.columns import AGENT, DISPOSITION, EXITS, LARGEST, MICROS, QUEUE

Weights = Mapping[str, int]


class Subject(StrEnum):
    """What a report is about, and so which roll-up it is read from."""

    QUEUES = "queues"
    AGENTS = "agents"
    DISPOSITIONS = "dispositions"
    TICKETS = "tickets"


class Unit(StrEnum):
    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"  # of 1
    SCORE = "score"
    PERCENT = "percent"  # of 100


class Formula(StrEnum):
    """The standard ways to say how many were answered in time; the first is ours by default."""

    WITHOUT_SHORT = "without_short"  # in time / (answered + abandoned - short abandons)
    WITH_SHORT = "with_short"  # in time / (answered + abandoned)
    OF_OFFERED = "of_offered"  # in time / offered
    OF_ANSWERED = "of_answered"  # in time / answered
    ABANDONED_IN_TIME = "abandoned_in_time"  # (in time + abandoned in time, not short) / (answered
    # + abandoned - short abandons): who gave up within the threshold was not kept waiting


FORMULAS: Mapping[Formula, tuple[Weights, Weights]] = {
    Formula.WITHOUT_SHORT: (
        {"in_time": 1},
        {"answered": 1, "abandoned": 1, "short_abandons": -1},
    ),
    Formula.WITH_SHORT: ({"in_time": 1}, {"answered": 1, "abandoned": 1}),
    Formula.OF_OFFERED: ({"in_time": 1}, {"offered": 1}),
    Formula.OF_ANSWERED: ({"in_time": 1}, {"answered": 1}),
    Formula.ABANDONED_IN_TIME: (
        {"in_time": 1, "abandoned_in_time": 1},
        {"answered": 1, "abandoned": 1, "short_abandons": -1},
    ),
}

Better = Literal["more", "less", "neither"]
Rows = Literal[
    "entries", "contacts", "offers", "callbacks", "scores", "states", "quality", "tickets"
]


@dataclass(frozen=True, slots=True)
class Metric:
    """`rows`: what one sees who asks what is behind it; `better`: which way is good news; `among`:
    without any of these there is no figure."""

    name: str
    unit: Unit
    over: Weights
    under: Weights | None
    rows: Rows
    better: Better = "neither"
    among: Weights | None = None

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.over) | frozenset(self.under or {}) | frozenset(self.among or {})


def _sum(name: str, rows: Rows, unit: Unit = Unit.COUNT, better: Better = "neither") -> Metric:
    return Metric(name, unit, {name: 1}, None, rows, better)


def _of(  # noqa: PLR0917 - reads as a line of a table
    name: str, unit: Unit, over: str, under: str, rows: Rows, better: Better = "neither"
) -> Metric:
    """`over` and `under` as written on paper: `talk + hold`, `answered - short_abandons`."""
    return Metric(name, unit, _weights(over), _weights(under), rows, better)


def _weights(text: str) -> Weights:
    words = ("+ " + text).split()
    return {
        name: 1 if sign == "+" else -1 for sign, name in zip(words[::2], words[1::2], strict=True)
    }


_S, _N = Unit.SECONDS, Unit.COUNT
_STATES = "state_busy + state_wrap_up + state_ready"
_SIGNED_IN = "state_ready + state_not_ready + state_offered + state_busy + state_wrap_up"
_WAITED = dict.fromkeys(("answered", "abandoned", *(one for one in EXITS if one != "lost")), 1)

_CONTACTS = (
    _sum("handled", "contacts", better="more"),
    _sum("talk", "contacts", _S),
    _sum("hold", "contacts", _S),
    _sum("wrap_up", "contacts", _S),
    _of("average_talk", _S, "talk", "handled", "contacts"),
    _of("average_hold", _S, "hold", "handled", "contacts"),
    _of("average_wrap_up", _S, "wrap_up", "handled", "contacts"),
    _of("aht", _S, "talk + hold + wrap_up", "handled", "contacts", "less"),
    _sum("transfers_out", "contacts"),
    _of("transfer_rate", Unit.SHARE, "transfers_out", "handled", "contacts", "less"),
    _of("fcr", Unit.SHARE, "fcr_resolved", "fcr_known", "contacts", "more"),
)
_OPINION = (
    _sum("scores", "scores"),
    _of("satisfaction", Unit.SCORE, "score_sum", "scores", "scores", "more"),
)
_OFFERS = (
    _sum("offers", "offers"),
    _sum("offers_answered", "offers"),
    _sum("rona", "offers", better="less"),
    _sum("offers_rejected", "offers", better="less"),
    _sum("offers_failed", "offers", better="less"),
    _of("rona_rate", Unit.SHARE, "rona", "offers", "offers", "less"),
    _of("average_ring", _S, "ring", "offers", "offers", "less"),
)
QUEUES = (
    _sum("offered", "entries"),
    _sum("answered", "entries", better="more"),
    _sum("abandoned", "entries", better="less"),
    _sum("short_abandons", "entries"),
    Metric(
        "service_level",
        Unit.SHARE,
        *FORMULAS[Formula.WITHOUT_SHORT],
        rows="entries",
        better="more",
    ),
    _sum("in_time", "entries", better="more"),
    _of("asa", _S, "wait_answered", "answered", "entries", "less"),
    Metric("longest_wait", _S, {"longest_wait": 1}, None, "entries", "less", _WAITED),
    _of("average_abandon_wait", _S, "wait_abandoned", "abandoned", "entries"),
    _of("answer_rate", Unit.SHARE, "answered", "offered", "entries", "more"),
    _of("abandon_rate", Unit.SHARE, "abandoned", "offered", "entries", "less"),
    *(
        _sum(name, "entries")
        for name in ("timed_out", "empty", "key_exit", "withdrawn", "callback", "overflow", "lost")
    ),
    _sum("entries_transferred", "entries"),
    *_CONTACTS,
    *_OFFERS,
    _sum("callbacks", "callbacks"),
    _sum("callbacks_reached", "callbacks", better="more"),
    _sum("callbacks_failed", "callbacks", better="less"),
    _sum("callbacks_cancelled", "callbacks"),
    *_OPINION,
)
AGENTS = (
    *_CONTACTS,
    _sum("handled_inbound", "contacts"),
    _sum("handled_outbound", "contacts"),
    _sum("transfers_in", "contacts"),
    _sum("consults", "contacts"),
    _sum("consult_talk", "contacts", _S),
    _of("occupancy", Unit.SHARE, "state_busy + state_wrap_up", _STATES, "states"),
    Metric("signed_in", _S, _weights(_SIGNED_IN), None, "states"),
    *(
        _sum(f"state_{name}", "states", _S)
        for name in ("ready", "not_ready", "offered", "busy", "wrap_up")
    ),
    *_OFFERS,
    _sum("callback_attempts", "callbacks"),
    _sum("callbacks_spoken", "callbacks", better="more"),
    *_OPINION,
    _sum("recordings_scored", "quality"),
    _of("quality", Unit.PERCENT, "quality_sum", "quality_known", "quality", "more"),
)
DISPOSITIONS = (*_CONTACTS, *_OPINION)
TICKETS = (
    _sum("tickets_opened", "tickets"),
    _sum("tickets_resolved", "tickets", better="more"),
    _of("first_response", _S, "response_length", "responded", "tickets", "less"),
    _of("resolution", _S, "resolution_length", "tickets_resolved", "tickets", "less"),
    _sum("tickets_reopened", "tickets", better="less"),
    _of("reopen_rate", Unit.SHARE, "tickets_reopened", "ever_resolved", "tickets", "less"),
    _of("respond_kept", Unit.SHARE, "responses_in_time", "responses_promised", "tickets", "more"),
    _of("resolve_kept", Unit.SHARE, "resolved_in_time", "resolutions_promised", "tickets", "more"),
    _of("ticket_satisfaction", Unit.SCORE, "ticket_score_sum", "ticket_scores", "tickets", "more"),
)
TICKET_COLUMNS = tuple(sorted(frozenset().union(*(one.columns for one in TICKETS))))

METRICS: Mapping[Subject, Mapping[str, Metric]] = {
    Subject.QUEUES: {one.name: one for one in QUEUES},
    Subject.AGENTS: {one.name: one for one in AGENTS},
    Subject.DISPOSITIONS: {one.name: one for one in DISPOSITIONS},
    Subject.TICKETS: {one.name: one for one in TICKETS},
}
COLUMNS: Mapping[Subject, tuple[str, ...]] = {
    Subject.QUEUES: QUEUE,
    Subject.AGENTS: AGENT,
    Subject.DISPOSITIONS: DISPOSITION,
    Subject.TICKETS: TICKET_COLUMNS,
}
LENGTHS = (Unit.SECONDS, Unit.PERCENT)  # kept in millionths


def with_formula(metric: Metric, formula: Formula) -> Metric:
    """The service level by the formula that was chosen; every other figure as it is."""
    if metric.name != "service_level":
        return metric
    over, under = FORMULAS[formula]
    return Metric(metric.name, metric.unit, over, under, metric.rows, metric.better)


def value(metric: Metric, sums: Mapping[str, int]) -> float | int | None:
    """The figure, rounded once by one division of whole numbers; None over nothing."""
    if metric.among is not None and _total(metric.among, sums) <= 0:
        return None
    over = _total(metric.over, sums)
    scale = MICROS if metric.unit in LENGTHS else 1
    if metric.under is None:
        return over if scale == 1 else over / scale
    under = _total(metric.under, sums)
    return None if under <= 0 else over / (under * scale)


def _total(weights: Weights, sums: Mapping[str, int]) -> int:
    total = 0
    for name, weight in weights.items():  # tens of thousands of times: a generator costs twice this
        total += sums[name] * weight
    return total


def add(into: dict[str, int], sums: Mapping[str, int]) -> None:
    """One more part of a whole: what is largest stays largest, the rest adds up."""
    for name, more in sums.items():
        before = into.get(name, 0)
        into[name] = max(before, more) if name in LARGEST else before + more
