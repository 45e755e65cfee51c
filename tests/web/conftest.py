"""A whole application on a real database, and people signed in to it.

What is asked of the database is tested on both kinds by the rooms; here each test has one of them,
always the same, so both serve the API and the run stays short.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher
from pytest_aiohttp import AiohttpClient

from callcenter.events import DomainEvent
from callcenter.health import Health
from callcenter.secrets import Keys
from callcenter.store.database import Database
from recording.files import Folder
from routing.setup import Setup
from routing.staff import Staff
from web.app import create_app
from web.auth.authenticator import SECOND_FACTOR, Authenticator
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.throttle import SignInThrottle
from web.live import Live
from web.routes import CSRF_HEADER
from web.settings import WebSettings

START = 1_780_000_000.0
BOX = Keys((b"a key of the tests",)).box(SECOND_FACTOR)
PASSWORD = "correct horse 电池"


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


Client = TestClient[web.Request, Any]


@dataclass
class Api:
    """One browser: keeps its cookie, sends its CSRF token."""

    client: Client
    csrf: str = ""
    session: dict[str, Any] | None = None

    async def call(
        self, method: str, path: str, json: object = None, **options: Any
    ) -> tuple[int, Any]:
        headers = {CSRF_HEADER: self.csrf, **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        async with self.client.request(method, path, headers=headers, **options) as response:
            body = await response.json() if response.content_type == "application/json" else None
            return response.status, body

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        return await self.call("GET", path, **options)

    async def post(self, path: str, json: object, **options: Any) -> tuple[int, Any]:
        return await self.call("POST", path, json, **options)

    async def sign_in(self, username: str, password: str = PASSWORD) -> tuple[int, Any]:
        credentials = {"username": username, "password": password}
        status, body = await self.post("/api/v1/session", credentials)
        if status == 201:
            self.csrf, self.session = body["csrf"], body
        return status, body


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the kind that falls to this test by its name."""
    kind = ("sqlite", "postgres")[crc32(request.node.nodeid.encode()) % 2]
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hasher() -> Passwords:
    """The real algorithm at the price of a test."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def authenticator(database: Database, hasher: Passwords, clock: Clock) -> Authenticator:
    return Authenticator(database, hasher, BOX, throttle=SignInThrottle(clock), clock=clock)


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    return WebSettings(
        public_url="http://callcenter.test:8080",
        gateway_port=8081,
        console=tmp_path / "console",
        imports=tmp_path / "imports",
        attachments=tmp_path / "attachments",
        mail=True,
    )


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def published() -> list[DomainEvent]:
    """What was put on the bus."""
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Where the recordings are."""
    (tmp_path / "monitor").mkdir()
    return Folder(tmp_path / "monitor")


@pytest.fixture
def setup() -> Setup:
    """What administrators described; a test may put something else in its place."""
    return Setup()


@pytest.fixture
def staff(database: Database, setup: Setup, published: list[DomainEvent], clock: Clock) -> Staff:
    return Staff("pbx", database, lambda: setup, published.append, clock=clock)


@pytest.fixture
def app(  # noqa: PLR0917 - a fixture is given its parts by name
    settings: WebSettings,
    database: Database,
    authenticator: Authenticator,
    health: Health,
    published: list[DomainEvent],
    folder: Folder,
    staff: Staff,
) -> web.Application:
    return create_app(
        settings=settings,
        database=database,
        authenticator=authenticator,
        health=health,
        recordings=folder,
        live=Live(publish=published.append, staff=staff),
    )


Browser = Callable[[], Awaitable[Api]]


@pytest.fixture
async def browser(app: web.Application, aiohttp_client: AiohttpClient) -> Browser:
    """Opens browsers that know nothing of each other, all on one running server."""
    first = await aiohttp_client(app)

    async def open_one() -> Api:
        return Api(await aiohttp_client(first.server))

    return open_one


@pytest.fixture
async def api(browser: Browser) -> Api:
    """A browser in which nobody is signed in."""
    return await browser()


SignedIn = Callable[..., Awaitable[Api]]


@pytest.fixture
def signed_in(browser: Browser, database: Database, hasher: Passwords) -> SignedIn:
    """`await signed_in("agent")`: a new person with this role, in a browser of their own."""

    async def make(role: str, username: str | None = None) -> Api:
        name = username or role
        await make_user(
            database, hasher, username=name, display_name=name, roles=[role], password=PASSWORD
        )
        api = await browser()
        status, _ = await api.sign_in(name)
        assert status == 201
        return api

    return make
