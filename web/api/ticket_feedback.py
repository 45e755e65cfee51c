"""What customers said of tickets, and the link an agent can hand them."""

from __future__ import annotations

import time

from crm.tickets.desk import feedback
from crm.tickets.desk.feedback import FeedbackView
from web import feedback_page, keys
from web.api.desk_parts import reachable
from web.api.values import RowId, View
from web.auth.rights import Right
from web.routes import Call


class FeedbackList(View, frozen=True):
    """Newest first."""

    items: list[FeedbackView]


class FeedbackLinkView(View, frozen=True):
    """Shown this once; `expires_at` is when it no longer works."""

    url: str
    expires_at: float


async def list_feedback(call: Call, id: RowId) -> FeedbackList:
    await reachable(call, id, Right.TICKET_READ)
    return FeedbackList(await feedback.of_ticket(call.db, id))


async def make_feedback_link(call: Call, id: RowId) -> FeedbackLinkView:
    await reachable(call, id, Right.TICKET_RESOLVE)
    settings, now = call.request.app[keys.SETTINGS], time.time()
    token = await feedback.make(
        call.db,
        id,
        language=settings.language,
        days=settings.feedback_days,
        by=call.principal.user,
        now=now,
    )
    await call.audit("feedback.link", f"ticket/{id}")
    base = settings.public_url or f"{call.request.scheme}://{call.request.host}"
    url = feedback_page.url(base, token)
    return FeedbackLinkView(url, now + settings.feedback_days * feedback.DAY)
