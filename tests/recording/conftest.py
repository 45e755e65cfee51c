"""Sound files as a PBX leaves them, and short ways to put rows into a database."""

from __future__ import annotations

import array
import math
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from callcenter.store.base import Base
from callcenter.store.database import Database
from recording.queries import table_of

NOW = 1_767_225_600.0
Put = Callable[..., Awaitable[None]]


def write_wave(path: Path, seconds: float, *, level: int = 8_000, channels: int = 1) -> Path:
    """A tone of 440 Hz at 8 kHz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = round(seconds * 8_000)
    tone = (round(level * math.sin(math.tau * 440 * n / 8_000)) for n in range(count))
    samples = array.array("h", [value for value in tone for _ in range(channels)])
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8_000)
        out.writeframes(samples.tobytes())
    return path


@pytest.fixture
def put(database: Database) -> Put:
    """`await put(Model, column=value)` writes one row."""

    async def put_row(model: type[Base], **values: Any) -> None:
        async with database.session() as session:
            await session.execute(insert(table_of(model)).values(values))
            await session.commit()

    return put_row
