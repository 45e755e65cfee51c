"""Somebody who is written down everywhere, and how to find what is left of them."""
# ruff: noqa: S608 - every statement is written in this file

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from callcenter.events import (
    CallerIdentified,
    Direction,
    DomainEvent,
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LegStarted,
    Party,
    RecordingStarted,
)
from callcenter.forgetting.guard import Marks
from callcenter.forgetting.sweep import places
from tests.recording.conftest import write_wave
from tests.store.test_migrations_filled import _row

NAME, NATIONAL, MAIL = "欧阳小满", "13800138007", "xiaoman.ouyang@example.com"
E164 = f"+86{NATIONAL}"
SHARED = "2152345678"  # of the company, though it is written down for the person, too
SAID = f"called {NAME.upper()} on 138-0013 8007, {MAIL}"
MARKS = Marks([b"a key of the tests that nobody else has"])
CALL, LEG = "c" * 32, "d" * 32
RECORDING = "e" * 32
THEN = 1_780_000_000.0
PARTY = Party("PJSIP/trunk-1", "PJSIP/trunk", NATIONAL, NAME, LEG)
ON: dict[str, Any] = {"at": THEN, "pbx": "pbx", "interaction": CALL}
FILE = f"/monitor/in-{NATIONAL}-1001.wav"
CARD = json.dumps({"e164": E164, "name": NAME}).encode()
STORY: list[DomainEvent] = [
    InteractionStarted(**ON, direction=Direction.INBOUND, caller=PARTY, dialled="8001"),
    LegStarted(**ON, party=PARTY, uniqueid="1780000000.1", boot="b"),
    RecordingStarted(**ON, file=FILE, channel="PJSIP/trunk-1", leg=LEG),
    CallerIdentified(**ON, number=E164, card=msgspec.Raw(CARD), customer="1"),
    InteractionEnded(**ON, reason=EndReason.COMPLETED, by="caller", cause=16, answered=True),
]
RECORDED: dict[str, Any] = {
    "id": RECORDING,
    "interaction_id": CALL,
    "pbx": "pbx",
    "status": "ready",
    "file": f"in-{NATIONAL}-1001.wav",
    "number": NATIONAL,
    "started_at": THEN,
}


def traces(text: str) -> list[str]:
    """What of the person is in it, however it is written."""
    bare = re.sub(r"[\s\-().]", "", text)
    escaped = json.dumps(NAME)[1:-1]
    return [
        found
        for found, where in ((NAME, text), (escaped, text), (NATIONAL, bare), (MAIL, text.lower()))
        if found in where
    ]


def in_tables(connection: Connection) -> dict[str, Any]:
    """Every row of every table, also of those that no model knows."""
    found: dict[str, Any] = {}
    for name in sa.inspect(connection).get_table_names():
        for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')):
            texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in row]
            if traces("\n".join(texts)):
                found.setdefault(name, []).append(row)
    return found


def in_files(*folders: Path) -> dict[str, list[str]]:
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            texts = [str(path.relative_to(folder)), data.decode("utf-8", "replace")]
            texts += [data.decode("gb18030", "replace")]
            here = [trace for text in texts for trace in traces(text)]
            if here:
                found[str(path)] = here
    return found


def fill(connection: Connection) -> None:
    """The person's own customer, and in every table rows that name them in every text they have."""
    texts = {place.table.name: {c.name for c in place.columns} for place in places()}
    schema = sa.MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        if table.name.startswith(("audit", "erasures", "tombstones", "alembic", "search_")):
            continue
        if connection.scalar(sa.select(sa.func.count()).select_from(table)):
            continue
        for number in range(2):
            values = _row(connection, table, number)
            if number == 0:
                named = [c for c in table.columns if c.name in texts.get(table.name, ())]
                values |= _told(named)
            connection.execute(table.insert().values(values))


def _told(columns: list[sa.Column[Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for column in columns:
        length = getattr(column.type, "length", None) or 1000
        if isinstance(column.type, sa.JSON):
            told[column.name] = {"said": [NAME, {"to": E164}]}
        elif length >= len(SAID):
            told[column.name] = SAID
        elif length >= len(NATIONAL) and column.name not in {"state", "kind", "status", "stage"}:
            told[column.name] = NATIONAL
    return told


# Have rows from the migrations, or no text that somebody writes.
SEEDED = {"dictionary", "dispositions", "pause_reasons", "recording_rules", "role_rights", "roles"}
SEEDED |= {"users"}
PERSONAL = (
    f"UPDATE customers SET name = '{NAME}', pinyin = 'x', merged_into = NULL WHERE id = 1",
    "UPDATE customers SET merged_into = NULL",
    f"UPDATE contacts SET name = '{NAME}' WHERE customer_id = 1",
    f"UPDATE phone_numbers SET customer_id = 1, raw = '{NATIONAL}', e164 = '{E164}', "
    "suffix = '00138007' WHERE id = 1",
    f"UPDATE email_addresses SET customer_id = 1, email = '{MAIL}' WHERE id = 1",
    "UPDATE tickets SET customer_id = 1",
)


def leave_files(data: Path, monitor: Path) -> None:
    """In recordings, dead letters, imports and attachments."""
    write_wave(monitor / f"in-{NATIONAL}-1001.wav", 0.3)
    write_wave(monitor / f"orphan-{NATIONAL}.wav", 0.3)
    (data / "dead-letters.jsonl").write_text(f'{{"error": "no", "event": "{SAID}"}}\n')
    (data / "imports").mkdir()
    (data / "imports" / ("a" * 32)).write_bytes(f"姓名,电话\n{NAME},1\n".encode("gb18030"))
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as pack:
        pack.writestr("xl/sharedStrings.xml", f"<t>{NAME}</t>")
    (data / "imports" / ("b" * 32)).write_bytes(book.getvalue())
    attachment = data / "attachments" / "00" / ("0" * 32)
    attachment.parent.mkdir(parents=True)
    attachment.write_text(SAID)
