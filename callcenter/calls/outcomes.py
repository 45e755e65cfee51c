"""How things ended: what the PBX said, put into our closed sets. Tables, one for each question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from callcenter.events import EndReason, OfferResult, QueueExit

if TYPE_CHECKING:
    from callcenter.calls.state import Channel, Interaction, Offer

USER_BUSY = 17
NO_ANSWER = 19
REJECTED = 21
ANSWERED_ELSEWHERE = 26

_BY_STATUS = {
    "NOANSWER": OfferResult.TIMED_OUT,
    "BUSY": OfferResult.BUSY,
    "CANCEL": OfferResult.CALLER_GONE,
    "ABORT": OfferResult.CALLER_GONE,
    "CHANUNAVAIL": OfferResult.FAILED,
    "CONGESTION": OfferResult.FAILED,
    "DONTCALL": OfferResult.REJECTED,
    "TORTURE": OfferResult.REJECTED,
    # Picked up but never connected: a confirmation that was refused or ran out.
    "ANSWER": OfferResult.REJECTED,
    "CONTINUE": OfferResult.REJECTED,
    "GOTO": OfferResult.REJECTED,
}
_BY_CAUSE = {
    ANSWERED_ELSEWHERE: OfferResult.ANSWERED_ELSEWHERE,
    REJECTED: OfferResult.REJECTED,
}
_BY_CAUSE_ALONE = {
    USER_BUSY: OfferResult.BUSY,
    NO_ANSWER: OfferResult.TIMED_OUT,
    18: OfferResult.TIMED_OUT,
    16: OfferResult.CALLER_GONE,
    0: OfferResult.CALLER_GONE,
}


def offer_result(offer: Offer, cause: int | None) -> OfferResult:
    """The result of an offer whose leg hung up without a conversation.

    A phone that says 486 is busy (do-not-disturb says so too), one that says 603 has declined:
    the hangup cause knows even where the dial status calls it no answer.
    """
    if offer.forwarded:
        return OfferResult.REJECTED
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    if offer.status is None:
        return _BY_CAUSE_ALONE.get(cause or 0, OfferResult.FAILED)
    result = _BY_STATUS.get(offer.status, OfferResult.FAILED)
    if result in {OfferResult.FAILED, OfferResult.TIMED_OUT} and cause == USER_BUSY:
        return OfferResult.BUSY
    if result is OfferResult.REJECTED and cause == NO_ANSWER:
        return OfferResult.TIMED_OUT
    return result


QUEUE_STATUS = {
    "TIMEOUT": QueueExit.TIMED_OUT,
    "LEAVEEMPTY": QueueExit.EMPTY,
    "LEAVEUNAVAIL": QueueExit.EMPTY,
    "JOINEMPTY": QueueExit.EMPTY,
    "JOINUNAVAIL": QueueExit.EMPTY,
    "WITHDRAW": QueueExit.WITHDRAWN,
    "FULL": QueueExit.OVERFLOW,
}

OFFER_BY_EXIT = {
    QueueExit.ANSWERED: OfferResult.ANSWERED_ELSEWHERE,
    QueueExit.ABANDONED: OfferResult.CALLER_GONE,
    QueueExit.TIMED_OUT: OfferResult.TIMED_OUT,
    QueueExit.EMPTY: OfferResult.TIMED_OUT,
    QueueExit.LOST: OfferResult.FAILED,
}

_END_BY_OFFER = {
    OfferResult.BUSY: EndReason.BUSY,
    OfferResult.REJECTED: EndReason.REJECTED,
    OfferResult.TIMED_OUT: EndReason.NO_ANSWER,
    OfferResult.CALLER_GONE: EndReason.CANCELLED,
    OfferResult.ANSWERED_ELSEWHERE: EndReason.NO_ANSWER,
    OfferResult.FAILED: EndReason.FAILED,
}
_END_BY_EXIT = {
    QueueExit.ABANDONED: EndReason.CANCELLED,
    QueueExit.LOST: EndReason.LOST,
}
_END_BY_CAUSE = {
    USER_BUSY: EndReason.BUSY,
    REJECTED: EndReason.REJECTED,
    NO_ANSWER: EndReason.NO_ANSWER,
    18: EndReason.NO_ANSWER,
    16: EndReason.CANCELLED,
    0: EndReason.CANCELLED,
}


def end_reason(interaction: Interaction) -> EndReason:
    """Why a contact ended, once all its channels are gone."""
    if interaction.answered:
        return EndReason.COMPLETED
    if interaction.exit is not None:
        return _END_BY_EXIT.get(interaction.exit, EndReason.NO_ANSWER)
    if interaction.last_offer is not None:
        return _END_BY_OFFER.get(interaction.last_offer, EndReason.FAILED)
    caller = interaction.caller
    if caller is not None and caller.up and not interaction.originated:
        return EndReason.COMPLETED  # an announcement or a menu served the caller
    return _END_BY_CAUSE.get(interaction.cause or 0, EndReason.FAILED)


Side = Literal["caller", "callee", "pbx"]

_BY_REASON: dict[EndReason, Side] = {
    EndReason.CANCELLED: "caller",
    EndReason.BUSY: "callee",
    EndReason.REJECTED: "callee",
    EndReason.NO_ANSWER: "pbx",
    EndReason.FAILED: "pbx",
}


def ended_by(interaction: Interaction, reason: EndReason, *, hears: bool) -> Side | None:
    """Who ended it. None when nobody can say.

    `hears`: this PBX tells who asks to hang up, so an end nobody asked for is its own.
    """
    if reason is not EndReason.COMPLETED:
        return _BY_REASON.get(reason)
    who: Channel | None = interaction.ends_by
    if who is None:
        return "pbx" if hears else None
    return "caller" if who is interaction.caller else "callee"
