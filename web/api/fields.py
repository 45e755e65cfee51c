"""Custom fields of customers, as administrators define them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from crm.fields import service
from crm.fields.rules import FieldKind
from crm.fields.service import FieldPatch, FieldView, NewChoice, NewField
from web.api.customer_values import FieldName, Version, Word
from web.api.values import Body, RowId, View
from web.routes import Call

Words = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S")]
Position = Annotated[int, Meta(ge=0, le=10_000)]


class ChoiceSent(Body, frozen=True):
    value: Word
    label_zh: Words
    label_en: Words
    retired: bool = False


Choices = Annotated[list[ChoiceSent], Meta(max_length=50)]


class FieldSent(Body, frozen=True):
    """`name` and `kind` are for ever. Without `position` it is the last."""

    name: FieldName
    kind: FieldKind
    label_zh: Words
    label_en: Words
    required: bool = False
    unique: bool = False
    on_pop: bool = False
    position: Position | None = None
    choices: Choices = msgspec.field(default_factory=list)


class FieldChange(Body, frozen=True):
    """What is absent stays. `choices` is the whole list in its order; what is left out of it is
    retired: customers keep it, nobody can choose it any more."""

    version: Version
    label_zh: Words | UnsetType = UNSET
    label_en: Words | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    unique: bool | UnsetType = UNSET
    on_pop: bool | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    retired: bool | UnsetType = UNSET
    choices: Choices | UnsetType = UNSET


class FieldList(View, frozen=True):
    items: list[FieldView]


async def list_fields(call: Call) -> FieldList:
    return FieldList(await service.list_fields(call.db))


async def create_field(call: Call, body: FieldSent) -> FieldView:
    made = await service.create_field(
        call.db, msgspec.convert(structs.asdict(body), NewField, from_attributes=True)
    )
    await call.audit("field.create", f"field/{made.id}", after=made)
    return made


async def change_field(call: Call, id: RowId, body: FieldChange) -> FieldView:
    before = await service.get_field(call.db, id)
    sent = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    if body.choices is not UNSET:
        sent["choices"] = [
            msgspec.convert(one, NewChoice, from_attributes=True) for one in body.choices
        ]
    after = await service.change_field(call.db, id, FieldPatch(**sent))
    await call.audit("field.change", f"field/{id}", before=before, after=after)
    return after
