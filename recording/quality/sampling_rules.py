"""Which calls are to be scored, as administrators write it; the caller owns the transaction."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput, NotFound
from recording.quality import names
from recording.quality.sheets import ChangedMeanwhile, Name, get_sheet
from recording.quality.tables import QualityRule
from recording.quality.text import line
from recording.queries import table_of

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Mark = Annotated[int, Meta(ge=1, le=5)]
QueueName = Annotated[str, Meta(min_length=1, max_length=200)]
Direction = Literal["inbound", "outbound", "internal"]
People = Annotated[tuple[Id, ...], Meta(max_length=1000)]

_rules = table_of(QualityRule)


class SampleRuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`per_week` calls of each agent, from Monday to Sunday in the installation's zone.

    Of those that fit: `shortest` and `longest` in seconds, through one of `queues`, in one of
    `directions`, of one of `agents`, with a mark of the caller from `satisfaction_from` to
    `satisfaction_to`; nothing said is any. `evaluators` are given them in turn; without any they
    are for whoever takes them.
    """

    name: Name
    active: bool = True
    sheet: Id
    per_week: Annotated[int, Meta(ge=1, le=100)]
    shortest: Seconds | None = None
    longest: Seconds | None = None
    queues: Annotated[tuple[QueueName, ...], Meta(max_length=200)] = ()
    directions: Annotated[tuple[Direction, ...], Meta(max_length=3)] = ()
    agents: People = ()
    evaluators: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    satisfaction_from: Mark | None = None
    satisfaction_to: Mark | None = None


class SampleRuleView(SampleRuleBody, frozen=True, kw_only=True):
    """`since`: when it was made; weeks that were over then are left alone."""

    id: int
    version: int
    since: float


async def list_rules(session: AsyncSession, *, active: bool = False) -> list[SampleRuleView]:
    """By name. `active`: only those that are in use."""
    query = select(_rules).order_by(_rules.c.name, _rules.c.id)
    if active:
        query = query.where(_rules.c.active)
    return [_view(row._mapping) for row in await session.execute(query)]


async def get_rule(session: AsyncSession, rule: int, *, lock: bool = False) -> SampleRuleView:
    """NotFound. `lock`: whoever else asks so waits until this transaction is over."""
    query = select(_rules).where(_rules.c.id == rule)
    row = (await session.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound("there is no such rule")
    return _view(row._mapping)


async def create_rule(session: AsyncSession, body: SampleRuleBody, *, now: float) -> SampleRuleView:
    """InvalidInput names a field."""
    values = await _checked(session, body)
    made = await session.execute(insert(_rules).values(**values, since=now).returning(_rules.c.id))
    return await get_rule(session, int(made.scalar_one()))


async def change_rule(
    session: AsyncSession, rule: int, body: SampleRuleBody, *, version: int
) -> SampleRuleView:
    """What was chosen stays chosen. ChangedMeanwhile, InvalidInput, NotFound."""
    before = await get_rule(session, rule)
    values = await _checked(session, body)
    done = await session.execute(
        update(_rules)
        .where(_rules.c.id == rule, _rules.c.version == version)
        .values(**values, version=version + 1)
        .returning(_rules.c.id)
    )
    if done.one_or_none() is None:
        raise ChangedMeanwhile(before)
    return await get_rule(session, rule)


async def delete_rule(session: AsyncSession, rule: int) -> None:
    """What it chose stays. NotFound."""
    done = await session.execute(delete(_rules).where(_rules.c.id == rule).returning(_rules.c.id))
    if done.one_or_none() is None:
        raise NotFound("there is no such rule")


async def _checked(session: AsyncSession, body: SampleRuleBody) -> dict[str, Any]:
    try:
        await get_sheet(session, body.sheet)
    except NotFound:
        raise InvalidInput("there is no such sheet", field="sheet") from None
    _check_order(body.shortest, body.longest, "longest")
    _check_order(body.satisfaction_from, body.satisfaction_to, "satisfaction_to")
    for field in ("queues", "directions", "agents", "evaluators"):
        several = getattr(body, field)
        if len(set(several)) < len(several):
            raise InvalidInput("one of them is there twice", field=field)
    await names.check_queues(session, body.queues, "queues")
    await names.check_agents(session, body.agents, "agents")
    await names.check_users(session, body.evaluators, "evaluators")
    values: dict[str, Any] = msgspec.to_builtins(body)
    values["sheet_id"] = values.pop("sheet")
    return values | {"name": line(body.name, "name")}


def _check_order(low: float | None, high: float | None, field: str) -> None:
    if low is not None and high is not None and high < low:
        raise InvalidInput("ends before it begins", field=field)


def _view(row: Any) -> SampleRuleView:
    values = dict(row)
    values["sheet"] = values.pop("sheet_id")
    return msgspec.convert(values, SampleRuleView)
