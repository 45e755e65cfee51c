"""Why a contact went where it went, and how it came out."""

from __future__ import annotations

import time
from typing import Annotated

from msgspec import Meta

from callcenter.errors import Forbidden, NotFound
from recording.describing import stale
from routing import outcome_queries
from routing.outcome_queries import DecisionView, DispositionView
from web import ownership
from web.api.values import Body, EventKey, NoteText, View
from web.auth.rights import Right
from web.routes import Call

DispositionName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]


class DispositionSent(Body, frozen=True):
    disposition: DispositionName
    note: NoteText | None = None


class DecisionList(View, frozen=True):
    items: list[DecisionView]


class DispositionList(View, frozen=True):
    """`offered`: the names to choose from, as the contact's queue has them."""

    items: list[DispositionView]
    offered: list[str]


async def list_decisions(call: Call, id: EventKey) -> DecisionList:
    seen = await _readable(call, id)
    return DecisionList(await outcome_queries.decisions_of(call.db, seen))


async def list_interaction_dispositions(call: Call, id: EventKey) -> DispositionList:
    seen = await _readable(call, id)
    return DispositionList(
        await outcome_queries.dispositions_of(call.db, seen),
        await outcome_queries.offered_dispositions(call.db, seen),
    )


async def _readable(call: Call, interaction: str) -> str:
    """Of a call whose rows still wait for the database nothing is known yet, which is no reason to
    deny that it is there."""
    try:
        right = Right.INTERACTION_READ
        return (await ownership.check(call, interaction, right, patient=False)).id
    except NotFound:
        if not ownership.takes_part(call, interaction):
            raise
        return interaction


async def put_disposition(call: Call, id: EventKey, body: DispositionSent) -> DispositionView:
    seen = await ownership.check(call, id, Right.INTERACTION_WRITE)
    agent = call.principal.agent
    if agent is None:
        raise Forbidden("only an agent who had the contact can say how it came out")
    made = await outcome_queries.put_disposition(
        call.db,
        seen.id,
        agent=agent,
        disposition=body.disposition,
        note=body.note,
        now=time.time(),
    )
    await stale(call.db, interaction=seen.id)
    return made
