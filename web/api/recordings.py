"""Recordings are reached by their id only; whoever hears one is written down."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import structlog
from aiohttp import hdrs, web

from callcenter.store import audit_queries
from recording.access import Action, Playable, log_access, playable
from recording.store.reader import Found
from web import keys
from web.api.values import EventKey, View
from web.auth.rights import Scope
from web.ranges import PartsAnswer, for_keeping
from web.routes import Call
from web.scopes import agents

log = structlog.get_logger(__name__)

LISTEN = "recording.listen"
ONE_LISTENING = 600.0  # seconds

# The first bytes of what browsers play. The name's ending is the PBX's text and decides nothing.
_HEADS = (
    (b"RIFF", "audio/wav", ".wav"),
    (b"OggS", "audio/ogg", ".ogg"),
    (b"fLaC", "audio/flac", ".flac"),
    (b"ID3", "audio/mpeg", ".mp3"),
    (b"\xff\xfb", "audio/mpeg", ".mp3"),
    (b"\xff\xf3", "audio/mpeg", ".mp3"),
)
_UNKNOWN = ("application/octet-stream", ".bin")


class PeaksView(View, frozen=True):
    """Loudness from 0 to 1, at even steps over the whole length."""

    seconds: float
    peaks: list[float]


async def play_recording(call: Call, id: EventKey) -> web.StreamResponse:
    found = await reach(call, id)
    answer = await sound(call, found, name=id)
    await write_down(call, id, Action.LISTEN)
    await audit_listening(call, id)
    return answer


async def download_recording(call: Call, id: EventKey) -> web.StreamResponse:
    """To keep: each time is written down, parts of one too."""
    found = await reach(call, id)
    answer = await sound(call, found, name=_kept_as(found), keep=True)
    await write_down(call, id, Action.DOWNLOAD)
    await call.audit("recording.download", f"recording/{id}")
    return answer


async def read_peaks(call: Call, id: EventKey) -> PeaksView:
    found = await reach(call, id)
    await write_down(call, id, Action.PEAKS)
    return peaks_of(found)


def peaks_of(found: Playable) -> PeaksView:
    lows, highs = found.peaks[::2], found.peaks[1::2]
    loud = [round(max(-low, high) / 128, 3) for low, high in zip(lows, highs, strict=False)]
    return PeaksView(found.recording.seconds or 0.0, loud)


async def sound(
    call: Call, found: Playable, *, name: str, keep: bool = False
) -> web.StreamResponse:
    """The bytes of a recording, or a part of them; `name` gets its ending from what it is."""
    sounds = call.request.app[keys.SOUNDS]
    there = await sounds.find(call.db, found.recording.id, found.file)
    content_type, ending = await _kind(there)
    answer = PartsAnswer.of(
        call.request,
        there.read,
        there.size,
        there.tag,
        content_type=content_type,
        name=name + ending,
    )
    if keep:
        answer.headers[hdrs.CONTENT_DISPOSITION] = for_keeping(name + ending)
    return answer


def _kept_as(found: Playable) -> str:
    """When it was, and which: nothing about whom."""
    at = datetime.fromtimestamp(found.recording.started_at or 0.0, UTC)
    return f"recording-{at:%Y%m%d-%H%M%S}Z-{found.recording.id[:8]}"


async def reach(call: Call, recording: str) -> Playable:
    """NotFound also for another's: that there is one is nobody else's business."""
    return await playable(
        call.db,
        recording,
        agent=agents(call.principal, call.scope),
        everything=call.scope is Scope.ALL,
    )


async def write_down(call: Call, recording: str, action: Action) -> None:
    await log_access(call.db, recording, user=call.principal.user, action=action, now=time.time())


async def audit_listening(call: Call, recording: str, *, share: int | None = None) -> None:
    """A player asks for one piece after the other: a while of them is one listening. `share`: the
    link by which somebody got in."""
    object, now = f"recording/{recording}", time.time()
    heard = await audit_queries.done_since(
        call.db,
        actor=call.principal.user,
        action=LISTEN,
        object=object,
        since=now - ONE_LISTENING,
    )
    if not heard:
        await call.audit(LISTEN, object, after=None if share is None else {"share": share})


async def _kind(there: Found) -> tuple[str, str]:
    """Content type and ending, by its first bytes."""
    head = b"".join([piece async for piece in there.read(0, 4)])
    found = (kind for start, *kind in _HEADS if head.startswith(start))
    content_type, ending = next(found, _UNKNOWN)
    return content_type, ending
