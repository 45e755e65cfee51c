"""Finds recordings by everything that is known of them, the newest or longest first.

Built so that the database walks one index in the order of the page and stops when it is full, also
among ten million: what filters and orders stands in the recording's own row; an agent's, and a
team's, are walked agent by agent (`recording_agents`); of alternatives each is walked by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    Text,
    any_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import fast
from callcenter.store.base import Instant
from callcenter.store.paging import EventPlace, check_limit, decode_place, encode_place
from recording.known import KNOWN, Known, with_names
from recording.queries import table_of
from recording.tables import Recording, RecordingAgent, RecordingComment

Walk = Literal["all", "agent", "agents", "spoke"]
Sort = Literal["started", "-started", "seconds", "-seconds"]
Status = Literal["ready", "silent", "missing", "pending"]

_r = table_of(Recording).c
_a = table_of(RecordingAgent).c
_c = table_of(RecordingComment).c
# Planned for what is asked now: what is rare and what is common want different indexes. What an
# index found is remembered row by row: with less, all rows of the same pages would be read again.
SETTINGS = {
    "work_mem": "64MB",
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
_SORTS = {"started": "started_at", "seconds": "seconds"}


class LibraryRow(Known, frozen=True):
    """A recording in a list. `agent`: who spoke first on what was recorded; `number`: of the other
    side, as it came; `comments`: how many."""

    started_at: float
    comments: int


class LibraryPage(msgspec.Struct, frozen=True):
    items: list[LibraryRow]
    next: str | None  # cursor of the next page


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All of it must hold; of a list any. `begin` ≤ started < `end`; `seconds` from, to, both
    included. `either`: at least one of these must hold as well. `others`: what other rooms know.
    """

    status: Status = "ready"
    begin: float | None = None
    end: float | None = None
    shortest: float | None = None
    longest: float | None = None
    agent: int | None = None
    customer: int | None = None
    queues: Sequence[str] = ()
    directions: Sequence[str] = ()
    dispositions: Sequence[str] = ()
    satisfaction: Sequence[int] = ()
    unmatched: bool = False  # of no call that we know
    either: Sequence[ColumnElement[bool]] = ()
    others: Sequence[ColumnElement[bool]] = ()


@dataclass(frozen=True, slots=True)
class Eye:
    """Who looks: everything, or only the calls in which one of `agents` spoke."""

    everything: bool
    agents: tuple[int, ...] = ()


# --- conditions on a recording --------------------------------------------------------------


def of_number(party: str | None, suffixes: Sequence[str]) -> ColumnElement[bool]:
    """Exactly this number, or one that ends like it."""
    ways = [_r.suffix.in_(suffixes)] if suffixes else []
    return or_(*ways, _r.party == party) if party is not None else or_(*ways)


def of_calls(interactions: Sequence[str]) -> ColumnElement[bool]:
    return _r.interaction_id.in_(interactions)


def one_in(recordings: Select[Any]) -> ColumnElement[bool]:
    """One of these, by their ids."""
    return _r.id.in_(recordings)


def of_customers(ids: Select[Any]) -> ColumnElement[bool]:
    return _r.customer_id.in_(ids)


def noted(dialect: str, words: str) -> ColumnElement[bool]:
    """The words are somewhere in the notes of the call or of the recording, by the index of the
    search: PostgreSQL's has every letter, every pair and every three of them."""
    words = words.lower()
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    there = _r.notes.is_not(None)
    if dialect == "postgresql" and len(words) <= 2:
        grams = func.search_grams(_r.notes).op("@>")(cast(array([words]), ARRAY(Text)))
        return there & (func.strpos(func.lower(_r.notes), words) > 0) & grams
    return there & _r.notes.ilike(f"%{escaped}%", escape="\\")


def one_of(recording: str, *within: ColumnElement[bool]) -> Select[Any]:
    """Its id, when it is `within`."""
    return select(_r.id).where(_r.id == recording, *within)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.customer is not None:
        found.append(_r.customer_id == wanted.customer)
    for of, values in (
        (_r.queue, wanted.queues),
        (_r.direction, wanted.directions),
        (_r.disposition, wanted.dispositions),
        (_r.satisfaction, wanted.satisfaction),
    ):
        if len(values) == 1:
            found.append(of == values[0])
        elif values:
            found.append(of.in_(values))
    if wanted.unmatched:
        found.append(_r.interaction_id.is_(None))
    return [*found, *wanted.others]


# --- the page -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the text of the question follows from, beside the conditions. `walk`: recording by
    recording, those of one agent, or of several; `spoke`: recording by recording, and then whether
    one of several agents spoke."""

    dialect: str
    status: str
    sort: str
    walk: Walk
    later: bool
    begin: bool
    end: bool
    shortest: bool
    longest: bool
    either: int
    with_agent: bool
    outcome: bool  # by disposition and satisfaction, which together are rare

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def key(self) -> str:
        return _SORTS[self.sort.removeprefix("-")]


async def find_recordings(
    session: AsyncSession,
    wanted: Wanted,
    *,
    eye: Eye,
    sort: Sort = "-started",
    cursor: str | None = None,
    limit: int = 50,
) -> LibraryPage:
    """A page of what this person may hear. InvalidInput for a cursor or limit that is none."""
    place = decode_place(cursor)
    named = _values(wanted, place, limit)
    walk, agents = _walk(wanted, eye)
    if not agents and not eye.everything:
        return LibraryPage([], None)
    if walk != "all":
        named["agents"] = agents[0] if walk == "agent" else list(agents)
    if wanted.agent is not None and (wanted.agent,) != agents:
        named["agent"] = wanted.agent
    dialect, narrowed = session.get_bind().dialect.name, _narrowed(wanted)
    shape = _Shape(
        dialect=dialect,
        status=wanted.status,
        sort=sort,
        walk="spoke" if walk == "agents" and (narrowed or dialect != "postgresql") else walk,
        later=place is not None,
        begin="begin" in named,
        end="end" in named,
        shortest="shortest" in named,
        longest="longest" in named,
        either=len(wanted.either),
        with_agent="agent" in named,
        outcome=bool(wanted.dispositions and wanted.satisfaction),
    )
    common = _conditions(wanted)
    async with fast.settings(session, **SETTINGS):
        rows = await fast.fetch(
            session,
            ("library", shape),
            lambda: _page(shape, common, wanted.either),
            named,
            [*common, *wanted.either],
        )
    return _answer(rows, limit, shape)


def _values(wanted: Wanted, place: EventPlace | None, limit: int) -> dict[str, Any]:
    named: dict[str, Any] = {"most": check_limit(limit) + 1}
    if place is not None:
        named |= {"seen": place.value, "seen_id": place.id}
    for name in ("begin", "end", "shortest", "longest"):
        if (value := getattr(wanted, name)) is not None:
            named[name] = value
    return named


def _narrowed(wanted: Wanted) -> bool:
    """By something that does not stand beside the agent: then recordings are found by that, and
    looked at for who spoke. What agents rarely have would else be looked for in all of theirs."""
    either = wanted.others or wanted.either or wanted.unmatched or wanted.customer is not None
    several = wanted.queues or wanted.dispositions or wanted.satisfaction or wanted.directions
    return bool(either or several)


def _walk(wanted: Wanted, eye: Eye) -> tuple[Walk, tuple[int, ...]]:
    """An agent who is asked for is walked alone when theirs are in sight anyway."""
    if eye.everything:
        return ("all", ()) if wanted.agent is None else ("agent", (wanted.agent,))
    if wanted.agent in eye.agents:
        return "agent", (wanted.agent,)
    return ("agent" if len(eye.agents) == 1 else "agents"), eye.agents


def _answer(rows: fast.Rows, limit: int, shape: _Shape) -> LibraryPage:
    found = [LibraryRow(*row) for row in rows[:limit]]
    if len(rows) <= limit:
        return LibraryPage(found, None)
    last = found[-1]
    value = last.started_at if shape.key == "started_at" else last.seconds
    return LibraryPage(found, encode_place(float(value or 0.0), last.id))


def _page(
    shape: _Shape, common: Sequence[ColumnElement[bool]], either: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    parts = [_part(shape, [*common, *more]) for more in ([one] for one in either)] or [
        _part(shape, common)
    ]
    if len(parts) == 1:
        page = parts[0].subquery("page")
    else:
        page = union(*(select(part.subquery()) for part in parts)).subquery("page")
    comments = (
        select(func.count()).where(_c.recording_id == _r.id).correlate(table_of(Recording))
    ).scalar_subquery()
    named = with_names(page.join(table_of(Recording), _r.id == page.c.id))
    return (
        select(*KNOWN, _r.started_at, comments)
        .select_from(named)
        .order_by(*_order(shape, page.c.key, page.c.id))
        .limit(bindparam("most", type_=Integer))
    )


def _part(shape: _Shape, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """(id, key) of one page's worth, in the order of the page."""
    conditions = [_r.status == literal_column(f"'{shape.status}'"), *conditions]
    if shape.with_agent:
        other = table_of(RecordingAgent).alias("other")
        spoke = (other.c.recording_id == _r.id) & (
            other.c.agent_id == bindparam("agent", type_=Integer)
        )
        conditions.append(exists(select(literal(1)).select_from(other).where(spoke)))
    if shape.walk == "all":
        return _walked(shape, _r, _r.id, conditions)
    if shape.walk == "agent":
        mine = _a.agent_id == bindparam("agents", type_=Integer)
        return _walked(shape, _a, _a.recording_id, [mine, *_same(shape), *conditions])
    if shape.walk == "spoke":
        return _walked(shape, _r, _r.id, [_spoke(shape), *conditions])
    each = (
        func.unnest(bindparam("agents", type_=ARRAY(Integer))).table_valued("id").render_derived()
    )
    mine = _a.agent_id == each.c.id
    one = _walked(shape, _a, _a.recording_id, [mine, _a.recording_id == _r.id, *conditions])
    page = one.correlate(each).lateral("one")
    return select(page.c.id, page.c.key).distinct().select_from(each.join(page, true()))


def _spoke(shape: _Shape) -> ColumnElement[bool]:
    """One of several agents."""
    if shape.dialect == "postgresql":
        theirs = _a.agent_id == any_(bindparam("agents", type_=ARRAY(Integer)))
        return exists(select(literal(1)).where(_a.recording_id == _r.id, theirs))
    theirs = _a.agent_id.in_(bindparam("agents", expanding=True))
    return _r.id.in_(select(_a.recording_id).where(theirs))


def _same(shape: _Shape) -> list[ColumnElement[bool]]:
    """The agent's row of a recording. That the moments agree as well is so anyway, but lets the
    indexes of outcomes and of agents be merged: where the database expects many, it would count on
    too few and read them all."""
    moment = [_a.started_at == _r.started_at] if shape.outcome else []
    return [_a.recording_id == _r.id, *moment]


def _walked(
    shape: _Shape, of: Any, id_: Any, conditions: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """The first rows of an index: of the recordings, or of an agent's."""
    key = of[shape.key]
    found = select(id_.label("id"), key.label("key")).where(key.is_not(None), *conditions)
    moment = Instant()
    if shape.begin:
        found = found.where(of.started_at >= bindparam("begin", type_=moment))
    if shape.end:
        found = found.where(of.started_at < bindparam("end", type_=moment))
    if shape.shortest:
        found = found.where(of.seconds >= bindparam("shortest", type_=Float))
    if shape.longest:
        found = found.where(of.seconds <= bindparam("longest", type_=Float))
    if shape.later:
        row = tuple_(key, id_)
        seen = tuple_(bindparam("seen", type_=key.type), bindparam("seen_id", type_=String))
        found = found.where(row < seen if shape.descending else row > seen)
    if "seconds" not in shape.key and of is _r:
        found = found.where(_r.started_at.is_not(None))
    return found.order_by(*_order(shape, key, id_)).limit(bindparam("most", type_=Integer))


def _order(shape: _Shape, key: Any, id_: Any) -> tuple[Any, ...]:
    return (key.desc(), id_.desc()) if shape.descending else (key, id_)
