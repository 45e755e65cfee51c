"""A company like many, some weeks old, for the pictures of the documents: its people, customers and
calls, with what was said and scored of them. No telephone system; the same from each seed."""

from __future__ import annotations

import array
import random
import time
import wave
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, update

from callcenter.demo.voices import voice
from callcenter.ids import stable_id
from callcenter.pbx.tones import RATE, from_mulaw
from callcenter.store.base import Base
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg, Offer, Segment
from crm.customers.service import NewCustomer, NewNumber, create_customer
from recording.control_tables import RecordingSpan
from recording.quality import service, sheets
from recording.quality.rules import Answer
from recording.quality.views import Remark, ScoreContent
from recording.tables import Recording, RecordingComment
from routing.queries import Phone, create_agent
from routing.tables import AgentQueue, AgentStateLogRow, Queue
from routing.work_tables import InteractionDisposition, Satisfaction
from tests.e2e.company_words import COMMENTS, CUSTOMERS, NOTES, OUTCOMES, SHEET
from tests.e2e.office import Office
from web.auth.tables import User
from web.reports.keeper import recompute

Row = dict[str, Any]
PBX = "pbx"
DAYS = 8
WEEKS = 5  # of scores
ZONE = 8 * 3600  # of the company, east of Greenwich
# Queue → its label, how many calls a working day brings, seconds that they take.
QUEUES: dict[str, tuple[str, int, float]] = {
    "support": ("客服 Support", 34, 210.0),
    "sales": ("销售 Sales", 17, 260.0),
    "billing": ("账单 Billing", 13, 150.0),
    "installation": ("安装 Installation", 9, 320.0),
    "key accounts": ("大客户 Key accounts", 6, 290.0),
}
# Who works there, and of which queues.
AGENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("李娜 Li Na", ("support", "key accounts")),
    ("Emma Clark", ("support", "sales")),
    ("周强 Zhou Qiang", ("support", "installation")),
    ("刘洋 Liu Yang", ("sales", "key accounts")),
    ("赵敏 Zhao Min", ("billing", "support")),
    ("Lucas Weber", ("installation",)),
    ("吴婷 Wu Ting", ("sales", "billing")),
    ("何雪 He Xue", ("support",)),
)


@dataclass(slots=True)
class Company:
    """`recordings`: those with sound, newest first; `sheet`: what calls are scored by."""

    office: Office
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - no secret
    rows: dict[type[Base], list[Row]] = field(default_factory=lambda: defaultdict(list))
    customers: list[tuple[int, str]] = field(default_factory=list)  # and their numbers
    recordings: list[str] = field(default_factory=list)
    sheet: int = 0

    async def found(self) -> None:
        """Everything but what only a running service makes of it."""
        async with self.office.database() as database:
            await self._people(database)
            await self._callers(database)
            self._weeks(time.time())
            self._days(time.time())
            await self._write(database)
            await self._scores(database)
            first, last = (int((time.time() - DAYS * 86_400) // 3600), int(time.time() // 3600) + 1)
            await recompute(database, first, last, until=time.time())

    # --- who is there -------------------------------------------------------------------------

    async def _people(self, database: Database) -> None:
        names = {"supervisor": "陈静 Chen Jing", "support": AGENTS[0][0], "admin": "管理员 Admin"}
        async with database.session() as session:
            for username, name in names.items():
                mine = update(User).where(User.id == self.office.users[username])
                await session.execute(mine.values(display_name=name))
            queues = {}
            for name, (label, _, _) in QUEUES.items():
                values = {"pbx": PBX, "name": name, "label": label, "ours": True}
                made = await session.execute(insert(Queue).values(**values).returning(Queue.id))
                queues[name] = made.scalar_one()
            for place, (name, served) in enumerate(AGENTS):
                agent = await create_agent(
                    session,
                    name=name,
                    user=self.office.users["support"] if place == 0 else None,
                    phones=[Phone(PBX, f"PJSIP/10{place + 1:02}")],
                )
                rows = [{"agent_id": agent, "queue_id": queues[one]} for one in served]
                await session.execute(insert(AgentQueue), rows)
            await session.commit()

    async def _callers(self, database: Database) -> None:
        async with database.session() as session:
            for place, (name, level) in enumerate(CUSTOMERS):
                number = f"+86138{21006000 + place * 137:08}"
                new = NewCustomer(name=name, level=level or None, numbers=[NewNumber(number)])
                made, _ = await create_customer(session, new, now=time.time())
                self.customers.append((made.customer.id, number))
            await session.commit()

    # --- what happened ------------------------------------------------------------------------

    def _days(self, now: float) -> None:
        today = (now + ZONE) // 86_400 * 86_400 - ZONE
        for ago in range(DAYS, -1, -1):
            day = today - ago * 86_400
            weekend = time.gmtime(day + ZONE).tm_wday >= 5
            self._shifts(day, now, weekend=weekend)
            for queue, (_, calls, _) in QUEUES.items():
                for _ in range(round(calls * (0.25 if weekend else self.dice.uniform(0.85, 1.2)))):
                    at = day + self._hour() * 3600
                    if at < now - 600:
                        self._call(at, queue)

    def _weeks(self, now: float) -> None:
        """Of calls long ago there is what was scored, and no more."""
        today = (now + ZONE) // 86_400 * 86_400 - ZONE
        for ago in range(7 * WEEKS, DAYS, -1):
            for agent in range(1, len(AGENTS) + 1):
                at, seconds = today - ago * 86_400 + self._hour() * 3600, 180.0
                if time.gmtime(at + ZONE).tm_wday in {0, 2, 4}:
                    id_ = stable_id("company", str(agent), str(ago))
                    self.rows[Recording].append(
                        {"id": id_, "agent_id": agent, "pbx": PBX, "file": f"{id_}.wav"}
                        | {"started_at": at, "stopped_at": at + seconds, "seconds": seconds}
                        | {"status": "ready", "described": True, "direction": "inbound"}
                    )

    def _hour(self) -> float:
        """Most call before noon, and again in the afternoon."""
        middle, spread = self.dice.choice(((10.2, 1.1), (10.2, 1.1), (15.3, 1.6), (18.5, 1.2)))
        return min(20.4, max(8.5, self.dice.gauss(middle, spread)))

    def _shifts(self, day: float, now: float, *, weekend: bool) -> None:
        for agent in range(1, len(AGENTS) + 1):
            if weekend and agent > 3:
                continue
            shift: tuple[tuple[float, str, list[str]], ...] = (
                (8.4 + agent % 3 * 0.2, "ready", []),
                (12.1 + agent % 4 * 0.3, "not_ready", ["meal"]),
                (12.9 + agent % 4 * 0.3, "ready", []),
                (20.5, "offline", []),
            )
            for hour, state, reasons in shift:
                if (at := day + hour * 3600) < now:
                    self.rows[AgentStateLogRow].append(
                        {"agent_id": agent, "at": at, "state": state, "reasons": reasons}
                    )

    def _call(self, at: float, queue: str) -> None:
        call = stable_id("company", queue, str(len(self.rows[Interaction])))
        customer, number = self.dice.choice(self.customers)
        waited = min(240.0, self.dice.expovariate(1 / 14.0) + 2.0)
        gave_up = waited > 45 and self.dice.random() < 0.6
        talked = 0.0 if gave_up else max(20.0, self.dice.gauss(QUEUES[queue][2], 80.0))
        ended = at + waited + talked
        self.rows[Interaction].append(
            {
                "id": call,
                "pbx": PBX,
                "direction": "inbound",
                "customer_id": customer,
                "caller_number": number,
                "caller_e164": number,
                "dialled": "4008208820",
                "started_at": at,
                "answered_at": None if gave_up else at + waited,
                "ended_at": ended,
                "answered": not gave_up,
                "end_reason": "abandoned" if gave_up else "completed",
            }
        )
        stay = {"interaction_id": call, "kind": "queue", "queue": queue, "started_at": at}
        self._waited(stay, waited, gave_up=gave_up)
        if not gave_up:
            self._talk(call, stable_id(call, "entry"), queue, at + waited, talked)

    def _waited(self, stay: Row, waited: float, *, gave_up: bool) -> None:
        self.rows[Segment].append(
            stay
            | {"id": stable_id(stay["interaction_id"], "entry"), "ended": True, "seconds": waited}
            | {"ended_at": stay["started_at"] + waited, "threshold": 20.0, "short_threshold": 5.0}
            | {"exit": "abandoned" if gave_up else "answered"}
        )

    def _talk(self, call: str, entry: str, queue: str, at: float, seconds: float) -> None:
        serving = [n + 1 for n, (_, served) in enumerate(AGENTS) if queue in served]
        agent, leg = self.dice.choice(serving), stable_id(call, "leg")
        phone = f"PJSIP/10{agent:02}"
        channel = {"channel": f"{phone}-{leg[:8]}", "interface": phone}
        of = {"interaction_id": call}
        self.rows[Leg].append(
            {"id": leg, **of, "pbx": PBX, "boot": "1", "uniqueid": leg, **channel}
            | {"started_at": at, "ended": True}
        )
        self.rows[Offer].append(
            {"id": stable_id(call, "offer"), **of, "queue": queue, "entry_id": entry, **channel}
            | {"started_at": at - 4, "result": "answered", "rang": 4.0}
        )
        self.rows[Segment].append(
            {"id": stable_id(call, "talk"), **of, "kind": "talk", "entry_id": entry}
            | {"started_at": at, "ended_at": at + seconds, "ended": True, "seconds": seconds}
            | {"leg_id": stable_id(call, "trunk"), "interface": "PJSIP/trunk"}
            | {"other_leg_id": leg, "other_interface": phone}
        )
        over = at + seconds
        log = [(at, "busy"), (over, "wrap_up"), (over + self.dice.uniform(15, 60), "ready")]
        self.rows[AgentStateLogRow] += [
            {"agent_id": agent, "at": when, "state": state, "reasons": []}
            | {"interaction_id": call if state != "ready" else None}
            for when, state in log
        ]
        self._said(call, agent, queue, over)
        self.rows[Recording].append(
            {"id": stable_id(call, "recording"), **of, "leg_id": leg, "agent_id": agent}
            | {"pbx": PBX, "started_at": at, "stopped_at": over, "seconds": seconds}
            | {"file": f"{call}.wav", "status": "ready", "described": False}
        )

    def _said(self, call: str, agent: int, queue: str, over: float) -> None:
        outcome = "sale" if queue == "sales" and self.dice.random() < 0.4 else None
        outcome = outcome or self.dice.choice(OUTCOMES[:-1])
        note = self.dice.choice(NOTES[outcome]) if self.dice.random() < 0.6 else None
        said = {"interaction_id": call, "agent_id": agent, "disposition": outcome, "note": note}
        self.rows[InteractionDisposition].append({**said, "at": over + 10})
        if self.dice.random() < 0.35:
            stars = self.dice.choices((5, 4, 3, 2, 1), (50, 30, 12, 5, 3))[0]
            self.rows[Satisfaction].append(
                {"interaction_id": call, "agent_id": agent, "queue": queue, "score": stars}
                | {"at": over + 30}
            )

    # --- written down -------------------------------------------------------------------------

    async def _write(self, database: Database) -> None:
        """Of the newest calls there is sound; the newest but two was paused and held."""
        recorded = sorted(self.rows[Recording], key=lambda row: row["started_at"], reverse=True)
        heard, told = recorded[:14], recorded[2]
        told["seconds"] = 134.0
        told["stopped_at"] = told["started_at"] + 134.0
        for place, row in enumerate(heard):
            row["status"] = "pending"
            silent = (68.0, 83.0) if row is told else None
            self._sound(row, place, silent)
            row["seconds"] = None
        self.recordings = [row["id"] for row in heard]
        self._marks(told)
        self.rows[AgentStateLogRow].sort(key=lambda row: row["at"])
        async with database.engine.begin() as connection:
            for model, rows in self.rows.items():
                table = model.__table__
                assert isinstance(table, Table)
                names = {name for row in rows for name in row}
                whole = [{name: row.get(name) for name in names} for row in rows]
                for begin in range(0, len(whole), 1000):
                    await connection.execute(insert(table), whole[begin : begin + 1000])

    def _marks(self, told: Row) -> None:
        """Where it was paused for a card number, where it was held, and what was said of it."""
        of, at = {"interaction_id": told["interaction_id"]}, told["started_at"]
        for row in self.rows[Segment]:
            if row["interaction_id"] == of["interaction_id"] and row["kind"] == "talk":
                row["seconds"], row["ended_at"] = 134.0, at + 134.0
        self.rows[Segment].append(
            {"id": stable_id(told["id"], "hold"), **of, "kind": "hold", "leg_id": told["leg_id"]}
            | {"started_at": at + 102, "ended_at": at + 113, "ended": True, "seconds": 11.0}
        )
        self.rows[RecordingSpan].append(
            {"id": stable_id(told["id"], "pause"), **of, "leg_id": told["leg_id"], "pbx": PBX}
            | {"kind": "pause", "reasons": ["agent"], "user_id": self.office.users["support"]}
            | {"started_at": at + 68, "ended_at": at + 83}
        )
        by = {"author_id": self.office.users["supervisor"], "created_at": time.time() - 1200}
        self.rows[RecordingComment] += [
            {"recording_id": told["id"], "at": when, "text": text, **by} for when, text in COMMENTS
        ]

    def _sound(self, row: Row, seed: int, silent: tuple[float, float] | None) -> None:
        """Two who take turns, the customer left and the agent right."""
        voices = [from_mulaw(voice(seed * 2 + side)) for side in (0, 1)]
        total = round(row["seconds"] * RATE)
        both = array.array("h", bytes(4 * total))
        at, side = 0, 1
        while at < total:
            length = min(total - at, round(self.dice.uniform(1.5, 7.0) * RATE))
            start = self.dice.randrange(RATE)
            said = voices[side] * (length // len(voices[side]) + 2)
            both[2 * at + side : 2 * (at + length) : 2] = array.array(
                "h", said[start : start + length]
            )
            at, side = at + length + round(self.dice.uniform(0.1, 0.8) * RATE), 1 - side
        if silent:
            begins, ends = (2 * round(one * RATE) for one in silent)
            both[begins:ends] = array.array("h", bytes(2 * (ends - begins)))
        path = Path(self.office.config.recordings.folder) / row["file"]
        with wave.open(str(path), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(both.tobytes())

    async def _scores(self, database: Database) -> None:
        """Three calls of each agent a week, better from week to week."""
        user = self.office.users["supervisor"]
        old = sorted(
            (row for row in self.rows[Recording] if row["status"] == "ready"),
            key=lambda row: row["started_at"],
        )
        chosen: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for row in old:
            week = int((row["started_at"] + ZONE) // 86_400 - 4) // 7
            if len(chosen[row["agent_id"], week]) < 3:
                chosen[row["agent_id"], week].append(row)
        async with database.session() as session:
            made = await sheets.create_sheet(session, SHEET, user=user, now=old[0]["started_at"])
            self.sheet = made.id
            for rows in chosen.values():
                for row in rows:
                    now = row["stopped_at"] + 86_400
                    score = await service.open_score(
                        session, row["id"], self.sheet, evaluator=user, now=now
                    )
                    content = self._scored((row["started_at"] - old[0]["started_at"]) / 86_400)
                    await service.submit(session, score, content, version=1, user=user, now=now)
            await session.commit()

    def _scored(self, day: float) -> ScoreContent:
        def scale() -> Answer:
            return Answer(value=min(5, max(1, round(self.dice.gauss(3.4 + day / 25, 0.8)))))

        answers = {
            "q1": Answer(value=int(self.dice.random() < 0.9)),
            "q2": Answer(value=int(self.dice.random() < 0.97)),
            "q3": scale(),
            "q4": scale(),
            "q5": Answer(value=self.dice.choice((0, 0, 0, 1, 2))),
            "q6": scale(),
        }
        return ScoreContent(answers=answers, remarks=(Remark(4.0, "语气亲切"),), summary="")
