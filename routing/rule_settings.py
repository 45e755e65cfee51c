"""The settings of the entry rules, as administrators write them and the API checks them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# "$" alone would let a line end follow.
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+(?!\n)$")]
Digits = Annotated[str, Meta(max_length=32, pattern=r"^\+?[0-9*#]+(?!\n)$")]
Pattern = Annotated[str, Meta(max_length=32, pattern=r"^(?:\+?[0-9]+\*?|\+?\*)(?!\n)$")]
Patience = Annotated[float, Meta(gt=0, le=3600)]  # seconds to wait for a person
Urgency = Annotated[float, Meta(ge=0, le=86_400)]  # seconds of wait that a caller is given
Level = Annotated[int, Meta(ge=1, le=100)]
AgentId = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Refusal = Literal["reject", "busy", "dead_air"]


class NextStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a call goes instead of waiting. `target`: a queue, a number, a prompt, or nothing."""

    kind: Literal["queue", "number", "voicemail", "message", "callback", "hangup"]
    target: str | None = None


HANG_UP = NextStep("hangup")
VOICEMAIL = NextStep("voicemail")  # where nothing is said: no caller is sent away unheard


# --- the rules ------------------------------------------------------------------------------


class _Rule(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True
):
    pass


class BlockList(_Rule, frozen=True, kw_only=True, tag="block_list"):
    """`numbers`: +8613800138000, +8610* and so on; `withheld`: callers without a number, too."""

    numbers: tuple[Pattern, ...] = ()
    withheld: bool = False
    action: Refusal = "reject"


class InHours(_Rule, frozen=True, kw_only=True, tag="calendar"):
    calendar: Name
    when_closed: NextStep = VOICEMAIL


class DirectNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Digits
    agent: AgentId


class DirectAgent(_Rule, frozen=True, kw_only=True, tag="direct_agent"):
    """Numbers that belong to a person."""

    numbers: tuple[DirectNumber, ...]
    wait: Patience = 60.0


class LevelGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    level: Annotated[str, Meta(min_length=1, max_length=40)]
    priority: Urgency = 0.0
    queue: str | None = None


class CustomerLevel(_Rule, frozen=True, kw_only=True, tag="customer_level"):
    """What customers of a level get: seconds of wait in advance, or a queue of their own."""

    levels: tuple[LevelGrant, ...]


class LanguageSkill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    language: Annotated[str, Meta(min_length=1, max_length=16)]
    skill: Name
    level: Level = 1


class Language(_Rule, frozen=True, kw_only=True, tag="language"):
    """The skill to talk to a customer; `after` seconds of wait it no longer counts (null: always).

    `required` false: only preferred.
    """

    languages: tuple[LanguageSkill, ...]
    required: bool = True
    after: Annotated[float, Meta(gt=0, le=86_400)] | None = None


class AccountNumber(_Rule, frozen=True, kw_only=True, tag="account_number"):
    """Ask the caller to type an account number of up to `digits` digits."""

    prompt: Name
    wrong: Name | None = None  # played before asking again
    digits: Annotated[int, Meta(ge=1, le=20)] = 10
    seconds: Annotated[float, Meta(ge=1, le=30)] = 5.0  # between two keys
    tries: Annotated[int, Meta(ge=1, le=5)] = 2


class TicketOwner(_Rule, frozen=True, kw_only=True, tag="ticket_owner"):
    """Whoever looks after the customer's open ticket."""

    wait: Patience = 30.0


class AccountManager(_Rule, frozen=True, kw_only=True, tag="account_manager"):
    wait: Patience = 30.0


class LastAgent(_Rule, frozen=True, kw_only=True, tag="last_agent"):
    """Whom the caller talked to last, within `days`."""

    days: Annotated[float, Meta(gt=0, le=366)] = 7.0
    wait: Patience = 20.0


class Announcement(_Rule, frozen=True, kw_only=True, tag="announcement"):
    """A prompt that every caller who comes so far hears before waiting."""

    prompt: Name


Rule = (
    BlockList
    | InHours
    | DirectAgent
    | CustomerLevel
    | Language
    | AccountNumber
    | TicketOwner
    | AccountManager
    | LastAgent
    | Announcement
)
