"""SQL: makes longer blocks of the shorter ones, and reads spans from the longest that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    union_all,
)

from web.reports import columns
from web.reports.blocks import MADE_OF, QUARTER, Run, cover
from web.reports.periods import Span


def begins(first: int) -> dict[str, int]:
    """In which blocks this quarter lies: the parameters of `renewed`."""
    return {f"block{size}": first - first % size for size, _ in MADE_OF}


def renewed(quarters: Table, blocks: Table) -> list[Any]:
    """Statements that make the blocks of one hour again, each size from the one before it."""
    begin = {size: bindparam(f"block{size}", 0, Integer) for size, _ in MADE_OF}
    old = or_(*(and_(blocks.c.quarters == size, blocks.c.slot == begin[size]) for size in begin))
    made: list[Any] = [delete(blocks).where(old)]
    key = [one.name for one in quarters.primary_key if one.name != "slot"]
    sums = [one.name for one in quarters.columns if one.name not in quarters.primary_key]
    for size, part in MADE_OF:
        source = quarters if part == QUARTER else blocks
        query = (
            select(
                *(literal(size, Integer).label("quarters"), begin[size].label("slot")),
                *(source.c[name] for name in key),
                *(_total(source.c[name]).label(name) for name in sums),
            )
            .where(source.c.slot >= begin[size], source.c.slot < begin[size] + size)
            .group_by(*(source.c[name] for name in key))
        )
        if source is blocks:
            query = query.where(blocks.c.quarters == part)
        made.append(insert(blocks).from_select(["quarters", "slot", *key, *sums], query))
    return made


def _total(summed: Any) -> Any:
    return (func.max if summed.name in columns.LARGEST else func.sum)(summed)


def parts(quarters: Table, blocks: Table, spans: Sequence[Span], names: Iterable[str]) -> Subquery:
    """Every row that the spans are made of, with the `number` of its span, what it is of, and these
    sums."""
    by_size: dict[int, list[Run]] = {}
    for number, span in enumerate(spans):
        for run in cover(span.first, span.last, number):
            by_size.setdefault(run.size, []).append(run)
    wanted = [*(one.name for one in quarters.primary_key if one.name != "slot"), *names]
    found = [
        _of_size(quarters if size == QUARTER else blocks, size, runs, wanted)
        for size, runs in sorted(by_size.items())
    ]
    return (found[0] if len(found) == 1 else union_all(*found)).subquery("parts")


def _of_size(source: Table, size: int, runs: Sequence[Run], wanted: Sequence[str]) -> Select[Any]:
    sums, only = [source.c[name] for name in wanted], runs[0]
    if len(runs) == 1:
        number: Any = literal(only.number, Integer).label("number")
        query = select(number, *sums)
    else:
        given = _numbered(size, runs)
        query = select(given.c.number, *sums).join_from(
            given, source, source.c.slot == given.c.slot
        )
    first, last = min(run.first for run in runs), max(run.last for run in runs)
    query = query.where(source.c.slot >= first, source.c.slot < last)
    return query if size == QUARTER else query.where(source.c.quarters == size)


def _numbered(size: int, runs: Sequence[Run]) -> Any:
    """Each block by itself: what is equal is looked up, what lies between would be compared with
    every span. Two years by the hour are tens of thousands, so their text is put together here."""
    rows = ",".join(
        f"({run.number},{slot})" for run in runs for slot in range(run.first, run.last, size)
    )
    given = text(f"SELECT column1 AS number, column2 AS slot FROM (VALUES {rows}) AS given")  # noqa: S608  whole numbers
    return given.columns(column("number", Integer), column("slot", Integer)).cte(f"spans{size}")
