"""Scores: what is to be scored, the drafts, what agents see and say of it, and the decisions."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from sqlalchemy import Select, select

from callcenter.errors import Forbidden, InvalidInput, NotFound
from callcenter.events import ScoreChanged
from recording.quality import queries, service
from recording.quality.queries import Wanted
from recording.quality.service import Stale
from recording.quality.sheets import ChangedMeanwhile
from recording.quality.states import OPEN, PUBLISHED, ScoreState
from recording.quality.views import Reason, ScoreContent, ScoreRow, ScoreView
from recording.tables import Recording
from web import keys
from web.api import quality_parts as parts
from web.api.quality_days import Day, days_between
from web.api.quality_parts import Version
from web.api.values import Body, Cursor, EventKey, Limit, Page, RowId, View
from web.auth.rights import Right, Scope
from web.routes import Call
from web.scopes import agents

WORK: dict[str, tuple[ScoreState, ...]] = {
    "open": OPEN,
    "disputed": (ScoreState.DISPUTED,),
    "done": (*(one for one in PUBLISHED if one is not ScoreState.DISPUTED), ScoreState.DROPPED),
}


class QualityWorkQuery(Body, frozen=True, kw_only=True):
    """`whose`: given to me, to nobody, or anybody's in reach. Oldest first."""

    state: Literal["open", "disputed", "done"] = "open"
    whose: Literal["mine", "free", "all"] = "mine"
    agent: RowId | None = None
    sheet: RowId | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class ResultQuery(Body, frozen=True, kw_only=True):
    """Newest calls first; `begin` and `end` are days of the installation, the last not included."""

    state: Literal["submitted", "acknowledged", "disputed", "decided"] | None = None
    agent: RowId | None = None
    sheet: RowId | None = None
    recording: EventKey | None = None
    passed: bool | None = None
    begin: Day | None = None
    end: Day | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class CountsView(View, frozen=True):
    """`to_score`: given to me; `free`: to nobody; `results`: mine that I have not answered."""

    to_score: int
    free: int
    disputed: int
    results: int


class NewScore(Body, frozen=True):
    recording: EventKey
    sheet: RowId


class ScoreSent(ScoreContent, frozen=True, kw_only=True):
    version: Version


class Assignment(Body, frozen=True):
    """`evaluator` null: for whoever takes it."""

    version: Version
    evaluator: RowId | None


class DropSent(Body, frozen=True):
    version: Version
    reason: Reason


class VersionSent(Body, frozen=True):
    version: Version


class DisputeSent(Body, frozen=True):
    version: Version
    text: Reason


class DecisionSent(Body, frozen=True):
    """`content`: the answers as they are to be, when the score is changed."""

    version: Version
    decision: Literal["uphold", "change"]
    reason: Reason
    content: ScoreContent | None = None


async def list_quality_work(call: Call, query: QualityWorkQuery) -> Page[ScoreRow]:
    wanted = Wanted(
        states=WORK[query.state],
        agent=query.agent,
        sheet=query.sheet,
        evaluator=call.principal.user if query.whose == "mine" else None,
        free=query.whose == "free",
    )
    page = await queries.list_scores(
        call.db,
        wanted,
        parts.workable(call),
        sort="created_at",
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page(*page)


async def list_quality_results(call: Call, query: ResultQuery) -> Page[ScoreRow]:
    begin, end = days_between(call, query.begin, query.end)
    wanted = Wanted(
        states=PUBLISHED if query.state is None else (ScoreState(query.state),),
        agent=query.agent,
        sheet=query.sheet,
        recording=query.recording,
        passed=query.passed,
        begin=begin,
        end=end,
    )
    page = await queries.list_scores(
        call.db,
        wanted,
        parts.readable(call),
        sort="-recorded_at",
        cursor=query.cursor,
        limit=query.limit,
    )
    return Page(*page)


async def count_quality(call: Call) -> CountsView:
    me, agent = call.principal.user, call.principal.agent
    to_score = free = disputed = 0
    if Right.QUALITY_SCORE in call.principal.rights:
        within = parts.workable(call)
        open_, disputes = Wanted(states=OPEN, evaluator=me), Wanted(states=(ScoreState.DISPUTED,))
        to_score = await queries.count_scores(call.db, open_, within)
        free = await queries.count_scores(call.db, Wanted(states=OPEN, free=True), within)
        disputed = await queries.count_scores(call.db, disputes, within)
    mine = Wanted(states=(ScoreState.SUBMITTED,), agent=agent)
    results = await queries.count_scores(call.db, mine) if agent is not None else 0
    return CountsView(to_score, free, disputed, results)


async def read_score(call: Call, id: RowId) -> ScoreView:
    await queries.get_score(call.db, id, parts.seen(call))
    return await parts.shown(call, id)


async def open_score(call: Call, body: NewScore) -> ScoreView:
    """Score a call that no sample chose; the same again when it is there with this sheet."""
    agent = await _speaker(call, body.recording)
    if agent is not None and agent == call.principal.agent:
        raise Forbidden("nobody scores their own calls")
    score = await service.open_score(
        call.db, body.recording, body.sheet, evaluator=call.principal.user, now=time.time()
    )
    view = await parts.shown(call, score)
    if view.state is ScoreState.ASSIGNED and not view.steps:
        after = {"recording": body.recording, "sheet": body.sheet}
        await call.audit("quality_score.open", f"quality_score/{score}", after=after)
    return view


async def _speaker(call: Call, recording: str) -> int | None:
    """The agent of a recording in reach. NotFound."""
    query = select(Recording.id, Recording.agent_id).where(Recording.id == recording)
    if call.scope is not Scope.ALL:
        found = agents(call.principal, call.scope)
        column = Recording.agent_id
        query = query.where(column.in_(found) if isinstance(found, Select) else column == found)
    row = (await call.db.execute(query)).one_or_none()
    if row is None:
        raise NotFound("no such recording")
    agent: int | None = row.agent_id
    return agent


async def save_score_draft(call: Call, id: RowId, body: ScoreSent) -> ScoreView:
    """Kept for whoever goes on with it; 409 with what is there when somebody was faster."""
    before = await parts.to_score(call, id)
    return await _run(call, before, "draft", service.save, _content(body), version=body.version)


async def submit_score(call: Call, id: RowId, body: ScoreSent) -> ScoreView:
    """Every question is answered; the agent sees it from now on."""
    before = await parts.to_score(call, id)
    return await _run(call, before, "submit", service.submit, _content(body), version=body.version)


async def assign_score(call: Call, id: RowId, body: Assignment) -> ScoreView:
    before = await parts.to_score(call, id)
    if body.evaluator is not None:
        await parts.check_evaluators(call.db, [body.evaluator], "evaluator")
    return await _run(call, before, "assign", service.give, body.evaluator, version=body.version)


async def drop_score(call: Call, id: RowId, body: DropSent) -> ScoreView:
    """It cannot be scored; the sample gets another."""
    before = await parts.to_score(call, id)
    return await _run(call, before, "drop", service.drop, body.reason, version=body.version)


async def acknowledge_score(call: Call, id: RowId, body: VersionSent) -> ScoreView:
    before = await parts.my_result(call, id)
    return await _run(call, before, "acknowledge", service.acknowledge, version=body.version)


async def dispute_score(call: Call, id: RowId, body: DisputeSent) -> ScoreView:
    before = await parts.my_result(call, id)
    return await _run(call, before, "dispute", service.dispute, body.text, version=body.version)


async def decide_score(call: Call, id: RowId, body: DecisionSent) -> ScoreView:
    """The evaluator or another: the score stays, or becomes what the new answers come to."""
    before = await parts.to_score(call, id)
    if body.decision == "uphold":
        given: tuple[Any, ...] = (body.reason,)
        return await _run(call, before, "uphold", service.uphold, *given, version=body.version)
    if body.content is None:
        raise InvalidInput("must not be empty", field="content")
    given = (body.content, body.reason)
    return await _run(call, before, "change", service.change, *given, version=body.version)


def _content(body: ScoreSent) -> ScoreContent:
    return ScoreContent(answers=body.answers, remarks=body.remarks, summary=body.summary)


async def _run(
    call: Call,
    before: ScoreView,
    action: str,
    step: Callable[..., Awaitable[None]],
    *given: Any,
    version: int,
) -> ScoreView:
    """One step of the life of a score, written down; a draft once, when it is begun."""
    user, id_ = call.principal.user, before.id
    try:
        await step(call.db, id_, *given, version=version, user=user, now=time.time())
    except Stale:
        raise ChangedMeanwhile(await parts.shown(call, id_)) from None
    after = await parts.shown(call, id_)
    await call.audit(
        f"quality_score.{action}",
        f"quality_score/{id_}",
        before=parts.facts(before),
        after=parts.facts(after),
    )
    if after.state in PUBLISHED:
        _tell(call, after)
    return after


def _tell(call: Call, score: ScoreView) -> None:
    """The agent's consoles read it again."""
    publish = call.request.app[keys.PUBLISH]
    event = ScoreChanged(
        at=time.time(), score=score.id, agent=score.agent.id, state=score.state.value
    )
    call.then(lambda _: publish(event))
