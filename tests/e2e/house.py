"""A call center of its own for each test: a real Asterisk, a fresh database, people, telephones."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from callcenter.config import Config
from callcenter.config_sections import (
    AgiConfig,
    AmiConfig,
    DatabaseConfig,
    GatewayConfig,
    RecordingsConfig,
    WebConfig,
)
from callcenter.events import LinkRestored
from callcenter.main import Service, running
from callcenter.pbx.asterisk import Asterisk
from callcenter.store.database import Database
from crm.customers.service import NewCustomer, NewNumber, create_customer
from routing.queries import Phone, create_agent
from routing.tables import Queue
from tests.servers import free_port
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.rights import Role

PBX = "pbx"
CUSTOMER, CUSTOMER_NAME = "+8613800138000", "王芳"
# user name → role and telephone
STAFF = {
    "agent": (Role.AGENT, "1001"),
    "colleague": (Role.AGENT, "1002"),
    "supervisor": (Role.SUPERVISOR, None),
    "admin": (Role.ADMINISTRATOR, None),
}


@dataclass(slots=True)
class House:
    """What tests need of it; `config` is what the service runs with."""

    pbx: Asterisk
    config: Config
    passwords: dict[str, str] = field(default_factory=dict)
    customers: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.config.web.port}"

    async def furnish(self, language: str = "zh") -> None:
        """People, queues and one known customer, by the functions that the product offers."""
        database = Database(self.config.database_url)
        try:
            for username, (role, telephone) in STAFF.items():
                made = await make_user(
                    database, Passwords(), username=username, display_name=username.title(),
                    roles=[role], language=language,
                )  # fmt: skip
                self.passwords[username] = made.password or ""
                if telephone is not None:
                    await _agent(database, username, made.id, telephone)
            async with database.session() as session:
                queues = ("support", "sales")
                await session.execute(insert(Queue), [{"pbx": PBX, "name": n} for n in queues])
                await session.commit()
            await self.add_customer(database, CUSTOMER, CUSTOMER_NAME)
        finally:
            await database.close()

    async def add_customer(self, database: Database, number: str, name: str) -> None:
        async with database.session() as session:
            new = NewCustomer(name=name, level="VIP", numbers=[NewNumber(number, "mobile")])
            made, _ = await create_customer(session, new, now=time.time())
            await session.commit()
        self.customers[name] = made.customer.id

    async def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """What is in the database now, read past the service."""
        database = Database(self.config.database_url)
        try:
            async with database.reading() as session:
                return (await session.execute(text(sql), values)).all()
        finally:
            await database.close()

    async def until_rows(
        self, sql: str, enough: Callable[[Sequence[Any]], bool] = bool, within: float = 15.0
    ) -> Sequence[Any]:
        """Ask until the answer is enough: rows are written behind the call, not in it."""
        found: Sequence[Any] = ()
        try:
            async with asyncio.timeout(within):
                while not enough(found := await self.rows(sql)):  # noqa: ASYNC110 - polls
                    await asyncio.sleep(0.1)  # a database can only be asked
        except TimeoutError:
            raise AssertionError(f"after {within} s: {sql} gives {list(found)}") from None
        return found

    def toml(self) -> str:
        """The configuration as the file that `callcenter run` reads."""
        c = self.config
        sections: dict[str, dict[str, Any]] = {
            "ami": {
                "host": c.ami.host, "port": c.ami.port, "username": c.ami.username,
                "secret": c.ami.secret,
            },
            "database": {"url": c.database.url},
            "web": {"port": c.web.port},
            "gateway": {"port": c.gateway.port},
            "agi": {"port": c.agi.port},
            "recordings": {"folder": c.recordings.folder},
        }  # fmt: skip
        lines = [f"data_dir = {json.dumps(c.data_dir)}"]
        for name, values in sections.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(v)}" for key, v in values.items())]
        return "\n".join(lines) + "\n"


async def _agent(database: Database, name: str, user: int, telephone: str) -> None:
    async with database.session() as session:
        phones = [Phone(PBX, f"PJSIP/{telephone}")]
        await create_agent(session, name=name.title(), user=user, phones=phones)
        await session.commit()


def configured(pbx: Asterisk, folder: Path, url: str, agi_port: int = 0) -> Config:
    return Config(
        agi=AgiConfig(port=agi_port),
        ami=AmiConfig(
            host=pbx.host, port=pbx.ami_port, username=pbx.ami_user, secret=pbx.ami_secret
        ),
        data_dir=str(folder / "data"),
        database=DatabaseConfig(url=url),
        web=WebConfig(port=free_port()),
        gateway=GatewayConfig(port=free_port()),
        recordings=RecordingsConfig(folder=str(pbx.recordings)),
    )


@asynccontextmanager
async def service(config: Config) -> AsyncIterator[Service]:
    """The whole service in this process, following the PBX."""
    async with running(config) as up:
        heard = up.bus.subscribe("test", types=(LinkRestored,))
        async with asyncio.timeout(15):
            await anext(heard)
        heard.close()
        yield up
