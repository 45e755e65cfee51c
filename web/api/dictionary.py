"""The data dictionary: the words that forms offer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from crm.dictionary import service
from crm.dictionary.rules import DictionaryKind
from crm.dictionary.service import DictionaryView, EntryPatch, NewEntry
from web.api.customer_values import Word
from web.api.values import Body, RowId, View
from web.routes import Call

Words = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S")]
Position = Annotated[int, Meta(ge=0, le=10_000)]


class EntrySent(Body, frozen=True):
    """`value` is what records hold, for ever. Without `position` it is the last."""

    value: Word
    label_zh: Words
    label_en: Words
    position: Position | None = None


class EntryChange(Body, frozen=True):
    """What is absent stays; a retired value is no longer offered."""

    label_zh: Words | UnsetType = UNSET
    label_en: Words | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    retired: bool | UnsetType = UNSET


class Entries(View, frozen=True):
    items: list[DictionaryView]


async def list_entries(call: Call, kind: DictionaryKind) -> Entries:
    return Entries(await service.list_entries(call.db, kind))


async def create_entry(call: Call, kind: DictionaryKind, body: EntrySent) -> DictionaryView:
    made = await service.add_entry(
        call.db, kind, msgspec.convert(body, NewEntry, from_attributes=True)
    )
    await call.audit("dictionary.create", f"dictionary/{kind}/{made.id}", after=made)
    return made


async def change_entry(
    call: Call, kind: DictionaryKind, id: RowId, body: EntryChange
) -> DictionaryView:
    before = await service.read_entry(call.db, kind, id)
    sent = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    after = await service.change_entry(call.db, kind, id, EntryPatch(**sent))
    await call.audit("dictionary.change", f"dictionary/{kind}/{id}", before=before, after=after)
    return after
