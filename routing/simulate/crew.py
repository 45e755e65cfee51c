"""The agents of a simulated day: the live agents' own state machine, with a clock that is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from callcenter.events import OfferResult
from routing import agent_inputs as inputs
from routing.agent_inputs import Input, Terms
from routing.agent_record import NO_ANSWER, Agent, Effect
from routing.agents import step
from routing.engine import Seat
from routing.simulate.durations import Sampler, sampler
from routing.simulate.scenario import AgentSpec, Scenario
from routing.simulate.tally import AgentTimes

IDLE_PHONE = "NOT_INUSE"


@dataclass(frozen=True, slots=True)
class Person:
    """One agent and their habits."""

    number: int
    spec: AgentSpec
    seat: Seat
    shifts: tuple[tuple[float, float], ...]
    answers_after: Sampler
    misses: Callable[[], bool]


def people_of(scenario: Scenario, seed: str) -> list[Person]:
    """Everybody by number, from 1 in the order of the scenario."""
    found: list[Person] = []
    for spec in scenario.agents:
        shifts = tuple(scenario.shifts_of(spec)) or ((0.0, float("inf")),)
        for _ in range(spec.count):
            number = len(found) + 1
            seat = Seat(number, frozenset(spec.queues), dict(spec.skills), spec.rank)
            dice = Random(f"{seed}/agent/{number}")  # noqa: S311 - a simulation, no secret
            answers = sampler(spec.answers_after, dice)
            found.append(Person(number, spec, seat, shifts, answers, _misses(spec, dice)))
    return found


def _misses(spec: AgentSpec, dice: Random) -> Callable[[], bool]:
    if not spec.misses:
        return lambda: False
    return lambda: dice.random() < spec.misses


class Crew:
    """Tells the machine what happens, and whoever asks what changed by it."""

    def __init__(self, times: AgentTimes, heard: Callable[[int, frozenset[Effect]], None]) -> None:
        self._times = times
        self._heard = heard
        self._agents: dict[int, Agent] = {}

    def agent(self, number: int) -> Agent:
        found = self._agents.get(number)
        return Agent(number) if found is None else found

    def tell(self, number: int, what: Input, now: float) -> None:
        """Raises the machine's Conflict for what may not be: then the simulation has a mistake."""
        before = self.agent(number)
        done = step(before, what, now)
        after = self._agents[number] = done.agent
        if after.state is not before.state:
            self._times.add(number, before.state, before.since, now)
        if done.effects:
            self._heard(number, done.effects)

    def begin_shift(self, number: int, now: float) -> None:
        self.tell(number, inputs.SignIn(f"SIM/{number}", IDLE_PHONE), now)
        self.tell(number, inputs.Ready(), now)

    def end_shift(self, number: int, now: float) -> None:
        self.tell(number, inputs.SignOut(), now)

    def offer(self, number: int, call: str, queue: str, terms: Terms, now: float) -> None:
        self.tell(number, inputs.Offer(call, queue, terms), now)

    def offer_over(self, number: int, result: OfferResult, now: float) -> None:
        self.tell(number, inputs.OfferOver(result), now)

    def call_over(self, number: int, call: str, now: float) -> None:
        self.tell(number, inputs.ContactOver(call), now)

    def wrap_up_over(self, number: int, now: float) -> None:
        self.tell(number, inputs.Tick(), now)

    def missed_too_often(self, number: int) -> bool:
        return NO_ANSWER in self.agent(number).reasons

    def back(self, number: int, now: float) -> None:
        """They saw that they were set not ready, and are there again."""
        if self.missed_too_often(number):
            self.tell(number, inputs.ClearReason(NO_ANSWER), now)

    def close(self, now: float) -> None:
        """Count what the agents are at when the day ends."""
        for number, agent in self._agents.items():
            self._times.add(number, agent.state, agent.since, now)
