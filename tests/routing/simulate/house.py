"""A database with a described house and recorded calls."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import insert

from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from routing.simulate.recorded import bounds

DAY = datetime.date(2026, 11, 20)
ZONE = "Asia/Shanghai"
MIDNIGHT = bounds(DAY, ZONE)[0]
HOUR = 3600.0


async def put(database: Database, table: type[Any], *rows: dict[str, Any]) -> None:
    async with database.session() as session:
        for row in rows:
            await session.execute(insert(table).values(**row))
        await session.commit()


async def call(  # noqa: PLR0917 - a call in one line
    database: Database, id: str, hour: float, waited: float, exit: str, talked: float | None = None,
    queue: str = "support", pbx: str = "pbx", phone: str = "PJSIP/1001",
) -> None:  # fmt: skip
    at = MIDNIGHT + hour * HOUR
    await put(database, Interaction, {"id": id, "pbx": pbx, "started_at": at})
    stay = {"id": f"{id}q", "interaction_id": id, "kind": "queue", "queue": queue}
    rows = [{**stay, "started_at": at, "seconds": waited, "exit": exit, "ended": True}]
    if talked is not None:
        rows.append(
            {"id": f"{id}t", "interaction_id": id, "kind": "talk", "entry_id": f"{id}q",
             "interface": "PJSIP/trunk", "other_interface": phone, "started_at": at + waited,
             "seconds": talked, "ended": True}
        )  # fmt: skip
    await put(database, Segment, *rows)
