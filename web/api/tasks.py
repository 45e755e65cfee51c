"""Tasks: what is to be done for customers, by whom and until when."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs
from sqlalchemy import ColumnElement, or_

from crm.tasks import service
from crm.tasks.service import (
    NewTask,
    TaskFilter,
    TaskPage,
    TaskPatch,
    TaskSort,
    TaskState,
    TaskView,
)
from web import ownership
from web.api.customer_values import Notes, Version
from web.api.values import Body, Cursor, EventKey, Limit, Name, RowId
from web.auth.rights import Right
from web.routes import Call
from web.scopes import visible_customers

Moment = Annotated[float, Meta(ge=0, le=4_102_444_800)]


class TaskSent(Body, frozen=True):
    """Without `assignee` it is for whoever makes it. `interaction`: in which it was promised."""

    customer: RowId
    title: Name
    due_at: Moment
    assignee: RowId | UnsetType | None = UNSET
    notes: Notes | None = None
    interaction: EventKey | None = None


class TaskChange(Body, frozen=True):
    """What is absent stays."""

    version: Version
    title: Name | UnsetType = UNSET
    notes: Notes | UnsetType | None = UNSET
    due_at: Moment | UnsetType = UNSET
    assignee: RowId | UnsetType | None = UNSET
    done: bool | UnsetType = UNSET


class TaskQuery(Body, frozen=True):
    """`sort`: with a minus from the last to the first. `due_before`: due earlier than this."""

    state: TaskState = "open"
    customer: RowId | None = None
    assignee: RowId | None = None
    due_before: Moment | None = None
    sort: TaskSort = "due"
    cursor: Cursor | None = None
    limit: Limit = 50


async def list_tasks(call: Call, query: TaskQuery) -> TaskPage:
    wanted = TaskFilter(query.state, query.customer, query.assignee, query.due_before)
    return await service.list_tasks(
        call.db,
        wanted,
        visible=_visible(call, Right.CUSTOMER_READ),
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
    )


async def read_task(call: Call, id: RowId) -> TaskView:
    return await service.get_task(call.db, id, _visible(call, Right.CUSTOMER_READ))


async def create_task(call: Call, body: TaskSent) -> TaskView:
    if body.interaction is not None:
        await ownership.check(call, body.interaction, Right.INTERACTION_WRITE)
    sent = structs.asdict(body)
    if body.assignee is UNSET:
        sent["assignee"] = call.principal.user
    return await service.create_task(
        call.db,
        msgspec.convert(sent, NewTask),
        author=call.principal.user,
        now=time.time(),
        visible=visible_customers(call, Right.CUSTOMER_WRITE),
    )


async def change_task(call: Call, id: RowId, body: TaskChange) -> TaskView:
    sent = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    return await service.patch_task(
        call.db,
        id,
        TaskPatch(**sent),
        author=call.principal.user,
        now=time.time(),
        visible=_visible(call, Right.CUSTOMER_WRITE),
    )


def _visible(call: Call, right: Right) -> ColumnElement[bool]:
    """Those of the customers one sees, and those that are one's own."""
    return or_(visible_customers(call, right), service.belongs_to(call.principal.user))
