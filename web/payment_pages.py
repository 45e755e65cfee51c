"""Who asks with a payment page's token: looked at before anything else, and not too often."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from aiohttp import hdrs, web

from callcenter.errors import Forbidden, TooManyAttempts, Unauthenticated
from callcenter.store.database import Database
from recording import payment_tokens
from recording.payment_tokens import InvalidToken, PaymentPage, is_one
from web import origins
from web.auth.throttle import Bucket, Failures

SCHEME = "bearer"
BURST, PER_SECOND = 60, 10.0  # of one token; whoever takes ten cards a second has ten tokens


class TokenRequired(Unauthenticated):
    code = "token_required"
    headers: ClassVar = {hdrs.WWW_AUTHENTICATE: "Bearer"}


class WrongToken(Unauthenticated):
    code = "invalid_token"
    headers: ClassVar = {hdrs.WWW_AUTHENTICATE: 'Bearer error="invalid_token"'}


class InsufficientScope(Forbidden):
    """The token is good, and opens nothing here."""

    code = "insufficient_scope"


class PaymentPages:
    """`admit` is the door of their two routes."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._failures = Failures(ticks)
        self._bucket = Bucket(BURST, PER_SECOND, ticks)

    async def admit(self, request: web.Request) -> PaymentPage:
        """Raises TokenRequired, WrongToken or TooManyAttempts."""
        sent, address = _sent(request), origins.address(request)
        if sent is None:
            raise TokenRequired("send the token as Authorization: Bearer …")
        self._failures.check(address)
        try:
            page, first = await self._known(sent)
        except InvalidToken as error:
            self._failures.count(address)
            raise WrongToken(error.message) from None
        wait = self._bucket.take(page.id)
        if wait > 0:
            raise TooManyAttempts("this token asks too often", retry_after=wait)
        if first:
            await self._note(page)
        return page

    async def refuse(self, request: web.Request) -> None:
        """Where people sign in: a good token is told that it opens nothing there."""
        sent = _sent(request)
        if sent is None or not is_one(sent):
            return
        try:
            await self._known(sent)
        except InvalidToken as error:
            raise WrongToken(error.message) from None
        raise InsufficientScope("this token may pause and resume recordings, nothing else")

    async def _known(self, sent: str) -> tuple[PaymentPage, bool]:
        async with self._database.reading() as session:
            return await payment_tokens.whose(session, sent, now=self._clock())

    async def _note(self, page: PaymentPage) -> None:
        async with self._database.session() as session:
            await payment_tokens.used(session, page.id, now=self._clock())
            await session.commit()


def _sent(request: web.Request) -> str | None:
    """The token of the header Authorization, whatever it looks like."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == SCHEME else None
