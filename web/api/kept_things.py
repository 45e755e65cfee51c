"""Routes of what people keep for themselves or share: a kind is its table, its name, its view."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from msgspec import UNSET, UnsetType

from crm.tickets.desk import kept
from crm.tickets.desk.sharing import Sharing, Viewer
from crm.tickets.desk.tables import CannedResponse, Macro
from web.api.desk_parts import shared_changed, viewer
from web.routes import Call

Row = TypeVar("Row", CannedResponse, Macro)
Shown = TypeVar("Shown", bound=Any)


class Sent(Protocol):
    """What is new."""

    @property
    def sharing(self) -> Sharing: ...
    @property
    def team(self) -> int | None: ...


class Changed(Protocol):
    """What is changed; `version` is the one that was read."""

    @property
    def version(self) -> int: ...
    @property
    def sharing(self) -> Sharing | UnsetType: ...
    @property
    def team(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Things(Generic[Row, Shown]):
    """`kind`: as the audit log calls one."""

    table: type[Row]
    kind: str
    view: Callable[[Row, Viewer], Shown]

    async def listed(self, call: Call) -> list[Shown]:
        who = await viewer(call)
        return [self.view(row, who) for row in await kept.listed(call.db, self.table, who)]

    async def create(self, call: Call, body: Sent, values: Mapping[str, Any]) -> Shown:
        who = await viewer(call)
        wanted = (body.sharing, body.team)
        row = await kept.create(call.db, self.table, who, wanted, values, now=time.time())
        made = self.view(row, who)
        await shared_changed(call, self.kind, made.id, after=made)
        return made

    async def change(self, call: Call, id_: int, body: Changed, values: Mapping[str, Any]) -> Shown:
        who = await viewer(call)
        sharing = None if body.sharing is UNSET else body.sharing
        asked = kept.Change(body.version, sharing, body.team, values)
        before = self.view(await kept.read(call.db, self.table, id_, who), who)
        row = await kept.change(call.db, self.table, id_, who, asked, now=time.time())
        after = self.view(row, who)
        await shared_changed(call, self.kind, id_, before=before, after=after)
        return after

    async def delete(self, call: Call, id_: int) -> None:
        who = await viewer(call)
        before = self.view(await kept.read(call.db, self.table, id_, who), who)
        await kept.remove(call.db, self.table, id_, who)
        await shared_changed(call, self.kind, id_, before=before)
