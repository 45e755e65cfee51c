"""The numbers people call: the rules that are asked, the menu they hear, the queue they wait in."""

from __future__ import annotations

from typing import Annotated

import structlog
from msgspec import Meta

from callcenter.errors import Conflict, NotFound
from routing import setup_queries
from routing.checks import Caution, check_entry
from routing.rule_settings import Rule
from routing.setup import EntryPoint, entry_of
from routing.tables import EntryPointRow
from web.api.queues import PbxName
from web.api.setup_parts import (
    SetupName,
    WarningView,
    pbx_of,
    picture,
    plain,
    told,
    warned,
)
from web.api.values import Body, Name, RowId, View
from web.routes import Call

log = structlog.get_logger(__name__)

EntryNumber = Annotated[str, Meta(max_length=32, pattern=r"^\+?[0-9]{1,20}\*?(?!\n)$|^\*(?!\n)$")]
Rules = Annotated[tuple[Rule, ...], Meta(max_length=50)]


class EntrySent(Body, frozen=True, kw_only=True):
    """`number` as the PBX names it; `021555*` means all that begin so, the longest one counts.

    Rules are asked in order; then the menu is heard, if there is one; then the call waits.
    """

    number: EntryNumber
    name: Name
    queue: SetupName
    rules: Rules = ()
    menu: SetupName | None = None


class NewEntry(EntrySent, frozen=True, kw_only=True):
    """`pbx`: null for the usual one."""

    pbx: PbxName | None = None


class EntryView(View, frozen=True, kw_only=True):
    id: int
    pbx: str
    number: str
    name: str
    queue: str
    rules: Rules
    menu: str | None


class EntryList(View, frozen=True):
    items: list[EntryView]


class EntrySaved(View, frozen=True):
    saved: EntryView
    warnings: list[WarningView]


async def list_entry_points(call: Call) -> EntryList:
    return EntryList([_view(row) for row in await setup_queries.list_entries(call.db)])


async def create_entry_point(call: Call, body: NewEntry) -> EntrySaved:
    pbx = body.pbx or pbx_of(call)
    cautions = await _checked(call, pbx, body, beside=None)
    id_ = await setup_queries.add(call.db, EntryPointRow, "entry point", pbx=pbx, **_columns(body))
    return await _saved(call, id_, cautions)


async def change_entry_point(call: Call, id: RowId, body: EntrySent) -> EntrySaved:
    row = await _read(call, id)
    cautions = await _checked(call, row.pbx, body, beside=id)
    await setup_queries.change(call.db, EntryPointRow, "entry point", id, **_columns(body))
    return await _saved(call, id, cautions)


async def delete_entry_point(call: Call, id: RowId) -> None:
    await setup_queries.remove(call.db, EntryPointRow, "entry point", id)
    log.info("entry_point_deleted", entry=id, by=call.principal.user)
    told(call)


async def _checked(call: Call, pbx: str, body: EntrySent, *, beside: int | None) -> list[Caution]:
    setup = await picture(call)
    holder = await setup_queries.entry_numbered(call.db, pbx, body.number)
    if holder is not None and holder != beside:
        raise Conflict(f"{body.number} has an entry point already", field="number")
    entry = EntryPoint(
        number=body.number, name=body.name, queue=body.queue, rules=body.rules, menu=body.menu
    )
    return check_entry(entry, setup)


def _columns(body: EntrySent) -> dict[str, object]:
    return {
        "number": body.number,
        "name": body.name,
        "rules": plain(body.rules),
        "menu": body.menu,
        "queue": body.queue,
    }


async def _saved(call: Call, id: int, cautions: list[Caution]) -> EntrySaved:
    log.info("entry_point_saved", entry=id, by=call.principal.user)
    told(call)
    return EntrySaved(_view(await _read(call, id)), warned(cautions))


async def _read(call: Call, id: int) -> EntryPointRow:
    rows = await setup_queries.list_entries(call.db, only=id)
    if not rows:
        raise NotFound("there is no such entry point")
    return rows[0]


def _view(row: EntryPointRow) -> EntryView:
    entry = entry_of(row)
    return EntryView(
        id=row.id,
        pbx=row.pbx,
        number=entry.number,
        name=entry.name,
        queue=entry.queue,
        rules=entry.rules,
        menu=entry.menu,
    )
