"""What people say of a moment of a recording; who wrote something may change it or take it away."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Integer, Text, column, delete, insert, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Forbidden, InvalidInput, NotFound
from recording.describing import stale
from recording.queries import table_of
from recording.tables import Recording, RecordingComment

MOST = 500  # of one recording

USERS = table("users", column("id", Integer), column("display_name", Text))  # sign-in's
_c = table_of(RecordingComment)


class CommentView(msgspec.Struct, frozen=True):
    """`at`: seconds from the begin of the recording; `author` is null when they are gone."""

    id: int
    at: float
    text: str
    author: int | None
    author_name: str | None
    created_at: float
    changed_at: float | None


def _comments() -> Any:
    return select(
        *(_c.c.id, _c.c.at, _c.c.text, _c.c.author_id, USERS.c.display_name),
        *(_c.c.created_at, _c.c.changed_at),
    ).outerjoin(USERS, USERS.c.id == _c.c.author_id)


async def comments_of(session: AsyncSession, recording: str) -> list[CommentView]:
    """In the order of the recording."""
    rows = await session.execute(
        _comments().where(_c.c.recording_id == recording).order_by(_c.c.at, _c.c.id).limit(MOST)
    )
    return [CommentView(*row) for row in rows]


async def get_comment(session: AsyncSession, recording: str, comment: int) -> CommentView:
    """NotFound."""
    found = _comments().where(_c.c.id == comment, _c.c.recording_id == recording)
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("there is no such comment")
    return CommentView(*row)


async def add_comment(
    session: AsyncSession, recording: str, *, at: float, text: str, author: int, now: float
) -> CommentView:
    """InvalidInput for a moment behind the end, or when there are too many."""
    await _check_moment(session, recording, at)
    if len(await comments_of(session, recording)) >= MOST:
        raise InvalidInput(f"a recording has at most {MOST} comments", field="text")
    row = {"recording_id": recording, "at": at, "text": text, "author_id": author}
    made = await session.execute(insert(_c).values(**row, created_at=now).returning(_c.c.id))
    await stale(session, recording=recording)
    return await get_comment(session, recording, made.scalar_one())


async def change_comment(
    session: AsyncSession,
    comment: CommentView,
    recording: str,
    *,
    at: float | None = None,
    text: str | None = None,
    now: float,
) -> CommentView:
    values = {name: value for name, value in (("at", at), ("text", text)) if value is not None}
    if at is not None:
        await _check_moment(session, recording, at)
    if values:
        changed = update(_c).where(_c.c.id == comment.id).values(**values, changed_at=now)
        await session.execute(changed)
        await stale(session, recording=recording)
    return await get_comment(session, recording, comment.id)


async def remove_comment(session: AsyncSession, comment: CommentView, recording: str) -> None:
    await session.execute(delete(_c).where(_c.c.id == comment.id))
    await stale(session, recording=recording)


def check_author(comment: CommentView, user: int) -> None:
    """Forbidden for all others."""
    if comment.author != user:
        raise Forbidden("only who wrote a comment can change it")


async def _check_moment(session: AsyncSession, recording: str, at: float) -> None:
    seconds = await session.scalar(select(Recording.seconds).where(Recording.id == recording))
    if seconds is not None and at > seconds + 1.0:  # what a player shows may be rounded up
        raise InvalidInput(f"the recording ends after {seconds:.0f} s", field="at")
