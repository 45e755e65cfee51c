"""What was promised to customers: made, done, opened again, and seen in the timeline."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import Database
from crm.activities.kinds import ActivityKind
from crm.activities.queries import timeline
from crm.customers.tables import Customer
from crm.tasks.service import (
    NewTask,
    TaskFilter,
    TaskPatch,
    TaskSort,
    belongs_to,
    create_task,
    list_tasks,
    patch_task,
)
from tests.crm.conftest import NOW, Put


@pytest.fixture
async def customer(put: Put) -> int:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    customer: int = await put(Customer, name="张三", **row)
    return customer


async def test_a_task_is_made_and_done_and_the_timeline_shows_it(
    database: Database, put_user: Put, customer: int
) -> None:
    me, other = await put_user("我"), await put_user("小李")
    new = NewTask(customer, " 回访设备 ", NOW + 60, assignee=other, notes="\n带上报价单 ")
    async with database.session() as session:
        made = await create_task(session, new, author=me, now=NOW)
        assert (made.title, made.notes, made.assignee_name) == ("回访设备", "带上报价单", "小李")
        assert (made.created_by_name, made.done_at, made.version) == ("我", None, 1)
        done = TaskPatch(version=1, done=True)
        after = await patch_task(session, made.id, done, author=other, now=NOW + 5)
        assert (after.done_at, after.done_by_name) == (NOW + 5, "小李")
        again = await patch_task(
            session, made.id, TaskPatch(version=2, done=True), author=me, now=NOW + 6
        )
        assert again.done_at == NOW + 5, "what is done is done once"
        back = TaskPatch(version=3, done=False, due_at=NOW + 90)
        assert (await patch_task(session, made.id, back, author=me, now=NOW + 7)).done_by is None
        page = await timeline(session, customer, kinds=[ActivityKind.TASK])
    assert [(one.result, one.author, one.summary) for one in page.items] == [
        ("reopened", "我", "回访设备"),
        ("done", "小李", "回访设备"),
        ("created", "我", "回访设备"),
    ]
    assert page.items[0].data == {"task": made.id, "due_at": NOW + 90, "assignee": "小李"}


async def test_the_slower_of_two_is_told(database: Database, customer: int) -> None:
    async with database.session() as session:
        made = await create_task(session, NewTask(customer, "a", NOW), author=None, now=NOW)
        await patch_task(session, made.id, TaskPatch(version=1, title="b"), author=None, now=NOW)
        with pytest.raises(Conflict):
            await patch_task(
                session, made.id, TaskPatch(version=1, title="c"), author=None, now=NOW
            )
        with pytest.raises(NotFound):
            await patch_task(session, 999, TaskPatch(version=1), author=None, now=NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"due_at": -5.0}, "due_at"),
        ({"due_at": 1e13}, "due_at"),
        ({"assignee": 999}, "assignee"),
        ({"notes": "x" * 5_001}, "notes"),
    ],
)
async def test_a_task_that_cannot_be(
    database: Database, customer: int, change: dict[str, Any], field: str
) -> None:
    fixed: dict[str, Any] = {"customer": customer, "title": "a", "due_at": NOW}
    async with database.session() as session:
        with pytest.raises(InvalidInput) as refused:
            await create_task(session, NewTask(**fixed | change), author=None, now=NOW)
        assert refused.value.field == field
        with pytest.raises(NotFound):
            await create_task(session, NewTask(999, "a", NOW), author=None, now=NOW)
        call = NewTask(customer, "a", NOW, interaction="f" * 32)
        with pytest.raises(NotFound):
            await create_task(session, call, author=None, now=NOW)


@pytest.mark.parametrize("sort", get_args(TaskSort))
async def test_lists_are_filtered_and_paged(
    database: Database, put: Put, put_user: Put, customer: int, sort: TaskSort
) -> None:
    me, other = await put_user("我"), await put_user("小李")
    async with database.session() as session:
        for n in range(12):
            assignee = me if n % 2 else other
            new = NewTask(customer, f"t{n}", NOW + n // 3, assignee=assignee)
            made = await create_task(session, new, author=other, now=NOW - n // 2)
            if n % 4 == 0:
                done = TaskPatch(version=1, done=True)
                await patch_task(session, made.id, done, author=me, now=NOW)
        await session.commit()
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await list_tasks(session, TaskFilter("all"), sort=sort, cursor=cursor, limit=5)
            seen += [one.title for one in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(seen) == sorted(f"t{n}" for n in range(12))

        async def count(**values: Any) -> int:
            return len((await list_tasks(session, TaskFilter(**values), sort=sort)).items)

        assert (await count(), await count(state="done")) == (9, 3)
        assert await count(assignee=me) == 6
        assert await count(state="all", due_before=NOW + 2) == 6
        assert await count(customer=999) == 0
        mine = await list_tasks(session, TaskFilter("all"), visible=belongs_to(me))
        assert {one.assignee for one in mine.items} == {me}
