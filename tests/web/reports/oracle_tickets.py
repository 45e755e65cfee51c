"""Every figure of tickets from the raw rows, one ticket after the other; no code of the product's.

A ticket counts where it was opened. What was merged into another is no ticket of its own. A promise
counts once it was kept or its time is over; late is late, however little.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import text

from callcenter.store.database import Database
from tests.web.reports.oracle import Row, plain

MOMENTS = ("created_at", "responded_at", "resolved_at", "respond_due", "resolve_due")


async def load_tickets(database: Database) -> dict[str, list[Row]]:
    columns = ", ".join(("id", "category_id", "merged_into", "reopened", *MOMENTS))
    queries = {
        "tickets": f"SELECT {columns} FROM tickets",  # noqa: S608 - names of ours
        "answers": "SELECT ticket_id, score FROM ticket_feedback",
    }
    async with database.engine.connect() as connection:
        return {
            name: [plain(dict(row._mapping)) for row in await connection.execute(text(sql))]
            for name, sql in queries.items()
        }


class TicketOracle:
    """Figures are asked of it for any span, in microseconds; a promise is due or not at `until`."""

    def __init__(self, rows: dict[str, list[Row]], until: float) -> None:
        self.rows = rows
        self.until = round(until * 1_000_000)

    def tickets(self, begin: int, end: int) -> dict[Any, Row]:
        """By category."""
        found: dict[Any, Row] = defaultdict(lambda: defaultdict(int))
        for ticket in self.rows["tickets"]:
            if ticket["merged_into"] is None and begin <= ticket["created_at"] < end:
                self._ticket(found[ticket["category_id"]], ticket)
        return found

    def _ticket(self, row: Row, ticket: Row) -> None:
        row["tickets_opened"] += 1
        if ticket["responded_at"] is not None:
            row["responded"] += 1
            row["response_length"] += ticket["responded_at"] - ticket["created_at"]
        if ticket["resolved_at"] is not None:
            row["tickets_resolved"] += 1
            row["resolution_length"] += ticket["resolved_at"] - ticket["created_at"]
        if ticket["reopened"]:
            row["tickets_reopened"] += 1
        if ticket["reopened"] or ticket["resolved_at"] is not None:
            row["ever_resolved"] += 1
        for due, done, promised, kept in (
            ("respond_due", "responded_at", "responses_promised", "responses_in_time"),
            ("resolve_due", "resolved_at", "resolutions_promised", "resolved_in_time"),
        ):
            if ticket[due] is None:
                continue
            if ticket[done] is not None:
                row[promised] += 1
                row[kept] += ticket[done] <= ticket[due]
            elif ticket[due] <= self.until:
                row[promised] += 1
        for answer in self.rows["answers"]:
            if answer["ticket_id"] == ticket["id"] and answer["score"] is not None:
                row["ticket_scores"] += 1
                row["ticket_score_sum"] += answer["score"]
