"""What the pages of administrators share: the picture to check against, and telling of a change."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from callcenter.errors import Conflict
from routing import checks, setup_queries
from routing.setup import Setup, built
from web import decode, keys
from web.api.values import View
from web.routes import Call

# What other things are called by in settings: no blanks, nothing that a dialplan could trip over.
SetupName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+(?!\n)$")]
# What an address may name: whatever it is, it is looked up as it came.
NamedInPath = Annotated[str, Meta(min_length=1, max_length=64)]
SetupLabel = Annotated[str, Meta(max_length=200)]


class WarningView(View, frozen=True):
    """Saved all the same. `code` is stable, `facts` are the names in `message`."""

    code: str
    field: str
    message: str
    facts: dict[str, str]


def pbx_of(call: Call) -> str:
    return call.request.app[keys.SETTINGS].pbx


async def picture(call: Call) -> Setup:
    """Everything as it is now; nobody else changes it until this request is done."""
    await setup_queries.take_turns(call.db)
    return await seen(call)


async def seen(call: Call) -> Setup:
    """Everything as it is now, for somebody who only reads."""
    return built(await setup_queries.read_all(call.db, pbx_of(call)))


def told(call: Call) -> None:
    """The live parts look again once this is committed."""
    changed = call.request.app[keys.DIRECTORY_CHANGED]
    call.then(lambda _: changed())


def warned(cautions: list[checks.Caution]) -> list[WarningView]:
    return [WarningView(one.code, one.field, one.message, one.facts) for one in cautions]


def refuse_used(kind: str, name: str, setup: Setup) -> None:
    """Conflict that says by whom."""
    users = checks.users_of(kind, name, setup)
    if users:
        raise Conflict(f"{name!r} is used by {', '.join(users)}", field="name")


def plain(value: Any) -> Any:
    """As it is stored."""
    return msgspec.to_builtins(value)


def converted(value: object, kind: Any) -> Any:
    """The same values as another type; InvalidInput where that type knows more limits."""
    try:
        return msgspec.convert(value, kind, from_attributes=True)
    except msgspec.ValidationError as error:
        raise decode.invalid(error) from None
