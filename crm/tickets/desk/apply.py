"""Applies the steps of a macro or of a bulk change to one ticket, each as an event of its own.

All in the caller's transaction: all of them happen or none does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.events import TicketChanged
from crm.tickets import life, messages, people, service, steps
from crm.tickets.changes import change
from crm.tickets.desk import macros as m
from crm.tickets.desk import tags
from crm.tickets.desk.canned import filled
from crm.tickets.desk.letters import Letters
from crm.tickets.desk.macros import Step
from crm.tickets.desk.matter import matter, name_of
from crm.tickets.service import TicketPatch
from crm.tickets.words import Actor, Happened

DAY = 86_400.0  # seconds


@dataclass(slots=True)
class Applied:
    """What came of it: the events to publish once it is committed."""

    events: list[TicketChanged]
    version: int


@dataclass(frozen=True, slots=True)
class _Doing:
    session: AsyncSession
    ticket: int
    by: Actor
    now: float
    letters: Letters
    values: Mapping[str, str]


async def apply(
    session: AsyncSession,
    ticket: int,
    wanted: Sequence[Step],
    *,
    by: Actor,
    now: float,
    letters: Letters,
    version: int | None = None,
) -> Applied:
    """Raises what the single changes raise; `version` is the one that was read."""
    edit = await change(session, ticket, by, now, version=version)
    about = await matter(session, ticket)
    agent = await name_of(session, by.user)
    values = about.values(agent=agent, now=now, zone=letters.zone)
    doing = _Doing(session, ticket, by, now, letters, values)
    made = Applied([], edit.ticket.version)
    for number, step in enumerate(wanted):
        try:
            made.events += await _DO[type(step)](doing, step)
        except InvalidInput as error:  # which of them it was
            error.field = f"steps[{number}].{error.field}" if error.field else f"steps[{number}]"
            raise
    if made.events:
        made.version = made.events[-1].version
    return made


async def change_tags(
    session: AsyncSession,
    ticket: int,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    by: Actor,
    now: float,
) -> list[TicketChanged]:
    """Nothing is told when they are what they were."""
    edit = await change(session, ticket, by, now)
    different = await tags.change(session, ticket, add=add, remove=remove)
    if different is None:
        return []
    before, after = different
    edit.tell(Happened.EDITED, {"tags": {"before": before, "after": after}})
    return [await edit.save()]


# --- one function for each kind of step --------------------------------------------------------


async def _assign(do: _Doing, step: Any) -> list[TicketChanged]:
    owner = {"me": do.by.user, "nobody": None}.get(step.to, step.to)
    given = await steps.assign(do.session, do.ticket, owner=owner, by=do.by, now=do.now)
    return [given]


async def _team(do: _Doing, step: Any) -> list[TicketChanged]:
    await people.check_team(do.session, step.team)
    return [await steps.assign(do.session, do.ticket, team=step.team, by=do.by, now=do.now)]


async def _priority(do: _Doing, step: Any) -> list[TicketChanged]:
    patch = TicketPatch(priority=life.Priority[step.priority.upper()])
    return [await service.edit_ticket(do.session, do.ticket, patch, by=do.by, now=do.now)]


async def _tags(do: _Doing, step: Any) -> list[TicketChanged]:
    return await change_tags(
        do.session, do.ticket, add=step.add, remove=step.remove, by=do.by, now=do.now
    )


async def _start(do: _Doing, _step: Any) -> list[TicketChanged]:
    return [await steps.start(do.session, do.ticket, by=do.by, now=do.now)]


async def _pend(do: _Doing, step: Any) -> list[TicketChanged]:
    wake_at = None if step.days is None else do.now + step.days * DAY
    waits = steps.pend(
        do.session, do.ticket, reason=step.reason, wake_at=wake_at, by=do.by, now=do.now
    )
    return [await waits]


async def _resolve(do: _Doing, step: Any) -> list[TicketChanged]:
    text = None if step.solution is None else filled(step.solution, do.values, "solution")
    done = await steps.resolve(do.session, do.ticket, solution=text, by=do.by, now=do.now)
    await do.letters.feedback(do.session, do.ticket, now=do.now)
    return [done]


async def _reopen(do: _Doing, _step: Any) -> list[TicketChanged]:
    return [await steps.reopen(do.session, do.ticket, by=do.by, now=do.now)]


async def _archive(do: _Doing, _step: Any) -> list[TicketChanged]:
    return [await steps.archive(do.session, do.ticket, by=do.by, now=do.now)]


async def _reply(do: _Doing, step: Any) -> list[TicketChanged]:
    text = filled(step.text, do.values)
    said = await messages.reply(do.session, do.ticket, text, by=do.by, now=do.now)
    await do.letters.reply(do.session, said.ticket, text, author=do.by.user, now=do.now)
    return said.events


async def _note(do: _Doing, step: Any) -> list[TicketChanged]:
    text = filled(step.text, do.values)
    return (await messages.note(do.session, do.ticket, text, by=do.by, now=do.now)).events


_DO: Mapping[type[m.Change], Callable[[_Doing, Any], Awaitable[list[TicketChanged]]]] = {
    m.AssignStep: _assign,
    m.TeamStep: _team,
    m.PriorityStep: _priority,
    m.TagsStep: _tags,
    m.StartStep: _start,
    m.PendStep: _pend,
    m.ResolveStep: _resolve,
    m.ReopenStep: _reopen,
    m.ArchiveStep: _archive,
    m.ReplyStep: _reply,
    m.NoteStep: _note,
}
