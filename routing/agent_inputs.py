"""The vocabulary of the agents' machine: what can happen, and why what was asked is not done."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.errors import Conflict
from callcenter.events import OfferResult


@dataclass(frozen=True, slots=True)
class Terms:
    """What a queue asks of its agents; seconds. After `misses` offers in a row it is RONA."""

    wrap_up: float = 30.0
    extend: float = 120.0
    misses: int = 2


# --- what agents and supervisors ask for -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SignIn:
    """To take calls on this phone. `device` is what the PBX last said of it."""

    interface: str
    device: str


@dataclass(frozen=True, slots=True)
class SignOut:
    pass


@dataclass(frozen=True, slots=True)
class Ready:
    """Clears every reason that a person can clear."""


@dataclass(frozen=True, slots=True)
class NotReady:
    """A person's reason takes the place of the one they gave before; ours stay beside it."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClearReason:
    reason: str


@dataclass(frozen=True, slots=True)
class FinishWrapUp:
    pass


@dataclass(frozen=True, slots=True)
class ExtendWrapUp:
    """By so many seconds, or what the queue still allows."""

    seconds: float


# --- what the distribution says ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """This contact is theirs to answer; the phone is about to ring."""

    interaction: str
    queue: str | None
    terms: Terms


@dataclass(frozen=True, slots=True)
class OfferOver:
    """`interaction` None: whichever was offered."""

    result: OfferResult
    interaction: str | None = None


# --- what the PBX says -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A leg of their phone, whoever called whom; `heard`: they are in conversation.

    `queue` and `terms` when the contact came through a queue of ours, whoever brought it here.
    """

    leg: str
    interaction: str
    heard: bool = False
    queue: str | None = None
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class CallEnded:
    leg: str


@dataclass(frozen=True, slots=True)
class ContactOver:
    interaction: str


@dataclass(frozen=True, slots=True)
class ContactMerged:
    """`old` turned out to be a part of `new`."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Device:
    """Asterisk's device state of the phone they signed in with."""

    state: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The PBX was asked for everything it has; what it did not name is over."""


@dataclass(frozen=True, slots=True)
class LostTrack:
    """Something was not told: which calls go on is not known. The phone's state still is."""


# --- the console and the clock -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConsoleLost:
    """The last console of this agent is gone."""


@dataclass(frozen=True, slots=True)
class ConsoleBack:
    """There is a console: the first, one again, or another that takes over."""


@dataclass(frozen=True, slots=True)
class Tick:
    """It is time to look at what is due."""


Input = (
    SignIn | SignOut | Ready | NotReady | ClearReason | FinishWrapUp | ExtendWrapUp
    | Offer | OfferOver
    | CallBegan | CallEnded | ContactOver | ContactMerged | Device | Reconciled | LostTrack
    | ConsoleLost | ConsoleBack | Tick
)  # fmt: skip


# --- why not -----------------------------------------------------------------------------------


class NotSignedIn(Conflict):
    code = "not_signed_in"


class NoPhone(Conflict):
    """The phone they would be rung at is not registered."""

    code = "no_phone"


class NoConsole(Conflict):
    """The agent's last console is gone for longer than its grace."""

    code = "no_console"


class InCall(Conflict):
    code = "in_call"


class NotFree(Conflict):
    """Not ready, or the phone is in use: no offer is made."""

    code = "not_free"


class NoWrapUp(Conflict):
    code = "no_wrap_up"


class WrapUpLimit(Conflict):
    """The queue allows no more."""

    code = "wrap_up_limit"
