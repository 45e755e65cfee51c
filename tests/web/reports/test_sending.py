"""Reports by mail, over a real server: once, in the reader's language, as the owner sees it."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, insert, select, text, true, update

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from crm.mail.message import Sender
from crm.mail.postman import Postman
from crm.mail.tables import MailFile
from routing.tables import Agent
from tests.crm.mail.servers import Inbox, here, mail_server
from tests.web.reports.day import Day
from web.auth.tables import RoleRight, RoleRow, User, UserRole
from web.reports import schedules
from web.reports.keeper import recompute
from web.reports.request import Content
from web.reports.schedule_tables import ReportSchedule
from web.reports.schedules import RunView, ScheduleView
from web.reports.sending import ReportPost
from web.reports.tables import ReportProgress

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")
BEGIN = 1_792_800_000 - 1_792_800_000 % 86_400  # 2026-10-24 in UTC
DUE = BEGIN + 86_400 + 8 * 3600.0
DAY = 86_400.0
AGENTS = {"subject": "agents", "by": "agent", "metrics": ["handled", "aht"], "step": "none"}
READERS = [{"email": "li@example.org", "language": "zh"}, {"email": "a@b.org", "language": "en"}]


@dataclass
class Rig:
    database: Database
    inbox: Inbox
    now: float = DUE

    def clock(self) -> float:
        return self.now

    async def kept(self) -> None:
        """The roll-ups are as of now; only these hours have anything."""
        hour = BEGIN // 3600
        await recompute(self.database, hour, hour + 3, until=self.now)
        async with self.database.session() as db:
            await db.merge(ReportProgress(id=1, hour=int(self.now // 3600), checked_day=0))
            await db.commit()

    async def sent(self) -> int:
        """What is due is made and goes out; how many reports."""
        count = await ReportPost(self.database, clock=self.clock).turn()
        async with mail_server(self.inbox) as port:
            sender = Sender("reports@example.com")
            await Postman(self.database, here(port), sender, _no_link, clock=self.clock).look()
        return count

    async def schedule(self, owner: int, **values: Any) -> int:
        usual: dict[str, Any] = {
            "name": "每日/报表", "owner_id": owner, "report": AGENTS, "every": "day", "minute": 480,
            "timezone": "UTC", "format": "csv", "recipients": READERS, "next_at": DUE,
            "changed_at": DUE,
        }  # fmt: skip
        async with self.database.session() as db:
            row = ReportSchedule(**(usual | values))
            db.add(row)
            await db.commit()
            return row.id

    async def view(self, schedule: int) -> ScheduleView:
        async with self.database.reading() as db:
            return (await schedules.views(db, [await schedules.get(db, schedule, true())]))[0]

    async def last(self, schedule: int) -> RunView:
        found = (await self.view(schedule)).last
        assert found is not None
        return found


async def _no_link(_ticket: int) -> str | None:
    return None


@pytest.fixture
async def rig(database: Database) -> Rig:
    await Day(BEGIN, BEGIN + 7200, calls=60).write(database)
    made = Rig(database, Inbox())
    await _person(database, 1, "team", ("report.read", "report.schedule"))
    return made


async def _person(database: Database, user: int, scope: str, rights: tuple[str, ...]) -> None:
    """In the team of the agents with odd numbers."""
    values = {"id": user, "username": f"p{user}", "username_key": f"p{user}", "theme": "light",
              "display_name": f"王主管 {user}", "password_hash": "x", "language": "zh",
              "created_at": 0.0}  # fmt: skip
    role = f"role{user}"
    async with database.session() as db:
        await db.execute(insert(User).values(values))
        await db.execute(insert(RoleRow).values(name=role, built_in=False, label=""))
        given = [{"role": role, "right": right, "scope": scope} for right in rights]
        await db.execute(insert(RoleRight), given)
        await db.execute(insert(UserRole).values(user_id=user, role=role))
        member = {"user": user, "team": 2}
        await db.execute(
            text("INSERT INTO team_members (user_id, team_id) VALUES (:user, :team)"), member
        )
        await db.commit()


def _file(mail: EmailMessage) -> tuple[str, list[list[str]]]:
    (part,) = mail.iter_attachments()
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    rows = csv.reader(raw.decode("utf-8-sig").splitlines())
    return str(part.get_filename()), list(rows)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body()
    assert body is not None
    return str(body.get_content())


async def test_it_goes_out_once_in_each_language_as_its_owner_sees_it(rig: Rig) -> None:
    id_ = await rig.schedule(1)
    assert await rig.sent() == 0  # the figures of the period are not all there yet
    await rig.kept()
    posts = [ReportPost(rig.database, clock=rig.clock) for _ in range(3)]
    assert sum(await asyncio.gather(*(post.turn() for post in posts))) == 1
    await rig.sent()
    mails = {str(mail["To"]): mail for mail in rig.inbox.mails}
    assert len(rig.inbox.mails) == len(mails) == 2
    name, rows = _file(mails["li@example.org"])
    assert name == "每日 报表 2026-10-24.csv"
    agents = {row[0] for row in rows[1:-1]}
    async with rig.database.reading() as db:
        mine = set(await db.scalars(select(Agent.name).where(Agent.id % 2 == 1, Agent.id < 20)))
    assert agents
    assert agents <= mine  # of the other team nothing
    assert (rows[0][0], _file(mails["a@b.org"])[1][0][0]) == ("座席", "Agent")
    assert mails["li@example.org"]["Subject"] == "[报表] 每日/报表 2026-10-24"
    assert "王主管 1" in _text(mails["a@b.org"])
    assert "due at" not in _text(mails["a@b.org"])
    last = await rig.last(id_)
    assert [mail.state for mail in last.mails] == ["sent", "sent"]
    async with rig.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(MailFile)) == 0
        actions = list(await db.scalars(select(AuditRow.action)))
    assert actions == ["report_schedule.send"]
    rig.now += 3600
    assert await rig.sent() == 0
    assert (await rig.view(id_)).next_at == DUE + DAY


async def test_what_was_missed_is_sent_once_and_says_that_it_is_late(rig: Rig) -> None:
    id_ = await rig.schedule(1, recipients=READERS[1:], format="pdf")
    rig.now = DUE + 3 * DAY + 7200
    await rig.kept()
    assert await rig.sent() == 1
    assert "It was due at 2026-10-28 08:00" in _text(rig.inbox.mails[0])
    assert "3 reports before it were not sent" in _text(rig.inbox.mails[0])
    last = await rig.last(id_)
    assert (last.begin, last.end, last.missed, last.late) == ("2026-10-27", "2026-10-28", 3, True)
    async with rig.database.session() as db:  # somebody wants it at once, too
        await db.execute(update(ReportSchedule).values(asked_at=rig.now))
        await db.commit()
    assert (await rig.sent(), await rig.sent()) == (1, 0)
    assert (await rig.last(id_)).asked
    assert len(rig.inbox.mails) == 2


async def test_failures_are_seen_and_the_next_report_goes_out_all_the_same(rig: Rig) -> None:
    broken = await rig.schedule(1, name="a", report=AGENTS | {"metrics": ["no longer there"]})
    refused = await rig.schedule(1, name="b", recipients=READERS[:1])
    await rig.kept()
    rig.inbox.answers = {"RCPT": "550 no such mailbox"}
    assert await rig.sent() == 2
    last = await rig.last(broken)
    assert last.error == "there is no metric 'no longer there' of agents"
    assert last.mails == []
    (mail,) = (await rig.last(refused)).mails
    assert (mail.state, mail.attempts) == ("dead", 1)
    assert "550 no such mailbox" in str(mail.error)
    rig.inbox.answers = {}
    rig.now += DAY
    await rig.kept()
    assert await rig.sent() == 2
    assert [one.state for one in (await rig.last(refused)).mails] == ["sent"]


async def test_it_stops_with_the_reason_when_its_owner_may_not_have_it(rig: Rig) -> None:
    """Switched off, without the right, with a right that reaches no queues any more."""
    report = msgspec.to_builtins(Content(by="queue", metrics=("offered",)))
    for user in (2, 3):
        await _person(rig.database, user, "team", ("report.read", "report.schedule"))
    ids = [await rig.schedule(user, report=report) for user in (1, 2, 3)]
    await rig.kept()
    rights = (RoleRight.role == "role2", RoleRight.right == "report.schedule")
    async with rig.database.session() as db:
        await db.execute(update(User).where(User.id == 1).values(active=False))
        await db.execute(delete(RoleRight).where(*rights))
        await db.execute(update(RoleRight).where(RoleRight.role == "role3").values(scope="own"))
        await db.commit()
    assert await rig.sent() == 0
    views = [await rig.view(id_) for id_ in ids]
    assert [view.stopped for view in views] == ["owner_gone", "no_right", "no_right"]
    assert {(view.stopped_at, view.next_at, view.last) for view in views} == {(DUE, None, None)}
    assert rig.inbox.mails == []
    async with rig.database.reading() as db:
        assert set(await db.scalars(select(AuditRow.action))) == {"report_schedule.stop"}
