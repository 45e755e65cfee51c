"""Pages of other systems that consoles open at a call."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from callcenter.outward import url_pops
from callcenter.outward.addresses import LONGEST_URL
from callcenter.outward.url_pops import GAPS, Moment, NewPop, UrlPopView
from crm import placeholders
from web import keys
from web.api.values import Body, Name, RowId, View
from web.routes import Call

Queue = Annotated[str, Meta(min_length=1, max_length=64)]


class UrlPopSent(Body, frozen=True):
    """`url` with gaps as {{caller.number}}. `queues` empty: for every call."""

    name: Name
    url: Annotated[str, Meta(min_length=1, max_length=LONGEST_URL)]
    moment: Moment = "ring"
    queues: Annotated[list[Queue], Meta(max_length=200)] = msgspec.field(default_factory=list)
    active: bool = True


class UrlPopGap(View, frozen=True):
    """Something that a gap can stand for."""

    name: str
    zh: str
    en: str


class UrlPopList(View, frozen=True):
    items: list[UrlPopView]
    gaps: list[UrlPopGap]


class MyUrlPops(View, frozen=True):
    """What this person's console opens."""

    items: list[UrlPopView]


async def list_url_pops(call: Call) -> UrlPopList:
    gaps = [UrlPopGap(name, *words) for name, words in GAPS.items()]
    return UrlPopList(await url_pops.listed(call.db), gaps)


async def list_my_url_pops(call: Call) -> MyUrlPops:
    return MyUrlPops(await url_pops.listed(call.db, active=True))


async def create_url_pop(call: Call, body: UrlPopSent) -> UrlPopView:
    view = await url_pops.create(call.db, _new(call, body))
    await call.audit("url_pop.create", f"url_pop/{view.id}", after=view)
    return view


async def change_url_pop(call: Call, id: RowId, body: UrlPopSent) -> UrlPopView:
    before, view = await url_pops.change(call.db, id, _new(call, body))
    await call.audit("url_pop.change", f"url_pop/{id}", before=before, after=view)
    return view


async def delete_url_pop(call: Call, id: RowId) -> None:
    before = await url_pops.remove(call.db, id)
    await call.audit("url_pop.delete", f"url_pop/{id}", before=before)


def _new(call: Call, body: UrlPopSent) -> NewPop:
    plain = call.request.app[keys.OUTWARD].settings.policy.plain
    url = placeholders.check(url_pops.check_template(body.url, plain=plain), "url", GAPS)
    return NewPop(body.name, url, body.moment, body.queues, body.active)
