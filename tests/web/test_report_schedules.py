"""Who sets up reports by mail: what is refused by name, whose they are, two who change one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from tests.web.conftest import SignedIn
from web.auth.tables import RoleRight
from web.reports.schedule_tables import ReportSchedule

PATH = "/api/v1/report-schedules"
TO = {"email": "boss@example.com", "language": "en"}
GOOD: dict[str, Any] = {
    "name": "每日", "report": {"subject": "queues", "by": "queue"}, "every": "day", "at": "07:30",
    "timezone": "Asia/Shanghai", "recipients": [TO], "format": "pdf",
}  # fmt: skip
REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": " "}, "name"),
    ({"every": "year"}, "every"),
    ({"every": "week"}, "day"),
    ({"day": 3}, "day"),
    ({"at": "24:00"}, "at"),
    ({"timezone": "Mars/Base"}, "timezone"),
    ({"recipients": []}, "recipients"),
    ({"recipients": [TO | {"email": "a@b.org\r\nBcc: c@d.org"}]}, "recipients[0].email"),
    ({"recipients": [TO, TO | {"email": "BOSS@example.com"}]}, "recipients[1].email"),
    ({"recipients": [TO | {"language": "fr"}]}, "recipients[0].language"),
    ({"format": "doc"}, "format"),
    ({"report": {"subject": "queues", "metrics": ["offered", "nonsense"]}}, "report.metrics[1]"),
    ({"report": {"subject": "queues", "by": "agent"}}, "report.by"),
    ({"report": {"subject": "queues", "from": "2026-01-01"}}, "report.from"),
)

WAYS = (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/send"), ("GET", "/runs"))


async def test_bad_input_is_refused_by_its_field(signed_in: SignedIn) -> None:
    admin = await signed_in("administrator")
    for wrong, field in REFUSED:
        status, body = await admin.post(PATH, GOOD | wrong)
        assert (status, body["error"]["field"]) == (422, field), (wrong, body)


async def test_one_is_set_up_changed_by_another_sent_and_deleted(
    signed_in: SignedIn, database: Database
) -> None:
    first, second = await signed_in("administrator"), await signed_in("supervisor")
    status, made = await first.post(PATH, GOOD)
    assert status == 201
    assert (made["owner"], made["at"], made["timezone"]) == (
        "administrator", "07:30", "Asia/Shanghai",
    )  # fmt: skip
    one = f"{PATH}/{made['id']}"
    monthly = GOOD | {"every": "month", "day": 31, "version": made["version"]}
    status, changed = await second.call("PUT", one, monthly)
    assert (status, changed["owner"], changed["version"]) == (200, "supervisor", 2)
    status, body = await first.call("PUT", one, monthly | {"name": "mine"})
    assert (status, body["error"]["field"]) == (409, "version")
    status, page = await first.get(PATH)
    assert ([row["name"] for row in page["items"]], page["mail"]) == (["每日"], True)
    status, sent = await first.post(f"{one}/send", None)
    assert (status, sent["asked"]) == (202, True)
    status, runs = await first.get(f"{one}/runs")
    assert (status, runs) == (200, {"items": [], "next": None})
    async with database.session() as db:
        await db.execute(update(ReportSchedule).values(stopped="no_right"))
        await db.commit()
    assert (await first.post(f"{one}/send", None))[0] == 409
    status, saved = await first.call("PUT", one, GOOD)
    assert (saved["stopped"], saved["owner"]) == (None, "administrator")
    assert (await first.call("DELETE", one))[0] == 204
    assert (await first.get(one))[0] == 404
    async with database.reading() as db:
        query = select(AuditRow.action).where(AuditRow.object == f"report_schedule/{made['id']}")
        actions = [one.partition(".")[2] for one in await db.scalars(query.order_by(AuditRow.id))]
    assert actions == ["create", "change", "send_now", "change", "delete"]


@pytest.mark.parametrize("scope", ["own", "team"])
async def test_of_others_only_who_sees_everything_sees_them(
    signed_in: SignedIn, database: Database, scope: str
) -> None:
    admin, other = await signed_in("administrator"), await signed_in("executive")
    rights = [("report.read", scope), ("report.schedule", "all")]
    async with database.session() as db:
        await db.execute(delete(RoleRight).where(RoleRight.role == "executive"))
        values = [{"role": "executive", "right": right, "scope": far} for right, far in rights]
        await db.execute(insert(RoleRight), values)
        await db.commit()
    _, theirs = await admin.post(PATH, GOOD)
    for method, end in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/send"),
        ("GET", "/runs"),
    ):
        body = GOOD if method == "PUT" else None
        status, _ = await other.call(method, f"{PATH}/{theirs['id']}{end}", body)
        assert status == 404, (method, end)
    status, _ = await other.post(PATH, GOOD)  # queues
    assert status == (201 if scope == "team" else 403)
    status, _ = await other.post(PATH, GOOD | {"report": {"subject": "agents"}, "name": "a"})
    assert status == 201
    assert len((await other.get(PATH))[1]["items"]) == (2 if scope == "team" else 1)
    assert len((await admin.get(PATH))[1]["items"]) == (3 if scope == "team" else 2)
