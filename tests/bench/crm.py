"""What an agent waits for: who is calling, the timeline, the list of tickets with its counts.

Each beside the same question hand-written with asyncpg, among few customers and among many.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from sqlalchemy import true

from crm import card_sql
from crm.activities.queries import timeline
from crm.card import CardSource
from crm.numbers import read_number
from crm.sample import mobile_of
from crm.tickets.queries import count_tickets, list_tickets
from crm.tickets.tables import Ticket
from tests.bench.beside import Beside, Rig, encode, figures, rig, rows
from tests.bench.crm_rows import CUSTOMERS, NOW, OWNERS, SMALL, filled

STEP = 7919  # from one customer to the next: no two of them on one page of the disk

TIMELINE = """
SELECT a.id, a.kind, a.at, a.summary, a.direction, a.result, a.interaction_id, u.display_name,
       a.text, a.data, r.id AS recording, r.started_at, r.seconds
FROM (SELECT * FROM activities
      WHERE customer_id = (SELECT coalesce(merged_into, id) FROM customers WHERE id = $1)
      ORDER BY at DESC, id DESC LIMIT 51) a
LEFT JOIN users u ON u.id = a.author_id
LEFT JOIN recordings r ON r.interaction_id = a.interaction_id AND r.status = 'ready'
    AND a.kind IN ('call', 'voicemail')
ORDER BY a.at DESC, a.id DESC, r.started_at, r.id
"""
TICKETS = """
SELECT t.id, t.number, t.title, t.status, t.priority, t.customer_id, c.name AS customer_name,
       t.owner_id, o.display_name AS owner, t.team_id, g.name AS team, t.category_id,
       b.display_name AS created_by, t.opened_from, t.source, t.created_at, t.updated_at,
       t.next_due, t.respond_due, t.update_due, t.resolve_due, t.responded_at, t.resolved_at,
       t.wake_at, t.reopened, t.merged_into, t.version
FROM tickets t
JOIN customers c ON c.id = t.customer_id
LEFT JOIN users o ON o.id = t.owner_id
LEFT JOIN users b ON b.id = t.created_by
LEFT JOIN teams g ON g.id = t.team_id
WHERE t.owner_id = $1 AND t.status IN ('new', 'assigned', 'in_progress', 'pending')
ORDER BY t.created_at DESC, t.id DESC LIMIT 51
"""
COUNTS = """
SELECT status, priority, count(*),
       count(*) FILTER (WHERE next_due < to_timestamp($2)), count(*) FILTER (WHERE owner_id IS NULL)
FROM tickets
WHERE owner_id = $1 AND status IN ('new', 'assigned', 'in_progress', 'pending')
GROUP BY status, priority
"""
_OPEN = ("new", "assigned", "in_progress", "pending")


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds among many, times asyncpg's, and `growth`: p50 among many by p50 among few."""
    few, many = (asyncio.run(_measured(filled(count), count)) for count in (SMALL, CUSTOMERS))
    for name, values in many.items():
        values["growth"] = values["p50_ms"] / few[name]["p50_ms"]
    return {f"crm_{name}": values for name, values in many.items()}


async def _measured(url: str, customers: int) -> dict[str, dict[str, float]]:
    async with AsyncExitStack() as stack:
        bench = await rig(url, customers, stack)
        cases = (await _lookup(bench), await _timeline(bench), await _tickets(bench))
        return {case.name: await figures(case) for case in cases}


async def _lookup(bench: Rig) -> Beside:
    cards = CardSource(bench.database)
    bench.stack.push_async_callback(cards.close)
    await cards.start()
    raw = bench.raw
    for setting in card_sql.POSTGRESQL_SETTINGS:
        await raw.execute(setting)  # they stay, as on the service's own connections
    statement = await raw.prepare(card_sql.POSTGRESQL)

    def number(n: int) -> str:
        return mobile_of(n * STEP % bench.customers)

    async def ours(n: int) -> object:
        return await cards.card(number(n))

    async def theirs(n: int) -> object:
        key = read_number(number(n))
        shorter = (key.suffix or "")[-7:]
        return await statement.fetchrow(key.e164, key.suffix, shorter)

    return Beside("lookup", ours, theirs)


async def _timeline(bench: Rig) -> Beside:
    async def ours(n: int) -> object:
        async with bench.database.reading() as session:
            return encode(await timeline(session, 1 + n * STEP % bench.customers))

    async def theirs(n: int) -> object:
        async with bench.pool.acquire() as raw:
            return rows(await raw.fetch(TIMELINE, 1 + n * STEP % bench.customers))

    return Beside("timeline", ours, theirs)


async def _tickets(bench: Rig) -> Beside:
    async def ours(n: int) -> object:
        mine = (Ticket.owner_id == 1 + n % OWNERS, Ticket.status.in_(_OPEN), true())
        async with bench.database.reading() as session:
            page = await list_tickets(session, *mine)
            return encode((page, await count_tickets(session, *mine, now=NOW)))

    async def theirs(n: int) -> object:
        owner = 1 + n % OWNERS
        async with bench.pool.acquire() as raw:
            page = rows(await raw.fetch(TICKETS, owner))
            return page, rows(await raw.fetch(COUNTS, owner, NOW))

    return Beside("tickets", ours, theirs, times=300)
