"""Lists as files: the same filters and the same reach as on the page, sent as they are read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import TooManyAttempts
from callcenter.store.audit import Audited, record
from crm.customers import lists
from crm.customers.lists import CustomerSort
from crm.tickets.views import TicketRow
from crm.transfer.customer_rows import CustomerRows
from crm.transfer.fields import Language
from crm.transfer.writing import MEDIA_TYPES, Cell, Format, writer_of
from web import keys, origins
from web.api import callbacks, tickets, work
from web.api.callbacks import CallbackItem, CallbackQuery
from web.api.customer_values import CustomerFilters, filter_of
from web.api.tickets import TicketQuery
from web.api.work import WorkQuery, WorkView
from web.auth.rights import BREADTH, Right
from web.routes import Call
from web.scopes import reach, visible_customers
from web.streams import Streamed

PAGE = 200  # rows read at once, the largest page there is
AT_ONCE = 2  # exports of one person
_NAMES = {
    "customers": ("客户", "Customers"),
    "tickets": ("工单", "Tickets"),
    "missed-work": ("未接来电", "Missed calls"),
    "callbacks": ("回呼", "Callbacks"),
}


class CustomerExport(CustomerFilters, frozen=True):
    format: Format = "csv"
    sort: CustomerSort = "name"


class TicketExport(TicketQuery, frozen=True, kw_only=True):
    """`cursor` and `limit` are the page's: an export is all of it."""

    format: Format = "csv"


class WorkExport(WorkQuery, frozen=True):
    format: Format = "csv"


class CallbackExport(CallbackQuery, frozen=True):
    format: Format = "csv"


Rows = list[list[Cell]]
ReadPage = Callable[[AsyncSession, str | None], Awaitable[tuple[Rows, str | None]]]


Kind = Literal["customers", "tickets", "missed-work", "callbacks"]


@dataclass(frozen=True, slots=True)
class Table:
    """`read(db, cursor)` gives a page of rows and where the next one begins."""

    kind: Kind
    header: Sequence[str]
    read: ReadPage


async def export_customers(call: Call, query: CustomerExport) -> web.StreamResponse:
    """Who may be seen and may be carried away; what nobody owns only by whom all reaches."""
    visible = visible_customers(call) & visible_customers(call, Right.CUSTOMER_EXPORT)
    columns = await CustomerRows.of(call.db, _language(call))
    wanted, rule = filter_of(query), call.request.app[keys.NUMBER_RULE]

    async def read(db: AsyncSession, cursor: str | None) -> tuple[Rows, str | None]:
        page = await lists.list_customers(
            db, wanted, visible=visible, sort=query.sort, cursor=cursor, limit=PAGE, rule=rule
        )
        return await columns.cells(db, [item.id for item in page.items]), page.next

    await read(call.db, None)  # what is wrong with the question is said before the file begins
    return await _answer(call, query, Table("customers", columns.header, read))


async def export_tickets(call: Call, query: TicketExport) -> web.StreamResponse:
    narrow = _narrowed(call, Right.TICKET_READ, Right.TICKET_EXPORT)
    asked = msgspec.convert(_without_format(query), TicketQuery)
    listed = _Listed("tickets", _TICKET, tickets.list_tickets, asked)
    return await _of_list(narrow, query, listed)


async def export_missed_work(call: Call, query: WorkExport) -> web.StreamResponse:
    asked = msgspec.convert(_without_format(query), WorkQuery)
    return await _of_list(call, query, _Listed("missed-work", _WORK, work.list_work, asked))


async def export_callbacks(call: Call, query: CallbackExport) -> web.StreamResponse:
    asked = msgspec.convert(_without_format(query), CallbackQuery)
    listed = _Listed("callbacks", _CALLBACK, callbacks.list_callbacks, asked)
    return await _of_list(call, query, listed)


# --- what a row is --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    zh: str
    en: str
    value: Callable[[Any], Any]
    moment: bool = False


def _name(thing: Any) -> str | None:
    return None if thing is None else thing.name


_TICKET: tuple[Column, ...] = (
    Column("编号", "Number", lambda row: row.number),
    Column("标题", "Title", lambda row: row.title),
    Column("状态", "Status", lambda row: row.status),
    Column("优先级", "Priority", lambda row: row.priority),
    Column("客户", "Customer", lambda row: row.customer_name),
    Column("负责人", "Owner", lambda row: row.owner),
    Column("团队", "Team", lambda row: row.team),
    Column("来源", "Source", lambda row: row.source),
    Column("创建人", "Created by", lambda row: row.created_by),
    Column("创建时间", "Created", lambda row: row.created_at, moment=True),
    Column("更新时间", "Updated", lambda row: row.updated_at, moment=True),
    Column("最近期限", "Due", lambda row: row.due, moment=True),
    Column("首次响应", "First response", lambda row: row.responded_at, moment=True),
    Column("解决时间", "Resolved", lambda row: row.resolved_at, moment=True),
    Column("重开次数", "Reopened", lambda row: row.reopened),
)
_WORK: tuple[Column, ...] = (
    Column("号码", "Number", lambda row: row.e164 or row.number),
    Column("姓名", "Name", lambda row: row.name),
    Column("客户", "Customer", lambda row: _name(row.customer)),
    Column("队列", "Queue", lambda row: row.queue),
    Column("类型", "Kind", lambda row: row.kind),
    Column("首次来电", "First call", lambda row: row.first_at, moment=True),
    Column("最近来电", "Last call", lambda row: row.last_at, moment=True),
    Column("次数", "Tries", lambda row: row.tries),
    Column("状态", "State", lambda row: row.state),
    Column("认领人", "Claimed by", lambda row: row.claimed_name),
    Column("完成时间", "Done", lambda row: row.done_at, moment=True),
    Column("完成人", "Done by", lambda row: row.done_name),
    Column("结果", "Reason", lambda row: row.reason),
)
_CALLBACK: tuple[Column, ...] = (
    Column("号码", "Number", lambda row: row.e164 or row.number),
    Column("客户", "Customer", lambda row: _name(row.customer)),
    Column("队列", "Queue", lambda row: row.queue),
    Column("状态", "State", lambda row: row.state),
    Column("承诺方", "Requested by", lambda row: row.requested_by),
    Column("创建人", "Created by", lambda row: row.created_by),
    Column("创建时间", "Created", lambda row: row.created_at, moment=True),
    Column("约定时间", "Scheduled", lambda row: row.scheduled_at, moment=True),
    Column("指定座席", "Wished agent", lambda row: row.wished_name),
    Column("尝试次数", "Attempts", lambda row: len(row.attempts)),
    Column("完成时间", "Done", lambda row: row.done_at, moment=True),
    Column("结果", "Result", lambda row: row.result),
    Column("备注", "Note", lambda row: row.note),
)
Listed = TicketRow | WorkView | CallbackItem


# --- how a list becomes a file --------------------------------------------------------------


def _language(call: Call) -> Language:
    return "en" if call.principal.language == "en" else "zh"


def _without_format(query: msgspec.Struct) -> dict[str, Any]:
    asked = {name: getattr(query, name) for name in query.__struct_fields__ if name != "format"}
    return asked | {"cursor": None, "limit": PAGE}


def _narrowed(call: Call, read: Right, export: Right) -> Call:
    """The same person, who sees no more than may be carried away."""
    who = call.principal
    scope = min(reach(who, read), reach(who, export), key=BREADTH.__getitem__)
    return replace(call, signed_in=replace(who, rights={**who.rights, read: scope}))


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list of the API: `page(call, asked)` answers with `items` and `next`."""

    kind: Kind
    columns: Sequence[Column]
    page: Callable[[Call, Any], Awaitable[Any]]
    asked: Any


async def _of_list(call: Call, query: Any, listed: _Listed) -> web.StreamResponse:
    """`call`: as whom it is asked for."""
    zone = ZoneInfo(call.request.app[keys.SETTINGS].timezone)

    async def read(db: AsyncSession, cursor: str | None) -> tuple[Rows, str | None]:
        asked = msgspec.structs.replace(listed.asked, cursor=cursor)
        page = await listed.page(replace(call, db=db), asked)
        return [[_cell(one, row, zone) for one in listed.columns] for row in page.items], page.next

    await read(call.db, None)
    zh = _language(call) == "zh"
    header = [one.zh if zh else one.en for one in listed.columns]
    return await _answer(call, query, Table(listed.kind, header, read))


def _cell(column: Column, row: Listed, zone: ZoneInfo) -> Cell:
    value = column.value(row)
    if value is None or not column.moment:
        return value if value is None or isinstance(value, int | float) else str(value)
    return datetime.fromtimestamp(value, zone).strftime("%Y-%m-%d %H:%M:%S")


async def _answer(call: Call, query: Any, table: Table) -> web.StreamResponse:
    format_: Format = query.format
    running = call.request.app[keys.EXPORTS]
    if running[call.principal.user] >= AT_ONCE:
        raise TooManyAttempts(f"at most {AT_ONCE} exports at once", retry_after=10)
    names = _NAMES[table.kind]
    title = names[0] if _language(call) == "zh" else names[1]
    stamp = datetime.now(ZoneInfo(call.request.app[keys.SETTINGS].timezone)).strftime("%Y%m%d")
    asked = {
        name: value
        for name, value in msgspec.to_builtins(query, str_keys=True).items()
        if value not in (None, "", {}) and name not in {"cursor", "limit"}
    }
    await call.audit(f"{table.kind}.export", table.kind, after=asked)
    pieces = _Pieces(call, table, format_, title, running)
    return Streamed(pieces, content_type=MEDIA_TYPES[format_], name=f"{title}-{stamp}.{format_}")


@dataclass(slots=True)
class _Pieces:
    """The file, page by page, each page read by itself: a slow reader holds no connection."""

    call: Call
    table: Table
    format: Format
    title: str
    running: Counter[int]

    async def __call__(self) -> AsyncIterator[bytes]:
        user, count, whole = self.call.principal.user, 0, False
        self.running[user] += 1
        try:
            writer, cursor = writer_of(self.format, self.table.header, self.title), None
            while True:
                async with self.call.request.app[keys.DATABASE].reading() as db:
                    rows, cursor = await self.table.read(db, cursor)
                count += len(rows)
                yield writer.rows(rows)
                if cursor is None:
                    break
            yield writer.end()
            whole = True
        finally:
            self.running[user] -= 1
            await self._ended(count, whole)

    async def _ended(self, rows: int, whole: bool) -> None:
        """How much has left the house, also when it broke off."""
        entry = Audited(
            time.time(),
            self.call.principal.user,
            f"{self.table.kind}.exported",
            self.table.kind,
            after={"rows": rows, "whole": whole},
            address=origins.address(self.call.request),
        )
        async with self.call.request.app[keys.DATABASE].session() as db:
            await record(db, entry)
            await db.commit()
