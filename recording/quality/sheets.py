"""Keeps score sheets and every version of them; the caller owns the transaction."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, structs
from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from recording.quality import rules
from recording.quality.names import user_names
from recording.quality.rules import MOST_QUESTIONS, PassMark, Question
from recording.quality.tables import QualitySheet, QualitySheetVersion
from recording.quality.text import line, optional_line, optional_paragraphs
from recording.queries import table_of

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Questions = Annotated[tuple[Question, ...], Meta(min_length=1, max_length=MOST_QUESTIONS)]

_sheets = table_of(QualitySheet)
_versions = table_of(QualitySheetVersion)


class SheetContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a version holds. `pass_mark`: percent from which a score passes."""

    name: str
    introduction: str = ""
    pass_mark: int | None = None
    questions: tuple[Question, ...]


class SheetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sheet as it is written; a question without a key is new."""

    name: Name
    active: bool = True
    introduction: Annotated[str, Meta(max_length=2000)] = ""
    pass_mark: PassMark | None = None
    questions: Questions


class SheetView(SheetBody, frozen=True, kw_only=True):
    id: int
    version: int


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet as it was. `made_by`: the name of who wrote it so."""

    version: int
    made_at: float
    made_by: str | None
    content: SheetContent


class ChangedMeanwhile(Conflict):
    """Somebody was faster; `values` holds what is there now."""

    def __init__(self, now: msgspec.Struct) -> None:
        super().__init__("somebody else changed this meanwhile", field="version")
        self.values = {"now": msgspec.to_builtins(now)}


async def list_sheets(session: AsyncSession) -> list[SheetView]:
    """By name, retired ones too."""
    query = _current().order_by(_sheets.c.name, _sheets.c.id)
    return [_view(row) for row in await session.execute(query)]


async def get_sheet(session: AsyncSession, sheet: int) -> SheetView:
    """NotFound."""
    row = (await session.execute(_current().where(_sheets.c.id == sheet))).one_or_none()
    if row is None:
        raise NotFound("there is no such sheet")
    return _view(row)


async def content_of(session: AsyncSession, sheet: int, version: int) -> SheetContent:
    """A sheet as it was. NotFound."""
    found = await session.scalar(
        select(_versions.c.content).where(
            _versions.c.sheet_id == sheet, _versions.c.version == version
        )
    )
    if found is None:
        raise NotFound("there is no such version of the sheet")
    return msgspec.convert(found, SheetContent)


async def list_versions(session: AsyncSession, sheet: int) -> list[VersionView]:
    """Newest first. NotFound."""
    await get_sheet(session, sheet)
    query = select(_versions).where(_versions.c.sheet_id == sheet)
    rows = (await session.execute(query.order_by(_versions.c.version.desc()))).all()
    names = await user_names(session, {row.made_by for row in rows})
    return [
        VersionView(
            version=row.version,
            made_at=row.made_at,
            made_by=names.get(row.made_by),
            content=msgspec.convert(row.content, SheetContent),
        )
        for row in rows
    ]


async def create_sheet(
    session: AsyncSession, body: SheetBody, *, user: int, now: float
) -> SheetView:
    """InvalidInput names a field."""
    content, last = _checked(body, ever=0)
    made = await session.execute(
        insert(_sheets)
        .values(name=content.name, active=body.active, last_key=last)
        .returning(_sheets.c.id)
    )
    sheet = int(made.scalar_one())
    await _write(session, sheet, 1, content, user=user, now=now)
    return await get_sheet(session, sheet)


async def change_sheet(
    session: AsyncSession, sheet: int, body: SheetBody, *, version: int, user: int, now: float
) -> SheetView:
    """A new version; scores keep theirs. ChangedMeanwhile, InvalidInput, NotFound."""
    before = await get_sheet(session, sheet)
    last = await session.scalar(select(_sheets.c.last_key).where(_sheets.c.id == sheet))
    content, last = _checked(body, ever=last or 0)
    values = {"name": content.name, "active": body.active, "last_key": last}
    done = await session.execute(
        update(_sheets)
        .where(_sheets.c.id == sheet, _sheets.c.version == version)
        .values(**values, version=version + 1)
        .returning(_sheets.c.id)
    )
    if done.one_or_none() is None:
        raise ChangedMeanwhile(before)
    await _write(session, sheet, version + 1, content, user=user, now=now)
    return await get_sheet(session, sheet)


def _checked(body: SheetBody, *, ever: int) -> tuple[SheetContent, int]:
    """`ever`: the last number that a question of this sheet was given."""
    for place, one in enumerate(body.questions):
        if one.key is not None and int(one.key[1:]) > ever:
            raise InvalidInput("this sheet never had it", field=f"questions[{place}].key")
    cleaned = [_cleaned(one, f"questions[{place}]") for place, one in enumerate(body.questions)]
    rules.check_sheet(cleaned)
    questions, last = rules.with_keys(cleaned, ever)
    content = SheetContent(
        name=line(body.name, "name"),
        introduction=optional_paragraphs(body.introduction, "introduction"),
        pass_mark=body.pass_mark,
        questions=questions,
    )
    return content, last


def _cleaned(one: Question, at: str) -> Question:
    choices = (
        structs.replace(choice, label=line(choice.label, f"{at}.choices[{place}].label"))
        for place, choice in enumerate(one.choices)
    )
    return structs.replace(
        one,
        text=line(one.text, f"{at}.text"),
        section=optional_line(one.section, f"{at}.section"),
        help=optional_paragraphs(one.help, f"{at}.help"),
        choices=tuple(choices),
    )


async def _write(
    session: AsyncSession, sheet: int, version: int, content: SheetContent, *, user: int, now: float
) -> None:
    row = {"sheet_id": sheet, "version": version, "made_at": now, "made_by": user}
    await session.execute(insert(_versions).values(**row, content=msgspec.to_builtins(content)))


def _current() -> Select[Any]:
    return select(_sheets.c.id, _sheets.c.active, _sheets.c.version, _versions.c.content).join(
        _versions,
        (_versions.c.sheet_id == _sheets.c.id) & (_versions.c.version == _sheets.c.version),
    )


def _view(row: Row[Any]) -> SheetView:
    content = msgspec.convert(row.content, SheetContent)
    plain = structs.asdict(content)
    return SheetView(**plain, id=row.id, active=row.active, version=row.version)
