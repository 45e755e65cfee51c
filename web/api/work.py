"""Missed calls as a list of work: who, since when, how often; claimed, called back, done."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta, structs
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import AmiDisconnected, Forbidden, InvalidInput
from crm.customers.queries import names_of
from routing import work_changes, work_queries
from routing.work import WorkState
from routing.work_queries import WorkItem
from web import keys
from web.api.values import Body, Cursor, Limit, RowId, Search, View
from web.auth.rights import Right, Scope
from web.routes import Call

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}(?!\n)$")]
QueueName = Annotated[str, Meta(min_length=1, max_length=80)]
Which = Literal["open", "mine", "done"]


class WorkQuery(Body, frozen=True):
    """`state`: open (also the claimed ones), mine, done; `q`: part of a number or name."""

    state: Which = "open"
    queue: QueueName | None = None
    q: Search = ""
    cursor: Cursor | None = None
    limit: Limit = 50


class WorkDone(Body, frozen=True):
    """`reason` is a code: called_back, not_needed, wrong_number, other ..."""

    reason: Code


class WorkCustomer(View, frozen=True):
    id: int
    name: str


class WorkView(View, frozen=True):
    """Somebody called and was not answered. `interaction` is the last try, `closed_by` the call in
    which they were reached; `short`: nobody waited longer than a short abandon."""

    id: int
    number: str | None
    e164: str | None
    name: str | None
    customer: WorkCustomer | None
    queue: str | None
    kind: Literal["abandoned", "unanswered", "voicemail"]
    short: bool
    interaction: str
    first_at: float
    last_at: float
    tries: int
    state: WorkState
    claimed_by: int | None
    claimed_name: str | None
    claimed_at: float | None
    done_at: float | None
    done_name: str | None
    reason: str | None
    closed_by: str | None


class WorkList(View, frozen=True):
    """`open` counts those that nobody takes care of yet."""

    items: list[WorkView]
    next: str | None
    open: int


async def list_work(call: Call, query: WorkQuery) -> WorkList:
    page = await work_queries.list_work(
        call.db,
        query.state,
        user=call.principal.user,
        queue=query.queue,
        search=query.q,
        cursor=query.cursor,
        limit=query.limit,
    )
    return WorkList(await _views(call.db, page.items), page.next, page.open)


async def claim_work(call: Call, id: RowId) -> WorkView:
    user = call.principal.user
    item = await work_queries.claim(call.db, id, user=user, now=time.time())
    return await _changed(call, item)


async def release_work(call: Call, id: RowId) -> WorkView:
    item = await work_queries.release(
        call.db, id, user=call.principal.user, anybodys=_supervises(call)
    )
    return await _changed(call, item)


async def call_work(call: Call, id: RowId) -> WorkView:
    """It is claimed first: two people must not call the same number back."""
    await work_queries.get_work(call.db, id)
    who, control = call.principal, call.request.app[keys.CALL_CONTROL]
    if who.agent is None:
        raise Forbidden("only who has a telephone here can call")
    if control is None:
        raise AmiDisconnected("calls are not made here")
    item = await work_queries.claim(call.db, id, user=who.user, now=time.time())
    number = item.e164 or item.number
    if number is None:
        raise InvalidInput("the number was withheld", field="number")
    view = await _changed(call, item)
    await call.db.commit()  # nobody's writing waits for the telephone system
    await control.dial(who.agent, number, abroad=who.may(Right.CALL_DIAL_ABROAD))
    return view


async def finish_work(call: Call, id: RowId, body: WorkDone) -> WorkView:
    item = await work_queries.finish(
        call.db,
        id,
        user=call.principal.user,
        reason=body.reason,
        now=time.time(),
        anybodys=_supervises(call),
    )
    return await _changed(call, item)


def _supervises(call: Call) -> bool:
    return call.principal.rights.get(Right.AGENT_STATE) is Scope.ALL


async def _changed(call: Call, item: WorkItem) -> WorkView:
    """Everybody's list shows it, once it is committed."""
    event = await work_changes.changed(call.db, item.id)
    publish = call.request.app[keys.PUBLISH]
    call.then(lambda _: publish(event))
    return (await _views(call.db, [item]))[0]


async def _views(db: AsyncSession, items: list[WorkItem]) -> list[WorkView]:
    customers = await customers_of(db, (item.customer for item in items))
    return [
        WorkView(**structs.asdict(item) | {"customer": customers.get(item.customer or 0)})
        for item in items
    ]


async def customers_of(db: AsyncSession, ids: Iterable[int | None]) -> dict[int, WorkCustomer]:
    """By the id as it was written down, under the id and name of today."""
    found = await names_of(db, {id_ for id_ in ids if id_ is not None})
    return {old: WorkCustomer(*now) for old, now in found.items()}
