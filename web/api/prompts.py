"""Sounds that callers hear, uploaded by administrators."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

import structlog
from aiohttp import web
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from routing import prompts, setup_queries
from routing.tables import PromptRow
from web import keys
from web.api.setup_parts import NamedInPath, SetupLabel, picture, refuse_used, told
from web.api.values import Body, View
from web.decode import Upload
from web.ranges import FileAnswer
from web.routes import Call

log = structlog.get_logger(__name__)

# The file is called after it, on disks that may not know other letters.
PromptName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+(?!\n)$")]


class NewPrompt(Body, frozen=True):
    name: PromptName
    label: SetupLabel = ""


class PromptSent(Body, frozen=True):
    label: SetupLabel = ""


class PromptView(View, frozen=True):
    """`seconds` long; `size` in bytes, as it was converted for the PBX."""

    name: str
    label: str
    seconds: float
    size: int
    uploaded_at: float


class PromptList(View, frozen=True):
    items: list[PromptView]


async def list_prompts(call: Call) -> PromptList:
    rows = await call.db.scalars(select(PromptRow).order_by(PromptRow.name))
    return PromptList([_view(row) for row in rows])


async def create_prompt(call: Call, query: NewPrompt, body: Upload) -> PromptView:
    wav, values = await _converted(body, query.label)
    await setup_queries.take_turns(call.db)
    await setup_queries.add(call.db, PromptRow, "prompt", name=query.name, **values)
    return await _kept(call, query.name, wav)


async def replace_prompt(
    call: Call, name: NamedInPath, query: PromptSent, body: Upload
) -> PromptView:
    """Another sound under the same name; who is listening hears the old one to its end."""
    wav, values = await _converted(body, query.label)
    await setup_queries.change(call.db, PromptRow, "prompt", name, **values)
    return await _kept(call, name, wav)


async def label_prompt(call: Call, name: NamedInPath, body: PromptSent) -> PromptView:
    await setup_queries.change(call.db, PromptRow, "prompt", name, label=body.label)
    told(call)
    return _view(await _read(call.db, name))


async def delete_prompt(call: Call, name: NamedInPath) -> None:
    refuse_used("prompt", name, await picture(call))
    await setup_queries.remove(call.db, PromptRow, "prompt", name)
    folder = call.request.app[keys.SETTINGS].prompts
    call.then(lambda _: prompts.delete(folder, name))
    log.info("prompt_deleted", prompt=name, by=call.principal.user)
    told(call)


async def play_prompt(call: Call, name: NamedInPath) -> web.StreamResponse:
    row = await _read(call.db, name)
    path = prompts.path_of(call.request.app[keys.SETTINGS].prompts, row.name)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("the file is gone")
    return await FileAnswer.of(call.request, path, content_type="audio/wav", name=path.name)


async def _converted(body: Upload, label: str) -> tuple[bytes, dict[str, object]]:
    wav, seconds = await asyncio.to_thread(prompts.converted, body.data)
    columns = {"label": label, "seconds": seconds, "size": len(wav), "uploaded_at": time.time()}
    return wav, columns


async def _kept(call: Call, name: str, wav: bytes) -> PromptView:
    """The file before the row: a row without a file would promise what nobody hears."""
    await asyncio.to_thread(prompts.write, call.request.app[keys.SETTINGS].prompts, name, wav)
    log.info("prompt_saved", prompt=name, by=call.principal.user)
    told(call)
    return _view(await _read(call.db, name))


async def _read(db: AsyncSession, name: str) -> PromptRow:
    row = await db.get(PromptRow, name, populate_existing=True)
    if row is None:
        raise NotFound("there is no such prompt")
    return row


def _view(row: PromptRow) -> PromptView:
    return PromptView(row.name, row.label, row.seconds, row.size, row.uploaded_at)
