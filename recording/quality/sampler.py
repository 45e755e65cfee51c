"""Gives out the calls that rules want to have scored: what is due and missing, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.tables import Interaction, Segment
from recording.quality import sampling
from recording.quality.names import AGENTS, SATISFACTION, active
from recording.quality.sampling import Candidate, Span
from recording.quality.sampling_rules import SampleRuleView
from recording.quality.states import OPEN, ScoreState, ScoreStep
from recording.quality.tables import QualityRule, QualityScore, QualityStep
from recording.queries import table_of
from recording.tables import Recording

AT_ONCE = 100  # agents whose calls are looked at together

_scores = table_of(QualityScore)


@dataclass(frozen=True, slots=True)
class Given:
    """A call that is now to be scored."""

    score: int
    recording: str
    agent: int
    evaluator: int | None


async def sample(
    session: AsyncSession, rule: SampleRuleView, *, zone: ZoneInfo, now: float
) -> list[Given]:
    """What is due of this week, and what is still missing of the last one. Lock the rule before."""
    this = sampling.week(sampling.week_of(now, zone), zone)
    last = sampling.week(sampling.week_of(this.begin - 1, zone), zone)
    given: list[Given] = []
    for span in (last, this):
        if rule.since < span.end:
            given += await _sample_week(session, rule, span, now=now)
    return given


async def _sample_week(
    session: AsyncSession, rule: SampleRuleView, span: Span, *, now: float
) -> list[Given]:
    number = sampling.due(rule.per_week, span, now)
    if number == 0:
        return []
    had = await _had(session, rule.id, span)
    agents = await _agents(session, rule)
    wanted = {one: number - had[one] for one in agents if had[one] < number}
    given: list[Given] = []
    for start in range(0, len(wanted), AT_ONCE):
        part = dict(list(wanted.items())[start : start + AT_ONCE])
        rows = await _fitting(session, rule, span, part)
        chosen = sampling.choose(
            (Candidate(row.id, row.agent_id) for row in rows),
            seed=f"{rule.id}/{span.day.isoformat()}",
            wanted=part,
        )
        given += await _give(session, rule, span, chosen, {row.id: row for row in rows}, now=now)
    return given


async def _had(session: AsyncSession, rule: int, span: Span) -> Counter[int]:
    """How many of the week each agent has already; what was dropped is to be filled up."""
    rows = await session.execute(
        select(_scores.c.agent_id, func.count())
        .where(_scores.c.rule_id == rule, _scores.c.week == span.day)
        .where(_scores.c.state != ScoreState.DROPPED)
        .group_by(_scores.c.agent_id)
    )
    return Counter({row[0]: row[1] for row in rows})


async def _agents(session: AsyncSession, rule: SampleRuleView) -> list[int]:
    query = select(AGENTS.c.id).where(AGENTS.c.active).order_by(AGENTS.c.id)
    if rule.agents:
        query = query.where(AGENTS.c.id.in_(rule.agents))
    return list(await session.scalars(query))


async def _fitting(
    session: AsyncSession, rule: SampleRuleView, span: Span, agents: Collection[int]
) -> Sequence[Any]:
    """Recordings of the week that can be heard and that nobody has scored or was to score."""
    r = Recording
    query = (
        select(r.id, r.agent_id, r.interaction_id, r.started_at, r.seconds, Interaction.direction)
        .outerjoin(Interaction, Interaction.id == r.interaction_id)
        .where(r.status == "ready", r.agent_id.in_(agents))
        .where(r.started_at >= span.begin, r.started_at < span.end)
        .where(~select(_scores.c.id).where(_scores.c.recording_id == r.id).exists())
        .where(*_conditions(rule))
    )
    return (await session.execute(query)).all()


def _conditions(rule: SampleRuleView) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if rule.shortest is not None:
        found.append(Recording.seconds >= rule.shortest)
    if rule.longest is not None:
        found.append(Recording.seconds <= rule.longest)
    if rule.directions:
        found.append(Interaction.direction.in_(rule.directions))
    if rule.queues:
        waited = select(Segment.id).where(
            Segment.interaction_id == Recording.interaction_id,
            Segment.kind == "queue",
            Segment.queue.in_(rule.queues),
        )
        found.append(waited.exists())
    if rule.satisfaction_from is not None or rule.satisfaction_to is not None:
        marked = select(SATISFACTION.c.score).where(
            SATISFACTION.c.interaction_id == Recording.interaction_id,
            SATISFACTION.c.score >= (rule.satisfaction_from or 1),
            SATISFACTION.c.score <= (rule.satisfaction_to or 5),
        )
        found.append(marked.exists())
    return found


async def _give(
    session: AsyncSession,
    rule: SampleRuleView,
    span: Span,
    chosen: Sequence[Candidate],
    rows: dict[str, Any],
    *,
    now: float,
) -> list[Given]:
    if not chosen:
        return []
    load = await _load(session, rule.id, span)
    speakers = await _users_of(session, {one.agent for one in chosen})
    there = await active(session, rule.evaluators)
    evaluators = [one for one in rule.evaluators if one in there]
    given: list[Given] = []
    for one in chosen:
        evaluator = sampling.give(evaluators, load, speaker=speakers.get(one.agent))
        score = await assign(
            session, rows[one.recording], rule.sheet,
            evaluator=evaluator, rule=rule.id, span=span, now=now,
        )  # fmt: skip
        if score is not None:
            given.append(Given(score, one.recording, one.agent, evaluator))
            if evaluator is not None:
                load[evaluator] += 1
    return given


async def assign(
    session: AsyncSession,
    recording: Any,
    sheet: int,
    *,
    evaluator: int | None,
    now: float,
    rule: int | None = None,
    span: Span | None = None,
) -> int | None:
    """The new score's id; None when this recording is there already with this sheet."""
    row = {
        "recording_id": recording.id,
        "interaction_id": recording.interaction_id,
        "agent_id": recording.agent_id,
        "recorded_at": recording.started_at if recording.started_at is not None else now,
        "seconds": recording.seconds,
        "direction": recording.direction,
        "sheet_id": sheet,
        "rule_id": rule,
        "week": span.day if span else None,
        "evaluator_id": evaluator,
        "state": ScoreState.ASSIGNED.value,
        "created_at": now,
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    adding = dialect.insert(_scores).values(row).on_conflict_do_nothing()
    made: int | None = await session.scalar(adding.returning(_scores.c.id))
    return made


async def _load(session: AsyncSession, rule: int, span: Span) -> Counter[int]:
    """How many of the week each evaluator was given."""
    rows = await session.execute(
        select(_scores.c.evaluator_id, func.count())
        .where(_scores.c.rule_id == rule, _scores.c.week == span.day)
        .where(_scores.c.evaluator_id.is_not(None))
        .group_by(_scores.c.evaluator_id)
    )
    return Counter({row[0]: row[1] for row in rows})


async def _users_of(session: AsyncSession, agents: Collection[int]) -> dict[int, int]:
    rows = await session.execute(
        select(AGENTS.c.id, AGENTS.c.user_id).where(AGENTS.c.id.in_(agents))
    )
    return {agent: user for agent, user in rows if user is not None}


async def drop_lost(session: AsyncSession, *, now: float, limit: int = 500) -> list[int]:
    """Samples whose recording can no longer be heard: others are chosen instead of them."""
    there = select(Recording.id).where(
        Recording.id == _scores.c.recording_id, Recording.status == "ready"
    )
    lost = (
        select(_scores.c.id)
        .where(_scores.c.state.in_(OPEN), ~there.exists())
        .limit(limit)
        .scalar_subquery()
    )
    done = await session.scalars(
        update(_scores)
        .where(_scores.c.id.in_(lost))
        .values(state=ScoreState.DROPPED.value, version=_scores.c.version + 1)
        .returning(_scores.c.id)
    )
    ids = sorted(done)
    steps = [{"score_id": id_, "at": now, "step": ScoreStep.DROP.value} for id_ in ids]
    if steps:
        await session.execute(insert(table_of(QualityStep)), steps)
    return ids


async def active_rules(session: AsyncSession) -> list[int]:
    """The ids of the rules that are in use."""
    rules = table_of(QualityRule)
    return list(await session.scalars(select(rules.c.id).where(rules.c.active)))
