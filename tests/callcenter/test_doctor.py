"""Whatever is wrong is found, named in the reader's language, with what to do."""

from __future__ import annotations

import asyncio
import string
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callcenter.config import Config, parse
from callcenter.config_sections import AmiConfig
from callcenter.doctor import shown
from callcenter.doctor.findings import WORDS, Finding, Level
from callcenter.doctor.machine import examine_database, examine_recordings, examine_redis
from callcenter.doctor.mail import examine_mail
from callcenter.doctor.pbx import NEEDED, examine_pbx
from callcenter.store.migrate import upgrade
from tests.crm.mail.servers import Inbox, liar, mail_server

Serve = Callable[..., Awaitable[AmiConfig]]


def codes(findings: list[Finding]) -> dict[str, str]:
    return {finding.code: finding.level.value for finding in findings}


def lines(*headers: str) -> bytes:
    return "".join(f"{header}\r\n" for header in (*headers, "")).encode()


@dataclass(frozen=True)
class Manager:
    """What a manager interface says."""

    banner: bytes = b"Asterisk Call Manager/9.0.0\r\n"
    refuse: bool = False
    may: frozenset[str] = NEEDED
    events: bytes = b""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.banner)
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                said = request.decode().strip().split("\r\n")
                writer.write(self.answer(dict(line.split(": ", 1) for line in said)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def answer(self, fields: dict[str, str]) -> bytes:
        head = ("Response: Success", f"ActionID: {fields['ActionID']}")
        match fields["Action"].lower():
            case "challenge":
                return lines(*head, "Challenge: 123")
            case "login" if self.refuse:
                return lines("Response: Error", head[1], "Message: Authentication failed")
            case "login":
                return lines(*head, "Message: Authentication accepted") + self.events
            case _:
                return lines(*head, *(f"{name}: does it. (Priv: call,all)" for name in self.may))


@pytest.fixture
async def pbx() -> AsyncIterator[Serve]:
    """A manager interface that answers as told."""
    servers: list[asyncio.Server] = []

    async def serve(**told: Any) -> AmiConfig:
        server = await asyncio.start_server(Manager(**told).talk, "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return AmiConfig(host="127.0.0.1", port=port, username="callcenter", secret="s3")

    yield serve
    for server in servers:
        server.close()


def event(name: str, at: float | None, privilege: str = "call,all") -> bytes:
    stamp = () if at is None else (f"Timestamp: {at:.6f}",)
    return lines(f"Event: {name}", f"Privilege: {privilege}", *stamp)


async def test_a_good_pbx_is_ok_throughout(pbx: Serve) -> None:
    found = await examine_pbx(
        await pbx(events=event("FullyBooted", time.time(), "system,all")), 0.1
    )
    assert codes(found) == {"ami.ok": "ok", "ami.may": "ok", "ami.hears": "ok", "ami.clock": "ok"}


async def test_missing_and_dangerous_rights_are_named(pbx: Serve) -> None:
    may = NEEDED - {"Originate"} | {"Command"}
    found = await examine_pbx(await pbx(may=may, events=event("FullyBooted", time.time())), 0.1)
    assert codes(found).items() >= {"ami.may_not": "error", "ami.may_too_much": "warn"}.items()
    assert any("Originate" in shown(finding, "en") for finding in found)


@pytest.mark.parametrize(
    ("off", "level"), [(0.5, "ok"), (-5.0, "warn"), (60.0, "error"), (-3600.0, "error")]
)
async def test_a_wrong_clock_is_measured(pbx: Serve, off: float, level: str) -> None:
    found = await examine_pbx(await pbx(events=event("FullyBooted", time.time() - off)), 0.1)
    assert codes(found)["ami.clock" if level == "ok" else "ami.clock_off"] == level


async def test_missing_timestamps_and_filters_are_found(pbx: Serve) -> None:
    events = event("FullyBooted", None) + event("Newexten", None, "dialplan,all")
    found = await examine_pbx(await pbx(events=events), 0.1)
    assert (
        codes(found).items()
        >= {
            "ami.no_timestamps": "warn",
            "ami.unfiltered": "warn",
        }.items()
    )


async def test_a_login_that_hears_nothing_is_found(pbx: Serve) -> None:
    assert codes(await examine_pbx(await pbx(), 0.05))["ami.deaf"] == "warn"


async def test_a_refused_login_is_said(pbx: Serve) -> None:
    found = await examine_pbx(await pbx(refuse=True), 0.1)
    assert codes(found) == {"ami.refused": "error"}
    assert "Authentication failed" in shown(found[0], "zh")


async def test_another_service_on_the_port_is_recognised(pbx: Serve) -> None:
    found = await examine_pbx(await pbx(banner=b"SSH-2.0-OpenSSH_9.2\r\n"), 0.1)
    assert codes(found) == {"ami.no_banner": "error"}


async def test_nobody_on_the_port_is_said() -> None:
    config = AmiConfig(host="127.0.0.1", port=1, username="u", secret="s3")
    assert codes(await examine_pbx(config, 0.1)) == {"ami.unreachable": "error"}


def configured(tmp_path: Path, **sections: object) -> Config:
    raw = {
        "data_dir": str(tmp_path / "data"),
        "ami": {"host": "h", "username": "u", "secret": "s3"},
        "recordings": {"folder": str(tmp_path / "recordings")},
        **sections,
    }
    return parse(raw, "test", {})


async def test_a_database_behind_or_ahead_of_us_is_told_apart(
    tmp_path: Path, sqlite_url: str
) -> None:
    config = configured(tmp_path, database={"url": sqlite_url})
    assert codes(await examine_database(config)) == {"db.ok": "ok"}
    path = tmp_path / "old.db"
    await upgrade(f"sqlite:///{path}", "0001")
    old = configured(tmp_path, database={"url": f"sqlite:///{path}"})
    assert codes(await examine_database(old)) == {"db.old": "warn"}
    await _stamp(sqlite_url, "9999")
    assert codes(await examine_database(config)) == {"db.newer": "error"}


async def _stamp(url: str, revision: str) -> None:
    from sqlalchemy import text

    from callcenter.store.database import Database

    database = Database(url)
    async with database.session() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
        await session.commit()
    await database.close()


async def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    config = configured(tmp_path, database={"url": "postgresql://nobody@127.0.0.1:1/none"})
    assert codes(await examine_database(config)) == {"db.away": "error"}


async def test_a_data_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert codes(await examine_database(configured(tmp_path))) == {"data.unwritable": "error"}


async def test_redis_is_looked_at_when_there_is_one(redis_url: str) -> None:
    assert codes(await examine_redis("")) == {"redis.none": "ok"}
    assert codes(await examine_redis(redis_url)) == {"redis.ok": "ok"}
    assert codes(await examine_redis("redis://127.0.0.1:1/0")) == {"redis.away": "error"}


async def test_the_recordings_are_looked_at(tmp_path: Path, sqlite_url: str) -> None:
    config = configured(tmp_path, database={"url": sqlite_url})
    assert codes(await examine_recordings(config)) == {"rec.missing": "warn"}
    (tmp_path / "recordings").mkdir()
    assert codes(await examine_recordings(config)) == {"rec.empty": "warn"}
    (tmp_path / "recordings" / "1714000000.1.wav").write_bytes(b"RIFF")
    assert codes(await examine_recordings(config)) == {"rec.unmatched": "warn"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")
async def test_the_mail_server_is_looked_at(tmp_path: Path, sqlite_url: str) -> None:
    def config(**mail: object) -> Config:
        given = {"host": "localhost", "sender": "support@example.com", "encryption": "none", **mail}
        raw = {
            "ami": {"host": "x", "username": "y", "secret": "z"},
            "data_dir": str(tmp_path),
            "database": {"url": sqlite_url},
            "mail": given,
        }
        return parse(raw, "test", {})

    assert codes(await examine_mail(config(host=""))) == {"mail.none": "ok"}
    inbox = Inbox()
    async with mail_server(inbox) as port:
        found = await examine_mail(config(port=port))
    assert codes(found) == {"mail.ok": "ok", "mail.no_address": "warn"}
    assert inbox.mails == []

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 go away\r\n")
        await writer.drain()

    async with liar(rude) as port:
        (finding,) = await examine_mail(config(port=port))
    assert (finding.code, "go away" in shown(finding, "zh")) == ("mail.unreachable", True)


@pytest.mark.parametrize("code", WORDS)
def test_every_finding_is_in_both_languages_with_the_same_gaps(code: str) -> None:
    gaps = {
        language: {gap for part in words for _, gap, _, _ in string.Formatter().parse(part) if gap}
        for language, words in WORDS[code].items()
    }
    assert gaps.keys() == {"en", "zh"}
    assert gaps["en"] == gaps["zh"]
    assert bool(WORDS[code]["en"][1]) == bool(WORDS[code]["zh"][1])
    finding = Finding(Level.ERROR, code, dict.fromkeys(gaps["en"], "a\nb"))
    assert "a\nb" not in shown(finding, "zh")
