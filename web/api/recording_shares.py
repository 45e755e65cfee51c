"""Links to a recording for people of the house: made, taken back, and followed."""

from __future__ import annotations

import time
from typing import Annotated

from aiohttp import web
from msgspec import Meta

from recording import shares
from recording.access import Action, Playable, playable
from recording.comments import CommentView, comments_of
from recording.shares import Shared, ShareView
from web.api.recordings import PeaksView, audit_listening, peaks_of, reach, sound, write_down
from web.api.values import Body, EventKey, RowId, View
from web.routes import Call

LONGEST_DAYS = 30

Hours = Annotated[int, Meta(ge=1, le=24 * LONGEST_DAYS)]
ShareNote = Annotated[str, Meta(max_length=500)]
Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}(?!\n)$")]


class ShareSent(Body, frozen=True):
    """For how many hours, and what the receiver is to listen for."""

    hours: Hours = 72
    note: ShareNote | None = None


class NewShare(View, frozen=True):
    """`token` is part of the link, and told only this once."""

    share: ShareView
    token: str


class ShareList(View, frozen=True):
    items: list[ShareView]


class SharedRecording(View, frozen=True):
    """What a link leads to: the recording, not whose call it was."""

    id: str
    started_at: float | None
    seconds: float | None
    by: str | None
    note: str | None
    expires_at: float
    comments: list[CommentView]


async def list_shares(call: Call, id: EventKey) -> ShareList:
    await reach(call, id)
    return ShareList(await shares.shares_of(call.db, id))


async def share_recording(call: Call, id: EventKey, body: ShareSent) -> NewShare:
    await reach(call, id)
    now = time.time()
    made, token = await shares.share(
        call.db,
        id,
        by=call.principal.user,
        now=now,
        until=now + body.hours * 3600.0,
        note=body.note,
    )
    after = {"share": made.id, "expires_at": made.expires_at, "note": body.note}
    await call.audit("recording.share", f"recording/{id}", after=after)
    return NewShare(made, token)


async def revoke_share(call: Call, id: EventKey, share: RowId) -> ShareView:
    """Also another's, by whoever may share it."""
    await reach(call, id)
    found = await shares.get_share(call.db, id, share)
    if await shares.revoke(call.db, found, by=call.principal.user, now=time.time()):
        await call.audit("recording.unshare", f"recording/{id}", after={"share": share})
    return await shares.get_share(call.db, id, share)


# --- for whoever was given a link -----------------------------------------------------------


async def read_shared(call: Call, token: Token) -> SharedRecording:
    link, found = await _followed(call, token)
    await shares.opened(call.db, link.share, now=time.time())
    after = {"share": link.share}
    await call.audit("recording.open_link", f"recording/{link.recording}", after=after)
    one = found.recording
    return SharedRecording(
        id=one.id,
        started_at=one.started_at,
        seconds=one.seconds,
        by=link.by,
        note=link.note,
        expires_at=link.expires_at,
        comments=await comments_of(call.db, one.id),
    )


async def play_shared(call: Call, token: Token) -> web.StreamResponse:
    link, found = await _followed(call, token)
    answer = await sound(call, found, name=link.recording)
    await write_down(call, link.recording, Action.LISTEN)
    await audit_listening(call, link.recording, share=link.share)
    return answer


async def read_shared_peaks(call: Call, token: Token) -> PeaksView:
    link, found = await _followed(call, token)
    await write_down(call, link.recording, Action.PEAKS)
    return peaks_of(found)


async def _followed(call: Call, token: str) -> tuple[Shared, Playable]:
    link = await shares.look(call.db, token, now=time.time())
    return link, await playable(call.db, link.recording, agent=None, everything=True)
