"""What the service reads of AMI: which messages, and which headers. The rest is skipped unbuilt."""

from __future__ import annotations

from typing import NamedTuple


class Message(NamedTuple):
    """One AMI event or response. `fields` holds only headers that somebody reads, unescaped."""

    name: str  # the event's name; "" for a response
    fields: dict[str, str]
    received_at: float | None  # seconds since the epoch, from the reader's clock
    output: tuple[str, ...] = ()  # repeated `Output` headers of a response


_CHANNEL = ("Channel", "Uniqueid", "Linkedid")
_WHO = ("CallerIDNum", "CallerIDName")
_PLACE = ("Exten", "Context", "ChannelState")
_BRIDGE = ("BridgeUniqueid", "BridgeTechnology", "BridgeType")
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
    "Status",
    "InCall",
)
_PARKEE = ("ParkeeChannel", "ParkeeUniqueid", "ParkeeLinkedid", "ParkingSpace")

#: Event name -> the headers read of it. A name that is not here is counted and skipped.
READ: dict[str, tuple[str, ...]] = {
    # channels
    "Newchannel": (*_CHANNEL, *_WHO, *_PLACE),
    "Newstate": (*_CHANNEL, *_WHO, *_PLACE, "ConnectedLineNum"),
    "NewCallerid": (*_CHANNEL, *_WHO, *_PLACE),
    "Rename": (*_CHANNEL, "Newname"),
    "Hangup": (*_CHANNEL, "Cause", "Cause-txt"),
    "HangupRequest": (*_CHANNEL, "Cause"),
    "SoftHangupRequest": (*_CHANNEL, "Cause"),
    "Hold": _CHANNEL,
    "Unhold": _CHANNEL,
    # dialling
    "DialBegin": (*_CHANNEL, *_PLACE, *_DEST, "DialString"),
    "DialState": (*_CHANNEL, *_DEST, "DialStatus"),
    "DialEnd": (*_CHANNEL, *_DEST, "DialStatus", "Forward"),
    "OriginateResponse": ("Uniqueid", "Channel", "Response", "Reason", "Exten", "Context"),
    # bridges
    "BridgeCreate": _BRIDGE,
    "BridgeEnter": (*_CHANNEL, *_WHO, *_PLACE, *_BRIDGE, "SwapUniqueid"),
    "BridgeLeave": (*_CHANNEL, "BridgeUniqueid"),
    "BridgeMerge": ("ToBridgeUniqueid", "FromBridgeUniqueid"),
    "BridgeDestroy": ("BridgeUniqueid",),
    "LocalBridge": ("LocalOneChannel", "LocalOneUniqueid", "LocalTwoChannel", "LocalTwoUniqueid"),
    # transfers
    "BlindTransfer": (
        "TransfererChannel",
        "TransfererUniqueid",
        "TransfererLinkedid",
        "TransfereeChannel",
        "TransfereeUniqueid",
        "TransfereeLinkedid",
        "Extension",
        "Context",
        "Result",
        "BridgeUniqueid",
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
        "SecondTransfererConnectedLineNum",
        "OrigBridgeUniqueid",
        "SecondBridgeUniqueid",
        "DestBridgeUniqueid",
        "DestType",
        "DestApp",
        "Result",
    ),
    "Pickup": (*_CHANNEL, *_WHO, "TargetChannel", "TargetUniqueid", "TargetLinkedid"),
    # parking
    "ParkedCall": (*_PARKEE, "ParkerDialString"),
    "UnParkedCall": (*_PARKEE, "RetrieverChannel", "RetrieverUniqueid"),
    "ParkedCallTimeOut": _PARKEE,
    "ParkedCallGiveUp": _PARKEE,
    # the PBX's own queues
    "QueueCallerJoin": (*_CHANNEL, *_WHO, "Queue", "Position", "Count"),
    "QueueCallerLeave": (*_CHANNEL, "Queue", "Count", "Position"),
    "QueueCallerAbandon": (*_CHANNEL, *_WHO, "Queue", "HoldTime", "Position"),
    "AgentCalled": (*_CHANNEL, "Queue", "Interface", "DestChannel", "DestUniqueid", "DestLinkedid"),
    "AgentConnect": (
        *_CHANNEL,
        "Queue",
        "Interface",
        "DestUniqueid",
        "DestChannel",
        "HoldTime",
        "RingTime",
    ),
    "AgentComplete": (
        *_CHANNEL,
        "Queue",
        "Interface",
        "DestUniqueid",
        "DestChannel",
        "HoldTime",
        "TalkTime",
        "Reason",
    ),
    "AgentRingNoAnswer": (
        *_CHANNEL,
        "Queue",
        "Interface",
        "DestUniqueid",
        "DestChannel",
        "RingTime",
    ),
    "QueueMemberAdded": _MEMBER,
    "QueueMemberRemoved": _MEMBER,
    "QueueMemberPause": _MEMBER,
    "QueueMemberStatus": _MEMBER,
    # recording
    "MixMonitorStart": _CHANNEL,
    "MixMonitorStop": _CHANNEL,
    "MonitorStart": _CHANNEL,
    "MonitorStop": _CHANNEL,
    "VarSet": (*_CHANNEL, "Variable", "Value"),
    # devices and the PBX itself
    "DeviceStateChange": ("Device", "State"),
    "FullyBooted": ("Status", "Uptime", "LastReload"),
    "Shutdown": ("Shutdown", "Restart"),
    # answers to the questions of a resync
    "CoreShowChannel": (
        *_CHANNEL,
        *_WHO,
        *_PLACE,
        "BridgeId",
        "Application",
        "ApplicationData",
        "Duration",
        "ConnectedLineNum",
        "ActionID",
    ),
    "CoreShowChannelsComplete": ("ActionID", "EventList", "ListItems"),
    "BridgeListItem": (*_BRIDGE, "ActionID"),
    "BridgeListComplete": ("ActionID", "EventList"),
    "QueueParams": ("Queue", "ActionID"),
    "QueueMember": (
        "Queue",
        "Name",
        "Location",
        "StateInterface",
        "Paused",
        "PausedReason",
        "Status",
        "InCall",
        "ActionID",
    ),
    "QueueEntry": (*_CHANNEL, *_WHO, "Queue", "Position", "Wait", "ActionID"),
    "QueueStatusComplete": ("ActionID", "EventList"),
    "DeviceStateListComplete": ("ActionID", "EventList"),
}

#: VarSet is half of all traffic; only these variables say something about a call.
READ_VARIABLES = ("MIXMONITOR_FILENAME", "QUEUESTATUS")

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
