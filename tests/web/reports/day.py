"""A made-up day of a call center as rows: everything that reports have to get right, and oddities.

It is written straight into the tables, from random numbers with a seed; times are whole
microseconds, as the PBX gives them.
"""
# ruff: noqa: S608 - every word of this SQL stands in this file

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from sqlalchemy import Table, insert, text

from callcenter.store.base import Base
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg, Offer, Segment, Transfer
from recording.quality.tables import QualityScore, QualitySheet
from routing.tables import Agent, AgentInterface, AgentStateLogRow
from routing.work_tables import Callback, CallbackAttempt, InteractionDisposition, Satisfaction
from web.auth.tables import Team, TeamMember, User

Row = dict[str, Any]
QUEUES = ("sales", "support", "客服", "vip")
DISPOSITIONS = ("order", "complaint", "question")
AGENTS = 24
USER = 1000  # the user of an agent, less the agent
PBX = "pbx"
OUTCOMES = ("answered", "rejected", "busy", "timed_out", "caller_gone", "failed")
LEFT = ("timed_out", "empty", "key_exit", "withdrawn", "callback", "overflow", "lost")


def _id(*parts: object) -> str:
    return md5(":".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


@dataclass
class Day:
    """`begin` and `end`: the seconds between which calls come in."""

    begin: int
    end: int
    calls: int
    seed: int = 1
    rows: dict[type[Base], list[Row]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - not a secret
        self.log: dict[int, list[tuple[float, str, list[str], str | None]]] = defaultdict(list)
        self.numbers = [f"+49301{number:06}" for number in range(max(10, self.calls // 3))]
        for number in range(self.calls):
            self._call(number)
        self._shifts()
        self._callbacks()
        self._quality()

    # --- helpers ----------------------------------------------------------------------------

    def _after(self, at: float, least: float, most: float) -> float:
        return (
            round(at * 1_000_000) + self.random.randint(int(least * 1e6), int(most * 1e6))
        ) / 1e6

    def _moment(self) -> float:
        """Often on a border of quarter hours, hours and days, or a microsecond beside it."""
        whole = self.random.randrange(self.begin, self.end)
        if self.random.random() < 0.05:
            whole -= whole % self.random.choice((900, 3600))
            return (whole * 1_000_000 + self.random.choice((-1, 0, 1))) / 1e6
        return (whole * 1_000_000 + self.random.randrange(1_000_000)) / 1e6

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _agent(self) -> int:
        return self.random.randint(1, AGENTS)

    # --- one call ---------------------------------------------------------------------------

    def _call(self, number: int) -> None:
        call, at = _id(self.seed, "call", number), self._moment()
        direction = self.random.choices(("inbound", "outbound", "internal"), (85, 10, 5))[0]
        merged = _id(self.seed, "part", number) if self._chance(0.03) else None
        self.rows[Interaction].append(
            {
                "id": call,
                "pbx": PBX,
                "direction": direction,
                "caller_e164": None if self._chance(0.1) else self.random.choice(self.numbers),
                "started_at": at,
                "answered": True,
                "end_reason": "completed",
                "estimated": False,
            }
        )
        if merged:
            self.rows[Interaction].append(
                {"id": merged, "pbx": PBX, "direction": "internal", "started_at": at + 1.0,
                 "answered": True, "end_reason": "completed", "merged_into": call,
                 "caller_e164": None, "estimated": False}
            )  # fmt: skip
        story = _Call(self, call, merged, direction)
        if direction == "inbound":
            story.queue(self._after(at, 0, 30), stops=2)
        else:
            agent = self._agent()
            story.talk(self._after(at, 1, 20), agent, None, outgoing=direction == "outbound",
                       internal=direction == "internal")  # fmt: skip

    # --- what is around calls ---------------------------------------------------------------

    def _shifts(self) -> None:
        for agent in range(1, AGENTS + 1):
            log = self.log[agent]
            for _ in range(25):
                reasons = self.random.sample(["lunch", "no_answer", "training"], 2)
                log.append((self._moment(), "not_ready", sorted(reasons), None))
                log.append((self._moment(), "ready", [], None))
            log.append((self.begin - 7200.0, "ready", [], None))
            log.append((self._moment(), "offline", [], None))
            log.append((self.end + 3 * 3600.0, "offline", [], None))
        entries = sorted(
            (at, agent, state, reasons, call)
            for agent, log in self.log.items()
            for at, state, reasons, call in log
        )
        self.rows[AgentStateLogRow] = [
            {"agent_id": agent, "at": at, "state": state, "reasons": reasons,
             "interaction_id": call}
            for at, agent, state, reasons, call in entries
        ]  # fmt: skip

    def _callbacks(self) -> None:
        states = ("waiting", "done", "failed", "cancelled")
        for number in range(self.calls // 25):
            at, state = self._moment(), self.random.choice(states)
            self.rows[Callback].append(
                {"id": number + 1, "contact": f"c{number}", "number": "1", "state": state,
                 "queue": self.random.choice(QUEUES), "joined_at": at, "requested_by": "caller",
                 "created_at": at, "next_at": at}
            )  # fmt: skip
            for attempt in range(self.random.randint(0, 3)):
                self.rows[CallbackAttempt].append(
                    {"callback_id": number + 1, "number": attempt + 1, "agent_id": self._agent(),
                     "at": self._moment(),
                     "result": self.random.choice(("answered", "no_answer", None))}
                )  # fmt: skip

    def _quality(self) -> None:
        states = ("assigned", "submitted", "acknowledged", "disputed", "decided", "dropped")
        for number in range(200):
            self.rows[QualityScore].append(
                {"recording_id": _id(self.seed, "recording", number), "sheet_id": 1,
                 "agent_id": self._agent(), "recorded_at": self._moment(),
                 "state": self.random.choice(states), "created_at": float(self.begin),
                 "score": None if self._chance(0.2) else self.random.randint(0, 10_000) / 100}
            )  # fmt: skip

    async def write(self, database: Database) -> None:
        async with database.engine.begin() as connection:
            agents = range(1, AGENTS + 1)
            first: list[tuple[type[Base], list[Row]]] = [
                (User, [_user(agent) for agent in agents]),
                (Team, [_team(1, "north", None), _team(2, "south", None)]),
                (
                    TeamMember,
                    [{"user_id": USER + one, "team_id": 1 + one % 2} for one in agents if one < 20],
                ),
                (
                    Agent,
                    [{"id": one, "user_id": USER + one, "name": f"座席 {one}"} for one in agents],
                ),
                (AgentInterface, [_phone(one) for one in agents]),
                (QualitySheet, [{"id": 1, "name": "sheet"}]),
            ]
            for model, rows in first:
                await connection.execute(insert(_table(model)), rows)
            # One telephone changed hands in the middle.
            noon = self.begin + (self.end - self.begin) // 2
            moment = "to_timestamp(:at)" if database.dialect == "postgresql" else ":at"
            for sql in (
                f"UPDATE report_phones SET until = {moment} WHERE agent_id = 3",
                "INSERT INTO report_phones (pbx, interface, agent_id, since) "
                f"VALUES ('pbx', 'PJSIP/1003', 4, {moment})",
            ):
                await connection.execute(text(sql), {"at": noon})
            for model, rows in self.rows.items():
                names = sorted({name for row in rows for name in row})
                whole = [{name: row.get(name) for name in names} for row in rows]
                for place in range(0, len(whole), 1000):
                    some = whole[place : place + 1000]
                    await connection.execute(insert(_table(model)), some)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _user(number: int) -> Row:
    return {"id": USER + number, "username": f"user{number}", "username_key": f"user{number}",
            "display_name": f"User {number}", "password_hash": "x", "language": "en",
            "theme": "light", "created_at": 0.0}  # fmt: skip


def _team(number: int, name: str, parent: int | None) -> Row:
    return {"id": number, "name": name, "name_key": name, "parent_id": parent, "created_at": 0.0}


def _phone(agent: int) -> Row:
    return {"pbx": PBX, "interface": f"PJSIP/10{agent:02}", "agent_id": agent}


@dataclass
class _Call:
    """One call being made up; it remembers how many of each it has."""

    day: Day
    id: str
    merged: str | None
    direction: str
    count: int = 0

    def _new(self, kind: str) -> str:
        self.count += 1
        return _id(self.id, kind, self.count)

    def _add(self, model: type[Base], **values: Any) -> None:
        self.day.rows[model].append({"interaction_id": self.id, **values})

    def queue(self, at: float, stops: int) -> None:
        """A stay in a queue, and what follows."""
        day, name = self.day, self.day.random.choice(QUEUES)
        entry = self._new("entry")
        waited = day.random.choice((5.0, 20.0, day._after(0, 0, 90), day._after(0, 0, 15)))
        how = day.random.choices(("answered", "abandoned", "other", "open"), (70, 15, 13, 2))[0]
        if how == "other":
            how = day.random.choice(LEFT)
        self._offers(entry, name, at, answered=how == "answered")
        open_ = how == "open"
        self._add(
            Segment, id=entry, kind="queue", queue=name, started_at=at,
            threshold=day.random.choice((20.0, 10.0, None)),
            short_threshold=day.random.choice((5.0, 8.0, None)),
            ended_at=None if open_ else day._after(at + waited, 0, 0), ended=not open_,
            seconds=None if open_ else waited, exit=None if open_ else how,
        )  # fmt: skip
        if how == "answered":
            stranger = day._chance(0.02)
            agent = 0 if stranger else day._agent()
            self.talk(day._after(at + waited, 0, 0.01), agent, entry, stops=stops)
        elif how in {"timed_out", "overflow"} and stops > 1:
            self.queue(day._after(at + waited, 0, 1), stops - 1)

    def _offers(self, entry: str, queue: str, at: float, *, answered: bool) -> None:
        day = self.day
        results = day.random.choices(OUTCOMES[1:], k=day.random.randint(0, 2))
        for result in [*results, *(["answered"] if answered else [])]:
            begun = day._after(at, 0, 20)
            self._add(
                Offer, id=self._new("offer"), queue=queue, entry_id=entry,
                channel="PJSIP/x", interface=f"PJSIP/10{day._agent():02}",
                started_at=begun, result=result,
                rang=None if day._chance(0.05) else day._after(0, 0, 25),
            )  # fmt: skip

    def talk(  # noqa: PLR0917 - a story's telling
        self, at: float, agent: int, entry: str | None, stops: int = 1, outgoing: bool = False,
        internal: bool = False,
    ) -> None:  # fmt: skip
        """The agent speaks with the customer, holds, consults, transfers, wraps up, says how."""
        day = self.day
        leg = self._new("leg")
        phone = f"PJSIP/10{agent:02}" if agent else "PJSIP/9999"
        seconds = None if day._chance(0.02) else day._after(0, 1, 400)
        ended = day._after(at + (seconds or 60.0), 0, 0)
        self._add(Leg, id=leg, pbx=PBX, boot="1", uniqueid=leg, channel=f"{phone}-{leg[:8]}",
                  interface=phone, started_at=at, ended=True)  # fmt: skip
        other = f"PJSIP/10{day._agent():02}" if internal else "PJSIP/trunk"
        ours, theirs = {"leg_id": leg, "interface": phone}, {"interface": other}
        a, b = (ours, theirs) if outgoing or internal else (theirs, ours)
        self._add(
            Segment, id=self._new("talk"), kind="talk", entry_id=entry, started_at=at,
            ended_at=ended, ended=True, seconds=seconds, leg_id=a.get("leg_id"),
            interface=a["interface"], other_leg_id=b.get("leg_id"), other_interface=b["interface"],
        )  # fmt: skip
        for _ in range(day.random.choice((0, 0, 0, 1, 2))):
            begun = day._after(at, 0, (seconds or 60.0) * 0.9)
            lasts = day._after(0, 1, 60)
            self._add(Segment, id=self._new("hold"), kind="hold", leg_id=leg, started_at=begun,
                      ended_at=None if day._chance(0.03) else day._after(begun + lasts, 0, 0),
                      ended=True)  # fmt: skip
        if agent:
            self._rest(at, ended, agent, leg, entry, stops)

    def _rest(  # noqa: PLR0917 - by name
        self, at: float, ended: float, agent: int, leg: str, entry: str | None, stops: int
    ) -> None:
        day = self.day
        if day._chance(0.1):
            self._consult(at, agent)
        if day._chance(0.15) and stops:
            kind = day.random.choice(("blind", "attended", "blonde", "pickup", "forward"))
            result = "answered" if day._chance(0.8) else "rejected"
            channel = f"PJSIP/10{agent:02}-{leg[:8]}"
            self._add(Transfer, id=self._new("transfer"), kind=kind, by=channel, moved="x",
                      to="1001", result=result, at=day._after(at, 0, 100))  # fmt: skip
            if result == "answered":
                if day._chance(0.4) and stops > 1:
                    self.queue(day._after(ended, 0, 1), stops - 1)
                else:
                    self.talk(day._after(ended, 0, 1), day._agent(), None, stops=stops - 1)
        if day._chance(0.8):
            of = self.merged if self.merged and day._chance(0.5) else self.id
            over = day._after(ended, 0, 2)
            log = day.log[agent]
            log.append((over, "wrap_up", [], of))
            if day._chance(0.2):
                log.append((day._after(over, 1, 20), "wrap_up", ["lunch"], of))
            log.append((day._after(over, 20, 120), "ready", [], None))
            log.append((at, "busy", [], of))
        self._word(ended, agent)

    def _consult(self, at: float, agent: int) -> None:
        day, other = self.day, self.day._agent()
        begun, seconds = day._after(at, 1, 30), day._after(0, 1, 30)
        self._add(
            Segment, id=self._new("talk"), kind="talk", started_at=begun, ended=True,
            ended_at=day._after(begun + seconds, 0, 0), seconds=seconds, leg_id=self._new("leg"),
            interface=f"PJSIP/10{agent:02}", other_leg_id=self._new("leg"),
            other_interface=f"PJSIP/10{other:02}",
        )  # fmt: skip

    def _word(self, ended: float, agent: int) -> None:
        """What the agent says of it, and the customer; each once."""
        day = self.day
        said = {
            (row["interaction_id"], row["agent_id"])
            for row in day.rows[InteractionDisposition][-4:]
        }
        if day._chance(0.6) and (self.id, agent) not in said:
            self._add(InteractionDisposition, agent_id=agent, at=ended,
                      disposition=day.random.choice(DISPOSITIONS))  # fmt: skip
        scored = {row["interaction_id"] for row in day.rows[Satisfaction][-2:]}
        if day._chance(0.2) and self.id not in scored:
            self._add(Satisfaction, agent_id=None if day._chance(0.05) else agent,
                      queue=day.random.choice((*QUEUES, None)), score=day.random.randint(1, 5),
                      at=day._after(ended, 0, 40))  # fmt: skip
