"""The rules about recording: as they are stored, and as the calls of this moment ask them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ids import new_id
from callcenter.recordable import Recordable
from callcenter.store.database import Database, in_words
from recording.control_tables import RecordingRule
from recording.rules import Consent, Facts, Mode, PauseOn, Rule, Verdict, decide, to_ask
from recording.tapes import Side, Tape, tape

LOOK = 5.0  # seconds between looks for what another node has changed

AgentOf = Callable[[str, str], int | None]
log = structlog.get_logger(__name__)


async def load_rules(session: AsyncSession) -> list[Rule]:
    """Those in force, in their order."""
    rows = await session.scalars(
        select(RecordingRule)
        .where(RecordingRule.active)
        .order_by(RecordingRule.position, RecordingRule.id)
    )
    return [rule_of(row) for row in rows]


def rule_of(row: RecordingRule) -> Rule:
    return Rule(
        id=row.id,
        name=row.name,
        queues=frozenset(row.queues),
        directions=frozenset(row.directions),
        agents=frozenset(row.agents),
        mode=Mode(row.mode),
        consent=Consent(row.consent),
        announcement=row.announcement,
        opt_out_key=row.opt_out_key,
        pause_seconds=float(row.pause_seconds),
        pause_on=frozenset(PauseOn(one) for one in row.pause_on),
        stereo=row.stereo,
    )


class RuleBook:
    """The rules in memory, kept while the database is away; `folder` is as the PBX names it."""

    def __init__(
        self,
        pbx: str,
        database: Database,
        folder: str,
        agent_of: AgentOf,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pbx = pbx
        self._database = database
        self._folder = folder
        self._agent_of = agent_of
        self._clock = clock
        self._rules: list[Rule] = []
        self._changed = asyncio.Event()

    async def load(self) -> None:
        """Raises what the database raises."""
        async with self._database.reading() as session:
            self._rules = await load_rules(session)

    def reload(self) -> None:
        """Something was changed here."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            try:
                await self.load()
            except Exception as error:  # the old rules stay in force
                log.warning("recording_rules_not_read", error=in_words(error))

    def decide(self, facts: Facts) -> Verdict:
        return decide(self._rules, facts)

    def asks(self, queue: str) -> Rule | None:
        return to_ask(self._rules, Facts("inbound", queue))

    def tape(self, call: Recordable) -> Tape | None:
        agent = call.agent
        if agent is None and call.interface is not None:
            agent = self._agent_of(self._pbx, call.interface)
        verdict = self.decide(Facts(call.direction, call.queue, agent, call.refused))
        if not verdict.records:
            return None
        # Of a call that goes out, the channel that is recorded is the agent's.
        customer: Side = "out" if call.direction == "outbound" else "in"
        return self.new_tape(call.uniqueid, verdict, customer=customer)

    def new_tape(self, uniqueid: str, verdict: Verdict, *, customer: Side = "in") -> Tape:
        stereo = verdict.rule is None or verdict.rule.stereo
        return tape(
            self._folder, uniqueid, new_id()[:16], self._clock(), stereo=stereo, customer=customer
        )


def values_of(rule: RecordingRule) -> dict[str, Any]:
    """Every column, for the audit."""
    return {column.key: getattr(rule, column.key) for column in RecordingRule.__table__.columns}
