"""The steps of a score: each locks it, asks the table, writes it down; the caller commits."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput, NotFound
from callcenter.store.tables import Interaction
from recording.quality import names, rules, sampler, states
from recording.quality.sheets import SheetContent, content_of, get_sheet
from recording.quality.states import PUBLISHED, ScoreState, ScoreStep
from recording.quality.tables import QualityAnswer, QualityScore, QualityStep
from recording.quality.text import optional_paragraphs, paragraphs
from recording.quality.views import ScoreContent
from recording.queries import table_of
from recording.tables import Recording

_scores = table_of(QualityScore)


class Stale(Exception):
    """Somebody else changed this score since it was read; the web says what it is now."""


async def open_score(
    session: AsyncSession, recording: str, sheet: int, *, evaluator: int, now: float
) -> int:
    """Score a call without a sample; its id, also when it is there already with this sheet.

    InvalidInput, NotFound.
    """
    try:
        if not (await get_sheet(session, sheet)).active:
            raise InvalidInput("this sheet is retired", field="sheet")
    except NotFound:
        raise InvalidInput("there is no such sheet", field="sheet") from None
    r = Recording
    row = (
        await session.execute(
            select(
                *(r.id, r.agent_id, r.interaction_id, r.started_at, r.seconds),
                Interaction.direction,
            )
            .outerjoin(Interaction, Interaction.id == r.interaction_id)
            .where(r.id == recording, r.status == "ready")
        )
    ).one_or_none()
    if row is None:
        raise NotFound("no such recording")
    if row.agent_id is None:
        raise InvalidInput("no agent speaks in this recording", field="recording")
    made = await sampler.assign(session, row, sheet, evaluator=evaluator, now=now)
    if made is not None:
        return made
    there = select(_scores.c.id).where(
        _scores.c.recording_id == recording, _scores.c.sheet_id == sheet
    )
    return int((await session.execute(there)).scalar_one())


async def give(
    session: AsyncSession, score: int, evaluator: int | None, *, version: int, user: int, now: float
) -> None:
    """To somebody, or to nobody for whoever takes it. InvalidInput, Stale, StepRefused."""
    if evaluator is not None:
        await names.check_users(session, [evaluator], "evaluator")
    row = await _locked(session, score, version)
    if evaluator is not None and await agents_user(session, row.agent_id) == evaluator:
        raise InvalidInput("nobody scores their own calls", field="evaluator")
    await _step(session, row, ScoreStep.ASSIGN, user=user, now=now, evaluator_id=evaluator)


async def save(
    session: AsyncSession, score: int, content: ScoreContent, *, version: int, user: int, now: float
) -> None:
    """Keep a draft. What nobody has, becomes theirs. InvalidInput, Stale, StepRefused."""
    row = await _locked(session, score, version)
    sheet, number = await _sheet(session, row)
    kept = _checked(sheet, content, row.seconds, complete=False)
    await _step(
        session, row, ScoreStep.SAVE, user=user, now=now, log=row.state != ScoreState.DRAFT,
        evaluator_id=row.evaluator_id or user, sheet_version=number,
        content=msgspec.to_builtins(kept),
    )  # fmt: skip


async def submit(
    session: AsyncSession, score: int, content: ScoreContent, *, version: int, user: int, now: float
) -> None:
    """The agent sees it from now on. InvalidInput names what is missing."""
    row = await _locked(session, score, version)
    sheet, number = await _sheet(session, row)
    kept = _checked(sheet, content, row.seconds, complete=True)
    await _publish(
        session, row, ScoreStep.SUBMIT, sheet, kept,
        user=user, now=now, evaluator_id=user, sheet_version=number, submitted_at=now,
    )  # fmt: skip


async def drop(
    session: AsyncSession, score: int, reason: str, *, version: int, user: int, now: float
) -> None:
    """It cannot be scored; the sample gets another. InvalidInput, Stale, StepRefused."""
    row = await _locked(session, score, version)
    text = paragraphs(reason, "reason")
    await _step(session, row, ScoreStep.DROP, user=user, now=now, text=text, content={})


async def acknowledge(
    session: AsyncSession, score: int, *, version: int, user: int, now: float
) -> None:
    """The agent has seen it. Stale, StepRefused."""
    row = await _locked(session, score, version)
    await _step(session, row, ScoreStep.ACKNOWLEDGE, user=user, now=now)


async def dispute(
    session: AsyncSession, score: int, text: str, *, version: int, user: int, now: float
) -> None:
    """The agent disagrees. InvalidInput, Stale, StepRefused."""
    row = await _locked(session, score, version)
    await _step(session, row, ScoreStep.DISPUTE, user=user, now=now, text=paragraphs(text, "text"))


async def uphold(
    session: AsyncSession, score: int, reason: str, *, version: int, user: int, now: float
) -> None:
    """The score stays as it is. InvalidInput, Stale, StepRefused."""
    row = await _locked(session, score, version)
    text = paragraphs(reason, "reason")
    await _step(session, row, ScoreStep.UPHOLD, user=user, now=now, text=text)


async def change(
    session: AsyncSession,
    score: int,
    content: ScoreContent,
    reason: str,
    *,
    version: int,
    user: int,
    now: float,
) -> None:
    """The agent was right: other answers. What was submitted stays among the steps."""
    row = await _locked(session, score, version)
    text = paragraphs(reason, "reason")
    sheet, _ = await _sheet(session, row)
    kept = _checked(sheet, content, row.seconds, complete=True)
    if msgspec.to_builtins(kept.answers) == row.content.get("answers", {}):
        raise InvalidInput("nothing is different", field="answers")
    await _publish(session, row, ScoreStep.CHANGE, sheet, kept, user=user, now=now, text=text)


async def agents_user(session: AsyncSession, agent: int) -> int | None:
    """The sign-in of who is heard."""
    query = select(names.AGENTS.c.user_id).where(names.AGENTS.c.id == agent)
    user: int | None = await session.scalar(query)
    return user


async def forget(session: AsyncSession, recordings: list[str]) -> int:
    """Take away every word that was written on these calls; the figures stay. How many scores."""
    ids = list(
        await session.scalars(select(_scores.c.id).where(_scores.c.recording_id.in_(recordings)))
    )
    steps = table_of(QualityStep)
    for id_ in ids:
        row = (await session.execute(select(_scores).where(_scores.c.id == id_))).one()
        bare = _without_words(row.content)
        await session.execute(update(_scores).where(_scores.c.id == id_).values(content=bare))
        await session.execute(
            update(steps).where(steps.c.score_id == id_).values(text=None, content=None)
        )
    return len(ids)


def _without_words(content: dict[str, Any]) -> dict[str, Any]:
    found = msgspec.convert(content, ScoreContent)
    answers = {key: structs.replace(one, note="") for key, one in found.answers.items()}
    bare: dict[str, Any] = msgspec.to_builtins(ScoreContent(answers=answers))
    return bare


# --- within -----------------------------------------------------------------------------------


async def _locked(session: AsyncSession, score: int, version: int) -> Row[Any]:
    """NotFound, Stale."""
    query = select(_scores).where(_scores.c.id == score).with_for_update()
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("there is no such score")
    if row.version != version:
        raise Stale
    return row


async def _sheet(session: AsyncSession, row: Row[Any]) -> tuple[SheetContent, int]:
    """The sheet that this score is made with: from the first draft on always the same."""
    number = row.sheet_version or (await get_sheet(session, row.sheet_id)).version
    return await content_of(session, row.sheet_id, number), number


def _checked(
    sheet: SheetContent, content: ScoreContent, seconds: float | None, *, complete: bool
) -> ScoreContent:
    rules.check_answers(sheet.questions, content.answers, complete=complete)
    for place, one in enumerate(content.remarks):
        if seconds is not None and one.at > seconds:
            raise InvalidInput("beyond the end of the recording", field=f"remarks[{place}].at")
    return ScoreContent(
        answers={
            key: structs.replace(one, note=optional_paragraphs(one.note, f"answers.{key}.note"))
            for key, one in content.answers.items()
        },
        remarks=tuple(
            structs.replace(one, text=paragraphs(one.text, f"remarks[{place}].text"))
            for place, one in sorted(enumerate(content.remarks), key=lambda found: found[1].at)
        ),
        summary=optional_paragraphs(content.summary, "summary"),
    )


async def _publish(
    session: AsyncSession,
    row: Row[Any],
    step: ScoreStep,
    sheet: SheetContent,
    content: ScoreContent,
    *,
    user: int,
    now: float,
    text: str | None = None,
    **values: Any,
) -> None:
    """The answers count from now on, instead of those before."""
    result = rules.result_of(sheet.questions, content.answers, sheet.pass_mark)
    written = msgspec.to_builtins(content)
    await _step(
        session, row, step, user=user, now=now, text=text, keep=written, content=written,
        score=result.score, passed=result.passed, knocked_out=bool(result.knocked_out), **values,
    )  # fmt: skip
    answers = table_of(QualityAnswer)
    await session.execute(delete(answers).where(answers.c.score_id == row.id))
    shares = ((one.key, _share(one, content)) for one in sheet.questions)
    rows = [
        {"score_id": row.id, "question": key, "sheet_id": row.sheet_id, "earned": share}
        for key, share in shares
    ]
    await session.execute(insert(answers), rows)


def _share(question: rules.Question, content: ScoreContent) -> float | None:
    share = rules.earned(question, content.answers.get(question.key or "", rules.NOTHING_SAID))
    return None if share is None else float(share)


async def _step(
    session: AsyncSession,
    row: Row[Any],
    step: ScoreStep,
    *,
    user: int,
    now: float,
    text: str | None = None,
    keep: dict[str, Any] | None = None,
    log: bool = True,
    **values: Any,
) -> None:
    """StepRefused. `keep`: what was submitted, kept beside the step; `log` False: no news."""
    state = states.after(ScoreState(row.state), step)
    await session.execute(
        update(_scores)
        .where(_scores.c.id == row.id)
        .values(state=state.value, version=row.version + 1, **values)
    )
    if not log:
        return
    said = {"score_id": row.id, "at": now, "actor_id": user, "step": step.value, "text": text}
    score = values.get("score", row.score) if state in PUBLISHED else None
    await session.execute(insert(table_of(QualityStep)).values(**said, score=score, content=keep))
