"""The traces belong to the scenarios of today and are whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pbx.record_traces import TRACES
from tests.pbx.scenarios import SCENARIOS


@pytest.fixture(params=["", "asterisk16"], ids=["22", "16"])
def traces(request: pytest.FixtureRequest) -> Path:
    """The traces of each version."""
    return TRACES / str(request.param)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_has_its_trace(traces: Path, name: str) -> None:
    told = json.loads((traces / name / "scenario.json").read_text(encoding="utf-8"))
    assert told["story"] == SCENARIOS[name].story
    assert told["asterisk"].startswith(traces.name[-2:] if traces != TRACES else "22.")


@pytest.mark.parametrize("name", SCENARIOS)
def test_trace_begins_with_the_banner_and_ends_with_a_whole_message(
    traces: Path, name: str
) -> None:
    data = (traces / name / "ami.txt").read_bytes()
    assert data.startswith(b"Asterisk Call Manager/")
    assert data.endswith(b"\r\n\r\n")
    assert len(data) < 400_000


def test_no_trace_is_without_a_scenario(traces: Path) -> None:
    found = {path.parent.name for path in traces.glob("*/ami.txt")}
    assert found == set(SCENARIOS)
