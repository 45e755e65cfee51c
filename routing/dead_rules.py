"""Finds entry rules that can never match, so that nobody believes in one that does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from callcenter.calendars import never_closed, never_open
from callcenter.errors import InvalidInput
from routing.rule_settings import (
    AccountManager,
    AccountNumber,
    Announcement,
    BlockList,
    CustomerLevel,
    DirectAgent,
    InHours,
    Language,
    LastAgent,
    Rule,
    TicketOwner,
)
from routing.rules import number_matches, same_language
from routing.setup import EntryPoint, Setup

Before = Sequence[Rule]  # the rules that are asked first


def refuse_dead_rules(entry: EntryPoint, setup: Setup) -> None:
    """InvalidInput for the first rule, or part of a rule, that no call can ever reach or match."""
    for place, rule in enumerate(entry.rules):
        before = entry.rules[:place]
        at = f"rules[{place}]"
        for number, earlier in enumerate(before):
            if _stops_everybody(earlier, setup):
                raise InvalidInput(
                    f"can never match: no call passes {_named(earlier)} (rules[{number}])", field=at
                )
        for field, why in _DEAD[type(rule)](rule, before, entry, setup):
            raise InvalidInput(f"can never match: {why}", field=f"{at}{field}")


def _named(rule: Rule) -> str:
    return f"the rule {rule.__struct_config__.tag}"


def _stops_everybody(rule: Rule, setup: Setup) -> bool:
    """Whether no call goes on behind this rule."""
    if isinstance(rule, BlockList):
        return rule.withheld and "*" in rule.numbers
    if isinstance(rule, InHours):
        calendar = setup.calendars.get(rule.calendar)
        return calendar is not None and never_open(calendar)
    return False


# Each says (part of the rule, why it can never match).
Found = Iterator[tuple[str, str]]


def _block_list(rule: BlockList, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    if not rule.numbers and not rule.withheld:
        yield "", "it names no number"
    earlier = [one for one in before if isinstance(one, BlockList)]
    for place, pattern in enumerate(rule.numbers):
        others = [*(one for listed in earlier for one in listed.numbers), *rule.numbers[:place]]
        covering = next((one for one in others if number_matches(one, pattern)), None)
        if covering is not None:
            yield f".numbers[{place}]", f"{covering} comes first and means {pattern} too"
    if rule.withheld and any(one.withheld for one in earlier):
        yield ".withheld", "callers without a number are turned away before"


def _in_hours(rule: InHours, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    calendar = setup.calendars.get(rule.calendar)
    if calendar is not None and never_closed(calendar):
        yield ".calendar", f"{rule.calendar} is open day and night"
    if any(isinstance(one, InHours) and one.calendar == rule.calendar for one in before):
        yield ".calendar", f"{rule.calendar} was asked before"


def _direct_agent(rule: DirectAgent, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    if not rule.numbers:
        yield "", "it names no number"
    earlier = [one for one in before if isinstance(one, DirectAgent)]
    seen = {one.number for direct in earlier for one in direct.numbers}
    for place, one in enumerate(rule.numbers):
        if not number_matches(entry.number, one.number):
            yield f".numbers[{place}]", f"{one.number} does not lead to {entry.number}"
        if one.number in seen:
            yield f".numbers[{place}]", f"{one.number} is there before"
        seen.add(one.number)


def _customer_level(rule: CustomerLevel, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    if not rule.levels:
        yield "", "it names no level"
    seen: set[str] = set()
    for place, one in enumerate(rule.levels):
        if one.level in seen:
            yield f".levels[{place}]", f"{one.level} is there before"
        seen.add(one.level)


def _language(rule: Language, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    if not rule.languages:
        yield "", "it names no language"
    for place, one in enumerate(rule.languages):
        for other in rule.languages[:place]:
            if same_language(other.language, one.language):
                yield f".languages[{place}]", f"{other.language} comes first"


def _asked_once(rule: Rule, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    if any(type(one) is type(rule) for one in before):
        yield "", "there is such a rule before"


def _last_agent(rule: LastAgent, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    for one in before:
        if isinstance(one, LastAgent) and one.days >= rule.days:
            yield "", f"a rule before looks back {one.days:g} days"


def _announcement(rule: Announcement, before: Before, entry: EntryPoint, setup: Setup) -> Found:
    if any(isinstance(one, Announcement) for one in before):
        yield "", "one announcement is played, and there is one before"


_DEAD: Mapping[type[Rule], Callable[[Any, Before, EntryPoint, Setup], Found]] = {
    BlockList: _block_list,
    InHours: _in_hours,
    DirectAgent: _direct_agent,
    CustomerLevel: _customer_level,
    Language: _language,
    AccountNumber: _asked_once,
    TicketOwner: _asked_once,
    AccountManager: _asked_once,
    LastAgent: _last_agent,
    Announcement: _announcement,
}
