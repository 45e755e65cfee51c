"""A running PBX for whoever asks, in both supported versions."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.pbx.asterisk import Asterisk
from tests.pbx.harness import Stage, asterisk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PBX, so that it can be chosen by marker."""
    for item in items:
        if {"pbx", "stage", "version"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("pbx")


@pytest.fixture(params=[22, 16])
def version(request: pytest.FixtureRequest) -> int:
    """Each supported version of Asterisk."""
    number: int = request.param
    return number


@pytest.fixture
async def pbx(version: int) -> AsyncIterator[Asterisk]:
    """A PBX of this test's own."""
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with asterisk(Path(workdir), version) as running:
            yield running


@pytest.fixture
async def stage(pbx: Asterisk) -> AsyncIterator[Stage]:
    """That PBX with the outside, and telephones on request."""
    async with Stage(pbx) as ready:
        yield ready
