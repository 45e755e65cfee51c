"""Robot customers who keep calling: known ones, unknown ones, withheld ones, impatient ones."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import structlog

from callcenter.demo.people import Known
from callcenter.demo.voices import voice
from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.callers import WITHHELD, caller, customer_calls

SUPPORT, SALES = "8000", "8001"
VOICES = 6
AT_ONCE = 8  # more callers than that make a queue nobody can look at

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """One call to come: its From, the number dialled, and the seconds the caller stays."""

    caller: str
    dialled: str
    stay: float


async def traffic(
    pbx: Asterisk, known: tuple[Known, ...], per_minute: float, dice: random.Random
) -> None:
    """Call until cancelled. A call that fails is logged; the next one comes all the same."""
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as calls:
        while True:
            await places.acquire()
            task = calls.create_task(_one(pbx, plan(known, dice), dice.randrange(VOICES)))
            task.add_done_callback(lambda _: places.release())
            await asyncio.sleep(60.0 / per_minute * dice.uniform(0.6, 1.4))


async def _one(pbx: Asterisk, planned: CallPlan, seed: int) -> None:
    try:
        await customer_calls(
            pbx,
            planned.dialled,
            caller=planned.caller,
            stay=planned.stay,
            audio=await asyncio.to_thread(voice, seed),
        )
    except (PbxError, OSError) as error:
        log.warning("demo_call_failed", error=str(error))


def plan(known: tuple[Known, ...], dice: random.Random) -> CallPlan:
    """The next call. Most callers have patience; one in eight has not."""
    stay = dice.uniform(3.0, 8.0) if dice.random() < 0.125 else dice.uniform(20.0, 60.0)
    return CallPlan(_caller(known, dice), SALES if dice.random() < 0.25 else SUPPORT, stay)


def _caller(known: tuple[Known, ...], dice: random.Random) -> str:
    luck = dice.random()
    if luck < 0.08:
        return WITHHELD
    if luck < 0.2:
        return caller(f"+86177{dice.randrange(10**8):08d}")
    who = dice.choice(known)
    # Carriers write numbers in more than one way, and most send no name.
    number = who.national if dice.random() < 0.3 else who.number
    return caller(number, who.name if dice.random() < 0.5 else "")
