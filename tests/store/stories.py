"""Calls told as events, for the tests of what is written down."""

from __future__ import annotations

from typing import Any

from callcenter.events import (
    Direction,
    DomainEvent,
    EndReason,
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
    OfferResult,
    OfferStarted,
    Party,
    QueueExit,
    QueueJoined,
    QueueLeft,
    TalkEnded,
    TalkStarted,
    TransferKind,
    Transferred,
)

T = 1_714_000_000.0
CALLER = Party(
    channel="PJSIP/trunk-00000001",
    interface="PJSIP/trunk",
    number="13800138000",
    name="王",
    leg="leg1",
)
AGENT = Party(
    channel="PJSIP/1001-00000002", interface="PJSIP/1001", number="1001", name=None, leg="leg2"
)
OTHER = Party(
    channel="PJSIP/1002-00000003", interface="PJSIP/1002", number="1002", name=None, leg="leg3"
)


def started(interaction: str = "i1", at: float | None = T, *, adopted: bool = False) -> DomainEvent:
    return InteractionStarted(
        at=at, pbx="main", interaction=interaction, direction=Direction.INBOUND, caller=CALLER,
        dialled="400", adopted=adopted,
    )  # fmt: skip


def leg(party: Party, at: float, interaction: str = "i1") -> DomainEvent:
    return LegStarted(
        at=at,
        pbx="main",
        interaction=interaction,
        party=party,
        uniqueid=f"u-{party.leg}",
        boot="b1",
    )


def ended(interaction: str = "i1", at: float = T + 60) -> DomainEvent:
    return InteractionEnded(
        at=at, pbx="main", interaction=interaction, reason=EndReason.COMPLETED, by="caller",
        cause=16, answered=True,
    )  # fmt: skip


def queue_call() -> list[DomainEvent]:
    """A caller waits, is answered, held, and hangs up."""
    c: dict[str, Any] = {"pbx": "main", "interaction": "i1"}
    return [
        started(),
        leg(CALLER, T),
        InteractionChanged(
            at=T + 0.1, **c, direction=Direction.INBOUND, dialled="4008", caller=CALLER
        ),
        QueueJoined(at=T + 1, **c, entry="q1", queue="sales", leg="leg1", position=2),
        leg(AGENT, T + 2),
        OfferStarted(at=T + 2, **c, offer="o1", party=AGENT, queue="sales", entry="q1"),
        LegChanged(at=T + 2.5, **c, party=AGENT),
        LegAnswered(at=T + 5, **c, leg="leg2"),
        OfferEnded(at=T + 5, **c, offer="o1", party=AGENT, result=OfferResult.ANSWERED, rang=3.0),
        QueueLeft(at=T + 5, **c, entry="q1", queue="sales", exit=QueueExit.ANSWERED, waited=4.0),
        TalkStarted(at=T + 5, **c, talk="t1", a=CALLER, b=AGENT, entry="q1"),
        HoldStarted(at=T + 20, **c, hold="h1", leg="leg2"),
        HoldEnded(at=T + 25, **c, hold="h1", leg="leg2"),
        TalkEnded(at=T + 60, **c, talk="t1", a=CALLER, b=AGENT, seconds=55.0),
        LegEnded(at=T + 60, pbx="main", interaction="i1", leg="leg1", cause=16),
        LegEnded(at=T + 60, pbx="main", interaction="i1", leg="leg2", cause=16),
        ended(),
    ]


def merged_call() -> list[DomainEvent]:
    """An attended transfer: the consultation turns out to be the same contact, twice over."""
    two: dict[str, Any] = {"pbx": "main", "interaction": "i2"}
    return [
        *queue_call()[:11],
        started("i2", T + 30),
        leg(OTHER, T + 30, "i2"),
        OfferStarted(at=T + 30, **two, offer="o2", party=OTHER, queue=None, entry=None),
        OfferEnded(at=T + 33, **two, offer="o2", party=OTHER, result=OfferResult.ANSWERED, rang=3),
        TalkStarted(at=T + 33, **two, talk="t2", a=AGENT, b=OTHER),
        InteractionsMerged(at=T + 40, pbx="main", interaction="i1", merged="i2"),
        Transferred(
            at=T + 40, pbx="main", interaction="i1", transfer="x1", kind=TransferKind.ATTENDED,
            by=AGENT.channel, moved=CALLER.channel, to="1002", result=OfferResult.ANSWERED,
        ),
        started("i0", T - 5),
        InteractionsMerged(at=T + 41, pbx="main", interaction="i0", merged="i1"),
        TalkEnded(at=T + 60, pbx="main", interaction="i0", talk="t2", a=AGENT, b=OTHER, seconds=27),
        LegEnded(at=T + 60, pbx="main", interaction="i0", leg="leg3", cause=16, estimated=True),
        ended("i0", T + 60),
    ]  # fmt: skip


def gaps() -> list[DomainEvent]:
    """A loss that was noticed late, and a gap that nobody saw begin."""
    return [
        LinkRestored(at=T, pbx="main", boot="b1", since=None),
        LinkLost(at=T + 115, pbx="main"),
        LinkRestored(at=T + 130, pbx="main", boot="b1", since=T + 100),
        LinkRestored(at=T + 500, pbx="main", boot="b1", since=T + 300),
        LinkLost(at=T + 600, pbx="main"),
    ]
