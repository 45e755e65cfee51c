"""Simulations that people asked for, each in a process of its own: limited, watched, cancelled."""

from __future__ import annotations

import asyncio
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
import structlog

from callcenter.errors import InvalidInput, NotFound
from routing.simulate.report import Comparison, Report
from routing.simulate.scenario import Scenario
from routing.simulate.worker import Line, Order

MOST_CALLS = 400_000  # in one simulation for a person who waits for it: about a minute
WANTED_CALLS = 60_000  # what is enough for steady figures
PATIENCE = 180.0  # seconds for one simulation
AT_ONCE = 1
NEWS_EVERY = 0.5  # seconds between two words on how far it is
LONGEST_LINE = 16 << 20  # bytes of an answer

log = structlog.get_logger(__name__)


class JobState(StrEnum):
    WAITING = "waiting"  # for another one to end
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@dataclass(slots=True, eq=False)
class Job:
    """`version` counts its changes; `problem` is for people."""

    id: str
    scenarios: list[Scenario]
    state: JobState = JobState.WAITING
    done: int = 0
    of: int = 0
    report: Report | None = None
    comparison: Comparison | None = None
    problem: str | None = None
    version: int = 1
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def note(self) -> None:
        """Tell everybody who waits for news."""
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()


def sized(scenarios: list[Scenario], replications: int | None) -> list[Scenario]:
    """With so many replications, or as many as steady figures take and time allows.

    Raises InvalidInput for more than one should wait for. All get the same seed and number.
    """
    calls = max(1.0, sum(scenario.expected_calls() for scenario in scenarios))
    if replications is None:
        replications = int(min(40, max(5, WANTED_CALLS / calls)))
    if calls * replications > MOST_CALLS:
        raise InvalidInput(
            f"would make {calls * replications:.0f} calls; allowed: {MOST_CALLS}. "
            "The command line has no such limit.",
            field="replications",
        )
    seed = scenarios[0].seed
    return [msgspec.structs.replace(one, replications=replications, seed=seed) for one in scenarios]


class Simulations:
    """The last simulation of each person; a new one takes the place of the one before."""

    def __init__(self, *, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._patience = patience
        self._of_user: dict[int, Job] = {}

    def start(self, user: int, scenarios: list[Scenario]) -> Job:
        """One scenario to report on, or two to compare."""
        before = self._of_user.get(user)
        if before is not None:
            self._cancel(before)
        of = sum(scenario.replications for scenario in scenarios)
        job = self._of_user[user] = Job(secrets.token_hex(16), scenarios, of=of)
        job.task = asyncio.create_task(self._run(job), name=f"simulation {job.id}")
        return job

    def get(self, user: int, id: str) -> Job:
        """Raises NotFound, also for somebody else's."""
        job = self._of_user.get(user)
        if job is None or job.id != id:
            raise NotFound("there is no such simulation (any more)")
        return job

    def cancel(self, user: int, id: str) -> None:
        self._cancel(self.get(user, id))

    async def close(self) -> None:
        jobs = list(self._of_user.values())
        for job in jobs:
            self._cancel(job)
        tasks = [job.task for job in jobs if job.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cancel(self, job: Job) -> None:
        if job.state in ENDED:
            return
        job.state = JobState.CANCELLED
        job.note()
        if job.task is not None:
            job.task.cancel()

    async def _run(self, job: Job) -> None:
        problem = None
        try:
            async with self._turn, asyncio.timeout(self._patience):
                job.state = JobState.RUNNING
                job.note()
                await _computed(job)
        except TimeoutError:
            problem = f"it took over {self._patience:.0f} seconds"
        except (OSError, msgspec.DecodeError, ValueError) as error:
            log.error("simulation_failed", error=str(error))
            problem = "it could not be computed"
        if job.state is JobState.RUNNING:
            found = job.report is not None or job.comparison is not None
            job.state = JobState.DONE if found else JobState.FAILED
            job.problem = None if found else problem or "it could not be computed"
            job.note()


async def _computed(job: Job) -> None:
    """Follow the process to its answer. However this ends, the process does too."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "routing.simulate.worker",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE,
    )  # fmt: skip
    loop, told = asyncio.get_running_loop(), 0.0
    try:
        if process.stdin is None or process.stdout is None:
            raise OSError("no pipes")
        process.stdin.write(msgspec.json.encode(Order(job.scenarios)) + b"\n")
        await process.stdin.drain()
        async for raw in process.stdout:
            line = msgspec.json.decode(raw, type=Line)
            job.report, job.comparison = line.report, line.comparison
            if line.report is not None or line.comparison is not None:
                return
            job.done = line.done
            if job.done == job.of or loop.time() - told >= NEWS_EVERY:
                told = loop.time()
                job.note()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
