"""Serves the page on which customers say what they think; for strangers, so it is throttled."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qs

import structlog
from aiohttp import web

from callcenter.errors import InvalidInput, TooManyAttempts
from crm.tickets.desk import feedback
from crm.tickets.desk.feedback import Looked, State
from web import feedback_page as page
from web import keys, origins
from web.api.desk_parts import told
from web.auth.throttle import AddressThrottle, Limit
from web.routes import Call

log = structlog.get_logger(__name__)

BODY_LIMIT = 64 * 1024  # bytes; the longest comment, every letter of it percent-encoded
BODY_SECONDS = 10.0
STATUS = {State.OPEN: 200, State.USED: 410, State.EXPIRED: 410, State.UNKNOWN: 404}
# Of one address, looking and answering together: an office may share one.
LIMIT = Limit(free=60, first=1.0, longest=300.0, forget=3600.0)


def throttle() -> AddressThrottle:
    return AddressThrottle(LIMIT, time.monotonic)


async def show_feedback_page(call: Call, token: str) -> web.Response:
    """What is asked; changes nothing."""
    refused = _throttled(call)
    if refused is not None:
        return refused
    looked = await feedback.look(call.db, token, now=time.time())
    language = _language(call, looked)
    if looked.state is State.OPEN:
        return _answer(page.question(looked, language))
    return _answer(page.closed(looked.state, language), STATUS[looked.state])


async def give_feedback(call: Call, token: str) -> web.Response:
    """Take the answer. Whatever is wrong is said on a page."""
    refused = _throttled(call)
    if refused is not None:
        return refused
    score, comment = await _sent(call.request)
    now = time.time()
    try:
        looked, event = await feedback.answer(call.db, token, score=score, comment=comment, now=now)
    except InvalidInput as error:
        return await _again(call, token, error.field or "score", comment)
    language = _language(call, looked)
    if event is None:
        return _answer(page.closed(looked.state, language), STATUS[looked.state])
    told(call, [event])
    log.info("feedback_given", ticket=event.ticket, score=score)
    return _answer(page.thanks(language))


async def _again(call: Call, token: str, field: str, comment: str) -> web.Response:
    looked = await feedback.look(call.db, token, now=time.time())
    language = _language(call, looked)
    if looked.state is not State.OPEN:
        return _answer(page.closed(looked.state, language), STATUS[looked.state])
    words = page.WORDS[language]
    wrong = words.choose if field == "score" else words.too_long
    return _answer(page.question(looked, language, wrong=wrong, comment=comment), 422)


async def _sent(request: web.Request) -> tuple[int, str]:
    """Score and comment of the form; 0 for a score that is none."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_chunked(16 * 1024):
                data += chunk
                if len(data) > BODY_LIMIT:
                    raise web.HTTPRequestEntityTooLarge(BODY_LIMIT, len(data))
        fields = parse_qs(data.decode("utf-8"), max_num_fields=10)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ValueError:
        raise web.HTTPBadRequest from None
    score = fields.get("score", [""])[0]
    comment = fields.get("comment", [""])[0].replace("\r\n", "\n")
    return int(score) if score in {"1", "2", "3", "4", "5"} else 0, comment


def _throttled(call: Call) -> web.Response | None:
    try:
        call.request.app[keys.FEEDBACK_THROTTLE].attempt(origins.address(call.request))
    except TooManyAttempts as error:
        language = _language(call, None)
        answer = _answer(page.said(page.WORDS[language].busy, language), 429)
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after + 0.5)))
        return answer
    return None


def _language(call: Call, looked: Looked | None) -> str:
    return page.language_of(looked, call.request.headers.get("Accept-Language", ""))


def _answer(text: str, status: int = 200) -> web.Response:
    return web.Response(
        text=text, status=status, content_type="text/html", charset="utf-8", headers=page.HEADERS
    )
