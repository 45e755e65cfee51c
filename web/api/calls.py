"""The calls of one's own telephone: dial, hold, hand on, consult, join, hang up.

Each is an order to the PBX. The answer is 202, asked: that it is done, the live connection tells as
soon as the PBX did. Another's call is a call that is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Literal

from msgspec import Meta

from callcenter.errors import AmiDisconnected, NotFound
from routing import queries
from routing.control import CallControl, Target
from routing.phones import Credentials
from web import keys
from web.api.values import Body, EventKey, RowId, View
from web.auth.rights import Right
from web.routes import Call

Number = Annotated[str, Meta(min_length=1, max_length=80)]
QueueName = Annotated[str, Meta(min_length=1, max_length=64)]


class Dial(Body, frozen=True):
    number: Number


class Transfer(Body, frozen=True):
    """To one of agent, queue and number. `attended`: talk with them first, and then ask for
    `transfer/complete`, `transfer/cancel` or `conference`."""

    kind: Literal["blind", "attended"]
    agent: RowId | None = None
    queue: QueueName | None = None
    number: Number | None = None


class Asked(View, frozen=True):
    """The PBX was asked, and did not refuse."""

    asked: bool = True


class PhoneCredentials(View, frozen=True):
    """For the browser's telephone alone; not to be shown or kept."""

    uri: str
    display_name: str
    websocket: str
    username: str
    password: str


async def dial(call: Call, body: Dial) -> Asked:
    return await _asked(_control(call).dial(_me(call), body.number, abroad=_abroad(call)))


async def hang_up(call: Call, interaction: EventKey) -> Asked:
    return await _asked(_control(call).hang_up(_me(call), interaction))


async def hold(call: Call, interaction: EventKey) -> Asked:
    return await _asked(_control(call).hold(_me(call), interaction))


async def resume(call: Call, interaction: EventKey) -> Asked:
    return await _asked(_control(call).resume(_me(call), interaction))


async def transfer(call: Call, interaction: EventKey, body: Transfer) -> Asked:
    target = Target(agent=body.agent, queue=body.queue, number=body.number)
    control = _control(call)
    order = control.transfer if body.kind == "blind" else control.consult
    return await _asked(order(_me(call), interaction, target, abroad=_abroad(call)))


async def complete_transfer(call: Call, interaction: EventKey) -> Asked:
    return await _asked(_control(call).complete(_me(call), interaction))


async def cancel_transfer(call: Call, interaction: EventKey) -> Asked:
    return await _asked(_control(call).cancel(_me(call), interaction))


async def start_conference(call: Call, interaction: EventKey) -> Asked:
    return await _asked(_control(call).join(_me(call), interaction))


async def read_phone_credentials(call: Call) -> PhoneCredentials:
    who = call.principal
    found = await queries.list_agents(call.db, only=_me(call))
    pbx = call.request.app[keys.PBX_NAME]
    interfaces = [phone.interface for one in found for phone in one.phones if phone.pbx == pbx]
    book = call.request.app[keys.PHONE_BOOK]
    if book is None:
        raise NotFound("this installation has no browser telephones")
    name = who.agent_name or who.display_name
    given = await asyncio.to_thread(book.credentials, interfaces, name)
    return _view(given)


def _view(given: Credentials) -> PhoneCredentials:
    return PhoneCredentials(
        uri=given.uri,
        display_name=given.display_name,
        websocket=given.websocket,
        username=given.username,
        password=given.password,
    )


async def _asked(order: Awaitable[None]) -> Asked:
    await order
    return Asked()


def _control(call: Call) -> CallControl:
    control = call.request.app[keys.CALL_CONTROL]
    if control is None:
        raise AmiDisconnected("no connection to the PBX")
    return control


def _me(call: Call) -> int:
    agent = call.principal.agent
    if agent is None:
        raise NotFound("you are no agent: an administrator can make you one")
    return agent


def _abroad(call: Call) -> bool:
    return call.principal.may(Right.CALL_DIAL_ABROAD)
