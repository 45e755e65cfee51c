"""What administrators describe, checked as a whole before it is saved.

What cannot work is refused by name (InvalidInput with the field); what will probably disappoint is
saved, and warned about. Codes of cautions are stable, the console has words for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import msgspec

from callcenter.errors import InvalidInput
from routing.dead_rules import refuse_dead_rules
from routing.menus import Menu
from routing.rule_settings import (
    AccountNumber,
    Announcement,
    CustomerLevel,
    DirectAgent,
    InHours,
    Language,
    NextStep,
    Rule,
)
from routing.setup import SATISFACTION_PROMPT, STEPS, EntryPoint, QueueSetup, Setup, SkillNeed

BY_ITSELF = ("closed", "full", "timed_out", "empty")  # steps that happen without the caller


class Caution(msgspec.Struct, frozen=True):
    """`facts` are the names that `message` says, for words in another language."""

    code: str
    field: str
    message: str
    facts: dict[str, str] = {}


def check_queue(queue: QueueSetup, setup: Setup) -> list[Caution]:
    """Raises InvalidInput; `setup` may still hold the queue as it was."""
    house = _with(setup, queue)
    if queue.calendar is not None and queue.calendar not in setup.calendars:
        raise InvalidInput(f"there is no calendar {queue.calendar!r}", field="calendar")
    if queue.exit_key is not None and queue.exit_key == queue.callback_key:
        raise InvalidInput("the same key as exit_key", field="callback_key")
    for place, name in enumerate(queue.dispositions):
        if name not in setup.dispositions:
            raise InvalidInput(f"there is no disposition {name!r}", field=f"dispositions[{place}]")
    cautions: list[Caution] = []
    for name in STEPS:
        field = f"when_{name}"
        step: NextStep = getattr(queue, field)
        cautions += check_step(step, field, house)
        if step.kind == "queue" and step.target == queue.name:
            raise InvalidInput(f"{queue.name!r} would go on to itself", field=field)
    if queue.ask_satisfaction:
        cautions += known_prompt(SATISFACTION_PROMPT, "ask_satisfaction", setup)
    _refuse_circle(queue, house)
    return [*cautions, *_crewed(queue, house)]


def _with(setup: Setup, queue: QueueSetup) -> Setup:
    return replace(setup, queues={**setup.queues, queue.name: queue})


def _refuse_circle(queue: QueueSetup, setup: Setup) -> None:
    """No call may go round for ever: followed along every step that happens by itself."""
    ways: list[tuple[str, list[str]]] = [(name, [queue.name]) for name in _onward(queue, BY_ITSELF)]
    seen: set[str] = set()
    while ways:
        name, path = ways.pop()
        if name == queue.name:
            told = " → ".join([*path, name])
            field = next(
                f"when_{one}" for one in BY_ITSELF if set(_onward(queue, (one,))) & {*path[1:2]}
            )
            raise InvalidInput(f"calls would go round in a circle: {told}", field=field)
        if name not in seen and name in setup.queues:
            seen.add(name)
            ways += [(after, [*path, name]) for after in _onward(setup.queues[name], BY_ITSELF)]


def _onward(queue: QueueSetup, steps: Sequence[str]) -> Iterator[str]:
    for name in steps:
        step: NextStep = getattr(queue, f"when_{name}")
        if step.kind == "queue" and step.target is not None:
            yield step.target


def _crewed(queue: QueueSetup, setup: Setup) -> Iterator[Caution]:
    """Whether somebody could take its calls at all."""
    crew = [agent for agent in setup.agents.values() if queue.name in agent.queues]
    if not crew:
        yield Caution(
            "queue_without_agents",
            "name",
            f"no agent takes calls of {queue.name!r}",
            {"queue": queue.name},
        )
    for field, needs in (("required", queue.required), ("preferred", queue.preferred)):
        check_skills(needs, field, setup)
        for place, need in enumerate(needs):
            able = [agent for agent in crew if agent.skills.get(need.skill, 0) >= need.level]
            if crew and not able:
                yield _nobody_has(need, f"{field}[{place}]", f"no agent of {queue.name!r}")


def check_skills(needs: Iterable[SkillNeed], field: str, setup: Setup) -> None:
    seen: set[str] = set()
    for place, need in enumerate(needs):
        at = f"{field}[{place}].skill"
        if need.skill not in setup.skills:
            raise InvalidInput(f"there is no skill {need.skill!r}", field=at)
        if need.skill in seen:
            raise InvalidInput(f"{need.skill!r} is there twice", field=at)
        seen.add(need.skill)


def _nobody_has(need: SkillNeed, field: str, who: str) -> Caution:
    return Caution(
        "skill_nobody_has",
        field,
        f"{who} has the skill {need.skill!r} at level {need.level}",
        {"skill": need.skill, "level": str(need.level)},
    )


def _able(need: SkillNeed, field: str, setup: Setup) -> list[Caution]:
    able = any(agent.skills.get(need.skill, 0) >= need.level for agent in setup.agents.values())
    return [] if able else [_nobody_has(need, field, "no agent")]


# --- steps ----------------------------------------------------------------------------------


def check_step(step: NextStep, field: str, setup: Setup) -> list[Caution]:
    """A step with what it needs, and nothing that it does not."""
    target, at = step.target, f"{field}.target"
    if step.kind == "hangup" and target is not None:
        raise InvalidInput("to hang up needs no target", field=at)
    if step.kind in {"queue", "number", "message"} and target is None:
        raise InvalidInput(f"say which {step.kind}", field=at)
    if target is None:
        return []
    if step.kind in {"queue", "callback"} and target not in setup.queues:
        raise InvalidInput(f"there is no queue {target!r}", field=at)
    if step.kind == "number" and not _is_number(target):
        raise InvalidInput(f"{target!r} is no telephone number", field=at)
    return known_prompt(target, at, setup) if step.kind in {"message", "voicemail"} else []


def _is_number(text: str) -> bool:
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdigit() and len(digits) <= 20


def known_prompt(name: str, field: str, setup: Setup) -> list[Caution]:
    """What nobody uploaded must be a sound that the PBX has by itself."""
    if name in setup.prompts:
        return []
    text = f"{name!r} was not uploaded; it must be a sound of the PBX"
    return [Caution("prompt_not_uploaded", field, text, {"prompt": name})]


# --- entry points ---------------------------------------------------------------------------


def check_entry(entry: EntryPoint, setup: Setup) -> list[Caution]:
    """Raises InvalidInput for unknown names, and for rules that can never match."""
    if entry.queue not in setup.queues:
        raise InvalidInput(f"there is no queue {entry.queue!r}", field="queue")
    if entry.menu is not None and entry.menu not in setup.menus:
        raise InvalidInput(f"there is no menu {entry.menu!r}", field="menu")
    cautions = [
        caution
        for place, rule in enumerate(entry.rules)
        for caution in _names_in(rule, f"rules[{place}]", setup)
    ]
    refuse_dead_rules(entry, setup)
    return cautions


def _names_in(rule: Rule, at: str, setup: Setup) -> list[Caution]:
    """Unknown names are refused; what exists but will not help is warned about."""
    look = _NAMES_IN.get(type(rule))
    return [] if look is None else look(rule, at, setup)


def _calendar_in(rule: InHours, at: str, setup: Setup) -> list[Caution]:
    if rule.calendar not in setup.calendars:
        raise InvalidInput(f"there is no calendar {rule.calendar!r}", field=f"{at}.calendar")
    return check_step(rule.when_closed, f"{at}.when_closed", setup)


def _prompts_in(rule: AccountNumber | Announcement, at: str, setup: Setup) -> list[Caution]:
    cautions = known_prompt(rule.prompt, f"{at}.prompt", setup)
    if isinstance(rule, AccountNumber) and rule.wrong is not None:
        cautions += known_prompt(rule.wrong, f"{at}.wrong", setup)
    return cautions


def _agents_in(rule: DirectAgent, at: str, setup: Setup) -> list[Caution]:
    cautions = []
    for place, one in enumerate(rule.numbers):
        field = f"{at}.numbers[{place}].agent"
        agent = setup.agents.get(one.agent)
        if agent is None:
            raise InvalidInput(f"there is no active agent {one.agent}", field=field)
        if not agent.interfaces:
            text = f"{agent.name} has no telephone"
            cautions.append(Caution("agent_without_phone", field, text, {"agent": agent.name}))
    return cautions


def _queues_in(rule: CustomerLevel, at: str, setup: Setup) -> list[Caution]:
    for place, one in enumerate(rule.levels):
        if one.queue is not None and one.queue not in setup.queues:
            field = f"{at}.levels[{place}].queue"
            raise InvalidInput(f"there is no queue {one.queue!r}", field=field)
    return []


def _skills_in(rule: Language, at: str, setup: Setup) -> list[Caution]:
    cautions: list[Caution] = []
    for place, one in enumerate(rule.languages):
        field = f"{at}.languages[{place}]"
        if one.skill not in setup.skills:
            raise InvalidInput(f"there is no skill {one.skill!r}", field=f"{field}.skill")
        cautions += _able(SkillNeed(one.skill, one.level), f"{field}.skill", setup)
    return cautions


_NAMES_IN: Mapping[type[Rule], Callable[[Any, str, Setup], list[Caution]]] = {
    InHours: _calendar_in,
    DirectAgent: _agents_in,
    CustomerLevel: _queues_in,
    Language: _skills_in,
    AccountNumber: _prompts_in,
    Announcement: _prompts_in,
}


# --- menus ----------------------------------------------------------------------------------


def check_menu(name: str, menu: Menu, setup: Setup) -> list[Caution]:
    """Raises InvalidInput for keys that are there twice and for unknown names."""
    cautions = known_prompt(menu.prompt, "prompt", setup)
    if menu.wrong is not None:
        cautions += known_prompt(menu.wrong, "wrong", setup)
    seen: set[str] = set()
    for place, key in enumerate(menu.keys):
        at = f"keys[{place}]"
        if key.key in seen:
            raise InvalidInput(f"the key {key.key} is there twice", field=f"{at}.key")
        seen.add(key.key)
        needs = [SkillNeed(one.skill, one.level, one.after) for one in key.required]
        check_skills(needs, f"{at}.required", setup)
        for number, need in enumerate(needs):
            cautions += _able(need, f"{at}.required[{number}]", setup)
        cautions += _menu_step(name, key.step.kind, key.step.target, f"{at}.step", setup)
    if menu.otherwise is not None:
        cautions += check_step(menu.otherwise, "otherwise", setup)
    return cautions


def _menu_step(name: str, kind: str, target: str | None, at: str, setup: Setup) -> list[Caution]:
    if kind == "repeat":
        if target is not None:
            raise InvalidInput("to say the menu again needs no target", field=f"{at}.target")
        return []
    if kind != "menu":
        return check_step(msgspec.convert({"kind": kind, "target": target}, NextStep), at, setup)
    if target == name:
        raise InvalidInput("to say the same menu again, write repeat", field=f"{at}.kind")
    if target not in setup.menus:
        raise InvalidInput(f"there is no menu {target!r}", field=f"{at}.target")
    return []


# --- what is used ---------------------------------------------------------------------------


def users_of(kind: str, name: str, setup: Setup) -> list[str]:
    """Who names this queue, skill, calendar, menu, prompt or disposition, in words."""
    named: Mapping[str, Iterable[tuple[str, str]]] = {
        f"queue {queue.label or queue.name}": _named_by_queue(queue)
        for queue in setup.queues.values()
        if (kind, name) != ("queue", queue.name)
    }
    entries = {f"number {one.number}": _named_by_entry(one) for one in setup.entries.values()}
    menus = {
        f"menu {one}": _named_by_menu(menu)
        for one, menu in setup.menus.items()
        if (kind, name) != ("menu", one)
    }
    everybody = chain(named.items(), entries.items(), menus.items())
    return [who for who, names in everybody if (kind, name) in set(names)]


_STEP_NAMES = {
    "queue": "queue",
    "callback": "queue",
    "message": "prompt",
    "voicemail": "prompt",
    "menu": "menu",
}


def _named_by_step(kind: str, target: str | None) -> Iterator[tuple[str, str]]:
    if target is not None and kind in _STEP_NAMES:
        yield _STEP_NAMES[kind], target


def _named_by_queue(queue: QueueSetup) -> Iterator[tuple[str, str]]:
    if queue.calendar is not None:
        yield "calendar", queue.calendar
    for need in (*queue.required, *queue.preferred):
        yield "skill", need.skill
    for name in queue.dispositions:
        yield "disposition", name
    if queue.ask_satisfaction:
        yield "prompt", SATISFACTION_PROMPT
    for name in STEPS:
        step: NextStep = getattr(queue, f"when_{name}")
        yield from _named_by_step(step.kind, step.target)


def _named_by_entry(entry: EntryPoint) -> Iterator[tuple[str, str]]:
    yield "queue", entry.queue
    if entry.menu is not None:
        yield "menu", entry.menu
    for rule in entry.rules:
        match rule:
            case InHours():
                yield "calendar", rule.calendar
                yield from _named_by_step(rule.when_closed.kind, rule.when_closed.target)
            case CustomerLevel():
                yield from (("queue", one.queue) for one in rule.levels if one.queue is not None)
            case Language():
                yield from (("skill", one.skill) for one in rule.languages)
            case AccountNumber():
                yield from (("prompt", one) for one in (rule.prompt, rule.wrong) if one is not None)
            case Announcement():
                yield "prompt", rule.prompt


def _named_by_menu(menu: Menu) -> Iterator[tuple[str, str]]:
    yield from (("prompt", one) for one in (menu.prompt, menu.wrong) if one is not None)
    for key in menu.keys:
        yield from (("skill", one.skill) for one in key.required)
        yield from _named_by_step(key.step.kind, key.step.target)
    if menu.otherwise is not None:
        yield from _named_by_step(menu.otherwise.kind, menu.otherwise.target)
