"""Defines custom fields; the caller owns the transaction.

A field's name and kind are for ever: what is stored under them keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from crm.dictionary.rules import check_value
from crm.fields.rules import (
    WITH_CHOICES,
    Choice,
    FieldKind,
    FieldSpec,
    check_flags,
    check_name,
)
from crm.fields.tables import CustomField, FieldChoice
from crm.fields.values import set_once
from crm.sql import insert_once, table_of
from crm.text import line

MOST_FIELDS = 100

_fields = table_of(CustomField)
_choices = table_of(FieldChoice)


class ChoiceView(msgspec.Struct, frozen=True):
    value: str
    label_zh: str
    label_en: str
    retired: bool


class FieldView(msgspec.Struct, frozen=True):
    """`unique`: no two customers have the same; `on_pop`: shown when the customer calls."""

    id: int
    name: str
    kind: FieldKind
    label_zh: str
    label_en: str
    required: bool
    unique: bool
    on_pop: bool
    position: int
    retired: bool
    version: int
    choices: list[ChoiceView]


class NewChoice(msgspec.Struct, frozen=True):
    value: str
    label_zh: str
    label_en: str
    retired: bool = False


class NewField(msgspec.Struct, frozen=True):
    """Without `position` it is the last."""

    name: str
    kind: FieldKind
    label_zh: str
    label_en: str
    required: bool = False
    unique: bool = False
    on_pop: bool = False
    position: int | None = None
    choices: list[NewChoice] = []


class FieldPatch(msgspec.Struct, frozen=True):
    """What is absent stays. `choices` is the whole list in its order; whatever is left out of it
    is retired."""

    version: int
    label_zh: str | UnsetType = UNSET
    label_en: str | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    unique: bool | UnsetType = UNSET
    on_pop: bool | UnsetType = UNSET
    position: int | UnsetType = UNSET
    retired: bool | UnsetType = UNSET
    choices: list[NewChoice] | UnsetType = UNSET


async def list_fields(session: AsyncSession, *, retired: bool = True) -> list[FieldView]:
    """In their order."""
    fields = select(_fields).order_by(_fields.c.position, _fields.c.id)
    if not retired:
        fields = fields.where(~_fields.c.retired)
    rows = (await session.execute(fields)).all()
    choices: dict[int, list[ChoiceView]] = {}
    if any(FieldKind(row.kind) in WITH_CHOICES for row in rows):
        for field, *values in await session.execute(
            select(
                *(_choices.c.field_id, _choices.c.value, _choices.c.label_zh),
                *(_choices.c.label_en, _choices.c.retired),
            ).order_by(_choices.c.field_id, _choices.c.position, _choices.c.value)
        ):
            choices.setdefault(field, []).append(ChoiceView(*values))
    return [
        FieldView(
            *(row.id, row.name, FieldKind(row.kind), row.label_zh, row.label_en),
            *(row.required, row.once, row.on_pop, row.position, row.retired, row.version),
            choices.get(row.id, []),
        )
        for row in rows
    ]


async def get_field(session: AsyncSession, field: int) -> FieldView:
    """NotFound."""
    found = [view for view in await list_fields(session) if view.id == field]
    if not found:
        raise NotFound(f"no field {field}")
    return found[0]


async def specs(session: AsyncSession) -> list[FieldSpec]:
    """All fields as the rules want them, retired ones too."""
    return [spec_of(view) for view in await list_fields(session)]


def spec_of(view: FieldView) -> FieldSpec:
    return FieldSpec(
        id=view.id,
        name=view.name,
        kind=view.kind,
        label_zh=view.label_zh,
        label_en=view.label_en,
        required=view.required,
        once=view.unique,
        retired=view.retired,
        choices=tuple(
            Choice(one.value, one.label_zh, one.label_en, one.retired) for one in view.choices
        ),
    )


async def create_field(session: AsyncSession, new: NewField) -> FieldView:
    """InvalidInput; Conflict when the name is taken."""
    check_flags(new.kind, once=new.unique, choices=len(new.choices))
    count, last = (await session.execute(select(func.count(), func.max(_fields.c.position)))).one()
    if count >= MOST_FIELDS:
        raise InvalidInput(f"at most {MOST_FIELDS} fields", field="name")
    row = {
        "name": check_name(new.name),
        "kind": new.kind.value,
        **_labels({"label_zh": new.label_zh, "label_en": new.label_en}),
        "required": new.required,
        "once": new.unique,
        "on_pop": new.on_pop,
        "position": (last or 0) + 1 if new.position is None else new.position,
    }
    adding = insert_once(session, CustomField, [row], "name").returning(_fields.c.id)
    made = await session.scalar(adding)
    if made is None:
        raise Conflict("there is a field of this name, perhaps retired", field="name")
    await _write_choices(session, made, new.choices, ())
    return await get_field(session, made)


async def change_field(session: AsyncSession, field: int, patch: FieldPatch) -> FieldView:
    """Conflict when somebody changed it since `version`; InvalidInput, NotFound."""
    before = await get_field(session, field)
    given = {name: value for name in _CHANGED if (value := getattr(patch, name)) is not UNSET}
    values = given | _labels({name: given[name] for name in given.keys() & _LABELS})
    if "unique" in values:
        values["once"] = values.pop("unique")
    choices = before.choices if patch.choices is UNSET else patch.choices
    check_flags(before.kind, once=values.get("once", before.unique), choices=len(choices))
    changed = await session.scalar(
        update(_fields)
        .where(_fields.c.id == field, _fields.c.version == patch.version)
        .values(**values, version=patch.version + 1)
        .returning(_fields.c.id)
    )
    if changed is None:
        raise Conflict("somebody else changed this field meanwhile", field="version")
    if patch.choices is not UNSET:
        await _write_choices(session, field, patch.choices, before.choices)
    if values.get("once", before.unique) != before.unique:
        await set_once(session, field, once=not before.unique)
    return await get_field(session, field)


_LABELS = frozenset({"label_zh", "label_en"})
_CHANGED = ("label_zh", "label_en", "required", "unique", "on_pop", "position", "retired")


def _labels(given: dict[str, Any]) -> dict[str, str]:
    return {name: line(value, name, longest=80) for name, value in given.items()}


async def _write_choices(
    session: AsyncSession, field: int, new: Sequence[NewChoice], old: Sequence[ChoiceView]
) -> None:
    """The choices as they are now; those that are no more are retired behind the others."""
    seen: set[str] = set()
    rows = []
    for n, one in enumerate(new):
        at = f"choices[{n}]"
        if check_value(one.value, f"{at}.value") in seen:
            raise InvalidInput("given twice", field=f"{at}.value")
        seen.add(one.value)
        rows.append(
            {
                "field_id": field,
                "value": one.value,
                "label_zh": line(one.label_zh, f"{at}.label_zh", longest=80),
                "label_en": line(one.label_en, f"{at}.label_en", longest=80),
                "position": n,
                "retired": one.retired,
            }
        )
    left = [one for one in old if one.value not in seen]
    rows += [
        {
            "field_id": field,
            "value": one.value,
            "label_zh": one.label_zh,
            "label_en": one.label_en,
            "position": len(new) + n,
            "retired": True,
        }
        for n, one in enumerate(left)
    ]
    await session.execute(_choices.delete().where(_choices.c.field_id == field))
    if rows:
        await session.execute(_choices.insert(), rows)
