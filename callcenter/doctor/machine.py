"""Looks at what is on our side: database, data folder, Redis, the recordings."""

from __future__ import annotations

import asyncio
import heapq
import os
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy import select

from callcenter.bus_redis import connect
from callcenter.config import Config
from callcenter.doctor.findings import Finding, error, ok, warn
from callcenter.store.database import Database
from callcenter.store.migrate import current, known_revisions, newest
from recording.files import Folder
from recording.tables import Recording

NEWEST = 50  # recordings looked at


async def examine_database(config: Config) -> list[Finding]:
    problem = _unwritable(config.data)
    if problem is not None:
        return [error("data.unwritable", path=config.data, reason=problem)]
    database = Database(config.database_url)
    try:
        await database.ping()
        revision = await current(database)
    except Exception as failure:  # whatever the driver says, people read it
        return [error("db.away", reason=f"{type(failure).__name__}: {failure}")]
    finally:
        await database.close()
    if revision == newest():
        return [ok("db.ok", dialect=database.dialect, current=revision)]
    known = revision is None or revision in known_revisions()
    found = warn if known else error
    return [found("db.old" if known else "db.newer", current=revision or "-", newest=newest())]


def _unwritable(folder: Path) -> str | None:
    """Why we cannot write there; a folder that can be made counts as there."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return f"{existing} is not a folder"
    return None if os.access(existing, os.W_OK | os.X_OK) else f"no right to write {existing}"


async def examine_redis(url: str) -> list[Finding]:
    if not url:
        return [ok("redis.none")]
    client = connect(url)
    try:
        info = await client.info()
    except (RedisError, OSError) as failure:
        return [error("redis.away", reason=failure)]
    finally:
        await client.aclose()
    if not info.get("aof_enabled"):
        return [warn("redis.forgets")]
    return [ok("redis.ok", version=info.get("redis_version", "?"))]


async def examine_recordings(config: Config) -> list[Finding]:
    path = Path(config.recordings.folder)
    try:
        files = await asyncio.to_thread(_newest, Folder(path, config.recordings.pbx_folder))
    except (FileNotFoundError, NotADirectoryError):
        return [warn("rec.missing", path=path)]
    except OSError as failure:
        return [error("rec.unreadable", path=path, reason=failure.strerror)]
    if not files:
        return [warn("rec.empty", path=path)]
    matched = await _matched(config, files)
    if matched == 0:
        return [warn("rec.unmatched", count=len(files))]
    return [ok("rec.ok", path=path, count=len(files), matched=matched)]


def _newest(folder: Folder) -> list[str]:
    """Raises OSError when the folder cannot be read."""
    next(folder.path.iterdir(), None)
    found = heapq.nlargest(NEWEST, folder.scan(), key=lambda seen: seen.changed_at)
    return [seen.name for seen in found]


async def _matched(config: Config, files: list[str]) -> int:
    """How many of the files are tied to a call; none while the database cannot say."""
    database = Database(config.database_url)
    try:
        async with database.reading() as session:
            rows = await session.scalars(
                select(Recording.file).where(
                    Recording.file.in_(files), Recording.interaction_id.is_not(None)
                )
            )
            return len(set(rows))
    except Exception:  # said by examine_database already
        return 0
    finally:
        await database.close()
