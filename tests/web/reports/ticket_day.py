"""Tickets of a made-up day, straight into the tables: promises kept, broken and open, reopened
ones, some with several answers, some that became part of others."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import Table, insert

from callcenter.store.base import Base
from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.tickets.desk.tables import FeedbackLink
from crm.tickets.tables import Ticket, TicketCategory

Row = dict[str, Any]
CATEGORIES = (1, 2, 3)


class TicketDay:
    """`begin` and `end`: the seconds between which they are opened."""

    def __init__(self, begin: int, end: int, tickets: int, seed: int = 1) -> None:
        self.begin, self.end = begin, end
        self.random = random.Random(seed)  # noqa: S311 - not a secret
        self.tickets = [self._ticket(number) for number in range(1, tickets + 1)]
        self.answers = [one for row in self.tickets for one in self._answers(row["id"])]

    def _later(self, at: float, most: float) -> float:
        return (round(at * 1e6) + self.random.randint(1, int(most * 1e6))) / 1e6

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _ticket(self, number: int) -> Row:
        opened = float(self.random.randrange(self.begin, self.end))
        if self._chance(0.1):  # on the border of quarters and hours
            opened -= opened % self.random.choice((900, 3600))
        responded = self._later(opened, 7200) if self._chance(0.7) else None
        resolved = self._later(opened, 90_000) if self._chance(0.5) else None
        respond_due = self._later(opened, 7200) if self._chance(0.8) else None
        if responded is not None and self._chance(0.1):
            respond_due = responded  # to the microsecond
        return {
            "id": number, "number": f"T-{number}", "title": "t", "status": "new",
            "customer_id": 1, "category_id": self.random.choice((*CATEGORIES, None)),
            "created_at": opened, "updated_at": opened, "responded_at": responded,
            "resolved_at": resolved, "reopened": self.random.choice((0, 0, 0, 1, 2)),
            "respond_due": respond_due,
            "resolve_due": self._later(opened, 120_000) if self._chance(0.8) else None,
            "merged_into": 1 if number > 1 and self._chance(0.05) else None,
        }  # fmt: skip

    def _answers(self, ticket: int) -> list[Row]:
        """Links that were given out; not each was used."""
        return [
            {"ticket_id": ticket, "token_hash": f"{ticket}-{place}", "language": "zh",
             "made_at": float(self.end), "expires_at": float(self.end + 1),
             "score": self.random.choice((None, 1, 3, 5))}
            for place in range(self.random.choice((0, 0, 1, 2)))
        ]  # fmt: skip

    async def write(self, database: Database) -> None:
        at = float(self.begin)
        customer = {"id": 1, "name": "李雷", "kind": "person", "created_at": at, "updated_at": at}
        categories = [{"id": one, "name": f"类别 {one}", "fields": []} for one in CATEGORIES]
        rows: tuple[tuple[type[Base], list[Row]], ...] = (
            *((Customer, [customer]), (TicketCategory, categories)),
            *((Ticket, self.tickets), (FeedbackLink, self.answers)),
        )
        async with database.engine.begin() as connection:
            for model, values in rows:
                table = model.__table__
                assert isinstance(table, Table)
                await connection.execute(insert(table), values)
