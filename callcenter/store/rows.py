"""Decides what an event changes in the tables; pure, so that the same story gives the same rows.

One function for each event; the table at the end shows every input on one screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from callcenter.events import (
    CallerIdentified,
    CallEvent,
    DomainEvent,
    HoldEnded,
    HoldStarted,
    InteractionChanged,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
    LegAnswered,
    LegChanged,
    LegEnded,
    LegStarted,
    LinkLost,
    LinkRestored,
    OfferEnded,
    OfferStarted,
    Party,
    QueueJoined,
    QueueLeft,
    TalkEnded,
    TalkStarted,
    Transferred,
)
from callcenter.store.changes import Changes, Gap, Values


def changes(
    events: Iterable[DomainEvent],
    thresholds: Mapping[tuple[str, str], float] | None = None,
    short_thresholds: Mapping[tuple[str, str], float] | None = None,
) -> Changes:
    """What these events, in order, change.

    `thresholds`: (pbx, queue) → service level seconds; `short_thresholds`: of short abandons.
    """
    result = Changes(thresholds=thresholds or {}, short_thresholds=short_thresholds or {})
    for event in events:
        write = WRITES.get(type(event))
        if write is None:
            continue
        if isinstance(event, CallEvent):
            result.seen.setdefault(event.interaction, event.pbx)
        write(event, result)
    return result


# --- interactions ------------------------------------------------------------------------


def _interaction_started(event: InteractionStarted, to: Changes) -> None:
    to.row(
        "interactions",
        event.interaction,
        pbx=event.pbx,
        started_at=event.at,
        adopted=event.adopted,
        **_about(event),
    )


def _interaction_changed(event: InteractionChanged, to: Changes) -> None:
    to.row("interactions", event.interaction, pbx=event.pbx, **_about(event))


def _about(event: InteractionStarted | InteractionChanged) -> Values:
    return {
        "direction": event.direction.value,
        "caller_number": event.caller.number,
        "caller_name": event.caller.name,
        "caller_interface": event.caller.interface,
        "dialled": event.dialled,
    }


def _interaction_ended(event: InteractionEnded, to: Changes) -> None:
    to.row(
        "interactions",
        event.interaction,
        pbx=event.pbx,
        ended_at=event.at,
        end_reason=event.reason.value,
        end_by=event.by,
        cause=event.cause,
        answered=event.answered,
        estimated=event.estimated,
        incomplete=event.incomplete,
    )
    to.ends[event.interaction] = event.at


def _interactions_merged(event: InteractionsMerged, to: Changes) -> None:
    to.seen.setdefault(event.merged, event.pbx)
    to.merge(event.interaction, event.merged)


class _CardNumber(msgspec.Struct):
    e164: str | None = None


_card_number = msgspec.json.Decoder(_CardNumber)


def _caller_identified(event: CallerIdentified, to: Changes) -> None:
    to.row(
        "interactions",
        event.interaction,
        pbx=event.pbx,
        caller_e164=_card_number.decode(event.card).e164,
        customer_id=None if event.customer is None else int(event.customer),
    )


# --- legs --------------------------------------------------------------------------------


def _leg_started(event: LegStarted, to: Changes) -> None:
    to.row(
        "legs",
        event.party.leg,
        interaction_id=event.interaction,
        pbx=event.pbx,
        boot=event.boot,
        uniqueid=event.uniqueid,
        started_at=event.at,
        **_leg(event.party),
    )


def _leg_changed(event: LegChanged, to: Changes) -> None:
    to.update("legs", event.party.leg, **_leg(event.party))


def _leg(party: Party) -> Values:
    return {
        "channel": party.channel,
        "interface": party.interface,
        "number": party.number,
        "name": party.name,
    }


def _leg_answered(event: LegAnswered, to: Changes) -> None:
    to.update("legs", event.leg, answered_at=event.at)


def _leg_ended(event: LegEnded, to: Changes) -> None:
    to.update(
        "legs",
        event.leg,
        ended=True,
        ended_at=event.at,
        cause=event.cause,
        estimated=event.estimated,
    )


# --- segments ----------------------------------------------------------------------------


def _queue_joined(event: QueueJoined, to: Changes) -> None:
    to.row(
        "segments",
        event.entry,
        interaction_id=event.interaction,
        kind="queue",
        queue=event.queue,
        leg_id=event.leg,
        position=event.position,
        threshold=to.thresholds.get((event.pbx, event.queue)),
        short_threshold=to.short_thresholds.get((event.pbx, event.queue)),
        started_at=event.at,
    )


def _queue_left(event: QueueLeft, to: Changes) -> None:
    to.row(
        "segments",
        event.entry,
        interaction_id=event.interaction,
        kind="queue",
        queue=event.queue,
        ended=True,
        ended_at=event.at,
        exit=event.exit.value,
        seconds=event.waited,
    )


def _talk_started(event: TalkStarted, to: Changes) -> None:
    to.row("interactions", event.interaction, pbx=event.pbx, answered_at=event.at, answered=True)
    to.row("segments", event.talk, **_talk(event), entry_id=event.entry, started_at=event.at)


def _talk_ended(event: TalkEnded, to: Changes) -> None:
    to.row(
        "segments", event.talk, **_talk(event), ended=True, ended_at=event.at, seconds=event.seconds
    )
    if event.estimated:
        to.unseen.add(event.talk)


def _talk(event: TalkStarted | TalkEnded) -> Values:
    return {
        "interaction_id": event.interaction,
        "kind": "talk",
        "leg_id": event.a.leg,
        "interface": event.a.interface,
        "number": event.a.number,
        "other_leg_id": event.b.leg,
        "other_interface": event.b.interface,
        "other_number": event.b.number,
    }


def _hold_started(event: HoldStarted, to: Changes) -> None:
    to.row("segments", event.hold, **_hold(event), started_at=event.at)


def _hold_ended(event: HoldEnded, to: Changes) -> None:
    to.row("segments", event.hold, **_hold(event), ended=True, ended_at=event.at)


def _hold(event: HoldStarted | HoldEnded) -> Values:
    return {"interaction_id": event.interaction, "kind": "hold", "leg_id": event.leg}


# --- offers, transfers, gaps -------------------------------------------------------------


def _offer_started(event: OfferStarted, to: Changes) -> None:
    to.row(
        "offers",
        event.offer,
        **_offer(event),
        queue=event.queue,
        entry_id=event.entry,
        started_at=event.at,
    )


def _offer_ended(event: OfferEnded, to: Changes) -> None:
    to.row(
        "offers",
        event.offer,
        **_offer(event),
        ended_at=event.at,
        result=event.result.value,
        rang=event.rang,
    )


def _offer(event: OfferStarted | OfferEnded) -> Values:
    return {
        "interaction_id": event.interaction,
        "leg_id": event.party.leg,
        "channel": event.party.channel,
        "interface": event.party.interface,
        "number": event.party.number,
    }


def _transferred(event: Transferred, to: Changes) -> None:
    to.row(
        "transfers",
        event.transfer,
        interaction_id=event.interaction,
        kind=event.kind.value,
        by=event.by,
        moved=event.moved,
        to=event.to,
        result=event.result.value,
        at=event.at,
    )


def _link_lost(event: LinkLost, to: Changes) -> None:
    if event.at is not None:
        to.gaps.append(Gap(event.pbx, event.at, None))


def _link_restored(event: LinkRestored, to: Changes) -> None:
    if event.at is not None:
        to.gaps.append(Gap(event.pbx, event.since, event.at))


# Every input on one screen. What is not here changes no row of a call.
WRITES: dict[type[DomainEvent], Callable[[Any, Changes], None]] = {
    InteractionStarted: _interaction_started,
    InteractionChanged: _interaction_changed,
    InteractionEnded: _interaction_ended,
    InteractionsMerged: _interactions_merged,
    CallerIdentified: _caller_identified,
    LegStarted: _leg_started,
    LegChanged: _leg_changed,
    LegAnswered: _leg_answered,
    LegEnded: _leg_ended,
    QueueJoined: _queue_joined,
    QueueLeft: _queue_left,
    TalkStarted: _talk_started,
    TalkEnded: _talk_ended,
    HoldStarted: _hold_started,
    HoldEnded: _hold_ended,
    OfferStarted: _offer_started,
    OfferEnded: _offer_ended,
    Transferred: _transferred,
    LinkLost: _link_lost,
    LinkRestored: _link_restored,
}
