"""What administrators describe: the tree of categories and its fields, policies, who gets what."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from callcenter.errors import CallCenterError, InvalidInput
from crm.fields.rules import FieldKind
from crm.sql import table_of
from crm.tickets import categories, policies, service, steps, tree
from crm.tickets.categories import CategoryBody, ChangedMeanwhile
from crm.tickets.fields import FieldChoice, FieldRule
from crm.tickets.policies import PolicyBody, RuleBody
from crm.tickets.service import TicketPatch
from crm.tickets.sla import EscalationStep, Target
from routing.tables import CalendarRow
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants
from web.auth.tables import Team, User

# --- the tree ---------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(1, 9), st.none() | st.integers(1, 9)), max_size=40))
def test_whatever_is_moved_where_it_stays_a_tree(moves: list[tuple[int, int | None]]) -> None:
    parents: dict[int, int | None] = dict.fromkeys(range(1, 10))
    for category, parent in moves:
        try:
            tree.check_place(parents, category, parent)
        except InvalidInput:
            continue
        parents[category] = parent
    for one in parents:
        way = tree.above(parents, one)
        assert parents[way[-1]] is None, "the top is reached"
        assert len(way) <= tree.DEEPEST
        assert all(one in tree.below(parents, higher) for higher in way)


def test_a_category_cannot_stand_below_itself_or_too_deep() -> None:
    chain: dict[int, int | None] = {n: n - 1 or None for n in range(1, tree.DEEPEST + 1)}
    for category, parent in ((3, 3), (3, 6), (None, tree.DEEPEST), (None, 99)):
        with pytest.raises(InvalidInput) as refused:
            tree.check_place(chain, category, parent)
        assert refused.value.field == "parent"


def field(name: str, kind: FieldKind = FieldKind.TEXT, **values: Any) -> FieldRule:
    return FieldRule(name=name, kind=kind, label_zh=name, label_en=name, **values)


async def category(desk: Desk, name: str, **values: Any) -> int:
    body = CategoryBody(name=name, **values)
    return (await desk.do(categories.create, body)).id


async def test_two_who_move_categories_below_each_other_make_no_circle(desk: Desk) -> None:
    a, b = await category(desk, "甲"), await category(desk, "乙")

    async def move(one: int, name: str, parent: int) -> bool:
        body = CategoryBody(name=name, parent=parent)
        try:
            await desk.do(categories.change, one, body, version=1)
        except InvalidInput:
            return False
        return True

    done = await asyncio.gather(move(a, "甲", b), move(b, "乙", a))
    assert sorted(done) == [False, True]
    async with desk.database.reading() as session:
        assert len(await categories.list_categories(session)) == 2


async def test_categories_are_listed_as_a_tree_with_what_they_inherit(desk: Desk) -> None:
    top = await category(desk, "售后", fields=(field("order"),), solution_required=True)
    await category(desk, "咨询", position=1)
    low = await category(desk, "维修", parent=top, fields=(field("model"),))
    async with desk.database.reading() as session:
        found = await categories.list_categories(session)
        rules = await categories.rules_of(session, low)
        below = await categories.subtree(session, top)
    assert [one.path for one in found] == [["售后"], ["售后", "维修"], ["咨询"]]
    assert [[rule.name for rule in one.inherited] for one in found] == [[], ["order"], []]
    assert [rule.name for rule in rules.fields] == ["order", "model"]
    assert rules.solution_required
    assert set(below) == {top, low}


async def test_what_no_category_can_be_is_refused_at_its_place(desk: Desk) -> None:
    top = await category(desk, "售后", fields=(field("order"),))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": "售后"}, "name"),
        ({"name": "x", "parent": 99}, "parent"),
        ({"name": "x", "parent": top, "fields": (field("order"),)}, "fields[0].name"),
        ({"name": "x", "fields": (field("a"), field("A"))}, "fields[1].name"),
        ({"name": "x", "fields": (field("a", FieldKind.CHOICE),)}, "fields[0].choices"),
    ]
    for values, at in wrong:
        with pytest.raises(InvalidInput) as refused:
            await desk.do(categories.create, CategoryBody(**values))
        assert refused.value.field == at, values
    await desk.do(categories.change, top, CategoryBody(name="售后服务"), version=1)
    with pytest.raises(ChangedMeanwhile):
        await desk.do(categories.change, top, CategoryBody(name="x"), version=1)


# --- fields and solutions -----------------------------------------------------------------------


@pytest.fixture
async def repair(desk: Desk) -> int:
    choices = (
        FieldChoice("red", "红", "Red"),
        FieldChoice("old", "旧", "Old", retired=True),
    )
    return await category(
        desk,
        "维修",
        solution_required=True,
        fields=(
            field("model", required=True),
            field("price", FieldKind.NUMBER),
            field("bought", FieldKind.DATE),
            field("lamp", FieldKind.CHOICE, choices=choices),
            field("parts", FieldKind.CHOICES, choices=choices),
        ),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", 7),
        ("price", "many"),
        ("bought", "2026-02-30"),
        ("lamp", "green"),
        ("lamp", "old"),
        ("parts", "red"),
        ("parts", ["red", "green"]),
        ("color", "red"),
    ],
)
async def test_a_value_that_its_field_does_not_take_is_refused(
    desk: Desk, repair: int, name: str, value: Any
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.open(category=repair, fields={name: value})
    assert refused.value.field == f"fields.{name}"


async def test_values_are_typed_kept_and_cleared_one_by_one(
    desk: Desk, put_user: Put, repair: int
) -> None:
    wang = await put_user("小王")
    sent = {"model": " X1 ", "price": 12, "bought": "2026-1-5", "lamp": "red", "parts": ["red"]}
    ticket = await desk.open(by=wang, category=repair, fields=sent)
    typed = {"model": "X1", "price": 12.0, "bought": "2026-01-05", "lamp": "red", "parts": ["red"]}
    assert (await desk.view(ticket)).fields == typed
    patch = TicketPatch(fields={"price": None, "model": "X2"})
    await desk.step(service.edit_ticket, ticket, by=wang, patch=patch)
    del typed["price"]
    assert (await desk.view(ticket)).fields == typed | {"model": "X2"}
    await desk.step(service.edit_ticket, ticket, by=wang, patch=TicketPatch(category=None))
    view = await desk.view(ticket)
    assert (view.category, view.fields) == (None, {})
    await check_invariants(desk, ticket)


async def test_what_a_category_wants_is_there_before_it_is_resolved(
    desk: Desk, put_user: Put, repair: int
) -> None:
    wang = await put_user("小王")
    ticket = await desk.open(by=wang, category=repair)
    for solution, at in ((None, "solution"), (" ", "solution"), ("换了", "fields.model")):
        with pytest.raises(InvalidInput) as refused:
            await desk.step(steps.resolve, ticket, by=wang, solution=solution)
        assert refused.value.field == at
    patch = TicketPatch(fields={"model": "X1"}, solution="换了主板")
    await desk.step(service.edit_ticket, ticket, by=wang, patch=patch)
    await desk.step(steps.resolve, ticket, by=wang)
    assert (await desk.view(ticket)).solution == "换了主板"


async def test_a_retired_category_stays_with_old_tickets_and_gets_no_new_ones(
    desk: Desk, repair: int
) -> None:
    ticket = await desk.open(category=repair)
    retired = CategoryBody(name="维修", active=False)
    await desk.do(categories.change, repair, retired, version=1)
    assert (await desk.view(ticket)).category == repair
    with pytest.raises(InvalidInput) as refused:
        await desk.open(category=repair)
    assert refused.value.field == "category"


# --- policies -----------------------------------------------------------------------------------


async def test_the_policy_is_chosen_by_category_level_and_priority(desk: Desk) -> None:
    top = await category(desk, "投诉")
    low = await category(desk, "服务投诉", parent=top)
    for body in (
        PolicyBody(name="投诉", position=0, category=top, resolve=600),
        PolicyBody(name="金牌", position=1, level="gold", resolve=1200),
        PolicyBody(name="VIP 加急", position=2, level="VIP", priority="urgent", resolve=1800),
        PolicyBody(name="其他", position=3, respond=60),
    ):
        await desk.do(policies.create_policy, body)
    found = []
    for values in ({"category": low}, {"priority": 4}, {}):
        ticket = await desk.open(**values)
        found.append((await desk.view(ticket)).sla)
    assert found == ["投诉", "VIP 加急", "其他"]


async def test_what_no_policy_can_be_is_refused_at_its_place(desk: Desk, put: Put) -> None:
    await put(CalendarRow, name="office", data={"zone": "Asia/Shanghai"})
    step = EscalationStep(target=Target.RESOLVE, notify_owner=True)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "respond"),
        ({"respond": 60, "calendar": "none"}, "calendar"),
        ({"respond": 60, "category": 9}, "category"),
        ({"respond": 60, "steps": (step,)}, "steps[0].target"),
        ({"resolve": 60, "steps": (EscalationStep(target=Target.RESOLVE),)}, "steps[0]"),
        (
            {"resolve": 60, "steps": (EscalationStep(target=Target.RESOLVE, notify=(99,)),)},
            "steps[0].notify",
        ),
    ]
    for values, at in wrong:
        with pytest.raises(InvalidInput) as refused:
            await desk.do(policies.create_policy, PolicyBody(name="x", **values))
        assert refused.value.field == at, values
    good = PolicyBody(name="x", resolve=60, calendar="office", steps=(step,))
    made = await desk.do(policies.create_policy, good)
    assert made.steps == (step,)
    async with desk.database.reading() as session:
        assert await policies.calendar_users(session, "office") == ["x"]


async def test_a_promise_stays_what_it_was_when_its_policy_changes(desk: Desk) -> None:
    made = await desk.do(policies.create_policy, PolicyBody(name="旧", resolve=3600))
    ticket = await desk.open()
    await desk.do(policies.change_policy, made.id, PolicyBody(name="新", resolve=60), version=1)
    view = await desk.view(ticket)
    assert (view.sla, view.resolve_due) == ("旧", NOW + 3600)
    assert (await desk.view(await desk.open())).sla == "新"
    with pytest.raises(ChangedMeanwhile):
        body = PolicyBody(name="y", resolve=60)
        await desk.do(policies.change_policy, made.id, body, version=1)
    await desk.do(policies.delete_policy, made.id)
    assert (await desk.view(await desk.open())).sla is None


async def test_a_holiday_of_the_calendar_moves_the_due_time(desk: Desk, put: Put) -> None:
    week = {"thursday": [{"begin": "09:00", "end": "18:00"}]}
    data = {"zone": "Asia/Shanghai", "week": week, "holidays": "CN"}
    await put(CalendarRow, name="thursdays", data=data)
    body = PolicyBody(name="x", resolve=3600, calendar="thursdays")
    await desk.do(policies.create_policy, body)
    view = await desk.view(await desk.open())  # on the first of January, a Thursday
    assert view.resolve_due == NOW + 7 * 86_400 + 2 * 3600, "10:00 in Shanghai, a week later"


# --- who gets them ------------------------------------------------------------------------------


async def test_people_of_a_rule_take_turns_also_when_all_open_at_once(
    desk: Desk, put_user: Put
) -> None:
    people = [await put_user(name) for name in ("甲", "乙", "丙")]
    await desk.do(policies.create_rule, RuleBody(name="轮流", owners=tuple(people)))
    tickets = await asyncio.gather(*(desk.open(title=f"{n}") for n in range(9)))
    views = [await desk.view(one) for one in tickets]
    assert Counter(view.owner_id for view in views) == dict.fromkeys(people, 3)
    event = (await desk.events(tickets[0]))[-1]
    assert (event.kind, event.actor) == ("assign", "rule")
    async with desk.database.session() as session:
        away = update(table_of(User)).where(User.id == people[1]).values(active=False)
        await session.execute(away)
        await session.commit()
    owners = [(await desk.view(await desk.open())).owner_id for _ in range(4)]
    assert set(owners) == {people[0], people[2]}


async def test_a_rule_can_give_to_a_team_for_one_of_them_to_take(
    desk: Desk, put: Put, put_user: Put
) -> None:
    wang = await put_user("小王")
    team = await put(Team, name="售后", name_key="售后", created_at=NOW)
    await desk.do(policies.create_rule, RuleBody(name="x", priority="high", team=team))
    view = await desk.view(await desk.open(by=wang, priority=3))
    assert (view.status, view.owner_id, view.team) == ("new", None, "售后")
    view = await desk.view(await desk.open(by=wang))
    assert (view.status, view.owner_id) == ("assigned", wang), "no rule fits"
    view = await desk.view(await desk.open(by=wang, priority=3, owner=wang))
    assert view.team is None, "who is named outranks the rules"
    await check_invariants(desk, view.id)


async def test_what_no_rule_can_be_is_refused(desk: Desk) -> None:
    for values, at in (({}, "owners"), ({"owners": (99,)}, "owners"), ({"team": 99}, "team")):
        with pytest.raises(CallCenterError) as refused:
            await desk.do(policies.create_rule, RuleBody(name="x", **values))
        assert refused.value.field == at
