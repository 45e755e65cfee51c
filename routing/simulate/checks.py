"""What the types of a scenario cannot say, and scenarios read from files.

Every error names the file, the key and what is allowed; what is strange but possible is a warning.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from callcenter.errors import ConfigError, InvalidInput
from routing.simulate.scenario import AgentSpec, QueueSpec, Scenario, clock_seconds

MOST_CALLS = 5_000_000  # in all replications: minutes of computing, and more is a slip of the pen
_LARGEST = 5_000_000  # bytes of a scenario file
_LAST = 48 * 3600.0  # that a clock of a scenario can say

_AT = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_UNKNOWN = re.compile(r"contains unknown field `([^`]*)`")
_MISSING = re.compile(r"missing required field `([^`]*)`")


def load(path: Path) -> Scenario:
    """The checked scenario of a TOML file. ConfigError for everything that is wrong with it."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: larger than {_LARGEST} bytes, so it is no scenario")
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None
    return parse(raw, str(path))


def parse(raw: object, source: str) -> Scenario:
    """The same for what was read already; `source` is named in errors."""
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        key, what = explained(error)
        raise ConfigError(f"{source}: {key}: {what}", field=key) from None
    try:
        check(scenario)
    except InvalidInput as error:
        raise ConfigError(f"{source}: {error.field}: {error.message}", field=error.field) from None
    return scenario


def explained(error: msgspec.ValidationError) -> tuple[str, str]:
    """The key that is wrong, and what is allowed there."""
    text = str(error)
    at = _AT.search(text)
    key = at[1] if at else ""
    what = _AT.sub("", text)
    if unknown := _UNKNOWN.search(text):
        allowed = ", ".join(sorted(_fields(_type_at(key))))
        return _under(key, unknown[1]), f"is not known; allowed: {allowed}"
    if missing := _MISSING.search(text):
        return _under(key, missing[1]), "is required"
    kind = _type_at(key)
    if "matching regex" in what and (examples := _examples(kind)):
        return key, f"must be written like {examples}"
    choices = ", ".join(sorted(_choices(kind)))
    return key or "scenario", f"{what}; allowed: {choices}" if choices else what


def check(scenario: Scenario) -> None:
    """Raises InvalidInput with the field for what contradicts itself."""
    for field, what in _problems(scenario):
        raise InvalidInput(what, field=field)


def warnings(scenario: Scenario) -> list[str]:
    """What is possible, but hardly meant."""
    said = []
    for place, queue in enumerate(scenario.queues):
        at = f"queues[{place}] {queue.name}"
        serving = [a for a in scenario.agents if queue.name in a.queues and a.count]
        if not serving:
            said.append(f"{at}: no agent takes its calls")
        said += [
            f"{at}: none of its agents has the skill {need.skill} at {need.level}"
            for need in queue.required
            if need.after is None
            and not any(agent.skills.get(need.skill, 0) >= need.level for agent in serving)
        ]
    return said


def _problems(scenario: Scenario) -> Iterator[tuple[str, str]]:
    if scenario.warm_up >= scenario.seconds:
        yield "warm_up", f"must be shorter than the {scenario.hours:g} hours that are simulated"
    total = scenario.expected_calls() * scenario.replications
    if total > MOST_CALLS:
        yield "replications", f"makes {total:.0f} calls; allowed: at most {MOST_CALLS} in all"
    yield from _twice("queues", [queue.name for queue in scenario.queues])
    yield from _twice("agents", [agent.name for agent in scenario.agents])
    if sum(agent.count for agent in scenario.agents) > 5000:
        yield "agents", "are more than 5000 people in all"
    for place, queue in enumerate(scenario.queues):
        yield from _queue_problems(scenario, queue, f"queues[{place}]")
    for place, agent in enumerate(scenario.agents):
        yield from _agent_problems(scenario, agent, f"agents[{place}]")


def _twice(key: str, names: list[str]) -> Iterator[tuple[str, str]]:
    for name, times in Counter(names).items():
        if times > 1:
            place = len(names) - 1 - names[::-1].index(name)
            yield f"{key}[{place}].name", f"{name!r} is there {times} times"


def _queue_problems(scenario: Scenario, queue: QueueSpec, at: str) -> Iterator[tuple[str, str]]:
    hours = math.ceil(scenario.hours)
    given = queue.calls_per_hour
    if isinstance(given, list) and len(given) != hours:
        yield f"{at}.calls_per_hour", f"has {len(given)} figures; allowed: {hours}, one an hour"
    if queue.calls_at and given != 0:
        yield f"{at}.calls_at", "and calls_per_hour are both given; allowed: one of them"
    if queue.calls_at and max(queue.calls_at) >= scenario.seconds:
        yield f"{at}.calls_at", f"must be below the {scenario.seconds:g} seconds of the scenario"
    if math.fsum(caller.share for caller in queue.callers) > 1 + 1e-9:
        yield f"{at}.callers", "have shares that add up to more than 1"
    names = {each.name for each in scenario.queues}
    for key in ("when_full", "when_timed_out", "when_empty"):
        step = getattr(queue, key)
        if step.kind != "queue":
            continue
        if step.target == queue.name:
            yield f"{at}.{key}.target", "is the queue itself; a caller would go in circles"
        elif step.target not in names:
            allowed = ", ".join(sorted(names - {queue.name})) or "none: there is no other queue"
            yield f"{at}.{key}.target", f"{step.target!r} is no queue; allowed: {allowed}"


def _agent_problems(scenario: Scenario, agent: AgentSpec, at: str) -> Iterator[tuple[str, str]]:
    names = {queue.name for queue in scenario.queues}
    for place, name in enumerate(agent.queues):
        if name not in names:
            allowed = ", ".join(sorted(names))
            yield f"{at}.queues[{place}]", f"{name!r} is no queue; allowed: {allowed}"
    if agent.shifts and clock_seconds(scenario.begins) + scenario.seconds > _LAST:
        yield f"{at}.shifts", "need a scenario that ends by 48:00, the second midnight"
    before = -math.inf
    for begin, end in scenario.shifts_of(agent):
        if begin >= end:
            yield f"{at}.shifts", "must end after they begin"
        if begin < before:
            yield f"{at}.shifts", "overlap"
        before = end


def _under(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _type_at(key: str) -> Any:
    """The declared type of a key like `queues[0].handling`; None where it cannot be told."""
    kind: Any = Scenario
    for name in re.findall(r"\w+|\[", key):
        if name == "[":
            kind = next((get_args(k)[0] for k in _members(kind) if get_origin(k) is list), None)
        elif not name.isdecimal() and name != "...":
            kind = _fields(kind).get(name)
    return kind


def _examples(kind: Any) -> str:
    metas = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return ", ".join(str(one) for meta in metas for one in meta.examples or ())


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _members(kind: Any) -> list[Any]:
    """The types of a union, or the one."""
    kind = _plain(kind)
    if get_origin(kind) in {Union, UnionType}:
        return [member for each in get_args(kind) for member in _members(each)]
    return [kind]


def _fields(kind: Any) -> dict[str, Any]:
    """Of a struct, or of all structs of a union."""
    found: dict[str, Any] = {}
    for member in _members(kind):
        if isinstance(member, type) and issubclass(member, msgspec.Struct):
            hints = get_type_hints(member, include_extras=True)
            found |= {name: hints[name] for name in member.__struct_fields__}
            tag = member.__struct_config__.tag_field
            if tag:
                found[tag] = Literal[tuple(_tags(kind))]
    return found


def _tags(kind: Any) -> list[str]:
    """What may stand as `kind` of a distribution."""
    configs = (getattr(member, "__struct_config__", None) for member in _members(kind))
    return [str(config.tag) for config in configs if config is not None and config.tag]


def _choices(kind: Any) -> set[str]:
    found = {f'kind = "{tag}"' for tag in _tags(kind)}
    for member in _members(kind):
        if get_origin(member) is Literal:
            found |= set(map(str, get_args(member)))
        elif isinstance(member, type) and issubclass(member, StrEnum):
            found |= set(member)
    return found
