"""The same changes for many tickets: each is its own, and each says how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import CallCenterError
from callcenter.events import TicketChanged
from crm.tickets.desk.apply import apply
from crm.tickets.desk.letters import Letters
from crm.tickets.desk.macros import Step
from crm.tickets.words import Actor

MOST = 200  # tickets of one bulk change


class RowResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """How it went with one ticket; `error` is a code, `message` for people."""

    ticket: int
    result: Literal["done", "unchanged", "failed"]
    version: int | None = None
    error: str | None = None
    field: str | None = None
    message: str | None = None


class BulkResult(msgspec.Struct, frozen=True):
    """`rows` in the order asked for; `left` tickets of the view were beyond the limit."""

    rows: list[RowResult]
    done: int
    failed: int
    left: int = 0


async def change_all(
    session: AsyncSession,
    tickets: Sequence[int],
    wanted: Sequence[Step],
    *,
    by: Actor,
    now: float,
    letters: Letters,
) -> tuple[list[RowResult], list[TicketChanged]]:
    """Each ticket whole or not at all, whatever happens to the others. The caller commits, then
    publishes the events. In the order of their ids, so that two of these never wait for each
    other's locks."""
    results: dict[int, RowResult] = {}
    events: list[TicketChanged] = []
    for ticket in sorted(set(tickets)):
        try:
            async with session.begin_nested():
                made = await apply(session, ticket, wanted, by=by, now=now, letters=letters)
        except CallCenterError as error:
            results[ticket] = RowResult(
                ticket, "failed", error=error.code, field=error.field, message=error.message
            )
        else:
            events += made.events
            results[ticket] = RowResult(
                ticket, "done" if made.events else "unchanged", version=made.version
            )
    return [results[ticket] for ticket in dict.fromkeys(tickets)], events
