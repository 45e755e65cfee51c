"""What was done, by whom, before and after; for administrators to search."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from callcenter.store import audit_queries
from callcenter.store.audit_queries import AuditFilter, Found
from web.api.values import Body, Cursor, Limit, Page, RowId, View
from web.routes import Call

Moment = Annotated[float, Meta(ge=0, le=1e11)]
Part = Annotated[str, Meta(min_length=1, max_length=128)]


class AuditQuery(Body, frozen=True):
    """`action`: how it begins ("user." or "user.change"); `object`: "user/7", or "user/" for all.

    `since` is in the span, `until` is not.
    """

    actor: RowId | None = None
    action: Part | None = None
    object: Part | None = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class AuditItem(View, frozen=True):
    """`actor` null: the service, its command line, or nobody who was signed in.

    `hash` seals this row and the one before it.
    """

    id: int
    at: float
    actor: int | None
    actor_name: str | None
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    hash: str


async def search_audit(call: Call, query: AuditQuery) -> Page[AuditItem]:
    """Newest first."""
    wanted = AuditFilter(query.actor, query.action, query.object, query.since, query.until)
    found, following = await audit_queries.search(
        call.db, wanted, cursor=query.cursor, limit=query.limit
    )
    return Page([_item(one) for one in found], following)


def _item(found: Found) -> AuditItem:
    row = found.row
    return AuditItem(
        id=row.id,
        at=row.at,
        actor=row.actor,
        actor_name=found.actor_name,
        action=row.action,
        object=row.object,
        before=None if row.before is None else msgspec.json.decode(row.before),
        after=None if row.after is None else msgspec.json.decode(row.after),
        address=row.address,
        hash=row.hash,
    )
