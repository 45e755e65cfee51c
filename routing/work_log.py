"""Writes down what is owed to callers and how their contacts came out, in the same transaction as
the rows of the call: a projection of the one writer.

Everything is derived from the story, and what is known is left alone: the same story told twice
gives the same rows. What cannot be written is logged and left out; the call's own rows are not
held up by it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.events import (
    CallbackRequested,
    CallEvent,
    DomainEvent,
    InteractionEnded,
    InteractionsMerged,
    RoutingDecided,
    SatisfactionGiven,
    TalkStarted,
    VoicemailLeft,
    WorkChanged,
)
from callcenter.store.database import is_away
from routing import callback_queries, outcome_queries, work_changes, work_facts
from routing.callback_queries import AlreadyPromised, NewCallback
from routing.callbacks import Policy, first_time
from routing.tables import SHORT_ABANDON
from routing.work import ANSWERED, ContactKey, KnownCall, miss_of, reached

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Batch:
    """One transaction of the writer's, and what was asked beforehand for all of its events."""

    connection: AsyncConnection
    calls: dict[str, KnownCall] = field(default_factory=dict)
    short: dict[tuple[str, str], float] = field(default_factory=dict)
    owed: set[str] = field(default_factory=set)  # contacts who wait for a call of ours


class WorkLog:
    """`project` and `committed` are given to the writer; `publish` gets what has changed."""

    def __init__(
        self,
        key: ContactKey,
        publish: Callable[[DomainEvent], object],
        *,
        zone: ZoneInfo,
        policy: Policy | None = None,
    ) -> None:
        self._key = key
        self._publish = publish
        self._zone = zone
        self._policy = policy or Policy()
        self._news: list[WorkChanged] = []

    async def project(self, connection: AsyncConnection, events: Sequence[DomainEvent]) -> None:
        """A batch of the writer's, after its own rows."""
        self._news = []  # of a transaction that came to nothing
        told = [event for event in events if type(event) in _WRITES]
        decided = [event for event in events if isinstance(event, RoutingDecided)]
        batch = _Batch(connection)
        if decided:
            record = partial(outcome_queries.record_decisions, connection, decided)
            await self._guarded(batch, record)
        if told and await self._guarded(batch, partial(self._look_up, batch, told)):
            for event in told:
                await self._guarded(batch, partial(_WRITES[type(event)], self, batch, event))

    def committed(self, _events: Sequence[DomainEvent]) -> None:
        """The rows are there: everybody may look."""
        news, self._news = self._news, []
        for event in news:
            self._publish(event)

    async def _guarded(self, batch: _Batch, work: Callable[[], Awaitable[None]]) -> bool:
        """One event's trouble is its own, unless the database is away. Whether it went well."""
        told = len(self._news)
        try:
            async with batch.connection.begin_nested():
                await work()
        except Exception as error:
            del self._news[told:]
            if is_away(error):
                raise
            log.exception("work_not_written")
            return False
        return True

    async def _look_up(self, batch: _Batch, events: Sequence[DomainEvent]) -> None:
        calls = [event for event in events if isinstance(event, CallEvent)]
        missed = {event.interaction for event in calls if _may_be_missed(event)}
        asked = missed | {event.interaction for event in calls if isinstance(event, TalkStarted)}
        batch.calls = await work_facts.known_calls(
            batch.connection, all_of=asked, unanswered=missed
        )
        batch.short = await work_facts.short_abandons(batch.connection, batch.calls.values())
        talks = [self._reached(batch, one) for one in calls if isinstance(one, TalkStarted)]
        batch.owed = await work_facts.owed(batch.connection, frozenset().union(*talks))

    def _reached(self, batch: _Batch, event: TalkStarted) -> frozenset[str]:
        call = batch.calls.get(event.interaction)
        return frozenset() if call is None else reached(call, self._key, event.a, event.b)

    # --- one function for each event -------------------------------------------------------

    async def marked(self, batch: _Batch, event: SatisfactionGiven) -> None:
        await outcome_queries.record_satisfaction(batch.connection, event, event.at or 0.0)

    async def merged(self, batch: _Batch, event: InteractionsMerged) -> None:
        await outcome_queries.merge_outcomes(batch.connection, event.interaction, event.merged)

    async def spoke(self, batch: _Batch, event: TalkStarted) -> None:
        """Two parties hear each other: whoever it is from outside has been reached."""
        if event.at is None:
            return
        for contact in sorted(self._reached(batch, event) & batch.owed):
            await self._keep_promises(batch, event, contact, event.at)

    async def _keep_promises(
        self, batch: _Batch, event: TalkStarted, contact: str, at: float
    ) -> None:
        missed = await work_changes.close_reached(
            batch.connection, contact, interaction=event.interaction, at=at, reason=ANSWERED
        )
        promised = await callback_queries.close_reached(
            batch.connection, contact, interaction=event.interaction, at=at, reason=ANSWERED
        )
        self._news += [*([missed] if missed else []), *promised]

    async def missed(self, batch: _Batch, event: InteractionEnded | VoicemailLeft) -> None:
        """Over without an answer, or a message was left."""
        call = batch.calls.get(event.interaction)
        if call is None:
            return
        queue = call.stays[-1].queue if call.stays else None
        miss = miss_of(
            call,
            at=event.at or call.started_at or 0.0,
            by_caller=isinstance(event, InteractionEnded) and event.by == "caller",
            short_abandon=batch.short.get((call.pbx, queue or ""), SHORT_ABANDON),
            voicemail=isinstance(event, VoicemailLeft),
        )
        if miss is None:
            return
        contact = self._key(miss.number, miss.interface)
        change = await work_changes.record_miss(batch.connection, miss, contact)
        if contact is not None:
            batch.owed.add(contact)
        self._news += [] if change is None else [change]

    async def promised(self, batch: _Batch, event: CallbackRequested) -> None:
        """The caller wants to be called back; asking twice keeps the older place."""
        contact = self._key(event.number, None)
        if contact is None:
            return
        new = self._promise(event, contact)
        about = {"interaction": event.interaction, "contact": contact, "queue": event.queue}
        if await callback_queries.promised(batch.connection, at=new.created_at, **about):
            return
        try:
            made = await callback_queries.create(batch.connection, new)
        except AlreadyPromised:
            return
        batch.owed.add(contact)
        self._news.append(await callback_queries.changed(batch.connection, made))

    def _promise(self, event: CallbackRequested, contact: str) -> NewCallback:
        asked_at = event.at or event.joined_at
        return NewCallback(
            contact=contact,
            number=event.number[:80],
            queue=event.queue,
            joined_at=event.joined_at,
            next_at=first_time(
                asked_at=asked_at, scheduled_at=None, window=self._policy.window, zone=self._zone
            ),
            created_at=asked_at,
            requested_by="caller",
            priority=event.priority,
            interaction=event.interaction,
        )


def _may_be_missed(event: DomainEvent) -> bool:
    if isinstance(event, InteractionEnded):
        return not event.answered
    return isinstance(event, VoicemailLeft)


_Write = Callable[[WorkLog, _Batch, Any], Awaitable[None]]
_WRITES: dict[type[DomainEvent], _Write] = {
    SatisfactionGiven: WorkLog.marked,
    InteractionsMerged: WorkLog.merged,
    TalkStarted: WorkLog.spoke,
    InteractionEnded: WorkLog.missed,
    VoicemailLeft: WorkLog.missed,
    CallbackRequested: WorkLog.promised,
}
