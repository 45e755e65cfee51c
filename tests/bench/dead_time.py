"""(f) How long an agent sits between two callers while others wait, beside the PBX's app_queue.

One PBX, the same telephones and callers: the PBX's own queue and ours take turns, twice. Dead time
is from an agent's BYE to the next INVITE at that telephone. With twelve callers somebody always
waits; with four, agents wait for callers, and who gets them is a question of fairness.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    nullcontext,
    suppress,
)
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean, pstdev, quantiles

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.call import Call
from callcenter.pbx.render import Settings
from callcenter.pbx.robots import Robot, phone, trunk
from tests.e2e.house import House, configured
from tests.servers import free_port

OVERLAY = Path(__file__).parent / "etc"
TELEPHONES = tuple(str(number) for number in range(1001, 1007))
OURS, APP_QUEUE = "8000", "8002"  # the number that leads to each
TALK = (1.0, 2.0)  # seconds, evenly spread
MANY, FEW = 12, 4  # callers; each calls again when it was served
ROUNDS = 2
SECONDS = {MANY: 20.0, FEW: 20.0}  # of each in each round
SETTLED = 3.0  # seconds until all are at work
PATIENCE = 10.0  # seconds until the last callers are served


@dataclass(slots=True)
class Agent:
    """What one telephone saw: when it rang and when it hung up, in turns."""

    rang: list[float] = field(default_factory=list)
    hung_up: list[float] = field(default_factory=list)
    out_of_turn: int = 0

    def idle(self, since: float, until: float) -> list[float]:
        """Seconds from each goodbye to the next ring, of the rings in that time."""
        gaps = zip(self.hung_up, self.rang[1:], strict=False)
        return [rang - gone for gone, rang in gaps if since <= gone and rang < until]

    def calls(self, since: float, until: float) -> int:
        return sum(since <= rang < until for rang in self.rang)


@dataclass(slots=True)
class Measured:
    """All rounds of one side under one load."""

    idle: list[float] = field(default_factory=list)
    spread_of_calls: list[float] = field(default_factory=list)
    spread_of_idle: list[float] = field(default_factory=list)

    def add(self, agents: Sequence[Agent], since: float, until: float) -> None:
        idle = [agent.idle(since, until) for agent in agents]
        self.idle += [seconds for one in idle for seconds in one]
        self.spread_of_idle.append(_spread([sum(one) for one in idle]))
        self.spread_of_calls.append(_spread([one.calls(since, until) for one in agents]))

    def percentile_ms(self, of_100: int) -> float:
        return quantiles(self.idle, n=100)[of_100 - 1] * 1e3


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds of dead time of both, their ratio, and how evenly agents are treated."""
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        found = asyncio.run(_measured(Path(folder)))
    ours, theirs = found[OURS, MANY], found[APP_QUEUE, MANY]
    return {
        "dead_time": {
            "ours_p50_ms": ours.percentile_ms(50),
            "ours_p99_ms": ours.percentile_ms(99),
            "app_queue_p50_ms": theirs.percentile_ms(50),
            "app_queue_p99_ms": theirs.percentile_ms(99),
            "calls": len(ours.idle),
            "app_queue_calls": len(theirs.idle),
            "vs_app_queue": ours.percentile_ms(50) / theirs.percentile_ms(50),
            "p99_vs_app_queue": ours.percentile_ms(99) / theirs.percentile_ms(99),
        },
        "fairness": _fairness(found, MANY, "") | _fairness(found, FEW, "few_callers_"),
    }


def _fairness(
    found: dict[tuple[str, int], Measured], callers: int, prefix: str
) -> dict[str, float]:
    """Standard deviation over mean among the agents; 0 is perfectly even."""
    ours, theirs = found[OURS, callers], found[APP_QUEUE, callers]
    return {
        f"{prefix}ours": fmean(ours.spread_of_calls),
        f"{prefix}app_queue": fmean(theirs.spread_of_calls),
        f"{prefix}ours_idle": fmean(ours.spread_of_idle),
        f"{prefix}app_queue_idle": fmean(theirs.spread_of_idle),
    }


def _spread(values: Sequence[float]) -> float:
    return pstdev(values) / fmean(values) if any(values) else 0.0


async def _measured(folder: Path) -> dict[tuple[str, int], Measured]:
    found = {(queue, n): Measured() for queue in (OURS, APP_QUEUE) for n in (MANY, FEW)}
    agi_port = free_port()
    settings = Settings(agi_url=f"agi://127.0.0.1:{agi_port}")
    async with (
        Asterisk(22, folder, settings=settings, overlays=(OVERLAY,)) as pbx,
        AsyncExitStack() as stack,
    ):
        robots = [await stack.enter_async_context(phone(pbx, n)) for n in TELEPHONES]
        outside = await stack.enter_async_context(trunk(pbx))
        for turn in range(ROUNDS):
            # In turns, each side first as often: what else the machine does hits both.
            for queue in (APP_QUEUE, OURS) if turn % 2 == 0 else (OURS, APP_QUEUE):
                async with _served(queue, pbx, folder / str(turn), agi_port):
                    await _turn(found, queue, turn, robots, outside)
    return found


async def _turn(
    found: dict[tuple[str, int], Measured],
    queue: str,
    turn: int,
    robots: Sequence[Robot],
    outside: Robot,
) -> None:
    """One side under both loads; the talks of a turn are as long on either side."""
    for callers, seconds in SECONDS.items():
        agents = [_at_work(robot, f"{turn} {robot.user}") for robot in robots]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as lines:
            for n in range(callers):
                lines.create_task(_calls(outside, queue, f"+86138001380{n:02}", stop))
            await asyncio.sleep(SETTLED)
            since = time.perf_counter()
            await asyncio.sleep(seconds)
            found[queue, callers].add(agents, since, time.perf_counter())
            stop.set()
        if any(agent.out_of_turn for agent in agents):
            raise RuntimeError("a telephone rang during a call, or a caller hung up")


def _at_work(robot: Robot, seed: str) -> Agent:
    """The telephone picks up at once, talks and hangs up from now on."""
    agent = Agent()
    talks = random.Random(seed)  # noqa: S311 - the same talks every time
    robot.behaviour = partial(_talk, agent, talks)
    return agent


async def _talk(agent: Agent, talks: random.Random, call: Call) -> None:
    agent.out_of_turn += len(agent.rang) != len(agent.hung_up)
    agent.rang.append(time.perf_counter())
    await call.answer()
    await asyncio.sleep(talks.uniform(*TALK))
    agent.out_of_turn += call.is_over  # the goodbye is the agent's
    agent.hung_up.append(time.perf_counter())
    await call.hang_up()


async def _calls(outside: Robot, queue: str, number: str, stop: asyncio.Event) -> None:
    """A caller who calls again as soon as they were served."""
    while not stop.is_set():
        call = await outside.call(queue, caller=number)
        await call.ended(60.0)
        if not call.is_answered:
            raise RuntimeError(f"the PBX did not take a call: {call.status}")


def _served(
    queue: str, pbx: Asterisk, folder: Path, agi_port: int
) -> AbstractAsyncContextManager[None]:
    """Only our queue needs our service: the PBX's own has the machine for itself."""
    return _service(pbx, folder, agi_port) if queue == OURS else nullcontext()


@asynccontextmanager
async def _service(pbx: Asterisk, folder: Path, agi_port: int) -> AsyncIterator[None]:
    """Our service, all agents ready; a process, because the robots need this one."""
    command = ("-m", "tests.bench.stack_queue", _written(pbx, folder, agi_port), OURS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, *TELEPHONES, stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError("the service did not come up; what it said is above")
        yield
    finally:
        process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE)
        if process.returncode is None:
            process.kill()
            await process.wait()


def _written(pbx: Asterisk, folder: Path, agi_port: int) -> str:
    """The file with the configuration of a service that starts from nothing."""
    folder.mkdir()
    config = configured(pbx, folder, f"sqlite:///{folder}/callcenter.db", agi_port)
    file = folder / "callcenter.toml"
    file.write_text(House(pbx, config).toml(), "utf-8")
    return str(file)
