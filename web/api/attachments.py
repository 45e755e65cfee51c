"""Files of tickets: taken in by content, given out for keeping only, never shown from here."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web
from msgspec import Meta

from callcenter.errors import NotFound
from crm.tickets.changes import change
from crm.tickets.desk import attachments
from crm.tickets.desk.attachments import AttachmentView
from crm.tickets.desk.kinds import PICTURES, UNKNOWN
from web import keys
from web.api.desk_parts import person, reachable, told
from web.api.values import Body, EventKey, RowId, View
from web.auth.rights import Right
from web.decode import Upload
from web.ranges import FileAnswer
from web.routes import Call

log = structlog.get_logger(__name__)

FileName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
ATTACHED, DETACHED = "attached", "detached"
# Should a browser show it all the same: no script, no form, no frame, no origin.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


class NewAttachment(Body, frozen=True):
    """What the sender calls the file; text and nothing else."""

    name: FileName


class AttachmentList(View, frozen=True):
    items: list[AttachmentView]


async def list_attachments(call: Call, id: RowId) -> AttachmentList:
    await reachable(call, id, Right.TICKET_READ)
    return AttachmentList(await attachments.of_ticket(call.db, id))


async def attach_file(call: Call, id: RowId, query: NewAttachment, body: Upload) -> AttachmentView:
    await reachable(call, id, Right.TICKET_WRITE)
    now, shelf = time.time(), call.request.app[keys.SHELF]
    new = await asyncio.to_thread(attachments.looked_at, query.name, body.data)
    edit = await change(call.db, id, person(call), now)
    made = await attachments.add(call.db, id, new, author=call.principal.user, now=now)
    edit.tell(ATTACHED, {"attachment": made.id, "name": made.name, "size": made.size})
    event = await edit.save()
    # The file before the row is there for others: a row without a file would promise nothing.
    call.otherwise(lambda: shelf.drop(new.id))
    await asyncio.to_thread(shelf.put, new.id, new.data)
    told(call, [event])
    log.info("file_attached", ticket=id, attachment=new.id, size=made.size)
    return made


async def read_attachment(call: Call, id: EventKey) -> web.StreamResponse:
    found = await _reach(call, id, Right.TICKET_READ)
    path = call.request.app[keys.SHELF].path_of(found.id)
    kind = found.media_type if found.media_type in PICTURES else UNKNOWN
    answer = await FileAnswer.of(call.request, path, content_type=kind, name=found.name)
    answer.headers[hdrs.CONTENT_DISPOSITION] = for_keeping(found.name)
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer


async def remove_attachment(call: Call, id: EventKey) -> None:
    """The ticket's story says who took off what; the audit log as well."""
    found = await _reach(call, id, Right.TICKET_WRITE)
    edit = await change(call.db, found.ticket, person(call), time.time())
    await attachments.remove(call.db, found.id)
    edit.tell(DETACHED, {"attachment": found.id, "name": found.name})
    told(call, [await edit.save()])
    await call.audit("attachment.delete", f"ticket/{found.ticket}", before={"name": found.name})
    shelf = call.request.app[keys.SHELF]
    call.then(lambda _: shelf.drop(found.id))


async def _reach(call: Call, id_: str, right: Right) -> AttachmentView:
    """NotFound also for a file of a ticket that is another's."""
    found = await attachments.read(call.db, id_)
    try:
        await reachable(call, found.ticket, right)
    except NotFound:
        raise NotFound("there is no such attachment") from None
    return found


def for_keeping(name: str) -> str:
    """A name that cannot break out of the header; browsers ask where to put it."""
    plain = _PLAIN.sub("_", name).strip("._") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
