"""Who does not want to be called: asked before a number is dialled."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.database import Database, in_words, is_away
from crm.customers.tables import Customer, PhoneNumber
from crm.numbers import DEFAULT_RULE, TrunkRule, read_number

DEADLINE = 1.0  # seconds; then the call is made: most people are glad to be called

log = structlog.get_logger(__name__)


async def refuses(session: AsyncSession, e164: str) -> bool:
    """Whether any customer with this number does not want to be called."""
    asked = (
        select(Customer.id)
        .join(PhoneNumber, PhoneNumber.customer_id == Customer.id)
        .where(PhoneNumber.e164 == e164, Customer.do_not_call, Customer.merged_into.is_(None))
        .limit(1)
    )
    return await session.scalar(asked) is not None


class CustomerWishes:
    """`rule`: how people here write numbers."""

    def __init__(
        self, database: Database, rule: TrunkRule = DEFAULT_RULE, *, deadline: float = DEADLINE
    ) -> None:
        self._database = database
        self._rule = rule
        self._deadline = deadline

    async def refuses(self, number: str) -> bool:
        """False too for what is no number, or while the database does not answer."""
        key = read_number(number, self._rule)
        if key.e164 is None:
            return False
        try:
            async with asyncio.timeout(self._deadline), self._database.reading() as session:
                return await refuses(session, key.e164)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("wishes_not_known", error=in_words(error))
            return False
