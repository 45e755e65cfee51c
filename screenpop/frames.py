"""The language between gateway and console, as types; documentation and schema come from here.

Every message is one JSON text frame with a `kind`. The server numbers what changes a stream:
`seq` starts at 1 within an `epoch` (a run of the service) and grows by one. A client that saw
`seq` n may resume from n as long as the backlog reaches that far; otherwise it gets `reset` and
a fresh `snapshot`. Times are seconds since the Unix epoch (UTC). All text is hostile text.
A client ignores kinds and fields it does not know, and numbers it has already seen.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

import msgspec

from screenpop.shapes import (
    AgentRow,
    AgentStatus,
    Alarm,
    BoardState,
    Call,
    CallbackOffer,
    CallRecording,
    Candidate,
    Card,
    CardContact,
    CardField,
    CardTicket,
    Link,
    Listener,
    Looker,
    Match,
    MeState,
    Pop,
    QuarterHour,
    QueueRow,
    ScoreRef,
    Threshold,
    TicketRef,
    TicketsState,
    ViewCount,
    WaitingCall,
    WorkRef,
    WorkState,
)

# The shapes are part of the language: whoever has the frames has them.
__all__ = [
    "AgentRow",
    "AgentStatus",
    "Alarm",
    "BoardState",
    "Call",
    "CallRecording",
    "CallbackOffer",
    "Candidate",
    "Card",
    "CardContact",
    "CardField",
    "CardTicket",
    "Link",
    "Listener",
    "Looker",
    "Match",
    "MeState",
    "Pop",
    "QuarterHour",
    "QueueRow",
    "ScoreRef",
    "Threshold",
    "TicketRef",
    "TicketsState",
    "ViewCount",
    "WaitingCall",
    "WorkRef",
    "WorkState",
]

Stream = Literal["me", "board", "work", "tickets"]


# --- from the server ---------------------------------------------------------------------


class Server(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    pass


class Welcome(Server, frozen=True, kw_only=True):
    """First frame. `agent` is None for people without a phone."""

    user: int
    agent: int | None
    epoch: str
    now: float
    beat: float  # seconds between beats; no frame for twice as long means stale


class Beat(Server, frozen=True, kw_only=True):
    now: float


class Snapshot(Server, frozen=True, kw_only=True):
    stream: Stream
    seq: int
    me: MeState | None = None
    board: BoardState | None = None
    work: WorkState | None = None
    tickets: TicketsState | None = None


class Reset(Server, frozen=True, kw_only=True):
    """What the client knows of `stream` is void; a snapshot follows."""

    stream: Stream
    reason: Literal["new_epoch", "too_old", "ahead"]


class Resumed(Server, frozen=True, kw_only=True):
    """The answer to a subscription that could resume: the missed frames follow, up to `seq`."""

    stream: Stream
    seq: int


class PopOffered(Server, frozen=True, kw_only=True):
    """A pop appears or is replaced as a whole (same key)."""

    stream: Literal["me"] = "me"
    seq: int
    pop: Pop


class PopWithdrawn(Server, frozen=True, kw_only=True):
    stream: Literal["me"] = "me"
    seq: int
    interaction: str
    reason: str  # an OfferResult, or "dismissed", "merged", "lost"


class CallChanged(Server, frozen=True, kw_only=True):
    stream: Literal["me"] = "me"
    seq: int
    call: Call


class CallClosed(Server, frozen=True, kw_only=True):
    """The call leaves the list: the agent closed it in whichever tab, or it made room for newer.

    `into` names the interaction it turned out to be part of: what was written down goes there.
    """

    stream: Literal["me"] = "me"
    seq: int
    interaction: str
    into: str | None = None


class AgentStatusChanged(Server, frozen=True, kw_only=True):
    """The agent's state, whole, whenever anything of it has changed."""

    stream: Literal["me"] = "me"
    seq: int
    agent: AgentStatus


class ScoreTold(Server, frozen=True, kw_only=True):
    """A call of the agent's was scored, or its score came a step further: read it again."""

    stream: Literal["me"] = "me"
    seq: int
    score: ScoreRef


class TakenOver(Server, frozen=True, kw_only=True):
    """The agent opened another browser: that one rings the phone from now on, this one only shows.

    Not a part of the stream: it has no number and is not told again.
    """

    at: float


class LinkChanged(Server, frozen=True, kw_only=True):
    stream: Stream
    seq: int
    link: Link


class BoardChanged(Server, frozen=True, kw_only=True):
    """Rows that changed, whole; at most four a second.

    `day_start` when a new day began: then no quarter hour of before counts. `thresholds` and
    `alarms` are all there are, when anything of them has changed.
    """

    stream: Literal["board"] = "board"
    seq: int
    queues: list[QueueRow]
    agents: list[AgentRow]
    gone_queues: list[str]
    gone_agents: list[int]
    day_start: float | None = None
    strip: list[QuarterHour] = []
    thresholds: list[Threshold] | None = None
    alarms: list[Alarm] | None = None


class WorkUpdated(Server, frozen=True, kw_only=True):
    """What is owed has changed; the new figures whole, and which rows to read again."""

    stream: Literal["work"] = "work"
    seq: int
    missed: int
    claimed: int
    oldest: float | None
    callbacks: int
    offers: list[CallbackOffer]
    changed: list[WorkRef]


class TicketsUpdated(Server, frozen=True, kw_only=True):
    """Tickets have changed: all figures of this person's views, and which tickets to read again."""

    stream: Literal["tickets"] = "tickets"
    seq: int
    views: list[ViewCount]
    changed: list[TicketRef]


class Lookers(Server, frozen=True, kw_only=True):
    """Who has this ticket open, oneself too; whole, whenever it is different.

    Not a part of a stream: it has no number and is not told again.
    """

    ticket: int
    people: list[Looker]


class Refused(Server, frozen=True, kw_only=True):
    """A client message that was understood but may not be done."""

    code: str
    message: str


ServerFrame = (
    Welcome
    | Beat
    | Snapshot
    | Reset
    | Resumed
    | PopOffered
    | PopWithdrawn
    | CallChanged
    | CallClosed
    | AgentStatusChanged
    | ScoreTold
    | TakenOver
    | LinkChanged
    | BoardChanged
    | WorkUpdated
    | TicketsUpdated
    | Lookers
    | Refused
)


# --- from the client ---------------------------------------------------------------------


class Client(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    tag=str.lower,
    forbid_unknown_fields=True,
):
    pass


class Subscribe(Client, frozen=True, kw_only=True):
    """`resume_epoch` and `resume_seq`: the last frame seen of this stream, if any."""

    stream: Stream
    resume_epoch: str | None = None
    resume_seq: int | None = None


class Dismiss(Client, frozen=True, kw_only=True):
    """Close a pop or an ended call in every tab of this agent."""

    interaction: str


class Look(Client, frozen=True, kw_only=True):
    """This console shows a ticket; said again every 20 s while it does. None: none any more.

    `writing`: the person has begun a reply or a note.
    """

    ticket: int | None
    writing: bool = False


ClientFrame = Subscribe | Dismiss | Look


class CloseCode(IntEnum):
    """Why the gateway closed a connection, beside what the WebSocket protocol itself names."""

    GOING_AWAY = 1001  # the service stops: connect again
    TOO_LARGE = 1009  # a message over 4 KiB
    TOO_SLOW = 1013  # this client does not keep up: connect again, resume
    BAD_FRAME = 4400  # not a JSON text message of ours
    UNAUTHENTICATED = 4401  # no longer signed in
    FORBIDDEN = 4403  # this stream is not for this user
    SILENT = 4408  # no answer to pings
    TOO_MANY_CONNECTIONS = 4409  # this user has too many open
    TOO_MANY_FRAMES = 4429  # messages faster than a person can cause
