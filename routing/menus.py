"""What a caller chooses from by key, as data: prompt, keys, patience."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from routing.rule_settings import Level, Name, NextStep, Urgency

Key = Annotated[str, Meta(pattern=r"^[0-9*#](?!\n)$")]


class SkillWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after` seconds of wait it no longer counts; null: it always does."""

    skill: Name
    level: Level = 1
    after: Annotated[float, Meta(gt=0, le=86_400)] | None = None


class MenuStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As a `NextStep`; besides `menu` goes to another menu and `repeat` says this one again."""

    kind: Literal["queue", "menu", "repeat", "number", "voicemail", "message", "callback", "hangup"]
    target: str | None = None


class MenuKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language` is what the caller hears and is asked for from here on (zh, en)."""

    key: Key
    step: MenuStep
    priority: Urgency = 0.0
    required: tuple[SkillWanted, ...] = ()
    language: Annotated[str, Meta(min_length=1, max_length=16)] | None = None


class Menu(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seconds` to press a key after the prompt.

    After `retries` repetitions the call goes `otherwise`; null: to the entry point's own queue.
    """

    prompt: Name
    keys: Annotated[tuple[MenuKey, ...], Meta(min_length=1, max_length=12)]
    wrong: Name | None = None  # played after a key that is none
    seconds: Annotated[float, Meta(ge=1, le=60)] = 5.0
    retries: Annotated[int, Meta(ge=0, le=9)] = 2
    otherwise: NextStep | None = None

    def chosen(self, key: str) -> MenuKey | None:
        return next((one for one in self.keys if one.key == key), None)
