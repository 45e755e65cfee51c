"""Pages of other systems that consoles open when a call rings or is answered.

An address has gaps, which the console fills with what it shows of the call, percent-encoded. None
is allowed before the path, so that nobody's name decides where a page comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.outward.addresses import LONGEST_URL
from callcenter.outward.tables import UrlPopRow

MOST = 50
Moment = Literal["ring", "answer"]

# Every gap there is, with what it stands for in both languages: pages offer them from here.
GAPS: Mapping[str, tuple[str, str]] = {
    "caller.number": ("对方号码", "The other party's number, as it came"),
    "caller.e164": ("对方号码（国际格式）", "The same with country code, where it is known"),
    "caller.name": ("来电显示的姓名", "The name that came with the call"),
    "customer.id": ("客户编号（唯一确认时）", "Our id of the customer, when it is surely one"),
    "customer.name": ("客户名称（唯一确认时）", "Their name, when it is surely one"),
    "queue": ("队列", "The queue"),
    "dialled": ("被叫号码", "The number that was called"),
    "call.id": ("通话编号", "Id of the contact"),
    "call.direction": ("呼叫方向", "inbound, outbound or internal"),
    "agent.login": ("坐席登录名", "Who signed in"),
}


class UrlPopView(msgspec.Struct, frozen=True):
    """`queues` empty: for calls of every queue, and for those of none."""

    id: int
    name: str
    url: str
    moment: Moment
    queues: list[str]
    active: bool


@dataclass(frozen=True, slots=True)
class NewPop:
    name: str
    url: str
    moment: Moment
    queues: Sequence[str]
    active: bool


def check_template(url: str, *, plain: bool) -> str:
    """The address when its gaps cannot change whose page it is. InvalidInput says what is wrong."""
    if len(url) > LONGEST_URL or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise InvalidInput(f"one line of at most {LONGEST_URL} characters", field="url")
    fixed, gap, _ = url.partition("{{")
    try:
        parts = urlsplit(fixed)
        _port = parts.port
    except ValueError:
        raise InvalidInput("not an address", field="url") from None
    schemes = ("https", "http") if plain else ("https",)
    if parts.scheme not in schemes:
        allowed = " or ".join(f"{scheme}://" for scheme in schemes)
        raise InvalidInput(f"must begin with {allowed}", field="url")
    if not parts.hostname or parts.username is not None or "\\" in fixed:
        raise InvalidInput("needs the name of a server, and no password", field="url")
    if gap and not (parts.path or "?" in fixed or "#" in fixed):
        raise InvalidInput("there are no placeholders before the first /", field="url")
    return url


async def listed(session: AsyncSession, *, active: bool = False) -> list[UrlPopView]:
    query = select(UrlPopRow).order_by(UrlPopRow.name, UrlPopRow.id).limit(MOST)
    if active:
        query = query.where(UrlPopRow.active)
    return [_view(row) for row in await session.scalars(query)]


async def create(session: AsyncSession, new: NewPop) -> UrlPopView:
    if (await session.scalar(select(func.count()).select_from(UrlPopRow)) or 0) >= MOST:
        raise Conflict(f"there are {MOST} already")
    row = UrlPopRow()
    _fill(row, new)
    session.add(row)
    await session.flush()
    return _view(row)


async def change(session: AsyncSession, id_: int, new: NewPop) -> tuple[UrlPopView, UrlPopView]:
    """(before, after). NotFound."""
    row = await _row(session, id_)
    before = _view(row)
    _fill(row, new)
    await session.flush()
    return before, _view(row)


async def remove(session: AsyncSession, id_: int) -> UrlPopView:
    """What it was. NotFound."""
    before = _view(await _row(session, id_))
    await session.execute(delete(UrlPopRow).where(UrlPopRow.id == id_))
    return before


def _fill(row: UrlPopRow, new: NewPop) -> None:
    row.name, row.url, row.moment = new.name, new.url, new.moment
    row.queues, row.active = list(dict.fromkeys(new.queues)), new.active


async def _row(session: AsyncSession, id_: int) -> UrlPopRow:
    row = await session.get(UrlPopRow, id_, populate_existing=True)
    if row is None:
        raise NotFound("there is no such page")
    return row


def _view(row: UrlPopRow) -> UrlPopView:
    moment: Moment = msgspec.convert(row.moment, Moment)
    return UrlPopView(row.id, row.name, row.url, moment, row.queues, row.active)
