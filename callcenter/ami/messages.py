"""What the service reads of AMI: which messages, and which headers. The rest is skipped unbuilt."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """One AMI event or response. `fields` holds only headers that somebody reads, unescaped."""

    name: str  # the event's name; "" for a response
    fields: dict[str, str]
    received_at: float | None  # seconds since the epoch, from the reader's clock
    output: tuple[str, ...] = ()  # repeated `Output` headers of a response


_CHANNEL = ("Channel", "Uniqueid", "Linkedid")
_WHO = ("CallerIDNum", "CallerIDName")
_PLACE = ("Exten", "ChannelState")
_BRIDGE = ("BridgeUniqueid", "BridgeTechnology")
_DEST = (
    "DestChannel",
    "DestUniqueid",
    "DestLinkedid",
    "DestCallerIDNum",
    "DestCallerIDName",
    "DestExten",
    "DestChannelState",
)
_MEMBER = (
    "Queue",
    "Interface",
    "StateInterface",
    "MemberName",
    "Paused",
    "PausedReason",
    "Location",
    "Name",
)

#: Event name -> the headers read of it, beside Timestamp and ActionID. A name that is not here
#: is counted and skipped.
READ: dict[str, tuple[str, ...]] = {
    # channels
    "Newchannel": (*_CHANNEL, *_WHO, *_PLACE),
    "Newstate": (*_CHANNEL, *_WHO, *_PLACE),
    "NewCallerid": (*_CHANNEL, *_WHO, *_PLACE),
    "Rename": (*_CHANNEL, "Newname"),
    "Hangup": (*_CHANNEL, "Cause"),
    "HangupRequest": ("Uniqueid",),
    "Hold": _CHANNEL,
    "Unhold": _CHANNEL,
    # dialling
    "DialBegin": (*_CHANNEL, "Exten", *_DEST),
    "DialEnd": (*_CHANNEL, "DestChannel", "DestUniqueid", "DestLinkedid", "DialStatus", "Forward"),
    # bridges
    "BridgeEnter": (*_CHANNEL, *_WHO, *_BRIDGE),
    "BridgeLeave": (*_CHANNEL, "BridgeUniqueid"),
    "BridgeMerge": ("ToBridgeUniqueid", "FromBridgeUniqueid"),
    "BridgeDestroy": ("BridgeUniqueid",),
    # transfers
    "BlindTransfer": (
        "TransfererChannel",
        "TransfererUniqueid",
        "TransfererLinkedid",
        "TransfereeChannel",
        "TransfereeUniqueid",
        "TransfereeLinkedid",
        "Extension",
        "Result",
    ),
    "AttendedTransfer": (
        "OrigTransfererChannel",
        "OrigTransfererUniqueid",
        "OrigTransfererLinkedid",
        "SecondTransfererChannel",
        "SecondTransfererUniqueid",
        "SecondTransfererLinkedid",
        "TransfereeChannel",
        "TransfereeUniqueid",
        "TransferTargetChannel",
        "TransferTargetUniqueid",
        "TransferTargetCallerIDNum",
        "TransferTargetChannelState",
        "SecondTransfererExten",
        "DestType",
        "Result",
    ),
    "Pickup": (*_CHANNEL, *_WHO, "TargetChannel", "TargetUniqueid", "TargetLinkedid"),
    # the PBX's own queues
    "QueueCallerJoin": (*_CHANNEL, *_WHO, "Queue", "Position", "Exten"),
    "QueueCallerLeave": (*_CHANNEL, "Queue"),
    "QueueCallerAbandon": (*_CHANNEL, *_WHO, "Queue", "HoldTime"),
    "AgentConnect": (
        *_CHANNEL,
        "Queue",
        "DestUniqueid",
        "HoldTime",
        "RingTime",
    ),
    "AgentRingNoAnswer": (
        *_CHANNEL,
        "Queue",
        "DestUniqueid",
        "RingTime",
    ),
    "QueueMemberAdded": _MEMBER,
    "QueueMemberRemoved": _MEMBER,
    "QueueMemberPause": _MEMBER,
    # telephones that listen in
    "ChanSpyStart": ("SpyerUniqueid", "SpyeeUniqueid"),
    # recording
    "MixMonitorMute": (*_CHANNEL, "Direction", "State"),
    "MixMonitorStop": _CHANNEL,
    "MonitorStop": _CHANNEL,
    "VarSet": (*_CHANNEL, "Variable", "Value"),
    # devices, and the PBX itself
    "Shutdown": (),
    "FullyBooted": (),
    "DeviceStateChange": ("Device", "State"),
    # answers to the questions of a resync
    "CoreShowChannel": (
        *_CHANNEL,
        *_WHO,
        *_PLACE,
        "BridgeId",
        "Context",
        "Duration",
    ),
    "CoreShowChannelsComplete": ("EventList",),
    "BridgeListItem": _BRIDGE,
    "BridgeListComplete": ("EventList",),
    "QueueParams": ("Queue",),
    "QueueMember": _MEMBER,
    "QueueEntry": (*_CHANNEL, *_WHO, "Queue", "Position", "Wait"),
    "QueueStatusComplete": ("EventList",),
    "DeviceStateListComplete": ("EventList",),
}

#: VarSet is half of all traffic; only these variables say something about a call.
#: Those of queues are set by our own distribution, so that the PBX tells of its queues too, and
#: those of monitors by our order to listen in.
READ_VARIABLES = (
    "MIXMONITOR_FILENAME",
    "QUEUESTATUS",
    "CALLCENTER_HELD",
    "CALLCENTER_QUEUE",
    "CALLCENTER_QUEUE_EXIT",
    "CALLCENTER_RECORD_PAUSE",
    "CALLCENTER_MONITOR",
    "CALLCENTER_MONITOR_MODE",
)

#: Devices that the PBX keeps for its queues: every ring changes some, and they are no telephones.
UNREAD_DEVICES = "Queue:"

#: Headers that say what a message is about. Given twice, somebody lies, and we believe none.
IDENTITY = frozenset(
    {
        "Event", "Response", "ActionID", "Uniqueid", "Linkedid", "Channel", "DestUniqueid",
        "DestChannel", "BridgeUniqueid", "TransfererUniqueid", "TransfereeUniqueid", "Timestamp",
    }
)  # fmt: skip

#: Headers that arrive C-escaped. Numbers and application data do not.
ESCAPED = frozenset(
    {"CallerIDName", "ConnectedLineName", "DestCallerIDName", "DestConnectedLineName", "Value"}
)
