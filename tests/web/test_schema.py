"""Schemathesis against the running server: whatever fits the document, and much that does not.

No answer is a 500, and none has a status that the document does not name for that operation.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
import requests
import schemathesis
from aiohttp import web
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.generation import GenerationMode

from callcenter.health import Health
from callcenter.store.database import Database
from recording.files import Folder
from routing.setup import Setup
from routing.staff import Staff
from tests.web.belongings import furnish
from tests.web.conftest import BOX, PASSWORD
from tests.web.samples import sample
from web.api.table import ROUTES
from web.app import create_app
from web.auth.authenticator import Authenticator
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.throttle import SignInThrottle
from web.live import Live
from web.openapi import document
from web.routes import CSRF_HEADER
from web.settings import WebSettings

EXAMPLES = 2  # of each operation, role and mode: some twelve hundred requests in all
SEED = 20261122
ROLES = ("administrator", "agent")
WELL = {"administrator": 100, "agent": 50}  # operations that succeed at least once
# A page for browsers, a stream that never ends, and what would put out the person who asks.
LEFT_OUT = {"sign_out", "prometheus"}
FILES = ("audio/wav", "application/octet-stream", "text/csv", "*/*")
HASHER = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@schemathesis.serializer(*FILES)
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


class Server(threading.Thread):
    """The application on a port of its own, with a loop of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(daemon=True)
        self._url, self._folder = url, folder
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._end = asyncio.Event()
        self._now = 0.0
        self.base = ""

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())

    def __enter__(self) -> Server:
        self.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self.join(30)

    def _later(self) -> float:
        """Nobody is throttled: every attempt is a day after the last."""
        self._now += 100_000.0
        return self._now

    async def _serve(self) -> None:
        database = Database(self._url)
        await self._people(database)
        runner = web.AppRunner(self._app(database), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()
        await database.close()

    async def _people(self, database: Database) -> None:
        house = await furnish(database, HASHER)
        await house.renew()
        for role in ROLES:
            await make_user(
                database, HASHER, username=role, display_name=role, roles=[role], password=PASSWORD
            )

    def _app(self, database: Database) -> web.Application:
        recordings = self._folder / "monitor"
        recordings.mkdir()
        return create_app(
            settings=WebSettings(
                public_url="",
                gateway_port=8081,
                console=self._folder,
                imports=self._folder / "imports",
                attachments=self._folder / "attachments",
                prompts=self._folder / "prompts",
            ),
            database=database,
            authenticator=Authenticator(
                database, HASHER, BOX, throttle=SignInThrottle(self._later)
            ),
            health=Health(),
            recordings=Folder(recordings),
            live=Live(staff=Staff("pbx", database, Setup, lambda _: None)),
        )


class Person:
    """Somebody who is signed in, and signs in again when put out."""

    def __init__(self, base: str, name: str) -> None:
        self.base, self.name = base, name
        self.http = requests.Session()
        self.well: set[str] = set()  # operations that did what they are for
        self.sign_in()

    def sign_in(self) -> None:
        credentials = {"username": self.name, "password": PASSWORD}
        answer = self.http.post(f"{self.base}/api/v1/session", json=credentials, timeout=30)
        if answer.status_code == 201:
            self.http.headers[CSRF_HEADER] = answer.json()["csrf"]


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    import shutil

    folder = tmp_path_factory.mktemp("schema")
    shutil.copy(sqlite_template, folder / "callcenter.db")
    with Server(f"sqlite:///{folder / 'callcenter.db'}", folder) as running:
        yield running


@pytest.fixture(scope="module")
def things(server: Server) -> dict[str, list[Any]]:
    """One of everything that can be made without knowing of anything else: kind → ids."""
    admin, found = Person(server.base, "administrator"), defaultdict(list)
    for route in ROUTES:
        body = route.shape.body
        if route.method != "POST" or "{" in route.path or not hasattr(body, "__struct_fields__"):
            continue
        answer = admin.http.post(server.base + route.path, json=sample(body), timeout=30)
        assert answer.status_code != 500, (route.path, answer.text)
        made = answer.json() if answer.status_code == 201 else {}
        made = made.get("saved", made)
        key = made.get("id", made.get("name")) if isinstance(made, dict) else None
        if key is not None:
            found[route.path.rpartition("/")[2]].append(key)
    return {**{kind: [1, 2, 3] for kind in ("customers", "tickets", "tasks", "users")}, **found}


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(json.loads(document(ROUTES)))
    results: list[Any] = list(schema.get_all_operations())  # a mistake in the document raises
    found = [result.ok() for result in results]
    return [one for one in found if one.definition.raw.get("operationId") not in LEFT_OUT]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("mode", "roles"),
    [(GenerationMode.POSITIVE, ROLES), (GenerationMode.NEGATIVE, ROLES[:1])],
    ids=("positive", "negative"),
)
def test_no_operation_answers_otherwise_than_documented(
    mode: GenerationMode, roles: Sequence[str], server: Server, things: dict[str, list[Any]]
) -> None:
    people, wrong = [Person(server.base, role) for role in roles], []
    for operation in operations():
        wrong += _fuzzed(operation, mode, people, things)
    assert not wrong, "\n".join(wrong)
    if mode is GenerationMode.POSITIVE:
        well = {person.name: len(person.well) for person in people}
        assert all(well[name] >= WELL[name] for name in WELL), f"little gets behind checks: {well}"


def _fuzzed(
    operation: Any, mode: GenerationMode, people: list[Person], things: dict[str, list[Any]]
) -> list[str]:
    """What this operation answered one of them that it should not have."""
    wrong: dict[tuple[str, int], str] = {}
    chance = random.Random(SEED)  # noqa: S311 - the same walk every time
    documented = set(operation.definition.raw["responses"]) - {"default"}

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def tried(case: Case[Any]) -> None:
        _point_at_something(case, things, chance)
        for person in people:
            answer = case.call(base_url=person.base, session=person.http, timeout=30)
            if answer.status_code < 300:
                person.well.add(operation.label)
            if answer.status_code == 401:
                person.sign_in()
            if str(answer.status_code) not in documented or answer.status_code == 500:
                asked = f"{case.method} {case.formatted_path} by {person.name}"
                wrong[person.name, answer.status_code] = (
                    f"{asked}: {answer.status_code} {answer.text[:200]}"
                )

    try:
        tried()
    except (Unsatisfiable, SkipTest):  # nothing to get wrong: it takes no input
        return []
    return list(wrong.values())


def _point_at_something(
    case: Case[Any], things: dict[str, list[Any]], chance: random.Random
) -> None:
    """Most made-up ids are of nothing; two of three are replaced by one that is there."""
    parts = case.path.split("/")
    for place, part in enumerate(parts):
        known = things.get(parts[place - 1]) if part.startswith("{") else None
        if known and case.path_parameters is not None and chance.random() < 2 / 3:
            case.path_parameters[part.strip("{}")] = chance.choice(known)
