"""How long recordings stay: policies, what they would delete, legal holds, and deleting by hand."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from msgspec import Meta

from callcenter.errors import Conflict
from callcenter.store.paging import decode_place, encode_place
from recording import holds, retention
from recording.access import Playable
from recording.holds import Hold
from recording.retention import Due, Policy, PolicyInput, Would
from recording.store import queries
from web.api import recordings
from web.api.values import Body, Cursor, EventKey, Limit, Name, Page, RowId, View
from web.routes import Call

Days = Annotated[int, Meta(ge=1, le=36_500)]
Word = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Reason = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"\S")]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RetentionPolicyBody(Body, frozen=True):
    """`days` null: for ever. `queue`: the call waited in it; `level`: of the customer today.
    `version`: the one that was read, for a change."""

    name: Name
    active: bool = True
    queue: Word | None = None
    level: Word | None = None
    days: Days | None = None
    version: Version | None = None


class RetentionOrderBody(Body, frozen=True):
    """Every policy once, the one that is asked first in front."""

    order: Annotated[list[RowId], Meta(max_length=retention.MOST_POLICIES)]


class RetentionPoliciesView(View, frozen=True):
    items: list[Policy]


class RetentionDryRunView(View, frozen=True):
    """What the policies would delete now. `held`: what only a legal hold keeps."""

    at: float
    policies: list[Would]
    recordings: int
    bytes: int
    held: int


class DueQuery(Body, frozen=True):
    cursor: Cursor | None = None
    limit: Limit = 50


class HoldsQuery(Body, frozen=True):
    """`released`: also those that are over."""

    released: bool = False


class HoldBody(Body, frozen=True):
    """`object` is the id of the recording, the interaction or the customer."""

    kind: Literal["recording", "interaction", "customer"]
    object: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[0-9a-f]+(?!\n)$")]
    reason: Reason


class HoldsView(View, frozen=True):
    items: list[Hold]


class DeletionBody(Body, frozen=True):
    reason: Reason


# --- policies -------------------------------------------------------------------------------


async def list_policies(call: Call) -> RetentionPoliciesView:
    return RetentionPoliciesView(await retention.policies(call.db))


async def create_policy(call: Call, body: RetentionPolicyBody) -> Policy:
    made = await retention.create(call.db, _input(body))
    await call.audit("retention.create", f"retention/{made.id}", after=made)
    return made


async def change_policy(call: Call, id: RowId, body: RetentionPolicyBody) -> Policy:
    before = next((one for one in await retention.policies(call.db) if one.id == id), None)
    version = body.version or (before.version if before else 1)
    after = await retention.change(call.db, id, version, _input(body))
    await call.audit("retention.change", f"retention/{id}", before=before, after=after)
    return after


async def remove_policy(call: Call, id: RowId) -> None:
    before = await retention.remove(call.db, id)
    await call.audit("retention.delete", f"retention/{id}", before=before)


async def order_policies(call: Call, body: RetentionOrderBody) -> RetentionPoliciesView:
    before = [one.id for one in await retention.policies(call.db)]
    after = await retention.arrange(call.db, body.order)
    await call.audit(
        "retention.order",
        "retention",
        before={"order": before},
        after={"order": [one.id for one in after]},
    )
    return RetentionPoliciesView(after)


def _input(body: RetentionPolicyBody) -> PolicyInput:
    return PolicyInput(body.name.strip(), body.active, body.queue, body.level, body.days)


async def dry_run(call: Call) -> RetentionDryRunView:
    now = time.time()
    found = await retention.would_delete(call.db, now)
    return RetentionDryRunView(
        now,
        found,
        sum(one.recordings for one in found),
        sum(one.bytes for one in found),
        sum(one.held for one in found),
    )


async def list_due(call: Call, query: DueQuery) -> Page[Due]:
    key = decode_place(query.cursor)
    after = None if key is None else (key.value, key.id)
    found = await retention.due(call.db, time.time(), limit=query.limit + 1, after=after)
    page = found[: query.limit]
    more = len(found) > query.limit
    return Page(page, encode_place(page[-1].started_at, page[-1].id) if more else None)


# --- holds ----------------------------------------------------------------------------------


async def list_holds(call: Call, query: HoldsQuery) -> HoldsView:
    return HoldsView(list(await holds.all_holds(call.db, released=query.released)))


async def place_hold(call: Call, body: HoldBody) -> Hold:
    made = await holds.place(
        call.db, body.kind, body.object, body.reason, by=call.principal.user, now=time.time()
    )
    await call.audit("hold.place", f"{body.kind}/{body.object}", after=made)
    return made


async def release_hold(call: Call, id: RowId) -> Hold:
    released = await holds.release(call.db, id, by=call.principal.user, now=time.time())
    await call.audit("hold.release", f"{released.kind}/{released.object}", after=released)
    return released


def _was(found: Playable) -> dict[str, float | str | None]:
    return {
        "started_at": found.recording.started_at,
        "interaction": found.recording.interaction,
    }


# --- by hand --------------------------------------------------------------------------------


async def delete_recording(call: Call, id: EventKey, body: DeletionBody) -> None:
    """Nobody hears it from now on; its files go by themselves, wherever they are."""
    await holds.take_turns(call.db)
    found = await recordings.reach(call, id)
    if await holds.held(call.db, [id]):
        raise Conflict("a legal hold is on this recording")
    await queries.delete(call.db, [id], f"deleted: {body.reason.strip()}", time.time())
    await call.audit(
        "recording.delete",
        f"recording/{id}",
        before={
            "started_at": found.recording.started_at,
            "interaction": found.recording.interaction,
        },
        after={"reason": body.reason.strip()},
    )
