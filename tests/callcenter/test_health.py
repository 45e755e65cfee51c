"""The rooms say how they are, and one that cannot say is down."""

from __future__ import annotations

import pytest

from callcenter.bus import MemoryBus
from callcenter.events import LinkLost
from callcenter.health import OK, Health, State, Verdict
from callcenter.metrics import REGISTRY, BusCollector, exposition


def broken() -> Verdict:
    raise RuntimeError("lost my memory")


def test_the_worst_verdict_is_the_whole() -> None:
    health = Health()
    assert health.overall() is State.OK
    health.register("a", lambda: OK)
    health.register("b", lambda: Verdict(State.DEGRADED, "3 waiting"))
    assert health.overall() is State.DEGRADED
    health.register("c", broken)
    assert health.overall() is State.DOWN
    assert health.report()["c"].detail == "RuntimeError: lost my memory"
    assert health.report()["a"] is OK


def test_a_name_is_taken_once() -> None:
    health = Health()
    health.register("a", lambda: OK)
    with pytest.raises(ValueError, match="'a' already"):
        health.register("a", lambda: OK)


async def test_the_queues_are_among_the_metrics() -> None:
    bus = MemoryBus()
    bus.subscribe("slow")
    bus.publish(LinkLost(at=1.0, pbx="p"))
    collector = BusCollector(bus.subscriptions)
    REGISTRY.register(collector)
    try:
        text = exposition().decode()
    finally:
        REGISTRY.unregister(collector)
    assert 'callcenter_bus_depth{subscriber="slow"} 1.0' in text
    assert "callcenter_ami_messages" in text
