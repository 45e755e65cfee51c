"""Recordings are reached by their id only; whoever hears one is written down."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import structlog
from aiohttp import web

from callcenter.errors import NotFound
from callcenter.store import audit_queries
from recording.access import Action, Playable, RecordingView, log_access, playable
from recording.files import Folder
from web import keys
from web.api.values import EventKey, View
from web.auth.rights import Scope
from web.ranges import FileAnswer
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


async def read_recording(call: Call, id: EventKey) -> RecordingView:
    return (await _reach(call, id)).recording


async def play_recording(call: Call, id: EventKey) -> web.StreamResponse:
    found = await _reach(call, id)
    folder = call.request.app[keys.RECORDINGS]
    path, content_type, ending = await asyncio.to_thread(_open, folder, found.file)
    answer = await FileAnswer.of(call.request, path, content_type=content_type, name=id + ending)
    await _write_down(call, id, Action.LISTEN)
    await _audit(call, id)
    return answer


async def read_peaks(call: Call, id: EventKey) -> PeaksView:
    found = await _reach(call, id)
    await _write_down(call, id, Action.PEAKS)
    lows, highs = found.peaks[::2], found.peaks[1::2]
    loud = [round(max(-low, high) / 128, 3) for low, high in zip(lows, highs, strict=False)]
    return PeaksView(found.recording.seconds or 0.0, loud)


async def _reach(call: Call, recording: str) -> Playable:
    """NotFound also for another's: that there is one is nobody else's business."""
    return await playable(
        call.db,
        recording,
        agent=agents(call.principal, call.scope),
        everything=call.scope is Scope.ALL,
    )


async def _write_down(call: Call, recording: str, action: Action) -> None:
    await log_access(call.db, recording, user=call.principal.user, action=action, now=time.time())


async def _audit(call: Call, recording: str) -> None:
    """A player asks for one piece after the other: a while of them is one listening."""
    object, now = f"recording/{recording}", time.time()
    heard = await audit_queries.done_since(
        call.db,
        actor=call.principal.user,
        action=LISTEN,
        object=object,
        since=now - ONE_LISTENING,
    )
    if not heard:
        await call.audit(LISTEN, object)


def _open(folder: Folder, name: str) -> tuple[Path, str, str]:
    """Path, content type and ending. What the file is called is told to the log alone."""
    try:
        path = folder.path_of(name)
        with path.open("rb") as file:
            head = file.read(4)
    except (NotFound, OSError) as error:
        log.warning("recording_not_readable", file=name, error=str(error))
        raise NotFound("the file of this recording cannot be read") from None
    found = (kind for start, *kind in _HEADS if head.startswith(start))
    content_type, ending = next(found, _UNKNOWN)
    return path, content_type, ending
