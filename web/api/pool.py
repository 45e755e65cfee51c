"""The rules of the public pool: when customers go back to it, and how many one may take."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.pool import service
from crm.pool.rules import OTHERS, PoolRules
from web.api import overtaken
from web.api.customer_values import Version, Word
from web.api.values import Body, View
from web.routes import Call

Days = Annotated[int, Meta(ge=1, le=3_650)]


class LevelRule(Body, frozen=True):
    """Without a contact for so many days, customers of this level go back to the pool; null: of
    all levels that have no rule of their own."""

    level: Word | None
    days: Days


class PoolRulesBody(Body, frozen=True):
    """`most_owned`: how many customers one may have and still take some; null: any number.
    `version`: the one that was read; without it whatever is there now is meant."""

    levels: Annotated[list[LevelRule], Meta(max_length=200)]
    most_owned: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    version: Version | None = None


class PoolRulesView(View, frozen=True):
    levels: list[LevelRule]
    most_owned: int | None
    version: int


async def read_pool_rules(call: Call) -> PoolRulesView:
    return await _rules(call)


async def write_pool_rules(call: Call, body: PoolRulesBody) -> PoolRulesView:
    days = {rule.level or OTHERS: rule.days for rule in body.levels}
    if len(days) < len(body.levels):
        raise InvalidInput("each level once", field="levels")
    now = await service.rules_version(call.db)
    before = await _rules(call)
    overtaken.check(body, before, now)
    await service.write_rules(call.db, PoolRules(days, body.most_owned))
    after = await _rules(call)
    await call.audit("pool.rules", "pool", before=before, after=after)
    return after


async def _rules(call: Call) -> PoolRulesView:
    rules = await service.read_rules(call.db)
    levels = [LevelRule(level or None, days) for level, days in rules.days.items()]
    return PoolRulesView(levels, rules.most_owned, await service.read_version(call.db))
