"""The little of SIP a robot telephone speaks: messages to and from bytes, digest, SDP. No I/O."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_ADDRESS = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]+)>(.*)$', re.DOTALL)
_CHALLENGE = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')
_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "r": "refer-to"}
DTMF_PAYLOAD = 101
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    302: "Moved Temporarily",
    404: "Not Found",
    405: "Method Not Allowed",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}


class SipError(Exception):
    """A message is not SIP, or the other side did not do what was asked of it."""


@dataclass(slots=True)
class Message:
    """One SIP request or response; header names are matched without regard to case."""

    first: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @property
    def method(self) -> str:
        """The method of a request, or of the request that a response answers."""
        return self.get("cseq").split()[-1] if self.is_response else self.first.split()[0]

    @property
    def is_response(self) -> bool:
        return self.first.startswith("SIP/2.0 ")

    @property
    def status(self) -> int:
        return int(self.first.split()[1]) if self.is_response else 0

    @property
    def branch(self) -> str:
        return parameter(self.get("via"), "branch")

    def get(self, name: str) -> str:
        """Return the first header of that name, or an empty string."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def all(self, name: str) -> list[tuple[str, str]]:
        """Return every header of that name, name included, in order."""
        return [(n, v) for n, v in self.headers if n.lower() == name.lower()]

    def encode(self) -> bytes:
        body = self.body.encode()
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Address:
    """A From, To or Contact header: display name, URI and tag."""

    name: str
    uri: str
    tag: str = ""

    @property
    def user(self) -> str:
        return self.uri.partition(":")[2].partition("@")[0] if "@" in self.uri else ""

    def __str__(self) -> str:
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{escaped}" ' if self.name else ""
        return f"{shown}<{self.uri}>" + (f";tag={self.tag}" if self.tag else "")


def parse(data: bytes) -> Message:
    """Read one datagram; raises SipError when it is no SIP message."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    if "SIP/2.0" not in first:
        raise SipError(f"no SIP message: {first[:80]!r}")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        name = _COMPACT.get(name.strip().lower(), name.strip())
        headers.append((name, value.strip()))
    headers = [(n, v) for n, v in headers if n.lower() not in ("content-length", "l")]
    return Message(first, headers, body)


def address(header: str) -> Address:
    """Read a From, To, Contact or Refer-To header."""
    match = _ADDRESS.match(header)
    if not match:
        uri, _, rest = header.strip().partition(";")
        return Address("", uri, parameter(";" + rest, "tag"))
    quoted, bare, uri, rest = match.groups()
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (bare or "").strip()
    return Address(name, uri, parameter(rest, "tag"))


def parameter(header: str, name: str) -> str:
    """Return a ``;name=value`` parameter of a header, or an empty string."""
    match = re.search(rf";\s*{name}=([^;,\s>]+)", header, re.IGNORECASE)
    return match[1] if match else ""


def token() -> str:
    """Return a fresh tag, branch or Call-ID part."""
    return secrets.token_hex(8)


def respond(
    request: Message,
    status: int,
    *,
    tag: str = "",
    body: str = "",
    headers: dict[str, str] | None = None,
) -> Message:
    """Build the response to a request; `tag` is ours for the dialog."""
    echoed = [h for name in ("via", "from", "to", "call-id", "cseq") for h in request.all(name)]
    if tag and not address(request.get("to")).tag:
        echoed = [(n, f"{v};tag={tag}" if n.lower() == "to" else v) for n, v in echoed]
    extra = list((headers or {}).items())
    if body:
        extra.append(("Content-Type", "application/sdp"))
    return Message(f"SIP/2.0 {status} {REASONS.get(status, 'Unknown')}", echoed + extra, body)


def authorization(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """Answer a digest challenge (MD5, with or without qop=auth)."""
    values = {m[1].lower(): m[2] or m[3] for m in _CHALLENGE.finditer(challenge)}
    realm, nonce = values.get("realm", ""), values.get("nonce", "")
    ha1, ha2 = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    fields = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "qop" in values:
        cnonce, count = token(), "00000001"
        digest = _md5(f"{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}")
        fields += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
    else:
        digest = _md5(f"{ha1}:{nonce}:{ha2}")
    fields += [f'response="{digest}"', "algorithm=MD5"]
    fields += [f'opaque="{values["opaque"]}"'] if "opaque" in values else []
    return "Digest " + ", ".join(fields)


def _md5(text: str) -> str:
    # SIP digest is defined on MD5; nothing here is secret beyond one machine's loopback.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sdp(host: str, port: int, direction: str = "sendrecv", version: int = 1) -> str:
    """Describe one mu-law audio stream with key presses (RFC 4733)."""
    return (
        f"v=0\r\no=robot 1 {version} IN IP4 {host}\r\ns=robot\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 {DTMF_PAYLOAD}\r\na=rtpmap:0 PCMU/8000\r\n"
        f"a=rtpmap:{DTMF_PAYLOAD} telephone-event/8000\r\na=fmtp:{DTMF_PAYLOAD} 0-16\r\n"
        f"a=ptime:20\r\na={direction}\r\n"
    )


def media_address(body: str) -> tuple[str, int] | None:
    """Return where an SDP wants its audio, or None when it has none."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    return (host[1], int(port[1])) if host and port else None
