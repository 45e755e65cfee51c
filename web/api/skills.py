"""Skills, and the words that agents choose from: why they are away, how a contact ended."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import Conflict, InvalidInput
from routing import setup_queries
from routing.agent_record import RESERVED
from routing.checks import users_of
from routing.setup import Setup
from routing.tables import Disposition, PauseReason, Skill
from web.api.setup_parts import NamedInPath, SetupLabel, SetupName, picture, refuse_used, seen, told
from web.api.values import Body, View
from web.routes import Call

WordText = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class NewSkill(Body, frozen=True):
    name: SetupName
    label: SetupLabel = ""


class SkillSent(Body, frozen=True):
    label: SetupLabel = ""


class SkillView(View, frozen=True):
    """`agents`: how many active agents have it, at whatever level."""

    name: str
    label: str
    agents: int


class SkillList(View, frozen=True):
    items: list[SkillView]


async def list_skills(call: Call) -> SkillList:
    setup = await seen(call)
    return SkillList([_skill(setup, name) for name in setup.skills])


async def create_skill(call: Call, body: NewSkill) -> SkillView:
    await setup_queries.take_turns(call.db)
    await setup_queries.add(call.db, Skill, "skill", name=body.name, label=body.label)
    told(call)
    return SkillView(body.name, body.label, 0)


async def change_skill(call: Call, name: NamedInPath, body: SkillSent) -> SkillView:
    await setup_queries.take_turns(call.db)
    await setup_queries.change(call.db, Skill, "skill", name, label=body.label)
    told(call)
    return _skill(await seen(call), name)


async def delete_skill(call: Call, name: NamedInPath) -> None:
    """The agents who have it no longer have it."""
    refuse_used("skill", name, await picture(call))
    await setup_queries.remove(call.db, Skill, "skill", name)
    told(call)


def _skill(setup: Setup, name: str) -> SkillView:
    having = sum(name in agent.skills for agent in setup.agents.values())
    return SkillView(name, setup.skills[name], having)


# --- words ----------------------------------------------------------------------------------


class NewWord(Body, frozen=True):
    """`position`: its place in the list, lowest first."""

    name: SetupName
    zh: WordText
    en: WordText
    position: Annotated[int, Meta(ge=0, le=10_000)] = 0
    active: bool = True


class WordSent(Body, frozen=True):
    """What is no longer `active` is not offered; what was chosen before keeps its words."""

    zh: WordText
    en: WordText
    position: Annotated[int, Meta(ge=0, le=10_000)] = 0
    active: bool = True


class WordView(View, frozen=True):
    name: str
    zh: str
    en: str
    position: int
    active: bool


class WordList(View, frozen=True):
    items: list[WordView]


_Words = type[PauseReason] | type[Disposition]


async def list_pause_reasons(call: Call) -> WordList:
    return await _list(call, PauseReason)


async def create_pause_reason(call: Call, body: NewWord) -> WordView:
    if body.name in RESERVED:
        raise InvalidInput(f"{body.name!r} is given by the service itself", field="name")
    return await _create(call, PauseReason, "pause reason", body)


async def change_pause_reason(call: Call, name: NamedInPath, body: WordSent) -> WordView:
    return await _change(call, PauseReason, "pause reason", name, body)


async def delete_pause_reason(call: Call, name: NamedInPath) -> None:
    await setup_queries.remove(call.db, PauseReason, "pause reason", name)
    told(call)


async def list_dispositions(call: Call) -> WordList:
    return await _list(call, Disposition)


async def create_disposition(call: Call, body: NewWord) -> WordView:
    return await _create(call, Disposition, "disposition", body)


async def change_disposition(call: Call, name: NamedInPath, body: WordSent) -> WordView:
    return await _change(call, Disposition, "disposition", name, body)


async def delete_disposition(call: Call, name: NamedInPath) -> None:
    users = users_of("disposition", name, await picture(call))
    if users:
        raise Conflict(f"{name!r} is used by {', '.join(users)}", field="name")
    await setup_queries.remove(call.db, Disposition, "disposition", name)
    told(call)


async def _list(call: Call, model: _Words) -> WordList:
    columns = (model.name, model.zh, model.en, model.position, model.active)
    rows = await call.db.execute(select(*columns).order_by(model.position, model.name))
    return WordList([WordView(*row) for row in rows])


async def _create(call: Call, model: _Words, what: str, body: NewWord) -> WordView:
    values = {"zh": body.zh, "en": body.en, "position": body.position, "active": body.active}
    await setup_queries.add(call.db, model, what, name=body.name, **values)
    told(call)
    return WordView(body.name, body.zh, body.en, body.position, body.active)


async def _change(call: Call, model: _Words, what: str, name: str, body: WordSent) -> WordView:
    values = {"zh": body.zh, "en": body.en, "position": body.position, "active": body.active}
    await setup_queries.change(call.db, model, what, name, **values)
    told(call)
    return WordView(name, body.zh, body.en, body.position, body.active)
