"""The audit log: who did what to what, each row sealed by the hash of the one before it.

Rows are only ever added; the databases refuse to change or delete them. Whoever gets around that
breaks the chain, and `broken` tells the first row that does not fit.

What a row says of persons can be taken out of it when a person is erased (`redact`): `before` and
`after` are sealed by a hash over them and a salt, which goes with them, so that nobody can find out
by trying what was there. Who did what to which object, and when, stays, and the chain holds. That
rows were emptied is itself in the log; without it they do not fit (docs/adr/0008).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Index, String, Text, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant

GENESIS = "0" * 64  # what the first row is sealed with
HEAD = 1  # the id of the one row of audit_head
AT_ONCE = 1000  # rows looked at in one go
OBJECT_LIMIT = 128  # characters
REDACTED = "audit.redact"  # the action whose `after` names the rows that were emptied
ROWS_NAMED = 500  # in one such row


class AuditRow(Base):
    """`before` and `after` are JSON as it was sealed, so that not a blank may change."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor_id", "actor", "id"),
        Index("ix_audit_object_id", "object", "id"),
        Index("ix_audit_action_id", "action", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # its place, from 1
    at: Mapped[float] = mapped_column(Instant, index=True)
    # A user's id, kept whatever becomes of the user; null for the system or nobody signed in.
    actor: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(64))  # customer.merge
    object: Mapped[str] = mapped_column(String(OBJECT_LIMIT))  # customer/17
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))  # NULL: emptied, or of the older form
    # Over salt, `before` and `after`. NULL: the older form, whose hash is over them as they are.
    sealed: Mapped[str | None] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain; its row lock puts concurrent writers in line."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class Audited:
    """Something that was done. `at`: seconds since the Unix epoch; `actor`: the user's id.

    `before` and `after` hold what JSON can; of a change only what differs.
    """

    at: float
    actor: int | None
    action: str
    object: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was written, and why it cannot be."""

    row: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rows` that fit; `hash` of the last of them, to be kept somewhere else."""

    rows: int
    hash: str
    broken: Broken | None = None


async def record(session: AsyncSession, entry: Audited) -> None:
    """Append to the log, in the caller's transaction.

    From here to the commit everybody else who records waits: do it last.
    """
    head = (
        await session.execute(
            select(AuditHead.last, AuditHead.hash).where(AuditHead.id == HEAD).with_for_update()
        )
    ).one()
    row = _sealed(entry, head.last + 1, head.hash)
    await session.execute(insert(AuditRow).values(row))
    await session.execute(
        update(AuditHead).where(AuditHead.id == HEAD).values(last=row["id"], hash=row["hash"])
    )


def difference(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of both sides only what is not the same."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


async def verify(session: AsyncSession, *, known: tuple[int, str] | None = None) -> Verdict:
    """Walk the whole chain. `known`: a row and its hash, noted down earlier."""
    rows, seal = 0, GENESIS
    emptied: set[int] = set()
    while True:
        page = await session.scalars(
            select(AuditRow).where(AuditRow.id > rows).order_by(AuditRow.id).limit(AT_ONCE)
        )
        found = page.all()
        for row in found:
            why = _fault(row, rows + 1, seal, known)
            if why is not None:
                return Verdict(rows, seal, Broken(rows + 1, why))
            rows, seal = row.id, row.hash
            _note_emptied(row, emptied)
        session.expunge_all()
        if len(found) < AT_ONCE:
            break
    if emptied:
        return Verdict(rows, seal, Broken(min(emptied), "this row was emptied by no erasure"))
    return Verdict(rows, seal, await _end(session, rows, seal, known))


def _note_emptied(row: AuditRow, emptied: set[int]) -> None:
    """`emptied`: rows of which no later row has said yet that they were."""
    if _is_emptied(row):
        emptied.add(row.id)
    if row.action == REDACTED and row.after is not None:
        emptied -= set(msgspec.json.decode(row.after, type=_Named).rows)


class _Named(msgspec.Struct):
    rows: list[int] = []


def _is_emptied(row: AuditRow) -> bool:
    if row.before is not None or row.after is not None:
        return False
    if row.sealed is not None:
        return row.salt is None
    return row.hash != _hash(row, row.previous)


async def redact(session: AsyncSession, rows: Collection[int], entry: Audited) -> int:
    """Empty these rows of what they say of persons, and write down that it was done.

    `entry` is who does it and for what; its action becomes REDACTED. The number of rows that said
    anything. In the caller's transaction, last, as `record`.
    """
    saying = or_(AuditRow.before.is_not(None), AuditRow.after.is_not(None))
    wanted = sorted(set(rows))
    parts = [wanted[start : start + ROWS_NAMED] for start in range(0, len(wanted), ROWS_NAMED)]
    count = 0
    for part in parts:
        query = select(AuditRow.id).where(AuditRow.id.in_(part), AuditRow.action != REDACTED)
        found = list(await session.scalars(query.where(saying).order_by(AuditRow.id)))
        if not found:
            continue
        await session.execute(
            update(AuditRow)
            .where(AuditRow.id.in_(found))
            .values(before=None, after=None, salt=None)
            .execution_options(synchronize_session=False)
        )
        await record(session, replace(entry, action=REDACTED, before=None, after={"rows": found}))
        count += len(found)
    return count


async def _end(
    session: AsyncSession, rows: int, seal: str, known: tuple[int, str] | None
) -> Broken | None:
    head = (
        await session.execute(select(AuditHead.last, AuditHead.hash).where(AuditHead.id == HEAD))
    ).one_or_none()
    if head is None or (head.last, head.hash) != (rows, seal):
        return Broken(rows + 1, "rows at the end are missing")
    if known is not None and known[0] > rows:
        return Broken(rows + 1, "rows at the end are missing")
    return None


def _fault(row: AuditRow, place: int, seal: str, known: tuple[int, str] | None) -> str | None:
    if row.id != place:
        return "this row is missing"
    if row.previous != seal:
        return "this row does not follow the one before it"
    if not _fits(row, seal):
        return "this row was changed"
    if known is not None and known[0] == place and known[1] != row.hash:
        return "this row is not the one that was noted down"
    return None


def _fits(row: AuditRow, seal: str) -> bool:
    """An emptied row of the older form fits by being followed; that it was emptied must be said."""
    if _is_emptied(row):
        return row.sealed is None or row.hash == _hash(row, seal)
    if row.sealed is not None and row.sealed != _closed(row.salt, row.before, row.after):
        return False
    return row.hash == _hash(row, seal)


def _sealed(entry: Audited, place: int, seal: str) -> dict[str, Any]:
    before, after, salt = _json(entry.before), _json(entry.after), secrets.token_hex(16)
    row = {
        "id": place,
        "at": round(entry.at, 6),  # as finely as both databases keep it
        "actor": entry.actor,
        "action": entry.action,
        "object": entry.object[:OBJECT_LIMIT],
        "before": before,
        "after": after,
        "address": entry.address,
        "salt": salt,
        "sealed": _closed(salt, before, after),
    }
    return {**row, "previous": seal, "hash": _hash(AuditRow(**row), seal)}


def _json(values: Mapping[str, Any] | None) -> str | None:
    if values is None:
        return None
    return msgspec.json.encode(dict(values), order="sorted").decode()


def _hash(row: AuditRow, seal: str) -> str:
    """Over everything a row says, in one fixed form: a list, moments in whole microseconds."""
    said = (row.before, row.after) if row.sealed is None else (row.sealed,)
    content = (
        *(seal, row.id, round(row.at * 1_000_000), row.actor, row.action, row.object),
        *(*said, row.address),
    )
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _closed(salt: str | None, before: str | None, after: str | None) -> str:
    """The salt is as long as a key: without it nobody finds out by trying what was there."""
    return hashlib.sha256(msgspec.json.encode((salt, before, after))).hexdigest()
