"""What-if over the API: computed beside the service, limited, watched, cancelled."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from callcenter.store.database import Database
from routing.simulate.checks import parse
from routing.simulate.jobs import JobState, Simulations
from routing.simulate.worker import Order
from tests.routing.simulate.conftest import house
from tests.routing.simulate.house import call
from tests.routing.simulate.told import agents, queue
from tests.web.conftest import Api, SignedIn

__all__ = ["house"]

SIMULATIONS = "/api/v1/simulations"
SMALL = {
    "hours": 1,
    "queues": [queue("a", calls_per_hour=30, patience=60), queue("b", calls_per_hour=10)],
    "agents": [agents("x", 2, queues=["a"]), agents("y", 2, queues=["b"])],
}
LONG = {
    "hours": 1000,
    "queues": [queue(calls_per_hour=20)],
    "agents": [agents(count=2)],
}


async def finished(api: Api, id: str) -> dict[str, Any]:
    """Asks as the console does, until it is over."""
    seen = 0
    while True:
        status, body = await api.get(f"{SIMULATIONS}/{id}?seen={seen}")
        assert status == 200
        if body["state"] not in {"waiting", "running"}:
            return dict(body)
        seen = body["version"]


async def test_a_scenario_that_is_given_is_reported_on(signed_in: SignedIn) -> None:
    api = await signed_in("supervisor")
    status, started = await api.post(SIMULATIONS, {"scenario": SMALL, "replications": 4})
    assert (status, started["state"], started["of"]) == (202, "waiting", 4)
    done = await finished(api, started["id"])
    assert (done["state"], done["done"], done["problem"]) == ("done", 4, None)
    assert [one["name"] for one in done["report"]["queues"]] == ["a", "b"]
    assert done["report"]["total"]["service_level"]["values"] == 4
    assert done["comparison"] is None


async def test_what_if_two_people_move_to_another_queue(signed_in: SignedIn) -> None:
    api = await signed_in("supervisor")
    change = {"name": "y", "queues": ["a", "b"]}
    _, started = await api.post(
        SIMULATIONS, {"scenario": SMALL, "agents": [change], "replications": 5}
    )
    done = await finished(api, started["id"])
    both = done["comparison"]
    assert done["report"] is None
    assert both["differences"][0]["figures"]["offered"]["mean"] == 0
    assert both["differences"][0]["figures"]["asa"]["mean"] < 0


async def test_a_recorded_day_is_where_it_begins(
    signed_in: SignedIn, house: Database, settings: object
) -> None:
    for number in range(10):
        await call(house, f"c{number}", 9 + number / 20, 5, "answered", 120)
    api = await signed_in("supervisor")
    status, base = await api.get(f"{SIMULATIONS}/base?day=2026-11-20")
    assert status == 200
    support = base["queues"][1]
    assert (support["name"], support["calls"], support["handling"]) == ("support", 10, 120)
    assert support["patience"] is None
    status, hours = await api.get(f"{SIMULATIONS}/staffing?day=2026-11-20&queue=support")
    assert (status, len(hours["hours"]), hours["service_seconds"]) == (200, 24, 20)
    assert max(hour["erlang_c"] for hour in hours["hours"]) > 0
    assert (await api.get(f"{SIMULATIONS}/staffing?queue=nowhere"))[0] == 404
    assert base["agents"][0]["count"] == 1
    assert base["warnings"]
    body = {"day": "2026-11-20", "agents": [{"name": "Wu", "count": 1}], "replications": 2}
    status, started = await api.post(SIMULATIONS, body)
    assert status == 202
    done = await finished(api, started["id"])
    assert done["comparison"]["first"]["replications"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scenario": {**SMALL, "hours": -1}}, "scenario.hours"),
        ({"scenario": {**SMALL, "agents": [agents("x", queues=["c"])]}}, "agents[0].queues[0]"),
        ({"scenario": SMALL, "agents": [{"name": "z"}]}, "agents[0].name"),
        ({"scenario": SMALL, "day": "2026-11-20"}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "yesterday"}, "day"),
        ({"scenario": LONG, "replications": 200}, "replications"),
        ({"scenario": SMALL, "replications": 1}, "replications"),
        ({"hurry": True}, "hurry"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    signed_in: SignedIn, body: dict[str, Any], field: str
) -> None:
    api = await signed_in("supervisor")
    status, answer = await api.post(SIMULATIONS, body)
    assert (status, answer["error"]["field"]) == (422, field)


async def test_without_a_queue_or_a_call_there_is_nothing_to_simulate(signed_in: SignedIn) -> None:
    api = await signed_in("supervisor")
    assert (await api.get(f"{SIMULATIONS}/base"))[0] == 404
    assert (await api.post(SIMULATIONS, {}))[0] == 404


async def test_one_can_be_cancelled_and_a_new_one_takes_its_place(signed_in: SignedIn) -> None:
    api = await signed_in("supervisor")
    _, first = await api.post(SIMULATIONS, {"scenario": LONG, "replications": 10})
    assert (await api.call("DELETE", f"{SIMULATIONS}/{first['id']}"))[0] == 204
    assert (await finished(api, first["id"]))["state"] == "cancelled"
    _, second = await api.post(SIMULATIONS, {"scenario": LONG, "replications": 10})
    _, third = await api.post(SIMULATIONS, {"scenario": SMALL, "replications": 2})
    assert (await api.get(f"{SIMULATIONS}/{second['id']}"))[0] == 404
    assert (await finished(api, third["id"]))["state"] == "done"


async def test_another_persons_simulation_is_not_to_be_seen(signed_in: SignedIn) -> None:
    api, other = await signed_in("supervisor", "one"), await signed_in("supervisor", "two")
    _, started = await api.post(SIMULATIONS, {"scenario": SMALL, "replications": 2})
    assert (await other.get(f"{SIMULATIONS}/{started['id']}"))[0] == 404
    assert (await other.call("DELETE", f"{SIMULATIONS}/{started['id']}"))[0] == 404


async def test_agents_have_no_right_to_it(signed_in: SignedIn) -> None:
    api = await signed_in("agent")
    for path in (
        f"{SIMULATIONS}/base",
        f"{SIMULATIONS}/staffing?queue=a",
        "/api/v1/staffing?calls=1&handling=1",
    ):
        assert (await api.get(path))[0] == 403
    assert (await api.post(SIMULATIONS, {"scenario": SMALL}))[0] == 403


async def test_staffing_by_the_formulas(signed_in: SignedIn) -> None:
    api = await signed_in("supervisor")
    status, table = await api.get("/api/v1/staffing?calls=200&handling=180&shrinkage=0.3")
    assert status == 200
    assert (table["erlangs"], table["needed"], table["rostered"]) == (10, 14, 20)
    fourteen = next(row for row in table["rows"] if row["agents"] == 14)
    assert fourteen["service_level"] == pytest.approx(0.8884, abs=1e-4)
    hopeless = next(row for row in table["rows"] if row["agents"] == 9)
    assert hopeless["asa"] is None
    _, impatient = await api.get("/api/v1/staffing?calls=200&handling=180&patience=120")
    assert impatient["needed"] < 14
    status, answer = await api.get("/api/v1/staffing?calls=100000&handling=86400")
    assert (status, answer["error"]["field"]) == (422, "calls")


# --- the process beside the service ------------------------------------------------------------


@pytest.fixture
async def simulations() -> AsyncIterator[Simulations]:
    made = Simulations()
    yield made
    await made.close()


def _workers() -> set[int]:
    """Children of ours that compute."""
    found = set()
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"simulate.worker" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


async def _until_there_is_one() -> int:
    while not (there := _workers()):  # noqa: ASYNC110 - another process sets no event of ours
        await asyncio.sleep(0.02)
    return there.pop()


async def test_a_worker_that_dies_is_said(simulations: Simulations) -> None:
    job = simulations.start(1, [parse({**LONG, "replications": 3}, "test")])
    os.kill(await _until_there_is_one(), signal.SIGKILL)
    assert job.task is not None
    await job.task
    assert (job.state, job.problem) == (JobState.FAILED, "it could not be computed")


async def test_what_takes_too_long_is_ended() -> None:
    simulations = Simulations(patience=0.3)
    job = simulations.start(1, [parse({**LONG, "replications": 50}, "test")])
    assert job.task is not None
    await job.task
    assert (job.state, job.problem) == (JobState.FAILED, "it took over 0 seconds")
    assert not _workers()


async def test_a_worker_ends_with_whoever_asked() -> None:
    """Also when the service was killed: then nobody is left to end it."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "routing.simulate.worker",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert worker.stdin is not None
    assert worker.stdout is not None
    order = Order([parse({**LONG, "replications": 100}, "test")])
    worker.stdin.write(msgspec.json.encode(order) + b"\n")
    assert await worker.stdout.readline()
    worker.stdin.close()
    async with asyncio.timeout(10):
        assert await worker.wait() == 1


async def test_closing_leaves_no_process(simulations: Simulations) -> None:
    for user in (1, 2):
        simulations.start(user, [parse({**LONG, "replications": 50}, "test")])
    await _until_there_is_one()
    await simulations.close()
    assert not _workers()
