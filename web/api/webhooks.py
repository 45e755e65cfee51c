"""Who outside is told what happens here, and what became of each message."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from callcenter.outward import outbox, targets
from callcenter.outward.addresses import LONGEST_URL
from callcenter.outward.backoff import Kind
from callcenter.outward.catalogue import types
from callcenter.outward.outbox import DeliveryPage, DeliveryView, State
from callcenter.outward.service import Outward
from callcenter.outward.targets import Format, Wanted, WebhookView
from callcenter.outward.words import WORDS
from web import keys
from web.api.values import Body, Cursor, Limit, Name, RowId, View
from web.routes import Call

Url = Annotated[str, Meta(min_length=1, max_length=LONGEST_URL)]
EventName = Annotated[str, Meta(min_length=1, max_length=64)]
Events = Annotated[list[EventName], Meta(max_length=100)]


class NewWebhook(Body, frozen=True):
    """`kind` cti: a helpdesk that speaks the generic CTI protocol, told as JSON or as a form.

    `events`: which messages, for a webhook. `internal`: for a helpdesk, calls within the house too.
    """

    name: Name
    url: Url
    kind: Kind = "webhook"
    format: Format = "json"
    events: Events = msgspec.field(default_factory=list)
    internal: bool = False
    active: bool = True


class WebhookSent(Body, frozen=True):
    """`url` null: as it was. Switching it on forgets that it failed."""

    name: Name
    url: Url | None = None
    format: Format = "json"
    events: Events = msgspec.field(default_factory=list)
    internal: bool = False
    active: bool = True


class WebhookMade(View, frozen=True):
    """`secret` signs its messages, and is shown this once; null for a helpdesk."""

    webhook: WebhookView
    secret: str | None


class WebhookSecret(View, frozen=True):
    """Shown this once; the one before signs beside it for 24 hours."""

    secret: str


class WebhookList(View, frozen=True):
    items: list[WebhookView]


class WebhookType(View, frozen=True):
    """A kind of message; `zh` and `en` say what it is about."""

    type: str
    version: int
    zh: str
    en: str


class WebhookTypes(View, frozen=True):
    items: list[WebhookType]


class DeliveryQuery(Body, frozen=True):
    """`state` dead: given up."""

    state: State | None = None
    type: EventName | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class Replayed(View, frozen=True):
    """How many are sent again."""

    count: int


async def list_webhook_types(call: Call) -> WebhookTypes:
    return WebhookTypes(
        [WebhookType(told.name, told.version, *WORDS[told.name]) for told in types()]
    )


async def list_webhooks(call: Call) -> WebhookList:
    return WebhookList(await targets.views(call.db, now=time.time()))


async def read_webhook(call: Call, id: RowId) -> WebhookView:
    return await targets.view(call.db, id, now=time.time())


async def create_webhook(call: Call, body: NewWebhook) -> WebhookMade:
    """Its address is looked at now, and again whenever a connection is made."""
    outward, now = _outward(call), time.time()
    wanted = _wanted(body)
    targets.check(body.kind, wanted)
    await outward.client.check(body.url)
    id_, secret = await targets.create(call.db, outward.box, body.kind, wanted, now=now)
    view = await targets.view(call.db, id_, now=now)
    await call.audit("webhook.create", f"webhook/{id_}", after=_audited(view))
    _changed(call)
    return WebhookMade(view, secret)


async def change_webhook(call: Call, id: RowId, body: WebhookSent) -> WebhookView:
    outward, now = _outward(call), time.time()
    if body.url is not None:
        await outward.client.check(body.url)
    before = await targets.view(call.db, id, now=now)
    await targets.change(call.db, outward.box, id, _wanted(body), now=now)
    view = await targets.view(call.db, id, now=now)
    await call.audit(
        "webhook.change", f"webhook/{id}", before=_audited(before), after=_audited(view)
    )
    _changed(call)
    return view


async def delete_webhook(call: Call, id: RowId) -> None:
    """With everything that waits for it."""
    before = await targets.view(call.db, id, now=time.time())
    await targets.remove(call.db, id)
    await call.audit("webhook.delete", f"webhook/{id}", before=_audited(before))
    _changed(call)


async def rotate_webhook_secret(call: Call, id: RowId) -> WebhookSecret:
    secret = await targets.rotate(call.db, _outward(call).box, id, now=time.time())
    await call.audit("webhook.rotate_secret", f"webhook/{id}")
    _changed(call)
    return WebhookSecret(secret)


async def test_webhook(call: Call, id: RowId) -> DeliveryView:
    """Send a message that says that nothing happened; what became of it, the delivery tells."""
    outward = _outward(call)
    delivery = await outward.queue_test(call.db, id)
    call.then(lambda _: outward.send_test(id, delivery))
    return await outbox.read(call.db, id, delivery)


async def list_deliveries(call: Call, id: RowId, query: DeliveryQuery) -> DeliveryPage:
    """Newest first; without their bodies."""
    await targets.view(call.db, id, now=time.time())
    return await outbox.page(
        call.db,
        id,
        state=query.state,
        type=query.type,
        cursor=query.cursor,
        limit=query.limit,
    )


async def read_delivery(call: Call, id: RowId, delivery: RowId) -> DeliveryView:
    return await outbox.read(call.db, id, delivery)


async def replay_delivery(call: Call, id: RowId, delivery: RowId) -> DeliveryView:
    """Send one again that was given up."""
    await outbox.replay(call.db, id, now=time.time(), delivery=delivery)
    await call.audit("webhook.replay", f"webhook/{id}", after={"delivery": delivery})
    _woken(call, id)
    return await outbox.read(call.db, id, delivery)


async def replay_deliveries(call: Call, id: RowId) -> Replayed:
    """Send everything again that was given up."""
    await targets.view(call.db, id, now=time.time())
    count = await outbox.replay(call.db, id, now=time.time())
    if count:
        await call.audit("webhook.replay", f"webhook/{id}", after={"count": count})
    _woken(call, id)
    return Replayed(count)


def _wanted(body: NewWebhook | WebhookSent) -> Wanted:
    return Wanted(body.name, body.url, body.format, body.events, body.internal, body.active)


_AUDITED = ("kind", "name", "address", "format", "events", "internal", "active")


def _audited(view: WebhookView) -> dict[str, Any]:
    """What people decide about it; its address as it is shown."""
    values: dict[str, Any] = msgspec.to_builtins(view)
    return {name: values[name] for name in _AUDITED}


def _outward(call: Call) -> Outward:
    return call.request.app[keys.OUTWARD]


def _changed(call: Call) -> None:
    outward = _outward(call)
    call.then(lambda _: outward.reload())


def _woken(call: Call, id_: int) -> None:
    outward = _outward(call)
    call.then(lambda _: outward.wake({id_}))
