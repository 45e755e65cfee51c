"""Answers what routing asks about a caller: one question to the database while the call waits.

Agents, interactions and segments belong to other rooms and are known here by the names of their
tables. Who owned a ticket or a customer is a user; whom a call can wait for is that user's agent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Integer, String, TextualSelect, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.store.base import Instant
from callcenter.store.database import Database, HeldConnection, in_words, is_away
from crm.numbers import DEFAULT_RULES, NumberKey, TrunkRules, read_number
from crm.tickets.life import OPEN

LINES = 2  # connections of our own
DEADLINE = 1.0  # seconds; then the call goes on without an answer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerFacts:
    """What is known of a caller; agents by their id. `customer`: the one that is surely meant."""

    e164: str | None = None
    withheld: bool = False
    customer: int | None = None
    level: str | None = None
    language: str | None = None
    account_manager: int | None = None
    ticket: str | None = None  # number of the newest open one, before all one with an owner
    ticket_owner: int | None = None
    last_agent: int | None = None
    last_agent_at: float | None = None


class FactSource:
    """Asks on connections of its own; never raises, never takes longer than the deadline."""

    def __init__(
        self,
        database: Database,
        rules: TrunkRules = DEFAULT_RULES,
        *,
        lines: int = LINES,
        deadline: float = DEADLINE,
    ) -> None:
        self._rules = rules
        self._deadline = deadline
        self._all_lines = [database.held() for _ in range(lines)]
        self._lines: asyncio.LifoQueue[HeldConnection] = asyncio.LifoQueue()
        for line in self._all_lines:
            self._lines.put_nowait(line)

    async def close(self) -> None:
        for line in self._all_lines:
            await line.close()

    async def of_number(self, number: str | None, trunk: str | None) -> CallerFacts:
        """What is known by the caller's number; nothing but the number while the store is away."""
        key = read_number(number, self._rules.of(trunk))
        plain = CallerFacts(e164=key.e164, withheld=key.withheld)
        if key.e164 is None:
            return plain
        found = await self._ask(_BY_NUMBER, e164=key.e164)
        return plain if found is None else replace(found, e164=key.e164)

    async def of_account(
        self, account: str, number: str | None, trunk: str | None
    ) -> CallerFacts | None:
        """What is known of the customer with this account; None when there is none, or no store."""
        key: NumberKey = read_number(number, self._rules.of(trunk))
        found = await self._ask(_BY_ACCOUNT, account=account)
        if found is None or found.customer is None:
            return None
        return replace(found, e164=key.e164, withheld=key.withheld)

    async def _ask(self, question: TextualSelect, **values: str) -> CallerFacts | None:
        async def ask(connection: AsyncConnection) -> Any:
            return (await connection.execute(question, values)).one()

        try:
            async with asyncio.timeout(self._deadline), self._line() as line:
                row = await line.run(ask)
        except Exception as error:  # the caller is on the line: whatever it is, the call goes on
            log.warning("caller_facts_missing", error=in_words(error), away=is_away(error))
            return None
        return CallerFacts(**row._mapping)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[HeldConnection]:
        line = await self._lines.get()
        try:
            yield line
        finally:
            self._lines.put_nowait(line)


_OPEN = ", ".join(f"'{status.value}'" for status in OPEN)

# Merges are followed to their end. Of a number that several customers have, nobody is sure, and
# then the calls of the number are what tells whom it talked to last.
_FACTS = f"""
WITH RECURSIVE target (id) AS (
    {{who}}
    UNION
    SELECT c.merged_into FROM target t
    JOIN customers c ON c.id = t.id WHERE c.merged_into IS NOT NULL
), meant AS (
    SELECT c.id, c.level, c.language, c.owner_id FROM target t
    JOIN customers c ON c.id = t.id WHERE c.merged_into IS NULL
), sure AS (
    SELECT * FROM meant WHERE (SELECT count(*) FROM meant) = 1
), recent (id) AS (
    SELECT interaction_id FROM (
        SELECT interaction_id FROM activities
        WHERE customer_id = (SELECT id FROM sure) AND kind = 'call' AND interaction_id IS NOT NULL
        ORDER BY at DESC, id DESC LIMIT 10) AS of_customer
    {{or_calls}}
), spoken AS (
    SELECT a.id AS agent, s.started_at AS at FROM recent r
    JOIN interactions i ON i.id = r.id
    JOIN segments s ON s.interaction_id = i.id AND s.kind = 'talk'
    JOIN agent_interfaces p
        ON p.pbx = i.pbx AND (p.interface = s.interface OR p.interface = s.other_interface)
    JOIN agents a ON a.id = p.agent_id AND a.active
    WHERE s.started_at IS NOT NULL
    ORDER BY s.started_at DESC, s.id, a.id LIMIT 1
)
SELECT sure.id AS customer, sure.level AS level, sure.language AS language,
       manager.id AS account_manager, ticket.number AS ticket, owner.id AS ticket_owner,
       (SELECT agent FROM spoken) AS last_agent, (SELECT at FROM spoken) AS last_agent_at
FROM (SELECT 1 AS call) AS this
LEFT JOIN sure ON this.call = 1
LEFT JOIN agents manager ON manager.user_id = sure.owner_id AND manager.active
LEFT JOIN tickets ticket ON ticket.id = (
    SELECT t.id FROM tickets t
    LEFT JOIN agents o ON o.user_id = t.owner_id AND o.active
    WHERE t.customer_id = sure.id AND t.status IN ({_OPEN})
    ORDER BY (o.id IS NULL), t.created_at DESC, t.id DESC LIMIT 1)
LEFT JOIN agents owner ON owner.user_id = ticket.owner_id AND owner.active
"""  # noqa: S608 - of words of our own

_OF_NUMBER = """SELECT customer_id FROM (
        SELECT customer_id FROM phone_numbers WHERE e164 = :e164 LIMIT 100) AS listed"""
_CALLS_OF_NUMBER = """UNION
    SELECT id FROM (
        SELECT id FROM interactions
        WHERE caller_e164 = :e164 AND NOT EXISTS (SELECT 1 FROM sure)
        ORDER BY started_at DESC LIMIT 10) AS of_number"""
_OF_ACCOUNT = "SELECT id FROM customers WHERE account_number = :account"


def _question(who: str, or_calls: str, parameter: str) -> TextualSelect:
    asked = text(_FACTS.format(who=who, or_calls=or_calls))
    typed = asked.bindparams(bindparam(parameter, type_=String))
    return typed.columns(customer=Integer, last_agent_at=Instant)


_BY_NUMBER = _question(_OF_NUMBER, _CALLS_OF_NUMBER, "e164")
_BY_ACCOUNT = _question(_OF_ACCOUNT, "", "account")
