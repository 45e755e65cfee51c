"""What a recording is known by wherever it is shown, in a list or on its own page."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, FromClause, Integer, Text, column, table

from recording.queries import table_of
from recording.tables import Recording

AGENTS = table("agents", column("id", Integer), column("name", Text))  # routing's
CUSTOMERS = table("customers", column("id", Integer), column("name", Text))  # the customers' room's
_r = table_of(Recording).c


class Known(msgspec.Struct, frozen=True):
    """`agent`: who spoke first on what was recorded; `number`: of the other side, as it came."""

    id: str
    interaction: str | None
    seconds: float | None
    status: str
    problem: str | None
    direction: str | None
    number: str | None
    queue: str | None
    agent: int | None
    agent_name: str | None
    customer: int | None
    customer_name: str | None
    disposition: str | None
    satisfaction: int | None


# A value for each field of `Known`, of what `with_names` joins.
KNOWN: tuple[ColumnElement[Any], ...] = (
    *(_r.id, _r.interaction_id, _r.seconds, _r.status, _r.problem, _r.direction, _r.number),
    *(_r.queue, _r.agent_id, AGENTS.c.name, _r.customer_id, CUSTOMERS.c.name.label("customer")),
    *(_r.disposition, _r.satisfaction),
)


def with_names(recordings: FromClause) -> FromClause:
    """Recordings and whose they are."""
    return recordings.outerjoin(AGENTS, AGENTS.c.id == _r.agent_id).outerjoin(
        CUSTOMERS, CUSTOMERS.c.id == _r.customer_id
    )
