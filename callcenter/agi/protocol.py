"""The bytes of one FastAGI session, without I/O: what the PBX says, and commands it cannot misread.

The PBX opens the session with lines `agi_name: value` and an empty line. Then it answers commands,
one line each (`200 result=1 (value)`), except that wrong usage takes several (`520-` to `520 `),
that a playing STREAM FILE interrupted by the next command is not answered at all, and that a line
`HANGUP` may come at any time between two answers. Seen on Asterisk 16 and 22.

Whatever else comes ends the session: the parser says `Garbage` once and reads nothing after it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from callcenter.errors import UnsafeValue

MAX_LINE: Final = 16_384  # bytes of one line from the PBX; a value can be long
MAX_ENVIRONMENT: Final = 64  # lines at the beginning
MAX_USAGE: Final = 200  # lines of a usage text
MAX_COMMAND: Final = 2_000  # bytes; the PBX cuts a longer command in two and answers twice
_SAMPLE: Final = 200  # bytes of what was not understood, for the log

_NEEDED = ("request", "channel", "uniqueid")
_ENVIRONMENT = re.compile(r"agi_(\w{1,64}):(?: (.*))?", re.DOTALL)
_REPLY = re.compile(r"(\d{3})([ -])(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(\S*)(?: \((.*)\))?(?: endpos=(\d{1,18}))?\s*", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,9}")
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Environment:
    """How the call came: names without `agi_`. Of a name given twice the first counts."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """`200`: `text` is what stands behind `result=`, `data` what stands in brackets."""

    text: str
    data: str | None = None
    endpos: int | None = None  # samples played or recorded

    @property
    def result(self) -> int:
        """As a number; 0 for what is none, such as the keys `*1#`."""
        return int(self.text) if _NUMBER.fullmatch(self.text) else 0

    @property
    def digit(self) -> str | None:
        """The key that ended the command, if one did (the answer holds its ASCII code)."""
        key = self.result
        return chr(key) if 32 < key < 127 else None


@dataclass(frozen=True, slots=True)
class Refused:
    """510: no such command; 511: the caller is gone; 520: wrong usage, with the usage text."""

    code: int
    text: str

    @property
    def is_hangup(self) -> bool:
        return self.code == 511


@dataclass(frozen=True, slots=True)
class HungUp:
    """The line `HANGUP`: the channel is gone; variables can still be set and read."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """This peer does not speak AGI; nothing after this is read."""

    reason: str
    sample: bytes


Item = Environment | Answer | Refused | HungUp | Garbage


@dataclass(slots=True)
class AgiParser:
    """Bytes in, items out; the same items however the bytes are cut."""

    broken: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _environment: dict[str, str] | None = field(default_factory=dict)
    _lines: int = 0  # of the environment, or of the usage text being read
    _usage: list[str] | None = None

    def feed(self, data: bytes) -> list[Item]:
        """Take bytes as they came; return what they complete, in order."""
        if self.broken:
            return []
        self._buffer += data
        whole, newline, rest = bytes(self._buffer).rpartition(b"\n")
        self._buffer = bytearray(rest)
        items: list[Item] = []
        for line in whole.split(b"\n") if newline else ():
            self._take(line, items)
        if len(self._buffer) > MAX_LINE:
            self._take(bytes(self._buffer), items)
        return items

    def _take(self, line: bytes, items: list[Item]) -> None:
        if self.broken:
            return
        item = self._garbage("too long", line) if len(line) > MAX_LINE else self._read(line)
        if item is not None:
            items.append(item)

    def _read(self, raw: bytes) -> Item | None:
        # Lines are cut from bytes, so a letter of several bytes is never cut; what is no UTF-8
        # shows as a replacement character.
        line = raw.removesuffix(b"\r").decode("utf-8", "replace")
        if self._environment is not None:
            return self._read_environment(line, raw, self._environment)
        if self._usage is not None:
            return self._read_usage(line, raw, self._usage)
        if line == "HANGUP":
            return HungUp()
        return self._read_reply(line, raw)

    def _read_environment(self, line: str, raw: bytes, known: dict[str, str]) -> Item | None:
        if not line:
            self._environment, self._lines = None, 0
            missing = [name for name in _NEEDED if not known.get(name)]
            return self._garbage(f"no agi_{missing[0]}", raw) if missing else Environment(known)
        self._lines += 1
        match = _ENVIRONMENT.fullmatch(line)
        if match is None or self._lines > MAX_ENVIRONMENT:
            return self._garbage("no environment of a call", raw)
        known.setdefault(match[1], match[2] or "")
        return None

    def _read_reply(self, line: str, raw: bytes) -> Item | None:
        match = _REPLY.fullmatch(line)
        if match is None:
            return self._garbage("no answer", raw)
        code, more, text = int(match[1]), match[2] == "-", match[3]
        if code < 200:  # the real answer follows
            return None
        if code == 200:
            found = _RESULT.fullmatch(text)
            return _answer(found) if found else self._garbage("no result", raw)
        if more:
            self._usage, self._lines = [text], 0
            return None
        return Refused(code, text)

    def _read_usage(self, line: str, raw: bytes, usage: list[str]) -> Item | None:
        if line.startswith("520 "):
            self._usage, self._lines = None, 0
            return Refused(520, "\n".join(usage))
        self._lines += 1
        if self._lines > MAX_USAGE:
            return self._garbage("endless usage", raw)
        usage.append(line)
        return None

    def _garbage(self, reason: str, raw: bytes) -> Garbage:
        self.broken = True
        self._buffer.clear()
        return Garbage(reason, raw[:_SAMPLE])


def _answer(found: re.Match[str]) -> Answer:
    return Answer(found[1], found[2], int(found[3]) if found[3] else None)


def encode(*words: str) -> bytes:
    """One command line. UnsafeValue for what would end the line or be cut by the PBX.

    Each word arrives as one word, whatever is in it: `encode("SET", "VARIABLE", name, value)`.
    """
    line = " ".join(map(_word, words))
    if not line or _CONTROL.search(line):
        raise UnsafeValue(f"a command to the PBX with a control character, or empty: {line!r}")
    data = line.encode("utf-8", "replace") + b"\n"
    if len(data) > MAX_COMMAND:
        raise UnsafeValue(f"a command to the PBX of {len(data)} bytes; {MAX_COMMAND} are possible")
    return data


def _word(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
