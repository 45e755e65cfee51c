"""Thresholds of the board and the alarms they raise."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.mail.message import address
from web import alarm_queries as queries
from web import keys
from web.alarm_queries import Kept
from web.alarm_rules import Threshold
from web.api.values import Body, Cursor, Limit, Page, RowId, View
from web.routes import Call
from web.supervision_tables import AlarmRow

# Those of web.alarm_rules; a test holds the two together.
Metric = Literal[
    "waiting",
    "longest_wait",
    "service_level",
    "abandon_rate",
    "asa",
    "talk",
    "missed",
    "missed_age",
    "callbacks",
    "satisfaction",
    "agents_ready",
]
QueueName = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*$")]
Figure = Annotated[float, Meta(ge=0, le=2_592_000)]
Recipient = Annotated[str, Meta(min_length=3, max_length=254)]


class ThresholdView(View, frozen=True):
    """`queue` "" is every queue that has none of its own. Shares are from 0 to 1, times seconds."""

    queue: str
    metric: str
    watch: float | None
    bad: float | None
    alarm: Literal["watch", "bad"] | None
    lasting: float
    mail_to: list[str]
    version: int


class ThresholdList(View, frozen=True):
    items: list[ThresholdView]


class ThresholdBody(Body, frozen=True):
    """`alarm` is the level that raises one after `lasting` seconds; `version` 0 for a new one."""

    queue: QueueName
    metric: Metric
    version: Annotated[int, Meta(ge=0)]
    watch: Figure | None = None
    bad: Figure | None = None
    alarm: Literal["watch", "bad"] | None = None
    lasting: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    mail_to: Annotated[list[Recipient], Meta(max_length=20)] = msgspec.field(default_factory=list)


class ThresholdOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    metric: Metric
    queue: QueueName = ""


class AlarmView(View, frozen=True):
    """`queue` "" is the whole floor; `value` what it was when the alarm was raised."""

    id: int
    queue: str
    metric: str
    level: str
    value: float
    threshold: float
    raised_at: float
    cleared_at: float | None
    acknowledged_at: float | None
    acknowledged_by: int | None


class AlarmQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cursor: Cursor | None = None
    limit: Limit = 50
    open: bool = False


async def list_thresholds(call: Call) -> ThresholdList:
    return ThresholdList([_view(kept) for kept in await queries.thresholds(call.db)])


async def set_threshold(call: Call, body: ThresholdBody) -> ThresholdList:
    """Of one figure, for one queue or for every queue that has none of its own."""
    threshold = Threshold(
        queue=body.queue,
        metric=body.metric,
        watch=body.watch,
        bad=body.bad,
        alarm=body.alarm,
        lasting=body.lasting,
        mail_to=tuple(_addresses(body.mail_to)),
    )
    before = await queries.set_threshold(call.db, threshold, body.version)
    await call.audit(
        "threshold.set",
        _object(body.queue, body.metric),
        before=None if before is None else _view(before),
        after=_view(Kept(body.version + 1, threshold)),
    )
    _changed(call)
    return await list_thresholds(call)


async def remove_threshold(call: Call, query: ThresholdOf) -> ThresholdList:
    before = await queries.remove_threshold(call.db, query.queue, query.metric)
    await call.audit("threshold.remove", _object(query.queue, query.metric), before=_view(before))
    _changed(call)
    return await list_thresholds(call)


async def list_alarms(call: Call, query: AlarmQuery) -> Page[AlarmView]:
    """The newest first."""
    rows, cursor = await queries.alarm_page(
        call.db, cursor=query.cursor, limit=query.limit, only_open=query.open
    )
    return Page([_alarm_view(row) for row in rows], cursor)


async def acknowledge_alarm(call: Call, id: RowId) -> AlarmView:
    """Somebody has seen it; it goes on until its figure is back."""
    row = await queries.acknowledge(call.db, id, call.principal.user, time.time())
    await call.audit("alarm.acknowledge", f"alarm/{id}", after={"by": row.acknowledged_by})
    _changed(call)
    return _alarm_view(row)


def _addresses(given: list[str]) -> list[str]:
    try:
        return [address(one) for one in given]
    except InvalidInput as error:
        raise InvalidInput(error.message, field="mail_to") from None


def _object(queue: str, metric: str) -> str:
    return f"threshold/{metric}/{queue}"[:128]


def _changed(call: Call) -> None:
    call.then(lambda _: call.request.app[keys.ALARMS_CHANGED]())


def _view(kept: Kept) -> ThresholdView:
    one = kept.threshold
    return ThresholdView(
        queue=one.queue,
        metric=one.metric,
        watch=one.watch,
        bad=one.bad,
        alarm=one.alarm,
        lasting=one.lasting,
        mail_to=list(one.mail_to),
        version=kept.version,
    )


def _alarm_view(row: AlarmRow) -> AlarmView:
    return AlarmView(
        id=row.id,
        queue=row.queue,
        metric=row.metric,
        level=row.level,
        value=row.value,
        threshold=row.threshold,
        raised_at=row.raised_at,
        cleared_at=row.cleared_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
    )
