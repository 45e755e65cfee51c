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

from callcenter.events import AgentPhone, AgentState

Match = Literal["known", "maybe", "several", "unknown", "withheld"]
Stream = Literal["me", "board", "work"]


class CardTicket(msgspec.Struct, frozen=True):
    id: int
    number: str
    title: str
    status: str
    opened_at: float


class CardContact(msgspec.Struct, frozen=True):
    """One of the last contacts: an activity of the customer's timeline."""

    id: int
    kind: str  # call, note, ticket ...
    at: float
    summary: str
    direction: str | None = None
    result: str | None = None
    recording: str | None = None  # id of a recording that can be played


class Candidate(msgspec.Struct, frozen=True):
    customer: int
    name: str
    company: str | None
    level: str | None
    owner: str | None  # display name of the account manager
    how: Literal["known", "maybe"]
    tickets: list[CardTicket]  # open ones, newest first, at most 5
    contacts: list[CardContact]  # newest first, at most 3


class Card(msgspec.Struct, frozen=True):
    """Who may be calling; none is chosen for the agent when there are several."""

    match: Match
    number: str | None  # as it came
    e164: str | None
    place: str | None  # e.g. "北京" / "Beijing"; language of the installation
    candidates: list[Candidate]  # known before maybe; open ticket and recent contact first


class Pop(msgspec.Struct, frozen=True):
    """A call that rings this agent's phone. Its key is (interaction, agent)."""

    interaction: str
    direction: Literal["inbound", "outbound", "internal"]
    number: str | None
    name: str | None  # as the PBX gave it
    queue: str | None
    dialled: str | None
    entered_at: float | None  # when the interaction entered the system
    offered_at: float | None
    card: Card | None  # None while the store has not answered


class Call(msgspec.Struct, frozen=True):
    """A call this agent has, or had until the agent closes it."""

    interaction: str
    direction: Literal["inbound", "outbound", "internal"]
    number: str | None  # of the other side
    name: str | None
    queue: str | None
    dialled: str | None
    state: Literal["dialling", "talking", "held", "ended"]
    since: float | None  # when this state began
    answered_at: float | None  # None with talking: answered before we looked
    ended_at: float | None
    # An EndReason; "transferred" when it went on to somebody else; None while ended only for
    # this agent, with the rest of the contact still running.
    end: str | None
    recordings: list[str]
    card: Card | None


class Link(msgspec.Struct, frozen=True):
    """Whether what is shown is true now: the link to the PBX and to the database."""

    pbx: Literal["up", "down"]
    pbx_since: float
    store: Literal["up", "down"]
    store_since: float


class QueueRow(msgspec.Struct, frozen=True):
    queue: str
    waiting: int
    longest_since: float | None  # joined_at of the one who waits longest
    offered: int  # today, by join
    answered: int
    abandoned: int  # all of them, the short ones too
    short_abandoned: int
    in_time: int  # answered within the threshold
    threshold: float  # seconds, for the service level
    wait_sum: float  # seconds waited by the answered ones; ASA = wait_sum / answered
    handled: int  # conversations ended
    talk_sum: float  # seconds; with hold
    waiting_calls: list[WaitingCall]
    missed: int = 0  # missed calls that are not done
    missed_since: float | None = None  # the oldest of them
    callbacks: int = 0  # promised
    scores: int = 0  # callers who said today what they thought
    score_sum: int = 0  # 1 to 5 each


class WaitingCall(msgspec.Struct, frozen=True):
    interaction: str
    number: str | None
    name: str | None
    since: float | None


class AgentRow(msgspec.Struct, frozen=True):
    agent: int
    name: str
    interface: str
    # The agent's own state where they are signed in to our distribution, else what the phone says:
    # "ringing" and "paused" (in the PBX's own queues) are said of phones alone.
    state: Literal[
        "offline", "ready", "not_ready", "offered", "busy", "wrap_up", "ringing", "paused"
    ]
    reason: str | None  # the first of `reasons`, or that of a pause in the PBX's own queues
    since: float
    interaction: str | None
    number: str | None  # who the agent talks to or is rung by
    queue: str | None
    reasons: list[str] = []  # why not ready


class AgentStatus(msgspec.Struct, frozen=True):
    """What the agent is for our distribution, as confirmed; never a wish."""

    agent: int
    name: str
    state: AgentState
    reasons: list[
        str
    ]  # why not ready; "no_answer", "disconnected", "no_phone", "signed_in" are ours
    since: float  # when this state began
    until: float | None  # when wrap-up ends by itself
    interaction: str | None  # offered, talked to, or wrapped up
    queue: str | None
    pending: str | None  # asked for, takes effect after the call: not_ready, sign_out
    phone: AgentPhone | None  # `state` is Asterisk's device state


class MeState(msgspec.Struct, frozen=True):
    """`agent` is None while nothing was said of it: the agent has not signed in to take calls."""

    pops: list[Pop]
    calls: list[Call]
    link: Link
    agent: AgentStatus | None = None


class BoardState(msgspec.Struct, frozen=True):
    queues: list[QueueRow]
    agents: list[AgentRow]
    link: Link
    day_start: float  # figures count from here, midnight in the installation's zone


class CallbackOffer(msgspec.Struct, frozen=True):
    """A callback that an agent is shown, to go on with or not."""

    callback: int
    agent: int
    queue: str | None
    since: float  # the place in the queue that was kept


class WorkState(msgspec.Struct, frozen=True):
    """What is owed to callers: how much, and since when; what each is the API tells."""

    missed: int  # that nobody takes care of yet
    claimed: int
    oldest: float | None  # the first of those that nobody takes care of
    callbacks: int  # promised
    offers: list[CallbackOffer]
    link: Link


class WorkRef(msgspec.Struct, frozen=True):
    kind: Literal["missed", "callback"]
    id: int
    state: str


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
    """Rows that changed, whole; at most four a second. `day_start` when a new day began."""

    stream: Literal["board"] = "board"
    seq: int
    queues: list[QueueRow]
    agents: list[AgentRow]
    gone_queues: list[str]
    gone_agents: list[int]
    day_start: float | None = None


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
    | TakenOver
    | LinkChanged
    | BoardChanged
    | WorkUpdated
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


ClientFrame = Subscribe | Dismiss


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
