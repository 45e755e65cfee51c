"""What happened, in the field's words: the only language the rooms share.

Events are frozen and carry no behaviour. Times are seconds since the Unix epoch (UTC, float);
None means the stream did not say. Ids are ours (`callcenter.ids`): the same call told twice has
the same ids. They are msgspec structs because those are built at C speed and travel between
nodes as tagged JSON without a second description.
"""

from __future__ import annotations

from callcenter.events.around import (
    AgentChanged,
    AgentPhone,
    DeviceStateChanged,
    LinkLost,
    LinkRestored,
    QueueMemberChanged,
    TicketChanged,
    WorkChanged,
)
from callcenter.events.base import (
    CallEvent,
    Event,
    Party,
)
from callcenter.events.calls import (
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
    OfferEnded,
    OfferStarted,
    QueueJoined,
    QueueLeft,
    RecordingStarted,
    RecordingStopped,
    TalkEnded,
    TalkStarted,
    Transferred,
)
from callcenter.events.found import (
    ActivityLogged,
    CallerIdentified,
    RecordingIndexed,
)
from callcenter.events.quality import ScoreChanged
from callcenter.events.recordings import (
    RecordingAlarm,
    RecordingChanged,
    RecordingGap,
    RecordingPauseAsked,
    RecordingPaused,
    RecordingPhase,
    RecordingResumed,
)
from callcenter.events.routing import (
    CallbackRequested,
    Decision,
    OfferDropped,
    OfferPrepared,
    RoutingDecided,
    SatisfactionGiven,
    VoicemailLeft,
)
from callcenter.events.supervision import (
    AlarmChanged,
    CallMonitored,
    CallSteered,
    MonitorEnded,
    MonitorMode,
    MonitorStarted,
)
from callcenter.events.words import (
    AgentState,
    Direction,
    EndReason,
    OfferResult,
    QueueExit,
    TransferKind,
)

__all__ = [
    "ActivityLogged",
    "AgentChanged",
    "AgentPhone",
    "AgentState",
    "AlarmChanged",
    "CallEvent",
    "CallMonitored",
    "CallSteered",
    "CallbackRequested",
    "CallerIdentified",
    "Decision",
    "DeviceStateChanged",
    "Direction",
    "DomainEvent",
    "EndReason",
    "Event",
    "HoldEnded",
    "HoldStarted",
    "InteractionChanged",
    "InteractionEnded",
    "InteractionStarted",
    "InteractionsMerged",
    "LegAnswered",
    "LegChanged",
    "LegEnded",
    "LegStarted",
    "LinkLost",
    "LinkRestored",
    "MonitorEnded",
    "MonitorMode",
    "MonitorStarted",
    "OfferDropped",
    "OfferEnded",
    "OfferPrepared",
    "OfferResult",
    "OfferStarted",
    "Party",
    "QueueExit",
    "QueueJoined",
    "QueueLeft",
    "QueueMemberChanged",
    "RecordingAlarm",
    "RecordingChanged",
    "RecordingGap",
    "RecordingIndexed",
    "RecordingPauseAsked",
    "RecordingPaused",
    "RecordingPhase",
    "RecordingResumed",
    "RecordingStarted",
    "RecordingStopped",
    "RoutingDecided",
    "SatisfactionGiven",
    "ScoreChanged",
    "TalkEnded",
    "TalkStarted",
    "TicketChanged",
    "TransferKind",
    "Transferred",
    "VoicemailLeft",
    "WorkChanged",
]

DomainEvent = (
    InteractionStarted
    | InteractionChanged
    | InteractionsMerged
    | InteractionEnded
    | LegStarted
    | LegChanged
    | LegAnswered
    | LegEnded
    | QueueJoined
    | QueueLeft
    | OfferStarted
    | OfferEnded
    | OfferPrepared
    | OfferDropped
    | RoutingDecided
    | VoicemailLeft
    | CallbackRequested
    | SatisfactionGiven
    | ScoreChanged
    | TalkStarted
    | TalkEnded
    | HoldStarted
    | HoldEnded
    | Transferred
    | RecordingStarted
    | RecordingStopped
    | RecordingPaused
    | RecordingResumed
    | RecordingGap
    | RecordingPauseAsked
    | RecordingChanged
    | DeviceStateChanged
    | AgentChanged
    | WorkChanged
    | TicketChanged
    | QueueMemberChanged
    | LinkLost
    | LinkRestored
    | CallerIdentified
    | RecordingIndexed
    | ActivityLogged
    | MonitorStarted
    | MonitorEnded
    | CallMonitored
    | CallSteered
    | AlarmChanged
)
