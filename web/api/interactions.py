"""One customer contact: what happened in it, who it was, what was noted."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy import select

from callcenter.store.tables import Gap
from crm.activities.queries import TimelineItem
from crm.customers import service as customers
from recording.access import recordings_of
from recording.describing import stale
from web import ownership
from web.api.customers import add_note, publish
from web.api.values import Body, EventKey, Limit, NoteText, RowId, View
from web.auth.rights import Right, Scope
from web.routes import Call
from web.scopes import agents
from web.story import Story, read_story


class InteractionNote(Body, frozen=True):
    """`customer`: whose timeline it is for, when that is not the interaction's own customer."""

    text: NoteText
    customer: RowId | None = None


class CustomerPick(Body, frozen=True):
    customer: RowId


class GapView(View, frozen=True):
    """A time in which a PBX was not seen; `ended_at` is null while it still is not."""

    id: str
    pbx: str
    began_at: float
    ended_at: float | None


class GapList(View, frozen=True):
    items: list[GapView]


class GapQuery(Body, frozen=True):
    """`pbx`: only this one's; `before`: only those that began earlier, for the next page."""

    pbx: Annotated[str, Meta(max_length=64)] | None = None
    before: Annotated[float, Meta(ge=0, le=1e11)] | None = None
    limit: Limit = 50


async def read_interaction(call: Call, id: EventKey) -> Story:
    seen = await ownership.check(call, id, Right.INTERACTION_READ)
    return await _story(call, seen.id)


async def add_interaction_note(call: Call, id: EventKey, body: InteractionNote) -> TimelineItem:
    seen = await ownership.check(call, id, Right.INTERACTION_WRITE)
    item = await add_note(call, body.text, customer=body.customer, interaction=seen.id)
    await stale(call.db, interaction=seen.id)
    return item


async def pick_customer(call: Call, id: EventKey, body: CustomerPick) -> Story:
    seen = await ownership.check(call, id, Right.INTERACTION_WRITE)
    publish(call, await customers.pick_customer(call.db, seen.id, body.customer))
    return await _story(call, seen.id)


async def _story(call: Call, interaction: str) -> Story:
    """Of the recordings those that this person may know of."""
    who = call.principal
    reach = who.rights.get(Right.RECORDING_READ)
    files = await recordings_of(
        call.db,
        interaction,
        agent=agents(who, reach),
        everything=reach is Scope.ALL,
    )
    return await read_story(call.db, interaction, files)


async def list_gaps(call: Call, query: GapQuery) -> GapList:
    """Newest first."""
    gaps = select(Gap.id, Gap.pbx, Gap.began_at, Gap.ended_at).order_by(Gap.began_at.desc())
    if query.pbx is not None:
        gaps = gaps.where(Gap.pbx == query.pbx)
    if query.before is not None:
        gaps = gaps.where(Gap.began_at < query.before)
    rows = await call.db.execute(gaps.limit(query.limit))
    return GapList([GapView(*row) for row in rows])
