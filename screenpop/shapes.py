"""What frames are about: pops, calls, rows of the board, work that is owed, tickets.

Times are seconds since the Unix epoch (UTC). All text is hostile text.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from callcenter.events import AgentPhone, AgentState, MonitorMode, RecordingAlarm, RecordingPhase

Match = Literal["known", "maybe", "several", "unknown", "withheld"]


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


class Words(msgspec.Struct, frozen=True):
    """What a code means, for people."""

    zh: str
    en: str


class CardField(msgspec.Struct, frozen=True):
    """What a customer has in a custom field that is shown on the pop."""

    name: str
    kind: str  # text, number, date, choice, choices
    label: Words
    value: Words


class Candidate(msgspec.Struct, frozen=True):
    customer: int
    name: str
    company: str | None
    level: str | None
    owner: str | None  # display name of the account manager
    how: Literal["known", "maybe"]
    tickets: list[CardTicket]  # open ones, newest first, at most 5
    contacts: list[CardContact]  # newest first, at most 3
    do_not_call: bool = False
    level_words: Words | None = None  # of `level`
    tags: list[str] = []  # at most 10
    fields: list[CardField] = []  # at most 8


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


class CallRecording(msgspec.Struct, frozen=True):
    """How the recording of a call stands; `until`: when a pause ends by itself."""

    phase: RecordingPhase
    until: float | None
    reasons: list[str]  # of the pause: agent, api, hold, dialplan
    alarm: RecordingAlarm | None  # what was asked for and did not come about
    startable: bool  # the agent may start it, and stop it when it is recorded
    pause_seconds: float  # how long a pause lasts unless asked for otherwise


class Listener(msgspec.Struct, frozen=True):
    """A supervisor who hears a call: unheard, heard by the agent, or by everybody."""

    user: int
    name: str
    mode: MonitorMode


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
    recording: CallRecording | None = None  # None: not recorded, and nobody can start it
    listeners: list[Listener] = []  # as far as the house lets the agent know


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
    priority: float = 0.0  # given by a supervisor: as so many seconds of wait


class QuarterHour(msgspec.Struct, frozen=True):
    """What joined a queue in one quarter of an hour of today, and what became of it."""

    queue: str
    quarter: int  # from 0, counted from the beginning of the day
    offered: int
    answered: int
    abandoned: int
    short_abandoned: int
    in_time: int


class Threshold(msgspec.Struct, frozen=True):
    """From when a figure is to be watched and from when it is bad. `queue` "": every queue that has
    none of its own, or the whole floor for a figure of the floor."""

    queue: str
    metric: str
    watch: float | None
    bad: float | None


class Alarm(msgspec.Struct, frozen=True):
    """A figure that passed a threshold, and is not back yet."""

    id: int
    queue: str  # "" for a figure of the whole floor
    metric: str
    level: Literal["watch", "bad"]
    value: float  # when it was raised
    threshold: float
    since: float
    acknowledged: bool = False


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
    listeners: list[Listener] = []  # supervisors who hear the agent's call


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


class ScoreRef(msgspec.Struct, frozen=True):
    """A score of one of the agent's calls, to be read again; `state` is what it is now."""

    score: int
    state: str
    at: float | None


class MeState(msgspec.Struct, frozen=True):
    """`agent` is None while nothing was said of it: the agent has not signed in to take calls.
    `score`: the last one that changed since the service began."""

    pops: list[Pop]
    calls: list[Call]
    link: Link
    agent: AgentStatus | None = None
    score: ScoreRef | None = None


class BoardState(msgspec.Struct, frozen=True):
    queues: list[QueueRow]
    agents: list[AgentRow]
    link: Link
    day_start: float  # figures count from here, midnight in the installation's zone
    strip: list[QuarterHour] = []  # those in which anything joined
    thresholds: list[Threshold] = []
    alarms: list[Alarm] = []


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


class ViewCount(msgspec.Struct, frozen=True):
    """How many tickets a saved view holds; 1,000 means that or more."""

    view: int
    count: int
    overdue: int


class TicketsState(msgspec.Struct, frozen=True):
    """Every view that this person sees."""

    views: list[ViewCount]


class TicketRef(msgspec.Struct, frozen=True):
    """A ticket that has changed; what it is now the API tells whoever may see it."""

    ticket: int
    version: int
    what: str  # happened last: a step of its life, edited, reply, note ...


class Looker(msgspec.Struct, frozen=True):
    user: int
    name: str
    writing: bool
