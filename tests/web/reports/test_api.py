"""Reports over the API: what is refused by name, what a right reaches, files, rows behind."""

from __future__ import annotations

import io
import zipfile
from datetime import date

from callcenter.store.database import Database
from tests.web.conftest import SignedIn
from tests.web.reports.day import Day
from web.reports.keeper import ReportKeeper

BEGIN = 1_792_800_000 - 1_792_800_000 % 86_400
WEEK = {"from": "2026-10-01", "to": "2026-11-20", "timezone": "UTC"}
REFUSED = (
    ({"metrics": "offered,nonsense"}, "metrics[1]"),
    ({"from": "2026-11-20"}, "to"),
    ({"from": "2020-01-01", "step": "hour"}, "step"),
    ({"from": "1900-01-01"}, "from"),
    ({"by": "agent"}, "by"),
    ({"agents": "1"}, "agents"),
    ({"subject": "agents", "agents": "one"}, "agents"),
    ({"timezone": "Mars/Base"}, "timezone"),
)


async def test_reports_over_the_api(signed_in: SignedIn, database: Database) -> None:
    day = Day(BEGIN, BEGIN + 7200, calls=60)
    await day.write(database)
    admin = await signed_in("administrator")
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    for wrong, field in REFUSED:
        status, body = await admin.get("/api/v1/reports", params=WEEK | wrong)
        assert (status, body["error"]["field"]) == (422, field), (wrong, body)
    asked = WEEK | {"by": "queue", "metrics": "offered,service_level,aht", "compare": "true"}
    status, body = await admin.get("/api/v1/reports", params=asked)
    assert status == 200
    assert body["total"][0] == sum(row["total"][0] for row in body["rows"]) > 0
    assert body["before"]["total"][:2] == [0, None]  # over nothing there is no value
    assert len(body["spans"]) == (date(2026, 11, 20) - date(2026, 10, 1)).days
    counted, cursor = 0, None
    while True:
        more = {"metric": "offered"} | ({"cursor": cursor} if cursor else {})
        status, page = await admin.get("/api/v1/reports/rows", params=asked | more)
        assert status == 200
        counted += len(page["items"])
        cursor = page["next"]
        if cursor is None:
            break
    assert counted == body["total"][0]


async def test_a_report_as_a_file(signed_in: SignedIn, database: Database) -> None:
    day = Day(BEGIN, BEGIN + 7200, calls=30)
    await day.write(database)
    admin = await signed_in("administrator")
    await ReportKeeper(database, clock=lambda: float(BEGIN + 14_400)).turn()
    asked = WEEK | {"subject": "agents", "by": "agent", "step": "none"}
    found = {}
    for kind in ("csv", "xlsx", "pdf"):
        params = asked | {"format": kind}
        async with admin.client.get("/api/v1/reports/file", params=params) as response:
            assert response.status == 200
            found[kind] = await response.read()
    assert "座席 1" in found["csv"].decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(found["xlsx"])) as book:
        assert "座席 1" in book.read("xl/worksheets/sheet1.xml").decode()
    assert found["pdf"].startswith(b"%PDF-")
    assert b"STSong-Light" in found["pdf"]
