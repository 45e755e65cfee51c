"""A scenario as the TOML file that reads back as the same scenario."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from routing.simulate.scenario import Scenario

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(scenario: Scenario) -> str:
    """What is as it would be anyway is left out."""
    whole = msgspec.to_builtins(scenario)
    parts = [*whole.pop("queues"), *whole.pop("agents")]
    queues = len(scenario.queues)
    lines = _assignments(whole, _defaults(Scenario))
    for place, (part, kind) in enumerate(
        zip(parts, [type(one) for one in (*scenario.queues, *scenario.agents)], strict=True)
    ):
        lines += ["", "[[queues]]" if place < queues else "[[agents]]"]
        lines += _assignments(part, _defaults(kind))
    if not scenario.agents:
        lines.insert(0, "agents = []")
    return "\n".join(lines) + "\n"


def _defaults(kind: type[msgspec.Struct]) -> dict[str, Any]:
    found = {}
    for field in msgspec.structs.fields(kind):
        if field.default is not msgspec.NODEFAULT:
            found[field.name] = msgspec.to_builtins(field.default)
        elif field.default_factory is not msgspec.NODEFAULT:
            found[field.name] = field.default_factory()
    return found


def _assignments(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    return [
        f"{_key(name)} = {_value(value)}"
        for name, value in values.items()
        if value is not None and not (name in defaults and defaults[name] == value)
    ]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    """JSON's strings are TOML's, but for one character and the halves of others."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = (f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return "{ " + ", ".join(inner) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)
