"""The fields that a category adds to its tickets; they take what customers' custom fields take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.fields.rules import (
    Choice,
    FieldKind,
    FieldSpec,
    Sent,
    Shown,
    check_flags,
    check_name,
    read_value,
    shown,
)

MOST = 50  # fields of one category
Words = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class FieldChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`retired`: tickets that have it keep it, no other gets it."""

    value: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]
    label_zh: Words
    label_en: Words
    retired: bool = False


class FieldRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field of a category and of all below it. `required`: before the ticket is resolved."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    kind: FieldKind
    label_zh: Words
    label_en: Words
    required: bool = False
    retired: bool = False
    choices: Annotated[tuple[FieldChoice, ...], Meta(max_length=50)] = ()


def check(rules: Sequence[FieldRule], inherited: Iterable[str] = ()) -> None:
    """InvalidInput for what cannot be a category's fields; it names the place."""
    if len(rules) > MOST:
        raise InvalidInput(f"at most {MOST} fields", field="fields")
    seen = set(inherited)
    for place, rule in enumerate(rules):
        at = f"fields[{place}]"
        try:
            check_name(rule.name)
            check_flags(rule.kind, once=False, choices=len(rule.choices))
        except InvalidInput as error:
            raise InvalidInput(error.message, field=f"{at}.{error.field}") from None
        if rule.name in seen:
            raise InvalidInput("there is a field of this name already", field=f"{at}.name")
        if len({choice.value for choice in rule.choices}) < len(rule.choices):
            raise InvalidInput("a choice is there twice", field=f"{at}.choices")
        seen.add(rule.name)


def read(
    rules: Sequence[FieldRule], sent: Mapping[str, Sent], kept: Mapping[str, Any] | None = None
) -> dict[str, Shown]:
    """What was sent, typed; what is empty is left out. InvalidInput names the field.

    `kept` is what the ticket has now: a retired choice may stay.
    """
    by_name = {rule.name: rule for rule in rules}
    found: dict[str, Shown] = {}
    for name, value in sent.items():
        rule = by_name.get(name)
        if rule is None or (rule.retired and value not in (None, "", (kept or {}).get(name))):
            raise InvalidInput("this category has no such field", field=f"fields.{name}")
        cells = _read(rule, value, (kept or {}).get(name))
        if cells is not None:
            found[name] = cells
    return found


def missing(rules: Sequence[FieldRule], values: Mapping[str, Any]) -> str | None:
    """The first required field that has no value."""
    required = (rule.name for rule in rules if rule.required and not rule.retired)
    return next((name for name in required if values.get(name) in (None, "", [])), None)


def _read(rule: FieldRule, value: Sent, kept: object) -> Shown | None:
    had = [one for one in (kept if isinstance(kept, list) else [kept]) if isinstance(one, str)]
    try:
        cells = read_value(_spec(rule), value, kept=had)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=f"fields.{rule.name}") from None
    return shown(rule.kind, cells) if cells else None


def _spec(rule: FieldRule) -> FieldSpec:
    choices = tuple(
        Choice(one.value, one.label_zh, one.label_en, one.retired) for one in rule.choices
    )
    return FieldSpec(
        id=0,
        name=rule.name,
        kind=rule.kind,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        choices=choices,
    )
