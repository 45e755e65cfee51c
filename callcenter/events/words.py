"""The closed sets of words that events use."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class OfferResult(StrEnum):
    ANSWERED = "answered"
    REJECTED = "rejected"
    BUSY = "busy"
    TIMED_OUT = "timed_out"
    CALLER_GONE = "caller_gone"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    FAILED = "failed"


class QueueExit(StrEnum):
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    EMPTY = "empty"
    KEY_EXIT = "key_exit"
    WITHDRAWN = "withdrawn"
    CALLBACK = "callback"
    OVERFLOW = "overflow"
    LOST = "lost"


class TransferKind(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"
    BLONDE = "blonde"
    PICKUP = "pickup"
    FORWARD = "forward"


class EndReason(StrEnum):
    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    NOT_READY = "not_ready"
    OFFERED = "offered"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
