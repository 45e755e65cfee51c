"""Makes a trace that can be shown: numbers and names become others, the calls stay the same.

Pure and streaming: `Redactor(key).feed(bytes)` at any chunking, then `finish()`. The same number or
word becomes the same other one all through a file, and something else under another key. Lines,
their order and their lengths in characters stay; so do what a call is followed by: names of
channels, ids, contexts, queues, extensions of up to four digits. Whatever header is not known to be
harmless is treated as free text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from itertools import count

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

MAX_LINE = 1024 * 1024  # bytes; a longer line is replaced whole

_BANNER = re.compile(r"Asterisk Call Manager/[0-9.]{1,20}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,40}")

_UID = r"(?<![0-9.])1[5-9][0-9]{8}\.[0-9]{1,8}(?!\.?[0-9])"
_UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_CHANNEL = r"\b[A-Z][A-Za-z0-9]+/[^\s,&|]+-[0-9a-f]{8}(?:;[12])?(?![0-9A-Za-z])"
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_IP = r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])"
_IP6 = r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7}(?![0-9A-Fa-f:])"
_RUN = r"\+?[0-9]{5,}"
_ALONE = rf"(?<![0-9A-Za-z]){_RUN}(?![0-9A-Za-z])"
_SPACED = r"\+?[0-9](?:[ ().-]{0,2}(?!1[5-9][0-9]{8}\.)[0-9]){4,}"  # 138 0013-8000
_WORD = r"[^\W_0-9]+"
_REST = r"[\udc80-\udcff]|[^\W_a-zA-Z0-9]"  # undecodable bytes; digits of other scripts


def _tokens(*patterns: str) -> re.Pattern[str]:
    """One search for all of them; the first that fits at a place wins."""
    return re.compile("|".join(f"({pattern})" for pattern in patterns))


#: The order of the groups is that of the handlers in `Redactor`.
_PLAIN = _tokens(_UID, _UUID, _MAIL, _IP, _ALONE)
_TEXT = _tokens(_UID, _UUID, _CHANNEL, _MAIL, _IP, _IP6, _SPACED, _WORD, _REST)
_SUFFIX = re.compile(r"-[0-9a-fA-F]{8}(?:;[12])?$")

_CJK = [chr(code) for code in range(0x4E00, 0x5000)]
_ALPHABETS: tuple[tuple[Callable[[str], bool], list[str]], ...] = (
    (lambda c: "a" <= c <= "z", list("abcdefghijklmnopqrstuvwxyz")),
    (lambda c: "A" <= c <= "Z", list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
    (lambda c: "\u3400" <= c <= "\u9fff", _CJK),
    (str.isdigit, list("０１２３４５６７８９")),
    (str.islower, list("àéîõüçñøšž")),
    (str.isupper, list("ÀÉÎÕÜÇÑØŠŽ")),
    (lambda c: True, [chr(code) for code in range(0x30A2, 0x30C0)]),
)

#: What a header holds, by how its name ends: Channel, DestChannel, TransfereeChannel ...
_KEPT_ENDS = (
    *("channelstate", "channelstatedesc", "priority", "language", "bridgetechnology"),
    *("bridgetype", "bridgecreator", "bridgenumchannels", "bridgevideosourcemode"),
)
_CHANNEL_ENDS = ("channel", "newname")
_PLAIN_ENDS = ("uniqueid", "linkedid", "context", "exten", "interface", "queue", "bridgeid")
_KEPT = frozenset(
    {
        "event", "privilege", "timestamp", "eventtv", "sessiontv", "response", "eventlist",
        "listitems", "cause", "cause-txt", "techcause", "dialstatus", "application",
        "position", "originalposition", "count", "holdtime", "ringtime", "talktime",
        "membership", "penalty", "callstaken", "lastcall", "lastpause",
        "logintime", "wrapuptime", "incall", "paused", "ringinuse", "uptime", "lastreload",
        "duration", "durationms", "wait", "isexternal",
        "localoptimization", "desttype", "destapp", "parkingtimeout", "parkingduration",
        "severity", "service", "eventversion", "ping", "corestartupdate", "corestartuptime",
        "corereloaddate", "corereloadtime", "corecurrentcalls", "amiversion",
        "asteriskversion", "direction", "digit", "muted", "admin", "oldstate",
        "newstate", "shutdown", "restart", "events", "chantype", "channeltype",
        "callid", "priorcallid", "appfile", "appfunction", "appline", "port",
        "usingpassword", "cid-callingpres",
    }
)  # fmt: skip
_PLAIN_KEYS = frozenset(
    {
        "actionid", "type", "hint", "state", "status", "result", "reason", "device", "location",
        "extension", "dialstring", "forward", "parkerdialstring", "parkingspace",
        "parkinglot", "conference", "variable",
        "message", "feature", "class", "musicclass", "localaddress", "remoteaddress",
    }
)  # fmt: skip
#: What stands where a number or name is not known; and it is no secret that it is not.
_NOBODY = frozenset(
    {"", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private", "withheld"}
    | {"<none>"}
)
_PATHS = frozenset({"file", "filename"})
_FOLDERS = frozenset({"var", "spool", "asterisk", "monitor", "recordings", "srv", "mnt", "data"})
_STATUS = re.compile(r"[A-Z_]{1,20}")
_STATUS_VARIABLES = frozenset({"QUEUESTATUS", "DIALSTATUS", "AGISTATUS"})


class Redactor:
    """One file's worth of consistent replacements, drawn from `key`."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._line = bytearray()
        self._endless = False  # inside a line that is too long to be looked at
        self._variable = ""  # of the VarSet being read
        self._readers: dict[str, Callable[[str], str]] = {}  # header -> how it is read
        self._words: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._taken: set[str] = set()
        self._plain = _handlers(self._keep, self._keep, self._mail, self._ip, self._number)
        self._text = _handlers(
            *(self._keep, self._keep, self._channel, self._mail, self._ip, self._mail),
            *(self._number, self._word, self._rest),
        )

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they come; return those of the lines they complete."""
        out = bytearray()
        *whole, rest = data.split(b"\n")
        for piece in whole:
            self._line += piece
            out += self._finish_line() + b"\n"
        self._line += rest
        if len(self._line) > MAX_LINE:
            self._endless = True
        if self._endless:
            out += b"x" * len(self._line)
            self._line.clear()
        return bytes(out)

    def finish(self) -> bytes:
        """What is left of a stream that was cut inside a line."""
        return self._finish_line()

    # --- lines -----------------------------------------------------------------------------------

    def _finish_line(self) -> bytes:
        raw, endless = bytes(self._line), self._endless
        self._line.clear()
        self._endless = False
        body = raw.removesuffix(b"\r")
        end = raw[len(body) :]
        if endless or len(raw) > MAX_LINE:
            return b"x" * len(body) + end
        text = self._redact(body.decode("utf-8", "surrogateescape"))
        return text.encode("utf-8", "surrogateescape") + end

    def _redact(self, line: str) -> str:
        if not line:
            self._variable = ""
            return line
        if _BANNER.fullmatch(line):
            return line
        key, colon, rest = line.partition(":")
        if not colon or not _KEY.fullmatch(key):
            return self.text(line)
        value = rest.removeprefix(" ")
        space = rest[: len(rest) - len(value)]
        return f"{key}:{space}{self._value(key.lower(), value)}"

    def _value(self, key: str, value: str) -> str:
        if key == "variable":
            self._variable = value
        return value if value in _NOBODY else self._reader(key)(value)

    def _reader(self, key: str) -> Callable[[str], str]:
        """How a header is read; free text unless it is known to be less."""
        if key not in self._readers:
            kinds = (
                (key == "value", self._variable_value),
                (key in _KEPT or key.endswith(_KEPT_ENDS), self._keep),
                (key.endswith(_CHANNEL_ENDS), self._channel),
                (key in _PATHS, self._path),
                (key in _PLAIN_KEYS or key.endswith(_PLAIN_ENDS), self.plain),
            )
            self._readers[key] = next((read for fits, read in kinds if fits), self.text)
        return self._readers[key]

    def _variable_value(self, value: str) -> str:
        if self._variable in _STATUS_VARIABLES and _STATUS.fullmatch(value):
            return value
        if self._variable == "MIXMONITOR_FILENAME":
            return self._path(value)
        return self.text(value)

    def _path(self, value: str) -> str:
        """A file's place: its folders of the system and its kind stay, as do ids."""
        stem, dot, kind = value.rpartition(".")
        if not re.fullmatch(r"[A-Za-z0-9]{2,5}", kind):
            stem, dot, kind = value, "", ""
        parts = [part if part in _FOLDERS else self.text(part) for part in stem.split("/")]
        return "/".join(parts) + dot + kind

    # --- values ----------------------------------------------------------------------------------

    def plain(self, value: str) -> str:
        """Identifiers: words stay; numbers, addresses and the like that stand alone do not."""
        return _PLAIN.sub(self._plain, value)

    def text(self, value: str) -> str:
        """Free text: no word stays. What is C-escaped stays escaped."""
        parts = re.split(r"(\\[abfnrtv\\'\"?])", value)
        return "".join(
            part if index % 2 else _TEXT.sub(self._text, part) for index, part in enumerate(parts)
        )

    def _keep(self, value: str) -> str:
        return value

    def _channel(self, value: str) -> str:
        """PJSIP/1001-0000002c: the suffix looks like a number and is none."""
        found = _SUFFIX.search(value)
        return self.plain(value[: found.start()]) + found[0] if found else self.plain(value)

    def _mail(self, value: str) -> str:
        return re.sub(r"[^\W_]+", lambda match: self._word(match[0]), value)

    def _ip(self, value: str) -> str:
        if value.startswith("127."):
            return value
        stream = self._draws("ip", value, 256)
        a, b, c = next(stream), next(stream), next(stream)
        return f"198.{18 + a % 2}.{b}.{c}"

    def _rest(self, value: str) -> str:
        return "\udcff" if "\udc80" <= value <= "\udcff" else self._word(value)

    def _word(self, word: str) -> str:
        """Another word of the same length and kind, letter by letter."""
        known = self._words.get(word)
        if known is None:
            draws = self._draws("word", word, 1 << 16)
            known = "".join(_other(letter, next(draws)) for letter in word)
            self._words[word] = known
        return known

    def _number(self, value: str) -> str:
        """Another number: as long, with its plus, its prefix of a country, its separators."""
        digits = re.sub(r"[^0-9+]", "", value)
        other = iter(self._other_number(digits).lstrip("+"))
        return "".join(next(other) if char.isdigit() else char for char in value)

    def _other_number(self, digits: str) -> str:
        if digits not in self._numbers:
            kept = _prefix(digits)
            drawn = (kept + self._digits(digits[len(kept) :], attempt) for attempt in count())
            other = next(each for each in drawn if each != digits and each not in self._taken)
            self._taken.add(other)
            self._numbers[digits] = other
        return self._numbers[digits]

    def _digits(self, digits: str, attempt: int) -> str:
        draws = self._draws(f"number{attempt or ''}", digits, 1 << 16)
        drawn = [str(next(draws) % 10) for _ in digits]
        if drawn and drawn[0] == "0":
            drawn[0] = str(1 + next(draws) % 9)
        return "".join(drawn)

    def _draws(self, what: str, value: str, below: int) -> Iterator[int]:
        """Numbers that only the key could foretell, the same ones for the same value."""
        message = f"{what}\0{value}".encode("utf-8", "surrogatepass")
        for block in count():
            digest = hmac.digest(self._key, message + b"\0%d" % block, hashlib.sha256)
            for place in range(0, len(digest), 2):
                yield int.from_bytes(digest[place : place + 2]) % below


def _handlers(*handlers: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    """What to put in place of a match: the handler of the group that matched says."""

    def replace(match: re.Match[str]) -> str:
        return handlers[(match.lastindex or 1) - 1](match[0])

    return replace


def _other(letter: str, draw: int) -> str:
    """A letter of the same kind, and never the same."""
    alphabet = next(letters for fits, letters in _ALPHABETS if fits(letter))
    chosen = alphabet[draw % len(alphabet)]
    return alphabet[(draw + 1) % len(alphabet)] if chosen == letter else chosen


def _prefix(digits: str) -> str:
    """What of a number says only where it is: +86, 0086, the 0 of a national number."""
    lead = "+" if digits.startswith("+") else "00" if digits.startswith("00") else ""
    if not lead:
        return "0" if digits.startswith("0") else ""
    rest = digits[len(lead) :]
    codes = (rest[:length] for length in (1, 2, 3))
    code = next((c for c in codes if c and int(c) in COUNTRY_CODE_TO_REGION_CODE), "")
    return lead + code
