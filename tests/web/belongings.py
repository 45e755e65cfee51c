"""Three people with one of everything each: what tests of reach look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ids import new_id
from callcenter.store.base import Base
from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.tasks.tables import Task
from crm.tickets.desk.tables import Attachment
from crm.tickets.tables import Ticket
from recording.describing import describe_all
from recording.quality.tables import QualityScore, QualitySheet, QualitySheetVersion
from recording.tables import Recording, RecordingPeaks
from routing.tables import Agent, AgentInterface
from tests.web.calls import finished_call
from tests.web.conftest import PASSWORD, START
from web.auth import roles, users
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.rights import Right, Scope
from web.auth.tables import RoleRow, Team, TeamMember

PEOPLE = ("me", "below", "stranger")  # `below` is in a team under mine
HIDDEN = "hiddenfromview"  # in the name of everything that is a stranger's
ROLE = "tried"


@dataclass
class House:
    """`things`: (kind, whose) → id, of the newest."""

    database: Database
    users: dict[str, int] = field(default_factory=dict)
    things: dict[tuple[str, str], int | str] = field(default_factory=dict)
    made: int = 0

    async def give(self, rights: Mapping[Right, Scope]) -> None:
        """Exactly these rights to `me`, by a role of their own."""
        async with self.database.session() as db:
            if await db.get(RoleRow, ROLE) is None:
                await put(db, RoleRow, name=ROLE, label="x")
            await roles.set_rights(db, ROLE, rights)
            await users.set_roles(db, self.users["me"], [ROLE])
            await db.commit()

    async def renew(self) -> None:
        """Another of everything for everybody, which nobody has touched."""
        for place, name in enumerate(PEOPLE):
            await self._belongings(name, place)

    async def _belongings(self, name: str, place: int) -> None:
        user, text = self.users[name], words_of(name)
        call = await finished_call(self.database, talked=phone_of(place))
        self.made += 1
        async with self.database.session() as db:
            customer = await _customer(db, user, text)
            ticket = await _ticket(db, user, customer, text, self.made)
            recording = await _recording(db, call, text)
            score = await _score(db, recording, user, place + 1)
            task = {"customer_id": customer, "title": text, "due_at": START, "created_at": START}
            task_id = await put(db, Task, **task, assignee_id=user, created_by=user)
            file = {"id": new_id(), "ticket_id": ticket, "name": text, "media_type": "text/plain"}
            sha = {"size": 1, "sha256": "0" * 64, "uploaded_at": START}
            await put(db, Attachment, **file, **sha)
            await db.commit()
        found = {"customer": customer, "ticket": ticket, "recording": recording, "task": task_id}
        found |= {"interaction": call, "attachment": file["id"], "score": score}
        for kind, id_ in found.items():
            self.things[kind, name] = id_


def words_of(name: str) -> str:
    return f"{HIDDEN} {name}" if name == "stranger" else f"viewed {name}"


def phone_of(place: int) -> str:
    return f"PJSIP/10{place}"


async def put(db: AsyncSession, model: type[Base], **values: Any) -> Any:
    """One row; its key."""
    made = await db.execute(insert(model).values(values).returning(*model.__table__.primary_key))
    return made.one()[0]


async def _score(db: AsyncSession, recording: str, user: int, agent: int) -> Any:
    """Submitted, of an agent's own call and given to them."""
    sheet = await put(db, QualitySheet, name="x")
    content = {"name": "x", "questions": [{"text": "x", "key": "q1"}]}
    version = {"sheet_id": sheet, "version": 1, "made_at": START, "content": content}
    await put(db, QualitySheetVersion, **version)
    row = {"recording_id": recording, "agent_id": agent, "evaluator_id": user, "sheet_id": sheet}
    times = {"recorded_at": START, "created_at": START, "submitted_at": START}
    return await put(db, QualityScore, **row, **times, sheet_version=1, state="submitted")


async def furnish(database: Database, hasher: Passwords) -> House:
    house = House(database)
    for name in PEOPLE:
        user = await make_user(
            database, hasher, username=name, display_name=name, roles=[], password=PASSWORD
        )
        house.users[name] = user.id
    async with database.session() as db:
        for team, parent in ((1, None), (2, 1), (3, None)):
            row = {"id": team, "name": str(team), "name_key": str(team), "parent_id": parent}
            await put(db, Team, **row, created_at=START)
        for place, name in enumerate(PEOPLE):
            await put(db, TeamMember, user_id=house.users[name], team_id=place + 1)
            agent = await put(db, Agent, user_id=house.users[name], name=words_of(name))
            phone = {"pbx": "pbx", "interface": phone_of(place), "agent_id": agent}
            await put(db, AgentInterface, **phone)
        await db.commit()
    return house


async def _customer(db: AsyncSession, user: int, text: str) -> Any:
    times = {"created_at": START, "updated_at": START}
    return await put(db, Customer, kind="person", name=text, owner_id=user, **times)


async def _ticket(db: AsyncSession, user: int, customer: int, text: str, number: int) -> Any:
    row = {"number": f"T-2026-{number:06}", "title": text, "status": "assigned"}
    times = {"created_at": START, "updated_at": START}
    return await put(db, Ticket, **row, **times, customer_id=customer, owner_id=user)


async def _recording(db: AsyncSession, call: str, text: str) -> str:
    id_ = new_id()
    row = {"interaction_id": call, "pbx": "pbx", "file": f"{text}.wav", "status": "ready"}
    await put(db, Recording, id=id_, **row, started_at=START)
    await put(db, RecordingPeaks, recording_id=id_, peaks=b"\x00\x01")
    await describe_all(db, [id_])
    return id_
