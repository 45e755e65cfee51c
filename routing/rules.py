"""What happens to a call before it waits: rules in order, each a small pure function that says why.

A rule is its settings and a verdict about one caller. Verdicts add up to a `Route`: which queue,
how urgent, which skills, whom to wait for first, or why the call goes no further. Of the rules that
name a person the first one whose person is signed in counts.

When a rule wants the caller to type an account number, the answer is an `Ask`. Whoever asked puts
the proven identity in place of the one that the caller's number suggested, and decides again from
the first rule on: a proven identity outranks a number everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from callcenter.calendars import Calendar, Closed, is_open
from callcenter.events import Decision
from routing.callers import Caller, Facts, Known
from routing.engine import Need
from routing.rule_settings import (
    HANG_UP,
    AccountManager,
    AccountNumber,
    Announcement,
    BlockList,
    CustomerLevel,
    DirectAgent,
    InHours,
    Language,
    LastAgent,
    NextStep,
    Refusal,
    Rule,
    TicketOwner,
)

__all__ = ["HANG_UP", "Ask", "Caller", "Decided", "Facts", "House", "Known", "NextStep", "Route"]


@dataclass(frozen=True, slots=True)
class House:
    """What else the rules look at: calendars, and who is signed in."""

    calendars: Mapping[str, Calendar]
    present: Callable[[int], bool] = lambda _agent: True
    language: str = "zh"  # in which holidays are named


# --- what comes of it -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a call goes. With `reject` or `step` it does not wait in `queue`.

    `priority` in seconds of wait; `wished_until` in seconds from now.
    """

    queue: str
    priority: float = 0.0
    required: tuple[Need, ...] = ()
    preferred: tuple[Need, ...] = ()
    wished: int | None = None
    wished_until: float | None = None
    announcement: str | None = None
    reject: Refusal | None = None
    step: NextStep | None = None

    @property
    def over(self) -> bool:
        """Whether no later rule is asked."""
        return self.reject is not None or self.step is not None


@dataclass(frozen=True, slots=True)
class Ask:
    """The caller is to type an account number before the rules can be decided."""

    rule: AccountNumber


@dataclass(frozen=True, slots=True)
class Decided:
    """What the rules came to, and every step on the way, in order."""

    route: Route | Ask
    decisions: tuple[Decision, ...]

    def news(self, before: Sequence[Decision]) -> list[Decision]:
        """The steps that were not told before (the rules before an `Ask` are decided twice)."""
        return [one for one in self.decisions if one not in before]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of a caller: the route as it is now, and why."""

    route: Route | Ask
    outcome: Literal["passed", "matched", "refused", "asked"]
    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


def decide(queue: str, rules: Sequence[Rule], caller: Caller, house: House) -> Decided:
    """All rules in order, for a call that would otherwise wait in `queue`."""
    route = Route(queue=queue)
    decisions: list[Decision] = []
    for rule in rules:
        verdict = _JUDGES[type(rule)](rule, caller, house, route)
        decisions.append(_decision(rule, verdict, caller.at))
        if isinstance(verdict.route, Ask):
            return Decided(verdict.route, tuple(decisions))
        route = verdict.route
        if route.over:
            break
    return Decided(route, tuple(decisions))


def _decision(rule: Rule, verdict: Verdict, at: float) -> Decision:
    step = str(rule.__struct_config__.tag)
    return Decision(at, step, verdict.outcome, verdict.reason, dict(verdict.facts))


def ends(route: Route, step: NextStep | None) -> Route:
    """The route of a call for which a step was chosen: another queue is a place to wait, too.

    Without a step the call waits where it would have waited anyway.
    """
    if step is None:
        return route
    if step.kind == "queue" and step.target is not None:
        return replace(route, queue=step.target)
    return replace(route, step=step)


# --- a verdict for each ---------------------------------------------------------------------


def _block_list(rule: BlockList, caller: Caller, house: House, route: Route) -> Verdict:
    refused = replace(route, reject=rule.action)
    if caller.withheld:
        if rule.withheld:
            return Verdict(refused, "refused", "withheld", {"action": rule.action})
        return Verdict(route, "passed", "withheld")
    number = caller.e164 or _digits(caller.number)
    found = next((one for one in rule.numbers if number_matches(one, number)), None)
    if found is None:
        return Verdict(route, "passed", "not_listed")
    return Verdict(refused, "refused", "listed", {"pattern": found, "action": rule.action})


def number_matches(pattern: str, number: str) -> bool:
    """Whether a number is meant by `+8613800138000`, `+8610*` or `*`."""
    if pattern.endswith("*"):
        return number.startswith(pattern[:-1])
    return number == pattern


def _digits(number: str | None) -> str:
    return "".join(one for one in number or "" if one.isascii() and (one.isdigit() or one == "+"))


def _in_hours(rule: InHours, caller: Caller, house: House, route: Route) -> Verdict:
    calendar = house.calendars.get(rule.calendar)
    named = {"calendar": rule.calendar}
    if calendar is None:  # deleted in this moment: nobody is turned away for our disorder
        return Verdict(route, "passed", "no_calendar", named)
    now = is_open(calendar, caller.at, house.language)
    if not isinstance(now, Closed):
        return Verdict(route, "passed", "open", named)
    facts = named | {"step": rule.when_closed.kind} | ({"name": now.name} if now.name else {})
    moved = ends(route, rule.when_closed)
    return Verdict(moved, "matched", now.reason, facts)


def _direct_agent(rule: DirectAgent, caller: Caller, house: House, route: Route) -> Verdict:
    dialled = _digits(caller.dialled)
    agent = next((one.agent for one in rule.numbers if _digits(one.number) == dialled), None)
    facts = {"dialled": caller.dialled}
    if agent is None:
        return Verdict(route, "passed", "nobodys_number", facts)
    return _wish(agent, rule.wait, house, route, facts)


def _customer_level(rule: CustomerLevel, caller: Caller, house: House, route: Route) -> Verdict:
    level = caller.level
    if level is None:
        return Verdict(route, "passed", "no_customer" if caller.customer is None else "no_level")
    grant = next((one for one in rule.levels if one.level == level), None)
    if grant is None:
        return Verdict(route, "passed", "other_level", {"level": level})
    queue = grant.queue or route.queue
    facts = {"level": level, "priority": f"{grant.priority:g}", "queue": queue}
    granted = replace(route, priority=route.priority + grant.priority, queue=queue)
    return Verdict(granted, "matched", "level", facts)


def _language(rule: Language, caller: Caller, house: House, route: Route) -> Verdict:
    spoken = caller.language
    if spoken is None:
        return Verdict(route, "passed", "no_language")
    found = next((one for one in rule.languages if same_language(one.language, spoken)), None)
    if found is None:
        return Verdict(route, "passed", "other_language", {"language": spoken})
    needs = (Need(found.skill, found.level, rule.after),)
    facts = {"language": spoken, "skill": found.skill, "level": str(found.level)}
    if rule.required:
        return Verdict(replace(route, required=route.required + needs), "matched", "skill", facts)
    preferred = replace(route, preferred=route.preferred + needs)
    return Verdict(preferred, "matched", "skill_preferred", facts)


def same_language(a: str, b: str) -> bool:
    """`zh` means zh-CN and zh_TW as well."""
    mine, theirs = (one.replace("_", "-").casefold() for one in (a, b))
    return mine == theirs or theirs.startswith(f"{mine}-")


def _account_number(rule: AccountNumber, caller: Caller, house: House, route: Route) -> Verdict:
    if caller.account is None:
        return Verdict(Ask(rule), "asked", "account_number")
    if caller.proven:
        facts = {"account": caller.account, "customer": str(caller.customer)}
        return Verdict(route, "matched", "proven", facts)
    if caller.account == "":
        return Verdict(route, "passed", "nothing_typed")
    return Verdict(route, "passed", "unknown_account", {"account": caller.account})


def _ticket_owner(rule: TicketOwner, caller: Caller, house: House, route: Route) -> Verdict:
    if caller.ticket is None:
        return Verdict(route, "passed", "no_open_ticket")
    facts = {"ticket": caller.ticket}
    if caller.ticket_owner is None:
        return Verdict(route, "passed", "ticket_without_agent", facts)
    return _wish(caller.ticket_owner, rule.wait, house, route, facts)


def _account_manager(rule: AccountManager, caller: Caller, house: House, route: Route) -> Verdict:
    if caller.customer is None:
        return Verdict(route, "passed", "no_customer")
    facts = {"customer": str(caller.customer)}
    if caller.account_manager is None:
        return Verdict(route, "passed", "no_account_manager", facts)
    return _wish(caller.account_manager, rule.wait, house, route, facts)


def _last_agent(rule: LastAgent, caller: Caller, house: House, route: Route) -> Verdict:
    if caller.last_agent is None or caller.last_agent_at is None:
        return Verdict(route, "passed", "no_last_agent")
    days = max(0.0, caller.at - caller.last_agent_at) / 86_400
    facts = {"days": f"{days:.1f}"}
    if days > rule.days:
        return Verdict(route, "passed", "too_long_ago", facts | {"agent": str(caller.last_agent)})
    return _wish(caller.last_agent, rule.wait, house, route, facts)


def _wish(agent: int, wait: float, house: House, route: Route, facts: Mapping[str, str]) -> Verdict:
    """The call waits for this person first, unless it waits for another one already."""
    facts = {**facts, "agent": str(agent)}
    if route.wished is not None:
        return Verdict(route, "passed", "already_wished", facts)
    if not house.present(agent):
        return Verdict(route, "passed", "not_signed_in", facts)
    wished = replace(route, wished=agent, wished_until=wait)
    return Verdict(wished, "matched", "wished", facts | {"wait": f"{wait:g}"})


def _announcement(rule: Announcement, caller: Caller, house: House, route: Route) -> Verdict:
    said = replace(route, announcement=rule.prompt)
    return Verdict(said, "matched", "announced", {"prompt": rule.prompt})


_JUDGES: Mapping[type[Rule], Callable[[Any, Caller, House, Route], Verdict]] = {
    BlockList: _block_list,
    InHours: _in_hours,
    DirectAgent: _direct_agent,
    CustomerLevel: _customer_level,
    Language: _language,
    AccountNumber: _account_number,
    TicketOwner: _ticket_owner,
    AccountManager: _account_manager,
    LastAgent: _last_agent,
    Announcement: _announcement,
}
