"""Queues: everybody reads their names, administrators say how they work."""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from msgspec import Meta, structs

from callcenter.errors import Conflict, InvalidInput, NotFound
from routing import setup_queries
from routing.checks import check_queue
from routing.engine import Strategy
from routing.menus import Key, SkillWanted
from routing.rule_settings import VOICEMAIL, NextStep
from routing.setup import STEPS, queue_of
from routing.tables import SERVICE_LEVEL, SHORT_ABANDON, Queue
from web.api.setup_parts import (
    SetupLabel,
    SetupName,
    WarningView,
    pbx_of,
    picture,
    plain,
    refuse_used,
    told,
    warned,
)
from web.api.values import Body, RowId, View
from web.routes import Call

log = structlog.get_logger(__name__)

PbxName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\S+(?!\n)$")]
Wanted = Annotated[tuple[SkillWanted, ...], Meta(max_length=20)]


class QueueSent(Body, frozen=True, kw_only=True):
    """A queue as a whole, seconds everywhere; what is absent has its default.

    `ours` false: the PBX distributes it by itself, and only the measures count. The queue waits in
    order of age times `weight` plus `priority`. `calendar`: outside its hours calls go
    `when_closed`. `dispositions`: which ones agents choose from, all when there is none.
    """

    ours: bool = True
    label: SetupLabel = ""
    weight: Annotated[float, Meta(ge=0.01, le=100)] = 1.0
    priority: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_seconds: Annotated[float, Meta(ge=5, le=120)] = 20.0
    wrap_up_seconds: Annotated[float, Meta(ge=0, le=3600)] = 30.0
    wrap_up_extend: Annotated[float, Meta(ge=0, le=3600)] = 120.0
    rona_limit: Annotated[int, Meta(ge=1, le=100)] = 2
    required: Wanted = ()
    preferred: Wanted = ()
    calendar: SetupName | None = None
    max_waiting: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    max_wait: Annotated[float, Meta(ge=1, le=86_400)] | None = None
    music: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w-]+(?!\n)$")] = "default"
    announce_every: Annotated[float, Meta(ge=10, le=3600)] | None = 60.0
    announce_position: bool = True
    announce_wait: bool = True
    exit_key: Key | None = None
    callback_key: Key | None = None
    when_closed: NextStep = VOICEMAIL
    when_full: NextStep = VOICEMAIL
    when_timed_out: NextStep = VOICEMAIL
    when_empty: NextStep = VOICEMAIL
    when_key: NextStep = VOICEMAIL
    dispositions: Annotated[tuple[SetupName, ...], Meta(max_length=100)] = ()
    disposition_required: bool = False
    ask_satisfaction: bool = False
    service_level: Annotated[float, Meta(ge=1, le=3600)] = SERVICE_LEVEL
    short_abandon: Annotated[float, Meta(ge=0, le=600)] = SHORT_ABANDON


class NewQueue(QueueSent, frozen=True, kw_only=True):
    """The name stays for ever: calls carry it into their history. `pbx`: null for the usual one."""

    name: SetupName
    pbx: PbxName | None = None


class QueueView(View, frozen=True, kw_only=True):
    """Seconds everywhere; a queue of the PBX's own (`ours` false) has its measures only."""

    id: int
    pbx: str
    name: str
    ours: bool
    label: str
    weight: float
    priority: float
    strategy: str
    ring_seconds: float
    wrap_up_seconds: float
    wrap_up_extend: float
    rona_limit: int
    required: tuple[SkillWanted, ...]
    preferred: tuple[SkillWanted, ...]
    calendar: str | None
    max_waiting: int | None
    max_wait: float | None
    music: str
    announce_every: float | None
    announce_position: bool
    announce_wait: bool
    exit_key: str | None
    callback_key: str | None
    when_closed: NextStep
    when_full: NextStep
    when_timed_out: NextStep
    when_empty: NextStep
    when_key: NextStep
    dispositions: tuple[str, ...]
    disposition_required: bool
    ask_satisfaction: bool
    service_level: float
    short_abandon: float


class QueueList(View, frozen=True):
    items: list[QueueView]


class QueueSaved(View, frozen=True):
    saved: QueueView
    warnings: list[WarningView]


async def list_queues(call: Call) -> QueueList:
    return QueueList([_view(row) for row in await setup_queries.list_queues(call.db)])


async def create_queue(call: Call, body: NewQueue) -> QueueSaved:
    pbx = body.pbx or pbx_of(call)
    if await setup_queries.queue_named(call.db, pbx, body.name) is not None:
        raise Conflict(f"there is a queue {body.name!r} already", field="name")
    return await _save(call, Queue(pbx=pbx, name=body.name), body)


async def change_queue(call: Call, id: RowId, body: QueueSent) -> QueueSaved:
    return await _save(call, await _read(call, id), body)


async def delete_queue(call: Call, id: RowId) -> None:
    row = await _read(call, id)
    refuse_used("queue", row.name, await picture(call))
    await setup_queries.remove(call.db, Queue, "queue", id)
    log.info("queue_deleted", queue=row.name, by=call.principal.user)
    told(call)


async def _save(call: Call, row: Queue, body: QueueSent) -> QueueSaved:
    setup = await picture(call)
    if row.pbx != pbx_of(call) and body.ours:
        raise InvalidInput(f"calls of {row.pbx!r} are not distributed here", field="ours")
    if row.id is not None and row.ours and not body.ours:
        refuse_used("queue", row.name, setup)
    for column, value in _columns(body).items():
        setattr(row, column, value)
    cautions = check_queue(queue_of(row), setup) if body.ours else []
    call.db.add(row)
    await call.db.flush()
    log.info("queue_saved", queue=row.name, by=call.principal.user)
    told(call)
    return QueueSaved(_view(await _read(call, row.id)), warned(cautions))


def _columns(body: QueueSent) -> dict[str, Any]:
    values = plain(body)
    steps = {name: values.pop(f"when_{name}") for name in STEPS}
    values.pop("name", None)
    values.pop("pbx", None)
    return {**values, "next_steps": steps}


async def _read(call: Call, id: int) -> Queue:
    rows = await setup_queries.list_queues(call.db, only=id)
    if not rows:
        raise NotFound("there is no such queue")
    return rows[0]


def _view(row: Queue) -> QueueView:
    setup = queue_of(row)
    given = {name: getattr(setup, name) for name in _SAME}
    return QueueView(
        **given,
        pbx=row.pbx,
        ours=row.ours,
        required=tuple(SkillWanted(one.skill, one.level, one.after) for one in setup.required),
        preferred=tuple(SkillWanted(one.skill, one.level, one.after) for one in setup.preferred),
    )


_SAME = tuple(
    field.name
    for field in structs.fields(QueueView)
    if field.name not in {"pbx", "ours", "required", "preferred"}
)
