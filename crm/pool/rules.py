"""When a customer goes back to the pool, and whether somebody may take one from it; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from callcenter.errors import Conflict, InvalidInput

DAY = 86_400.0
OTHERS = ""  # the rule of all levels that have none of their own
DAYS = range(1, 3_651)
MOST_AT_ONCE = 100  # customers taken with one request


class PoolLimitReached(Conflict):
    """`values`: how many one owns, and how many one may."""

    code = "pool_limit"

    def __init__(self, owned: int, most: int) -> None:
        super().__init__(f"you have {owned} customers; to take more you may have at most {most}")
        self.values = {"owned": owned, "most": most}


@dataclass(frozen=True, slots=True)
class PoolRules:
    """`days` by level; a level without a rule keeps its owner, unless there is one for OTHERS."""

    days: Mapping[str, int] = field(default_factory=dict)
    most_owned: int | None = None

    def cutoff(self, level: str | None, now: float) -> float | None:
        """Owned and not contacted since before this moment: back to the pool. None: never."""
        days = self.days.get(level or OTHERS, self.days.get(OTHERS))
        return None if days is None else now - days * DAY


def check_rules(rules: PoolRules, levels: Collection[str]) -> PoolRules:
    """InvalidInput names what is wrong. `levels` are those of the dictionary."""
    for level, days in rules.days.items():
        if level != OTHERS and level not in levels:
            raise InvalidInput("not a level of the dictionary", field="levels")
        if days not in DAYS:
            raise InvalidInput(f"{DAYS.start} to {DAYS.stop - 1} days", field="levels")
    if rules.most_owned is not None and rules.most_owned < 1:
        raise InvalidInput("at least 1", field="most_owned")
    return rules


def is_due(
    rules: PoolRules,
    level: str | None,
    *,
    owned_at: float,
    contacted_at: float | None,
    now: float,
) -> bool:
    """Whether an owned customer goes back: neither taken nor contacted for too long."""
    cutoff = rules.cutoff(level, now)
    latest = owned_at if contacted_at is None else max(owned_at, contacted_at)
    return cutoff is not None and latest < cutoff


def check_claim(rules: PoolRules, *, owned: int, wanted: int) -> None:
    """PoolLimitReached when so many more would be too many."""
    if not 1 <= wanted <= MOST_AT_ONCE:
        raise InvalidInput(f"1 to {MOST_AT_ONCE} at once", field="ids")
    if rules.most_owned is not None and owned + wanted > rules.most_owned:
        raise PoolLimitReached(owned, rules.most_owned)
