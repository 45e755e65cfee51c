"""The outbox for people: what went out, what did not and why."""

from __future__ import annotations

import time

from crm.mail import outbox
from crm.mail.outbox import MailPage, MailView, State
from web.api.values import Body, Cursor, Limit, RowId
from web.routes import Call


class MailQuery(Body, frozen=True):
    """`state` "dead": given up."""

    state: State | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


async def list_mails(call: Call, query: MailQuery) -> MailPage:
    return await outbox.page(call.db, state=query.state, cursor=query.cursor, limit=query.limit)


async def retry_mail(call: Call, id: RowId) -> MailView:
    """Try a mail again that was given up."""
    view = await outbox.retry(call.db, id, now=time.time())
    await call.audit("mail.retry", f"mail/{id}")
    return view
