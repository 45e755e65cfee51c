"""Any sequence of steps, by anybody and at any time, keeps what must hold of a ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.errors import CallCenterError
from crm.tickets import keeper, links, merging, messages, service, steps
from crm.tickets.life import DAY, TABLE, Priority, Step, StepRefused, TicketStatus, after, path
from crm.tickets.service import TicketPatch
from crm.tickets.tables import SlaPolicy
from crm.tickets.words import CLOCK
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants

# --- pure -------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(Step), max_size=40))
def test_any_sequence_of_steps_stays_on_the_table(wanted: list[Step]) -> None:
    status, archived = TicketStatus.NEW, 0
    for step in wanted:
        try:
            way = path(status, step)
        except StepRefused:
            continue
        for one in way:
            before, status = status, after(status, one)
            assert TABLE[before][one] is status
        archived += status is TicketStatus.ARCHIVED
    assert archived <= 1, "nothing comes back from the archive"


# --- through the service ----------------------------------------------------------------------

Deed = Callable[[Desk, int, int, int], Awaitable[Any]]


async def _assign(desk: Desk, ticket: int, by: int, n: int) -> Any:
    owner = (by, by % 2 + 1, None)[n % 3]
    return await desk.step(steps.assign, ticket, by=by, owner=owner)


async def _pend(desk: Desk, ticket: int, by: int, n: int) -> Any:
    wake_at = desk.now + n * 3600.0 if n % 3 else None
    return await desk.step(steps.pend, ticket, by=by, reason=f"第{n}次", wake_at=wake_at)


async def _edit(desk: Desk, ticket: int, by: int, n: int) -> Any:
    patch = TicketPatch(title=f"{n % 4}", priority=Priority(n % 4 + 1))
    return await desk.step(service.edit_ticket, ticket, by=by, patch=patch)


async def _customer(desk: Desk, ticket: int, _by: int, n: int) -> Any:
    return await desk.do(messages.customer_reply, ticket, f"{n}", now=desk.now)


async def _clock(desk: Desk, _ticket: int, _by: int, _n: int) -> Any:
    events: list[object] = []
    await keeper.TicketKeeper(desk.database, events.append, clock=lambda: desk.now).turn()


async def _merge(desk: Desk, ticket: int, by: int, n: int) -> Any:
    if n % 4 == 0:
        target = await desk.open(by=by)
        await desk.step(merging.merge, ticket, by=by, target=target)


def _plain(deed: Callable[..., Awaitable[Any]], **options: Any) -> Deed:
    async def do(desk: Desk, ticket: int, by: int, _n: int) -> Any:
        return await desk.step(deed, ticket, by=by, **options)

    return do


DEEDS: dict[str, Deed] = {
    "assign": _assign,
    "start": _plain(steps.start),
    "pend": _pend,
    "wake": _plain(steps.wake),
    "resolve": _plain(steps.resolve, solution="好了"),
    "ask": _plain(steps.ask),
    "rate": _plain(steps.rate, data={"score": 4}),
    "reopen": _plain(steps.reopen),
    "archive": _plain(steps.archive),
    "reply": _plain(messages.reply, text="您好"),
    "automatic": _plain(messages.reply, text="已收到", automatic=True),
    "note": _plain(messages.note, text="内部"),
    "watch": _plain(links.watch, user=1),
    "edit": _edit,
    "customer": _customer,
    "clock": _clock,
    "merge": _merge,
}
WAITS = (0.0, 60.0, 3600.0, 0.4 * DAY, 3 * DAY, 9 * DAY)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(DEEDS)),
        st.sampled_from((1, 2)),
        st.integers(1, 11),
        st.sampled_from(WAITS),
    ),
    max_size=14,
)
STEPS = [
    {"target": "respond", "minutes": -10, "notify_owner": True},
    {"target": "update", "minutes": 0, "raise_priority": True},
    {"target": "resolve", "minutes": 30, "owner": 2, "notify": [1]},
]


@pytest.fixture
async def busy(desk: Desk, put: Put, put_user: Put) -> Desk:
    """Two people, and promises of every kind."""
    assert [await put_user("小王"), await put_user("小李")] == [1, 2]
    for priority, hours in ((4, 1), (None, 8)):
        await put(
            SlaPolicy,
            name=f"{hours} 小时",
            priority=priority,
            respond_within=900,
            update_within=7200,
            resolve_within=hours * 3600,
            steps=STEPS,
        )
    return desk


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS, owned=st.booleans())
async def test_any_sequence_of_deeds_keeps_the_invariants(
    busy: Desk, acts: list[tuple[str, int, int, float]], owned: bool
) -> None:
    busy.now = NOW
    ticket = await busy.open(by=1, **({} if owned else {"owner": None}))
    responded = None
    for name, by, n, wait in acts:
        busy.now += wait
        before = (await busy.row(ticket)).version
        try:
            await DEEDS[name](busy, ticket, by, n)
        except CallCenterError:
            assert (await busy.row(ticket)).version == before, "refused, and nothing is left of it"
        row = await busy.row(ticket)
        assert responded is None or row.responded_at == responded, "the first response is reset"
        responded = row.responded_at
    await check_invariants(busy, ticket)


async def test_a_deed_that_is_refused_in_the_middle_leaves_nothing(busy: Desk) -> None:
    ticket = await busy.open(owner=None)
    before = await busy.kinds(ticket)
    with pytest.raises(StepRefused):
        await busy.step(steps.resolve, ticket, by=CLOCK)
    assert await busy.kinds(ticket) == before
