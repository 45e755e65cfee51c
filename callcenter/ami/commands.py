"""The few orders we give the PBX about calls, each typed and checked before a byte is written.

All of them are allowed to a manager user with `write = call,agent,originate,reporting`, on Asterisk
16 and 22 alike. None is ever sent twice: where the answer is missing (AmiTimeout, AmiDisconnected)
nobody knows whether the PBX acted, and the events will tell. An answer means that the PBX took the
order, not that it is done.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from callcenter.ami.connection import Reply
from callcenter.errors import AmiRefused, NoSuchChannel, UnsafeValue
from callcenter.events import MonitorMode

Send = Callable[[Mapping[str, str]], Awaitable[Reply]]

NONE: Mapping[str, str] = MappingProxyType({})
RING_SECONDS = 30.0  # for the telephone of the one who clicked
# How telephones are told to pick up by themselves, since their owner has clicked: our browser phone
# reads the first, each maker of desk telephones one of the two. A semicolon needs the backslash.
AUTO_ANSWER = (
    r"PJSIP_HEADER(add,Call-Info)=<sip:callcenter>\;answer-after=0,"
    r"PJSIP_HEADER(add,Alert-Info)=<http://callcenter>\;info=alert-autoanswer\;delay=0"
)

# A telephone as the PBX dials it. Never Local: that would be a way around the dialplan's contexts.
_INTERFACE = re.compile(r"(?:PJSIP|SIP|IAX2|SCCP|DAHDI)/[A-Za-z0-9_.+-]{1,64}")
# A channel as events name it. Hangup takes a name between slashes for a pattern of names.
_CHANNEL = re.compile(r"[A-Za-z0-9_]{1,16}/[A-Za-z0-9_.@:;+/*#-]{1,160}")
_EXTENSION = re.compile(r"\+?[A-Za-z0-9_.-]{1,64}")
_KEYS = re.compile(r"[0-9*#A-D]{1,8}")
_NUMBER = re.compile(r"\+?[0-9]{1,32}")
_VARIABLE = re.compile(r"_{0,2}CALLCENTER_[A-Z_]{1,40}")
_VALUE = re.compile(r"[A-Za-z0-9_.@:;+/,*#-]{0,200}")
# Among several variables of one header a comma divides them, and a semicolon begins a comment.
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.@:+/*#-]{1,200}")
_QUEUE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MEMBER = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_RELEASE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
_GONE = re.compile(r"no such channel|not exist|not found", re.IGNORECASE)


class Context(StrEnum):
    """Where in the dialplan a call may be sent by us; deploy/asterisk has these, and no client of
    ours ever names another."""

    NUMBER = "callcenter-originate"  # the extension is a number that passed the allow-list
    AGENT = "callcenter-agent"  # the extension is a telephone of an agent
    QUEUE = "to-queue"  # the extension is the name of a queue
    CONSULT = "callcenter-consult"  # extension 1: the place in CALLCENTER_CONSULT
    MONITOR = (
        "callcenter-monitor"  # the extension is a mode; whom, is in CALLCENTER_MONITOR_CHANNEL
    )
    MOVE = "callcenter-move"  # out of a queue of the PBX; the extension is another queue
    # Out of a queue of the PBX; the extension is a telephone of an agent, the queue to go back to
    # is in CALLCENTER_PULLED_FROM.
    PULL = "callcenter-pull"


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in the dialplan. Raises UnsafeValue for what no extension of ours looks like."""

    context: Context
    extension: str

    def __post_init__(self) -> None:
        _checked("extension", self.extension, _EXTENSION)


@dataclass(frozen=True, slots=True)
class QueueMember:
    """A telephone's place in a queue of the PBX."""

    paused: bool


class Commands:
    """Orders to one PBX. Raises AmiRefused (NoSuchChannel when the call is over), AmiTimeout,
    AmiDisconnected, and UnsafeValue before anything is sent."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def originate(self, interface: str, place: Place, *, shown: str) -> None:
        """Ring a telephone, asking it to pick up at once, and then call `place` for it.

        `shown` is the number its display shows while it rings.
        """
        await self._ring(interface, place, f"<{_checked('shown', shown, _NUMBER)}>")

    async def monitor(
        self, interface: str, channel: str, mode: MonitorMode, monitor: str, may: Iterable[str]
    ) -> None:
        """Ring a telephone, asking it to pick up at once, and have it hear `channel`.

        `monitor` names the order in what the PBX tells of it; keys change the mode to those in
        `may`.
        """
        variables = {
            "CALLCENTER_MONITOR": monitor,
            "CALLCENTER_MONITOR_CHANNEL": _channel(channel),
            "CALLCENTER_MONITOR_MAY": ".".join(may),
        }
        place = Place(Context.MONITOR, mode)
        await self._ring(interface, place, f'"{mode}" <0>', variables)

    async def change_monitor(self, channel: str, mode: MonitorMode) -> None:
        """Have a telephone that listens do so in another mode."""
        await self.redirect(channel, Place(Context.MONITOR, mode))

    async def redirect(self, channel: str, place: Place) -> None:
        """Send a channel that talks with nobody elsewhere, out of whatever it does."""
        await self._order(
            {
                "Action": "Redirect",
                "Channel": _channel(channel),
                "Context": place.context.value,
                "Exten": place.extension,
                "Priority": "1",
            }
        )

    async def _ring(
        self, interface: str, place: Place, caller: str, variables: Mapping[str, str] = NONE
    ) -> None:
        told = [AUTO_ANSWER] if interface.startswith("PJSIP/") else []
        told += [
            f"{name}={_checked('value', value, _PLAIN_VALUE)}" for name, value in variables.items()
        ]
        headers = {
            "Action": "Originate",
            "Channel": _checked("interface", interface, _INTERFACE),
            "Context": place.context.value,
            "Exten": place.extension,
            "Priority": "1",
            "CallerID": caller,
            "Timeout": str(round(RING_SECONDS * 1000)),
            "Async": "true",  # the answer comes at once; whether it rings, the events tell
        }
        if told:
            headers["Variable"] = ",".join(told)
        await self._order(headers)

    async def hang_up(self, channel: str) -> None:
        await self._order({"Action": "Hangup", "Channel": _channel(channel), "Cause": "16"})

    async def blind_transfer(self, channel: str, place: Place) -> None:
        """Send whom `channel` talks with elsewhere; `channel` itself is then free."""
        await self._order(
            {
                "Action": "BlindTransfer",
                "Channel": _channel(channel),
                "Context": place.context.value,
                "Exten": place.extension,
            }
        )

    async def consult(self, channel: str, place: Place) -> None:
        """Put whom `channel` talks with aside, with music, and call `place` for it.

        Hanging `channel` up then connects the two, also while the second still rings.
        """
        # The PBX presses Atxfer's extension as keys, so it cannot be a name.
        where = f"{place.context.value},{place.extension},1"
        await self.set_variable(channel, "_CALLCENTER_CONSULT", where)
        await self._order(
            {
                "Action": "Atxfer",
                "Channel": _channel(channel),
                "Context": Context.CONSULT.value,
                "Exten": "1",
            }
        )

    async def cancel_consult(self, channel: str) -> None:
        """Give `channel` back whom it had put aside; the one consulted is hung up."""
        await self._order({"Action": "CancelAtxfer", "Channel": _channel(channel)})

    async def press(self, channel: str, keys: str) -> None:
        """As if the telephone of `channel` had pressed keys: what they do, features.conf says."""
        for key in _checked("keys", keys, _KEYS):
            await self._order(
                {
                    "Action": "PlayDTMF",
                    "Channel": _channel(channel),
                    "Digit": key,
                    "Receive": "true",
                }
            )

    async def mute_recording(self, channel: str, *, on: bool) -> None:
        """Silence in the file of what is recorded on `channel`, or sound again."""
        await self._order(
            {
                "Action": "MixMonitorMute",
                "Channel": _channel(channel),
                "Direction": "both",
                "State": "1" if on else "0",
            }
        )

    async def stop_recording(self, channel: str) -> None:
        """End what is recorded on `channel`; the call goes on."""
        await self._order({"Action": "StopMixMonitor", "Channel": _channel(channel)})

    async def queue_priority(self, queue: str, channel: str, priority: int) -> None:
        """Let a caller of a queue of the PBX go before all of lower priority, at once."""
        await self._order(
            {
                "Action": "QueueChangePriorityCaller",
                "Queue": _checked("queue", queue, _QUEUE),
                "Caller": _channel(channel),
                "Priority": str(priority),
                "Immediate": "yes",
            }
        )

    async def queue_add(self, queue: str, interface: str, name: str) -> None:
        """Make a telephone a member of a queue of the PBX, until it is taken out again."""
        await self._order(
            {
                "Action": "QueueAdd",
                "Queue": _checked("queue", queue, _QUEUE),
                "Interface": _checked("interface", interface, _INTERFACE),
                "MemberName": _checked("name", name, _MEMBER),
            }
        )

    async def queue_remove(self, queue: str, interface: str) -> None:
        """Refused for members that are written in the PBX's configuration."""
        await self._order(
            {
                "Action": "QueueRemove",
                "Queue": _checked("queue", queue, _QUEUE),
                "Interface": _checked("interface", interface, _INTERFACE),
            }
        )

    async def queue_pause(self, queue: str, interface: str, *, paused: bool) -> None:
        await self._order(
            {
                "Action": "QueuePause",
                "Queue": _checked("queue", queue, _QUEUE),
                "Interface": _checked("interface", interface, _INTERFACE),
                "Paused": "true" if paused else "false",
                "Reason": "supervisor",
            }
        )

    async def queue_members(
        self, interface: str = "", *, queue: str = ""
    ) -> dict[str, QueueMember | None]:
        """Every queue of the PBX, or that one if it is there → this telephone's place in it."""
        headers = {"Action": "QueueStatus"}
        if interface:
            headers["Member"] = _checked("interface", interface, _INTERFACE)
        if queue:
            headers["Queue"] = _checked("queue", queue, _QUEUE)
        reply = await self._send(headers)
        found: dict[str, QueueMember | None] = {}
        for event in reply.events:
            name = event.fields.get("Queue", "")
            if event.name == "QueueParams":
                found.setdefault(name, None)
            elif event.name == "QueueMember" and event.fields.get("Location") == interface:
                found[name] = QueueMember(event.fields.get("Paused") == "1")
        return found

    async def version(self) -> tuple[int, ...]:
        """Of Asterisk, as (22, 10, 0); empty when it does not say."""
        reply = await self._send({"Action": "CoreSettings"})
        found = _RELEASE.match(reply.fields.get("AsteriskVersion", ""))
        return tuple(int(part) for part in found[0].split(".")) if found else ()

    async def set_variable(self, channel: str, name: str, value: str) -> None:
        """One of our own variables on a channel; no other, and no function."""
        await self._order(
            {
                "Action": "Setvar",
                "Channel": _channel(channel),
                "Variable": _checked("variable", name, _VARIABLE),
                "Value": _checked("value", value, _VALUE),
            }
        )

    async def _order(self, headers: Mapping[str, str]) -> None:
        try:
            await self._send(headers)
        except AmiRefused as error:
            if _GONE.search(error.message):
                raise NoSuchChannel("this call is over") from None
            raise


def is_telephone(interface: str) -> bool:
    """Whether we would ring it."""
    return _INTERFACE.fullmatch(interface) is not None


def _channel(name: str) -> str:
    return _checked("channel", name, _CHANNEL)


def _checked(field: str, value: str, shape: re.Pattern[str]) -> str:
    if shape.fullmatch(value) is None:
        raise UnsafeValue(f"{field}: the PBX is not told what does not look like one", field=field)
    return value
