"""The whole service on a real PBX, and a browser; the console is built once when it is stale."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from callcenter.log import configure
from callcenter.pbx.asterisk import Asterisk
from tests.e2e.browser import chromium
from tests.e2e.house import House, configured, service
from tests.e2e.office import Office, at_work, office_in
from tests.pbx.harness import asterisk

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "web" / "console"
BUILT = ROOT / "web" / "static" / "index.html"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PBX or a browser, so that it can be chosen by marker. The tests of a module
    share a loop, and with it the browser: to begin one anew takes as long as many a test."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("pbx")
            if pytest_asyncio.is_async_test(item):
                item.add_marker(pytest.mark.asyncio(loop_scope="module"), append=False)
            if "browser" in getattr(item, "fixturenames", ()):
                item.add_marker("browser")


@pytest.fixture(scope="session")
def console() -> None:
    """The built page, newer than its sources."""
    sources = [
        *CONSOLE.glob("*.*"),
        *(CONSOLE / "src").rglob("*"),
        *(CONSOLE / "public").rglob("*"),
    ]
    newest = max(path.stat().st_mtime for path in sources)
    if not BUILT.exists() or BUILT.stat().st_mtime < newest:
        subprocess.run([sys.executable, str(CONSOLE / "build.py")], check=True)
        BUILT.touch()


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Only what went wrong, so that a failure can be read."""
    configure("warning", "json")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, because the path of a control socket may not be long."""
    with tempfile.TemporaryDirectory(prefix="callcenter-e2e-") as path:
        yield Path(path)


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    async with asterisk(folder) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    """Furnished, on the embedded database; the service does not run yet."""
    house = House(pbx, configured(pbx, folder, sqlite_url))
    await house.furnish()
    return house


@pytest_asyncio.fixture(loop_scope="module")
async def open_house(house: House, console: None) -> AsyncIterator[House]:
    """The same with the service up, in this process."""
    async with service(house.config):
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    """At work, without a telephone system."""
    office = office_in(folder, sqlite_url)
    await office.furnish()
    async with at_work(office):
        yield office


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    async with chromium(telephone="pbx" in request.fixturenames) as browser:
        yield browser
