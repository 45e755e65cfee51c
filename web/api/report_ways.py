"""From the rows behind a figure to recordings and customers, for who may see them."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import func, select

from callcenter.store.tables import Interaction
from crm.customers.tables import Customer
from recording.access import within
from recording.tables import Recording
from web.auth.rights import Right, Scope
from web.reports.behind import Behind
from web.routes import Call
from web.scopes import agents, visible_customers


async def with_ways(call: Call, rows: list[Behind]) -> list[Behind]:
    """The same rows, each with the recording and the customer of its call."""
    calls = {row.interaction for row in rows} - {None}
    if not calls:
        return rows
    recordings, customers = await _recordings(call, calls), await _customers(call, calls)
    return [
        msgspec.structs.replace(
            row, recording=recordings.get(row.interaction), customer=customers.get(row.interaction)
        )
        for row in rows
    ]


async def _recordings(call: Call, calls: Collection[str | None]) -> dict[str | None, str]:
    """The first of each call that can be heard."""
    scope = call.principal.rights.get(Right.RECORDING_READ)
    if scope is None:
        return {}
    query = (
        select(Recording.interaction_id, Recording.id)
        .where(
            *(Recording.interaction_id.in_(calls), Recording.status == "ready"),
            *within(agents(call.principal, scope), scope is Scope.ALL),
        )
        .order_by(Recording.started_at.desc(), Recording.id.desc())  # the last of a key stays
    )
    return {row[0]: row[1] for row in await call.db.execute(query)}


async def _customers(call: Call, calls: Collection[str | None]) -> dict[str | None, int]:
    if Right.CUSTOMER_READ not in call.principal.rights:
        return {}
    meant = func.coalesce(Interaction.picked_customer_id, Interaction.customer_id)
    query = (
        select(Interaction.id, Customer.id)
        .join(Customer, Customer.id == meant)
        .where(Interaction.id.in_(calls), visible_customers(call))
    )
    return {row[0]: row[1] for row in await call.db.execute(query)}
