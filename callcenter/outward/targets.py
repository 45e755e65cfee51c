"""Who is told what, as rows and as the live parts need it; the caller owns the transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.outward import outbox, signing
from callcenter.outward.addresses import shown
from callcenter.outward.backoff import Kind
from callcenter.outward.catalogue import BY_NAME
from callcenter.outward.tables import WebhookRow
from callcenter.secrets import Box, Unreadable

MOST = 50  # targets
OVERLAP = 86_400.0  # seconds for which a secret that was replaced still signs

Format = Literal["json", "form"]
OffReason = Literal["person", "failing", "gone", "backlog"]


@dataclass(frozen=True, slots=True)
class Target:
    """One that is told. `secrets` sign, the newest first."""

    id: int
    kind: Kind
    url: str = field(repr=False)
    format: Format
    events: frozenset[str]
    internal: bool
    secrets: tuple[str, ...] = field(repr=False)
    failing_since: float | None


class WebhookView(msgspec.Struct, frozen=True):
    """A target. `address` leaves out what may be a secret. `failing_since`: nothing arrives since.

    `off_reason`: who or what switched it off: person, failing, gone (it said so), backlog.
    """

    id: int
    kind: Kind
    name: str
    address: str
    format: Format
    events: list[str]
    internal: bool
    active: bool
    off_reason: OffReason | None
    off_at: float | None
    failing_since: float | None
    succeeded_at: float | None
    created_at: float
    old_secret_until: float | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a target is to be; `url` None: as it was."""

    name: str
    url: str | None
    format: Format
    events: Sequence[str]
    internal: bool
    active: bool


def check(kind: Kind, wanted: Wanted) -> None:
    """InvalidInput names what makes no sense."""
    for place, name in enumerate(wanted.events):
        if name not in BY_NAME:
            raise InvalidInput(f"there is no {name!r}", field=f"events[{place}]")
    if kind == "webhook" and not wanted.events:
        raise InvalidInput("choose at least one", field="events")
    if kind == "cti" and wanted.events:
        raise InvalidInput("the protocol says what a helpdesk is told", field="events")
    if kind == "webhook" and wanted.format != "json":
        raise InvalidInput("messages of webhooks are JSON", field="format")


async def create(
    session: AsyncSession, box: Box, kind: Kind, wanted: Wanted, *, now: float
) -> tuple[int, str | None]:
    """(its id, the secret, which is shown this once). Conflict when there are too many."""
    if wanted.url is None:
        raise InvalidInput("is needed", field="url")
    check(kind, wanted)
    if (await session.scalar(select(func.count()).select_from(WebhookRow)) or 0) >= MOST:
        raise Conflict(f"there are {MOST} already")
    row = WebhookRow(
        kind=kind,
        url="",
        address=shown(wanted.url),
        created_at=now,
        **_values(wanted),
        **_switched(wanted.active, now),
    )
    session.add(row)
    await session.flush()
    row.url = box.seal(wanted.url, _about(row.id, "url"))
    secret = None
    if kind == "webhook":
        secret = signing.written(secrets.token_bytes(signing.SECRET_BYTES))
        row.secret = box.seal(secret, _about(row.id, "secret"))
    await session.flush()
    return row.id, secret


async def change(session: AsyncSession, box: Box, id_: int, wanted: Wanted, *, now: float) -> None:
    """NotFound, InvalidInput. Switching it on forgets that it failed."""
    row = await _row(session, id_)
    check(_kind(row), wanted)
    for name, value in _values(wanted).items():
        setattr(row, name, value)
    if wanted.url is not None:
        row.url, row.address = box.seal(wanted.url, _about(id_, "url")), shown(wanted.url)
    if wanted.active != row.active:
        for name, value in _switched(wanted.active, now).items():
            setattr(row, name, value)
        row.failing_since = None
    await session.flush()


def _values(wanted: Wanted) -> dict[str, Any]:
    events = [name for name in BY_NAME if name in wanted.events]
    return {
        "name": wanted.name,
        "format": wanted.format,
        "events": events,
        "internal": wanted.internal,
    }


def _switched(active: bool, now: float) -> dict[str, Any]:
    off: dict[str, Any] = {"off_reason": "person", "off_at": now}
    return {"active": active, **({"off_reason": None, "off_at": None} if active else off)}


async def remove(session: AsyncSession, id_: int) -> None:
    await _row(session, id_)
    await session.execute(delete(WebhookRow).where(WebhookRow.id == id_))


async def rotate(session: AsyncSession, box: Box, id_: int, *, now: float) -> str:
    """A new secret, shown this once; the old one signs beside it for a day."""
    row = await _row(session, id_)
    if _kind(row) != "webhook":
        raise Conflict("helpdesks are told without a signature")
    secret = signing.written(secrets.token_bytes(signing.SECRET_BYTES))
    try:
        old = box.open(row.secret or "", _about(id_, "secret"))
        row.old_secret = box.seal(old, _about(id_, "old_secret"))
        row.old_until = now + OVERLAP
    except Unreadable:  # the key is gone: nothing can be signed with the old one any more
        row.old_secret, row.old_until = None, None
    row.secret = box.seal(secret, _about(id_, "secret"))
    await session.flush()
    return secret


async def switch_off(session: AsyncSession, id_: int, reason: OffReason, *, now: float) -> None:
    row = await session.get(WebhookRow, id_, populate_existing=True)
    if row is not None and row.active:
        row.active, row.off_reason, row.off_at = False, reason, now


async def failed(session: AsyncSession, id_: int, *, now: float) -> float | None:
    """Since when nothing has arrived, with now; None when the target is gone."""
    row = await session.get(WebhookRow, id_, populate_existing=True)
    if row is None:
        return None
    if row.failing_since is None:
        row.failing_since = now
    return row.failing_since


async def succeeded(session: AsyncSession, id_: int, *, now: float) -> None:
    row = await session.get(WebhookRow, id_, populate_existing=True)
    if row is not None:
        row.failing_since, row.succeeded_at = None, now


async def views(session: AsyncSession, *, now: float) -> list[WebhookView]:
    counts = await outbox.counts(session)
    rows = await session.scalars(
        select(WebhookRow).order_by(WebhookRow.name, WebhookRow.id).limit(MOST)
    )
    return [_view(row, counts.get(row.id, {}), now) for row in rows]


async def view(session: AsyncSession, id_: int, *, now: float) -> WebhookView:
    row = await _row(session, id_)
    return _view(row, (await outbox.counts(session)).get(id_, {}), now)


async def load(
    session: AsyncSession, box: Box, *, now: float, only: int | None = None
) -> tuple[list[Target], list[int]]:
    """(those that are told, the ids of those whose secrets cannot be read); `only` even if off."""
    query = select(WebhookRow).where(WebhookRow.active if only is None else WebhookRow.id == only)
    found, unreadable = [], []
    for row in await session.scalars(query.order_by(WebhookRow.id)):
        try:
            found.append(_target(row, box, now))
        except Unreadable:
            unreadable.append(row.id)
    return found, unreadable


def _target(row: WebhookRow, box: Box, now: float) -> Target:
    keys = []
    if row.secret is not None:
        keys.append(box.open(row.secret, _about(row.id, "secret")))
    if row.old_secret is not None and (row.old_until or 0.0) > now:
        keys.append(box.open(row.old_secret, _about(row.id, "old_secret")))
    return Target(
        id=row.id,
        kind=_kind(row),
        url=box.open(row.url, _about(row.id, "url")),
        format=msgspec.convert(row.format, Format),
        events=frozenset(row.events),
        internal=row.internal,
        secrets=tuple(keys),
        failing_since=row.failing_since,
    )


def _view(row: WebhookRow, counts: dict[str, int], now: float) -> WebhookView:
    old = row.old_until is not None and row.old_until > now
    return WebhookView(
        id=row.id,
        kind=_kind(row),
        name=row.name,
        address=row.address,
        format=msgspec.convert(row.format, Format),
        events=row.events,
        internal=row.internal,
        active=row.active,
        off_reason=msgspec.convert(row.off_reason, OffReason | None),
        off_at=row.off_at,
        failing_since=row.failing_since,
        succeeded_at=row.succeeded_at,
        created_at=row.created_at,
        old_secret_until=row.old_until if old else None,
        waiting=counts.get("waiting", 0),
        dead=counts.get("dead", 0),
    )


def _kind(row: WebhookRow) -> Kind:
    kind: Kind = msgspec.convert(row.kind, Kind)
    return kind


def _about(id_: int, what: str) -> str:
    return f"webhook/{id_}/{what}"


async def _row(session: AsyncSession, id_: int) -> WebhookRow:
    row = await session.get(WebhookRow, id_, populate_existing=True)
    if row is None:
        raise NotFound("there is no such webhook")
    return row
