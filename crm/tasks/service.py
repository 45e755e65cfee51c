"""Makes, changes and lists tasks; their begin and end are lines of the customer's timeline."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from callcenter.store.tables import Interaction
from crm.activities.kinds import ActivityKind
from crm.activities.service import NewActivity, log
from crm.customers.queries import USERS, resolve
from crm.customers.tables import Customer
from crm.sql import insert_row, table_of
from crm.tasks.tables import Task
from crm.text import line, optional_paragraphs

MOMENTS = (0.0, 4_102_444_800.0)  # 1970 to 2100
TaskState = Literal["open", "done", "all"]
TaskSort = Literal["due", "-due", "created", "-created"]

_tasks = table_of(Task)
_COLUMNS: dict[str, Any] = {"due": Task.due_at, "created": Task.created_at}


class TaskView(msgspec.Struct, frozen=True):
    """Open while `done_at` is null. Send `version` back with a change."""

    id: int
    customer: int
    customer_name: str
    interaction: str | None
    title: str
    notes: str | None
    due_at: float
    assignee: int | None
    assignee_name: str | None
    created_by: int | None
    created_by_name: str | None
    created_at: float
    done_at: float | None
    done_by: int | None
    done_by_name: str | None
    version: int


class TaskPage(msgspec.Struct, frozen=True):
    items: list[TaskView]
    next: str | None  # cursor of the next page


class NewTask(msgspec.Struct, frozen=True):
    """`interaction`: the contact in which it was promised."""

    customer: int
    title: str
    due_at: float
    assignee: int | None = None
    notes: str | None = None
    interaction: str | None = None


class TaskPatch(msgspec.Struct, frozen=True):
    """What is absent stays."""

    version: int
    title: str | UnsetType = UNSET
    notes: str | UnsetType | None = UNSET
    due_at: float | UnsetType = UNSET
    assignee: int | UnsetType | None = UNSET
    done: bool | UnsetType = UNSET


class TaskFilter(msgspec.Struct, frozen=True):
    """All of it must hold. `due_before`: due earlier than this moment."""

    state: TaskState = "open"
    customer: int | None = None
    assignee: int | None = None
    due_before: float | None = None


async def create_task(
    session: AsyncSession,
    new: NewTask,
    *,
    author: int | None,
    now: float,
    visible: ColumnElement[bool] | None = None,
) -> TaskView:
    """InvalidInput; NotFound for a customer that is not there or not `visible`."""
    customer = await resolve(session, new.customer, visible)
    if new.interaction is not None and not await session.scalar(
        select(func.count()).where(Interaction.id == new.interaction)
    ):
        raise NotFound(f"no interaction {new.interaction}")
    values = {"title": new.title, "notes": new.notes, "due_at": new.due_at}
    values = await _checked(session, values | {"assignee_id": new.assignee})
    task = await insert_row(
        session,
        Task,
        **values,
        customer_id=customer,
        interaction_id=new.interaction,
        created_by=author,
        created_at=now,
    )
    view = await get_task(session, task)
    await _log(session, view, "created", author, now)
    return view


async def patch_task(
    session: AsyncSession,
    task: int,
    patch: TaskPatch,
    *,
    author: int | None,
    now: float,
    visible: ColumnElement[bool] | None = None,
) -> TaskView:
    """Conflict when somebody changed it since `version`; InvalidInput, NotFound."""
    before = await get_task(session, task, visible)
    values = {
        column: value
        for name, column in _PATCHED.items()
        if (value := getattr(patch, name)) is not UNSET
    }
    values = await _checked(session, values)
    step = None
    if patch.done is not UNSET and patch.done != (before.done_at is not None):
        step = "done" if patch.done else "reopened"
        values |= {"done_at": now, "done_by": author} if patch.done else _OPEN_AGAIN
    changed = await session.scalar(
        update(_tasks)
        .where(_tasks.c.id == task, _tasks.c.version == patch.version)
        .values(**values, version=patch.version + 1)
        .returning(_tasks.c.id)
    )
    if changed is None:
        raise Conflict("somebody else changed this task meanwhile", field="version")
    view = await get_task(session, task)
    if step is not None:
        await _log(session, view, step, author, now)
    return view


_PATCHED = {"title": "title", "notes": "notes", "due_at": "due_at", "assignee": "assignee_id"}
_OPEN_AGAIN: dict[str, Any] = {"done_at": None, "done_by": None}


async def get_task(
    session: AsyncSession, task: int, visible: ColumnElement[bool] | None = None
) -> TaskView:
    """NotFound."""
    asked = _views().where(Task.id == task)
    if visible is not None:
        asked = asked.where(visible)
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        raise NotFound(f"no task {task}")
    return TaskView(*row)


async def list_tasks(
    session: AsyncSession,
    wanted: TaskFilter,
    *,
    visible: ColumnElement[bool] | None = None,
    sort: TaskSort = "due",
    cursor: str | None = None,
    limit: int = 50,
) -> TaskPage:
    """A page of tasks; `visible` is a condition on `Task` and `Customer`. InvalidInput."""
    column = _COLUMNS[sort.removeprefix("-")]
    descending = sort.startswith("-")
    asked = _views().where(*_conditions(wanted))
    if visible is not None:
        asked = asked.where(visible)
    key = decode_cursor(cursor, float)
    if key is not None:
        asked = asked.where(after(column, Task.id, key, descending=descending))
    order = (column.desc(), Task.id.desc()) if descending else (column, Task.id)
    asked = asked.order_by(*order).limit(check_limit(limit) + 1)
    items = [TaskView(*row) for row in await session.execute(asked)]
    last = items[limit - 1] if len(items) > limit else None
    following = encode_cursor(getattr(last, column.key), last.id) if last else None
    return TaskPage(items[:limit], following)


def belongs_to(user: int) -> ColumnElement[bool]:
    """It is this person's to do, or they gave it to somebody."""
    return or_(Task.assignee_id == user, Task.created_by == user)


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state != "all":
        open_ = Task.done_at.is_(None)
        found.append(open_ if wanted.state == "open" else ~open_)
    if wanted.customer is not None:
        found.append(Task.customer_id == wanted.customer)
    if wanted.assignee is not None:
        found.append(Task.assignee_id == wanted.assignee)
    if wanted.due_before is not None:
        found.append(Task.due_at < wanted.due_before)
    return found


def _views() -> Select[Any]:
    assignee, author, doer = (USERS.alias(name) for name in ("assignee", "author", "doer"))
    return (
        select(
            *(Task.id, Task.customer_id, Customer.name, Task.interaction_id, Task.title),
            *(Task.notes, Task.due_at, Task.assignee_id, assignee.c.display_name),
            *(Task.created_by, author.c.display_name, Task.created_at, Task.done_at),
            *(Task.done_by, doer.c.display_name, Task.version),
        )
        .join(Customer, Customer.id == Task.customer_id)
        .outerjoin(assignee, assignee.c.id == Task.assignee_id)
        .outerjoin(author, author.c.id == Task.created_by)
        .outerjoin(doer, doer.c.id == Task.done_by)
    )


async def _checked(session: AsyncSession, values: dict[str, Any]) -> dict[str, Any]:
    if "title" in values:
        values["title"] = line(values["title"], "title")
    if "notes" in values:
        values["notes"] = optional_paragraphs(values["notes"], "notes", longest=5_000)
    if "due_at" in values and not MOMENTS[0] <= values["due_at"] <= MOMENTS[1]:
        raise InvalidInput("not a moment people live to see", field="due_at")
    assignee = values.get("assignee_id")
    if assignee is not None and not await session.scalar(
        select(func.count()).select_from(USERS).where(USERS.c.id == assignee)
    ):
        raise InvalidInput("no such user", field="assignee")
    return values


async def _log(
    session: AsyncSession, task: TaskView, step: str, author: int | None, now: float
) -> None:
    await log(
        session,
        NewActivity(
            kind=ActivityKind.TASK,
            source=f"task:{task.id}:{task.version}",
            at=now,
            summary=task.title,
            customer=task.customer,
            interaction=task.interaction,
            author=author,
            result=step,
            data={"task": task.id, "due_at": task.due_at, "assignee": task.assignee_name},
        ),
    )
