"""One ticket, locked and being changed: what was, what is now, and the events that tell of it.

Every change of a ticket goes through here, so that none is without its event, its version, its line
in the timeline and its deadlines, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from callcenter.events import TicketChanged
from crm.activities import service as activities
from crm.activities.kinds import ActivityKind
from crm.sql import table_of
from crm.tickets import life, promises
from crm.tickets.life import Step, TicketStatus
from crm.tickets.tables import Ticket, TicketEvent
from crm.tickets.words import Actor, Happened

DEEPEST_MERGE = 16  # merges are flattened when they are made; this only ends circles
EDITABLE = (
    *("title", "description", "priority", "category_id", "fields", "customer_id"),
    *("status", "owner_id", "team_id", "solution", "pending_reason", "wake_at"),
)  # what a stale change is compared in

tickets = table_of(Ticket)
_COLUMNS = tuple(column.name for column in tickets.columns)


class Stale(Conflict):
    """Somebody was faster: `values` holds the version and the values of now."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("somebody else changed this ticket meanwhile", field="version")
        self.now = {name: getattr(ticket, name) for name in EDITABLE}
        self.values = {"version": ticket.version, "now": self.now}


class ReadOnly(Conflict):
    """An archived ticket stays as it is; a merged one goes on in another."""

    code = "read_only"

    def __init__(self, ticket: Ticket) -> None:
        merged = ticket.merged_into
        super().__init__("it was merged into another" if merged else "it is archived")
        self.values = {"merged_into": merged}


class Edit:
    """A ticket under change. Nothing is written before `save`."""

    def __init__(
        self, session: AsyncSession, ticket: Ticket, actor: Actor, now: float, *, new: bool = False
    ) -> None:
        self.session = session
        self.ticket = ticket
        self.actor = actor
        self.now = now
        self._new = new
        self._was = {name: getattr(ticket, name) for name in _COLUMNS}
        self._events: list[dict[str, Any]] = []
        self._promise: bool | None = None  # None: as it is, False: count anew, True: choose anew

    @property
    def status(self) -> TicketStatus:
        return TicketStatus(self.ticket.status)

    def set(self, kind: str, data: Mapping[str, Any] | None = None, **values: Any) -> bool:
        """Change these values as one event; False when they are what they were."""
        changed = {n: value for n, value in values.items() if getattr(self.ticket, n) != value}
        if not changed:
            return False
        before = {name: getattr(self.ticket, name) for name in changed}
        for name, value in changed.items():
            setattr(self.ticket, name, value)
        self.ticket.version += 1
        self._event(kind, before, changed, data)
        return True

    def tell(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Something happened that changes no value of the ticket."""
        self._event(kind, None, None, data)

    def step(self, step: Step, data: Mapping[str, Any] | None = None, **values: Any) -> None:
        """One step of its life, once through what leads there. StepRefused."""
        for one in life.path(self.status, step):
            given = values if one is step else self._implied(one)
            self._one(one, data if one is step else None, given)

    def keep(self, **values: Any) -> None:
        """What follows from an event that is told anyway: a clock's moment, a counter."""
        for name, value in values.items():
            setattr(self.ticket, name, value)
        self._promise = self._promise or False

    def promise(self) -> None:
        """What the promise is chosen by has changed."""
        self._promise = True

    async def save(self) -> TicketChanged:
        """Write it all down. The event is to be published once the transaction is committed."""
        ticket = self.ticket
        ticket.updated_at = self.now
        if self._promise is not None:
            await promises.keep(self.session, ticket, choose=self._promise)
        changed = {n: getattr(ticket, n) for n in _COLUMNS if getattr(ticket, n) != self._was[n]}
        changed |= {"updated_at": self.now}
        await self.session.execute(update(tickets).where(tickets.c.id == ticket.id).values(changed))
        await self._write_events()
        last = self._events[-1]["kind"] if self._events else Happened.EDITED.value
        return TicketChanged(
            at=self.now,
            ticket=ticket.id,
            number=ticket.number,
            version=ticket.version,
            kind=last,
        )

    # --- parts ------------------------------------------------------------------------------

    def _one(self, step: Step, data: Mapping[str, Any] | None, values: Mapping[str, Any]) -> None:
        status = life.after(self.status, step)
        follows = _FOLLOWS.get(step)
        extra = follows(self.ticket, self.now) if follows else {}
        self._hold(step)
        self._promise = self._promise or False
        self.set(step.value, data, **({"status": status.value} | extra | dict(values)))

    def _implied(self, step: Step) -> dict[str, Any]:
        if step is not Step.ASSIGN:
            return {}
        if self.actor.user is None:
            raise life.StepRefused("nobody looks after it yet", field="status")
        return {"owner_id": self.actor.user}

    def _hold(self, step: Step) -> None:
        """The resolution clock stops when it is pending or resolved, and goes on after."""
        holds = [list(one) for one in self.ticket.holds or ()]
        held = bool(holds) and holds[-1][1] is None
        if step in _STOPS and not held:
            holds.append([self.now, None])
        elif step in _GOES_ON and held:
            holds[-1][1] = self.now
        self.ticket.holds = holds or None

    def _event(
        self,
        kind: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        data: Mapping[str, Any] | None,
    ) -> None:
        self._events.append(
            {
                "ticket_id": self.ticket.id,
                "at": self.now,
                "actor": self.actor.kind,
                "actor_id": self.actor.id,
                "kind": str(kind),
                "version": self.ticket.version,
                "before": None if before is None else msgspec.to_builtins(dict(before)),
                "after": None if after is None else msgspec.to_builtins(dict(after)),
                "data": None if data is None else msgspec.to_builtins(dict(data)),
            }
        )

    async def _write_events(self) -> None:
        events = table_of(TicketEvent)
        for event in self._events:
            written = insert(events).values(event).returning(events.c.id)
            id_ = (await self.session.execute(written)).scalar_one()
            if event["kind"] in _STEPS:
                await activities.log(self.session, self._line(event, id_))

    def _line(self, event: Mapping[str, Any], id_: int) -> activities.NewActivity:
        ticket = self.ticket
        score = (event["data"] or {}).get("score") if event["kind"] == Step.RATE else None
        return activities.NewActivity(
            kind=ActivityKind.TICKET_STEP if score is None else ActivityKind.SATISFACTION,
            source=f"ticket:{ticket.id}:{id_}",
            at=self.now,
            summary=f"{ticket.number} {ticket.title}",
            customer=ticket.customer_id,
            author=self.actor.user,
            result=event["kind"] if score is None else str(score),
            data={"ticket": ticket.id, "number": ticket.number, "status": ticket.status},
        )


_STEPS = frozenset(Step)
_STOPS = frozenset({Step.PEND, Step.RESOLVE})
_GOES_ON = frozenset({Step.WAKE, Step.REOPEN, Step.REOPEN_UNASSIGNED})


def _awake(_ticket: Ticket, _now: float) -> dict[str, Any]:
    return {"pending_reason": None, "wake_at": None}


def _reopened(ticket: Ticket, _now: float) -> dict[str, Any]:
    return {"resolved_at": None, "reopened": ticket.reopened + 1}


# What a step brings with it beside the state.
_FOLLOWS: dict[Step, Callable[[Ticket, float], dict[str, Any]]] = {
    Step.UNASSIGN: lambda _ticket, _now: {"owner_id": None},
    Step.WAKE: _awake,
    Step.RESOLVE: lambda _ticket, now: {"resolved_at": now},
    Step.REOPEN: _reopened,
    Step.REOPEN_UNASSIGNED: lambda ticket, now: _reopened(ticket, now) | {"owner_id": None},
    Step.ARCHIVE: lambda _ticket, now: {"archived_at": now},
    Step.MERGE: lambda ticket, now: _awake(ticket, now) | {"archived_at": now},
}


async def change(
    session: AsyncSession,
    ticket: int,
    actor: Actor,
    now: float,
    *,
    version: int | None = None,
) -> Edit:
    """Begin to change a ticket; nobody else does until the transaction ends.

    `version` is the one that was read, if that matters. NotFound, Stale, ReadOnly.
    """
    found = await locked(session, ticket)
    if version is not None and version != found.version:
        raise Stale(found)
    if found.status == TicketStatus.ARCHIVED:
        raise ReadOnly(found)
    return Edit(session, found, actor, now)


async def locked(session: AsyncSession, ticket: int) -> Ticket:
    """The ticket as it is now, apart from the session, its row locked. NotFound."""
    query = select(Ticket).where(Ticket.id == ticket).with_for_update()
    found: Ticket | None = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"no ticket {ticket}")
    session.expunge(found)
    return found


async def target_of(session: AsyncSession, ticket: int) -> int:
    """The ticket in which this one goes on, itself if it was not merged. NotFound."""
    seen: set[int] = set()
    while ticket not in seen and len(seen) < DEEPEST_MERGE:
        seen.add(ticket)
        row = (
            await session.execute(select(tickets.c.merged_into).where(tickets.c.id == ticket))
        ).one_or_none()
        if row is None:
            raise NotFound(f"no ticket {ticket}")
        if row[0] is None:
            return ticket
        ticket = row[0]
    raise NotFound("merged in a circle")
