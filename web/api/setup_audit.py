"""What administrators change of the set-up is written down, before and after, row by row."""

from __future__ import annotations

import functools
from typing import Any

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.base import Base
from routing.setup_queries import take_turns
from web.routes import Call, Handler


def watched(kind: str, model: type[Base], handler: Handler, *, action: str) -> Handler:
    """The same handler; the row it makes, changes or deletes goes into the audit log.

    Its address names the row, or its answer does when there was none before.
    """

    @functools.wraps(handler)
    async def writing_down(call: Call, **arguments: Any) -> Any:
        await take_turns(call.db)  # nobody changes it between the look and the change
        key = arguments.get("id", arguments.get("name"))
        before = None if key is None else await _row(call.db, model, key)
        result = await handler(call, **arguments)
        key = _key_of(result) if key is None else key
        after = await _row(call.db, model, key)
        await call.audit(f"{kind}.{action}", f"{kind}/{key}", before=before, after=after)
        return result

    return writing_down


def _key_of(answer: Any) -> int | str:
    """The key of the row that was made: what was saved, or the view itself."""
    view = getattr(answer, "saved", answer)
    key: int | str = view.id if hasattr(view, "id") else view.name
    return key


async def _row(db: AsyncSession, model: type[Base], key: int | str) -> dict[str, Any] | None:
    """Every column as it is stored now, without what the caller has only in mind."""
    await db.flush()
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model} is not one table")
    (column,) = table.primary_key.columns
    found = (await db.execute(select(table).where(column == key))).mappings().one_or_none()
    if found is None:
        return None
    values: dict[str, Any] = msgspec.to_builtins(dict(found))
    return values
