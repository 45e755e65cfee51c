"""The small closed sets that tickets speak of, and who did what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Origin(StrEnum):
    """Where a ticket came from."""

    AGENT = "agent"
    CALL = "call"
    MISSED = "missed"  # a call that nobody answered
    API = "api"
    REPLY = "reply"  # a customer's reply to what is over
    SPLIT = "split"


class Happened(StrEnum):
    """The kinds of events beside the steps of a ticket's life."""

    CREATED = "created"
    EDITED = "edited"
    REPLY = "reply"  # to the customer
    CUSTOMER_REPLY = "customer_reply"
    NOTE = "note"
    CALL = "call"  # a call about it
    WATCHED = "watched"
    UNWATCHED = "unwatched"
    LINKED = "linked"
    UNLINKED = "unlinked"
    MERGED_HERE = "merged_here"  # another was merged into this one
    LED_ON = "led_on"  # what this one was merged into was merged into another
    SPLIT = "split"  # part of it became another
    ESCALATED = "escalated"


class LinkKind(StrEnum):
    RELATED = "related"
    DUPLICATE = "duplicate"
    FOLLOW_UP = "follow_up"  # the first goes on with what the other was about
    SPLIT = "split"  # the first was part of the other


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `id` is a user's, or that of a rule."""

    kind: Literal["user", "customer", "rule", "sla", "clock"]
    id: int | None = None

    @property
    def user(self) -> int | None:
        return self.id if self.kind == "user" else None


CUSTOMER = Actor("customer")
SLA = Actor("sla")  # an escalation
CLOCK = Actor("clock")  # what happens when its time has come


def person(user: int | None) -> Actor:
    return Actor("user", user)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days in which a reply reopens what is resolved; days after which that is archived."""

    reopen_days: Annotated[int, Meta(ge=0, le=365)] = 7
    archive_days: Annotated[int, Meta(ge=0, le=3650)] | None = 14  # None: by hand only
