"""What a call's own flow does about its recording: who is told, who refuses, when it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from callcenter.agi.session import Agi
from callcenter.errors import AgiError
from callcenter.events import RoutingDecided
from callcenter.recordable import Recordable
from tests.routing.fake_line import FakeLine
from tests.routing.test_flows import QUEUE, House

TAPE = ("MixMonitor", "/m/call.wav", "b")


@dataclass(frozen=True)
class Tape:
    file: str = "/m/call.wav"
    options: str = "b"


@dataclass(frozen=True)
class Ask:
    announcement: str | None = "may-record"
    opt_out_key: str | None = None


@dataclass
class Rules:
    """Records all but those who refuse and the agents named here."""

    ask: Ask | None = None
    spared: frozenset[int] = frozenset()
    asked: list[Recordable] = field(default_factory=list)

    def asks(self, queue: str) -> Ask | None:
        return self.ask

    def tape(self, call: Recordable) -> Tape | None:
        self.asked.append(call)
        return None if call.refused or call.agent in self.spared else Tape()


async def called(
    rules: Rules,
    *,
    path: str = "queue/support",
    keys: list[str | None] | None = None,
    rings: Callable[[str], str] = lambda _: "ANSWER",
    line: type[FakeLine] = FakeLine,
) -> tuple[FakeLine, list[tuple[str, str]]]:
    """The caller, and what was decided about recording."""
    house = House(QUEUE, 1, 2)
    house.floor.free(1, since=980.0)
    house.floor.free(2, since=990.0)
    one = line(path, house.now, rings, keys or [])
    await replace(house.flows(), recorder=rules).handle(cast(Agi, one))
    decided = [d for event in house.of(RoutingDecided) for d in event.decisions]
    return one, [(d.outcome, d.reason) for d in decided if d.step == "recording"]


async def test_it_is_recorded_from_before_the_telephone_rings() -> None:
    line, _ = await called(Rules())
    assert line.did.index(TAPE) < line.did.index(("dial", "PJSIP/1"))


async def test_callers_are_told_before_anybody_is_rung() -> None:
    line, decided = await called(Rules(Ask()))
    assert line.said[0] == "may-record"
    assert TAPE in line.did
    assert decided == [("announced", "rule")]


async def test_who_presses_the_key_is_not_recorded() -> None:
    line, decided = await called(Rules(Ask(opt_out_key="9")), keys=["9"])
    assert TAPE not in line.did
    assert ("dial", "PJSIP/1") in line.did
    assert decided == [("refused", "key")]


async def test_who_presses_another_key_or_none_is_recorded() -> None:
    for keys in ([None, "5"], [None, None]):
        line, decided = await called(Rules(Ask(opt_out_key="9")), keys=list(keys))
        assert TAPE in line.did
        assert decided == [("accepted", "no_key")]


async def test_the_next_agent_is_another_question() -> None:
    spared = Rules(spared=frozenset({2}))
    line, _ = await called(spared, rings=lambda who: "NOANSWER" if who == "PJSIP/1" else "ANSWER")
    assert line.did.index(("StopMixMonitor",)) < line.did.index(("dial", "PJSIP/2"))
    both = Rules()
    line, _ = await called(both, rings=lambda who: "NOANSWER" if who == "PJSIP/1" else "ANSWER")
    assert line.did.count(TAPE) == 1


class Mute(FakeLine):
    """A PBX that cannot record."""

    async def exec(self, application: str, *arguments: str) -> Any:
        raise AgiError(f"the PBX has no application {application}")


async def test_a_pbx_that_cannot_record_connects_people_all_the_same() -> None:
    line, decided = await called(Rules(), line=Mute)
    assert ("dial", "PJSIP/1") in line.did
    assert decided == [("failed", "pbx")]


async def test_the_dialplan_asks_for_calls_that_do_not_come_to_us() -> None:
    rules = Rules()
    line, _ = await called(rules, path="record/outbound")
    assert (line.did, line.variables) == ([TAPE], {"CALLCENTER_RECORD": "yes"})
    line, _ = await called(rules, path="record/sales")
    out, own = rules.asked
    assert (out.direction, out.interface) == ("outbound", "PJSIP/trunk")
    assert (own.direction, own.queue) == ("inbound", "sales")
