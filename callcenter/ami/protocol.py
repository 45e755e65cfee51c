"""AMI as a pure object: bytes in at any chunking, messages out, malformed input set aside.

`AmiParser.feed(data, received_at)` returns the messages that became complete. The result depends
only on the bytes, never on how they were cut. The event's name is looked at before anything is
built, and only headers listed in `callcenter.ami.messages` are built at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from callcenter.ami.messages import (
    ESCAPED,
    IDENTITY,
    READ,
    READ_VARIABLES,
    UNREAD_DEVICES,
    Message,
)

MAX_MESSAGE = 1024 * 1024
_SAMPLE = 4096  # how much of a quarantined message is kept for the log
_LONGEST_BANNER = 1024  # a greeting that is longer is none
_END = b"\r\n\r\n"
_BANNER = b"Asterisk Call Manager/"

_UNESCAPED = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(r"\\([abfnrtv\\'\"?])")


def unescape(value: str) -> str:
    """Undo Asterisk's C-escapes, once. What is no escape stays as it came."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: _UNESCAPED[match[1]], value)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message nobody may believe. `data` is at most its first 4 KiB."""

    reason: str
    data: bytes
    size: int  # bytes seen of it when it was set aside


@dataclass(slots=True)
class Counts:
    """What came in since the start: messages by fate, and bytes."""

    events: int = 0  # well-formed events, read or skipped
    ignored: int = 0  # events nobody reads
    responses: int = 0
    quarantined: int = 0
    bytes: int = 0


@dataclass(slots=True)
class _Plan:
    """How to read one event: what is wanted of it, and the layouts it has come in so far."""

    name: str
    wanted: frozenset[str]
    glance: Callable[[bytes], bool] | None  # whether this very one is read; None: each is
    layouts: list[tuple[re.Pattern[str], tuple[str, ...]]] = field(default_factory=list)


#: An event of one PBX comes in one or two layouts; whoever sends more is read the slow way.
_MAX_LAYOUTS = 6
_MAX_LINES = 64

_VARIABLE = b"\r\nVariable: "
_VARIABLES = frozenset(name.encode() for name in READ_VARIABLES)
_UNREAD_DEVICE = f"\r\nDevice: {UNREAD_DEVICES}".encode()
_EVENT = b"Event: "
_MAX_SKIPPED = 1_000  # names of events nobody reads that are known at a glance,
_LONGEST_SKIPPED = 64  # and how long such a line may be


def _is_read_variable(raw: bytes) -> bool:
    return raw.rpartition(_VARIABLE)[2].partition(b"\r\n")[0] in _VARIABLES


def _is_telephone(raw: bytes) -> bool:
    return _UNREAD_DEVICE not in raw


#: What is most of all traffic is looked at before anything is made of it.
_GLANCES = {"VarSet": _is_read_variable, "DeviceStateChange": _is_telephone}


def _new_plans() -> dict[bytes, _Plan]:
    """By the first line of the event."""
    return {
        _EVENT + name.encode(): _Plan(
            name, frozenset((*headers, "Timestamp", "ActionID")), _GLANCES.get(name)
        )
        for name, headers in READ.items()
    }


class _MalformedError(Exception):
    """Internal: this message is to be quarantined, for the reason given."""


@dataclass(slots=True)
class AmiParser:
    """The bytes of one AMI session. `quarantine` holds what the caller has not taken yet."""

    max_message: int = MAX_MESSAGE
    banner: str | None = None
    counts: Counts = field(default_factory=Counts)
    quarantine: list[Quarantined] = field(default_factory=list)
    _plans: dict[bytes, _Plan] = field(default_factory=_new_plans)
    _skipped: set[bytes] = field(default_factory=set)  # first lines of events nobody reads
    _buffer: bytearray = field(default_factory=bytearray)
    _scanned: int = 0  # bytes of the buffer known to hold no end of message
    _skipping: bool = False  # inside an oversized message, whose bytes are thrown away
    _began: bool = False

    def feed(self, data: bytes, received_at: float | None) -> list[Message]:
        """Take bytes as they came; return the messages they complete, in order."""
        self.counts.bytes += len(data)
        if self._began and not self._buffer and not self._skipping and _is_whole(data):
            return self._read_all(data[:-4].split(_END), received_at)
        self._buffer += data
        if not self._began and not self._take_banner():
            return []
        out = self._read_all(self._complete(), received_at)
        self._bound()
        return out

    @property
    def began(self) -> bool:
        """Whether the first line is in: `banner` is final from then on, None if there was none."""
        return self._began

    def take_quarantine(self) -> list[Quarantined]:
        """The messages set aside since the last call."""
        taken, self.quarantine = self.quarantine, []
        return taken

    def _take_banner(self) -> bool:
        """The greeting is one line of its own; a stream that begins without one is as good."""
        head = bytes(self._buffer[: len(_BANNER)])
        if not _BANNER.startswith(head[: len(_BANNER)]):
            self._began = True
            return True
        end = self._buffer.find(b"\n", 0, _LONGEST_BANNER)
        if end < 0 and len(self._buffer) < _LONGEST_BANNER:
            return False
        self._began = True
        if end >= 0:
            self.banner = bytes(self._buffer[:end]).decode("utf-8", "replace").strip()
            del self._buffer[: end + 1]
        return True

    def _complete(self) -> list[bytes]:
        """Cut the buffer into whole messages; keep the rest."""
        buffer = self._buffer
        end = buffer.rfind(_END, max(0, self._scanned - 3))
        if end < 0:
            self._scanned = len(buffer)
            return []
        end -= _odd_line_end(buffer, end)
        whole = bytes(buffer[:end])
        del buffer[: end + 4]
        self._scanned = 0
        pieces = whole.split(_END)
        if self._skipping:
            del pieces[0]  # the tail of what was set aside when it grew too large
            self._skipping = False
        return pieces

    def _bound(self) -> None:
        """An endless message must not take the memory: keep three bytes to see its end, no more."""
        buffer = self._buffer
        if not self._skipping and len(buffer) - 3 <= self.max_message:
            return
        if not self._skipping:
            self._skipping = True
            self._set_aside("too_large", bytes(buffer))
        del buffer[:-3]
        self._scanned = 0

    def _read_all(self, pieces: list[bytes], received_at: float | None) -> list[Message]:
        """The hot loop: what nobody reads is gone after one look at its name."""
        out: list[Message] = []
        plans, skipped, most, ignored = self._plans, self._skipped, self.max_message, 0
        for raw in pieces:
            first = raw.partition(b"\r\n")[0]
            plan = plans.get(first)
            if len(raw) > most or (plan is None and first not in skipped):
                message = self._read_rare(first, raw, received_at)
                if message is not None:
                    out.append(message)
            elif plan is None or (plan.glance is not None and not plan.glance(raw)):
                ignored += 1
            else:
                try:
                    fields = _read_planned(plan, raw.decode("utf-8", "replace"))
                except _MalformedError as error:
                    self._set_aside(str(error), raw)
                else:
                    self.counts.events += 1
                    out.append(Message(plan.name, fields, received_at))
        self.counts.events += ignored
        self.counts.ignored += ignored
        return out

    def _read_rare(self, first: bytes, raw: bytes, received_at: float | None) -> Message | None:
        """What is no event that is read, nor one that is known to be skipped."""
        if first[:7] != _EVENT or len(raw) > self.max_message:
            return self._read_odd(raw, received_at)
        name = first[7:]
        if not name or name.isspace():
            self._set_aside("no_name", raw)
            return None
        if len(self._skipped) < _MAX_SKIPPED and len(first) <= _LONGEST_SKIPPED:
            self._skipped.add(first)
        self.counts.events += 1
        self.counts.ignored += 1
        return None

    def _read_odd(self, raw: bytes, received_at: float | None) -> Message | None:
        """What does not begin as an event does: responses, banners between, junk, giants."""
        if len(raw) > self.max_message:
            self._set_aside("too_large", raw)
            return None
        raw = raw.lstrip(b"\r\n")
        if raw.startswith(_BANNER):  # a capture that goes on over a reconnect
            raw = raw.partition(b"\r\n")[2]
        if not raw:
            return None
        if raw.startswith(_EVENT):
            found = self._read_all([raw], received_at)
            return found[0] if found else None
        try:
            return self._other(raw, received_at)
        except _MalformedError as error:
            self._set_aside(str(error), raw)
            return None

    def _other(self, raw: bytes, received_at: float | None) -> Message | None:
        """A response, an event whose name is not its first header, or junk."""
        fields, output = _all_headers(raw)
        if "Event" in fields:
            name = fields["Event"]
            if not name.strip():
                raise _MalformedError("no_name")
            self.counts.events += 1
            if name not in READ or _is_unread(name, fields):
                self.counts.ignored += 1
                return None
            return Message(name, fields, received_at)
        if "Response" not in fields:
            raise _MalformedError("no_name")
        self.counts.responses += 1
        return Message("", fields, received_at, output)

    def _set_aside(self, reason: str, raw: bytes) -> None:
        self.quarantine.append(Quarantined(reason, raw[:_SAMPLE], len(raw)))
        self.counts.quarantined += 1


def _is_unread(name: str, fields: dict[str, str]) -> bool:
    """What a glance says, of an event whose headers are all there."""
    if name == "VarSet":
        return fields.get("Variable") not in READ_VARIABLES
    return name == "DeviceStateChange" and fields.get("Device", "").startswith(UNREAD_DEVICES)


def _is_whole(data: bytes) -> bool:
    """Whether nothing of it need be kept: it ends with a message, not in a run of line ends."""
    return data.endswith(_END) and data[-6:-4] != b"\r\n"


def _odd_line_end(buffer: bytearray, end: int) -> int:
    """In a run of line ends, pairs count from its start: how far back the last whole pair is.

    Found from the end of what has come so far, it would depend on where that was cut.
    """
    start = end
    while start >= 2 and buffer[start - 2 : start] == b"\r\n":
        start -= 2
    return (end - start) % 4


def _read_planned(plan: _Plan, text: str) -> dict[str, str]:
    """The wanted headers of an event, by a layout seen before if one fits to the letter.

    A layout names every header in order, so a message that fits can hold nothing twice.
    """
    for pattern, names in plan.layouts:
        if fits := pattern.fullmatch(text):
            fields = dict(zip(names, fits.groups(), strict=True))
            break
    else:
        lines = text.split("\r\n")
        keys = _checked_keys(lines)
        _learn(plan, keys)
        fields = {
            key: line[len(key) + 1 :].removeprefix(" ")
            for key, line in zip(keys, lines, strict=True)
            if key in plan.wanted
        }
    return _unescaped(fields, text)


def _checked_keys(lines: list[str]) -> list[str]:
    """The header of each line ("" where there is none). Raises when an identity is given twice."""
    keys = []
    for line in lines:
        key, colon, _ = line.partition(":")
        if colon and key in IDENTITY and key in keys:
            raise _MalformedError(f"repeated {key}")
        keys.append(key if colon else "")
    return keys


def _learn(plan: _Plan, keys: list[str]) -> None:
    if len(plan.layouts) >= _MAX_LAYOUTS or len(keys) > _MAX_LINES or "" in keys:
        return
    wanted = [key for key in keys if key in plan.wanted]
    if len(set(wanted)) != len(wanted):
        return
    lines = (re.escape(key) + (": ([^\r]*+)" if key in plan.wanted else ":[^\r]*+") for key in keys)
    plan.layouts.append((re.compile("\r\n".join(lines)), tuple(wanted)))


def _unescaped(fields: dict[str, str], text: str) -> dict[str, str]:
    if "\\" in text:
        for key in ESCAPED & fields.keys():
            fields[key] = unescape(fields[key])
    return fields


def _all_headers(raw: bytes) -> tuple[dict[str, str], tuple[str, ...]]:
    """Every header of a message, and its repeated `Output` headers apart."""
    text = raw.decode("utf-8", "replace")
    lines = text.split("\r\n")
    fields: dict[str, str] = {}
    output: list[str] = []
    for key, line in zip(_checked_keys(lines), lines, strict=True):
        value = line[len(key) + 1 :].removeprefix(" ")
        if key == "Output":
            output.append(value)
        elif key:
            fields.setdefault(key, value)
    return _unescaped(fields, text), tuple(output)
