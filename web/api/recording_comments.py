"""What people say of moments of a recording: those who may listen to it."""

from __future__ import annotations

import time
from typing import Annotated

from msgspec import Meta

from recording import comments
from recording.comments import CommentView
from web.api.recordings import reach
from web.api.values import Body, EventKey, RowId, View
from web.routes import Call

MomentOf = Annotated[float, Meta(ge=0, le=1e6)]  # seconds from its begin
CommentText = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=r"\S")]


class CommentSent(Body, frozen=True):
    at: MomentOf
    text: CommentText


class CommentChange(Body, frozen=True):
    """What is absent stays."""

    at: MomentOf | None = None
    text: CommentText | None = None


class CommentList(View, frozen=True):
    items: list[CommentView]


async def list_comments(call: Call, id: EventKey) -> CommentList:
    await reach(call, id)
    return CommentList(await comments.comments_of(call.db, id))


async def add_comment(call: Call, id: EventKey, body: CommentSent) -> CommentView:
    await reach(call, id)
    made = await comments.add_comment(
        call.db, id, at=body.at, text=body.text, author=call.principal.user, now=time.time()
    )
    await call.audit("recording.comment", _object(id, made.id), after=body)
    return made


async def change_comment(
    call: Call, id: EventKey, comment: RowId, body: CommentChange
) -> CommentView:
    before = await _mine(call, id, comment)
    after = await comments.change_comment(
        call.db, before, id, at=body.at, text=body.text, now=time.time()
    )
    await call.audit("recording.comment", _object(id, comment), before=before, after=after)
    return after


async def remove_comment(call: Call, id: EventKey, comment: RowId) -> None:
    before = await _mine(call, id, comment)
    await comments.remove_comment(call.db, before, id)
    await call.audit("recording.uncomment", _object(id, comment), before=before)


async def _mine(call: Call, recording: str, comment: int) -> CommentView:
    await reach(call, recording)
    found = await comments.get_comment(call.db, recording, comment)
    comments.check_author(found, call.principal.user)
    return found


def _object(recording: str, comment: int) -> str:
    return f"recording/{recording}/comment/{comment}"
