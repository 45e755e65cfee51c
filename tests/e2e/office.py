"""A house without a telephone system: the whole service, people and customers, no calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from callcenter.config import Config
from callcenter.config_sections import (
    AgiConfig,
    AmiConfig,
    DatabaseConfig,
    GatewayConfig,
    RecordingsConfig,
    WebConfig,
)
from callcenter.main import running
from callcenter.store.database import Database
from tests.servers import free_port
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.rights import Role

STAFF = {
    "admin": Role.ADMINISTRATOR,
    "supervisor": Role.SUPERVISOR,
    "support": Role.ONLINE_SUPPORT,
    "manager": Role.ACCOUNT_MANAGER,
}


@dataclass(slots=True)
class Office:
    """What tests need of it; `config` is what the service runs with."""

    config: Config
    passwords: dict[str, str] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.config.web.port}"

    async def furnish(self, language: str = "zh") -> None:
        async with self.database() as database:
            for username, role in STAFF.items():
                made = await make_user(
                    database, Passwords(), username=username, display_name=username.title(),
                    roles=[role], language=language,
                )  # fmt: skip
                self.passwords[username] = made.password or ""
                self.users[username] = made.id

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Read and written past the service."""
        database = Database(self.config.database_url)
        try:
            yield database
        finally:
            await database.close()

    async def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        async with self.database() as database, database.reading() as session:
            return (await session.execute(text(sql), values)).all()


def office_in(folder: Path, url: str) -> Office:
    """Its telephone system is one that never answers."""
    nothing = free_port()
    return Office(
        Config(
            agi=AgiConfig(port=0),
            ami=AmiConfig(host="127.0.0.1", port=nothing, username="none", secret="none"),
            data_dir=str(folder / "data"),
            database=DatabaseConfig(url=url),
            web=WebConfig(port=free_port()),
            gateway=GatewayConfig(port=free_port()),
            recordings=RecordingsConfig(folder=str(folder)),
        )
    )


@asynccontextmanager
async def at_work(office: Office) -> AsyncIterator[Office]:
    async with running(office.config):
        yield office
