"""(a) Reading AMI and (b) following the calls in it, beside panoramisk's reading alone.

All four read the same captured stream, 64 KiB at a time, in turn within one process, and each
figure is the best of several rounds of CPU time: the machine is noisy, the ratio is not.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from callcenter.ami.protocol import AmiParser
from callcenter.bus import MemoryBus
from callcenter.calls.tracker import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

TRACES = Path(__file__).parent.parent / "traces"
CHUNK = 65536
ROUNDS = 5
COPIES = 3
SUBSCRIBERS = 5  # as the service has: rows, customers, screens, board, recordings


def captured() -> bytes:
    """The recorded traces one after the other, unfiltered.

    Those with hostile callers are left out: panoramisk's reader raises on them.
    """
    parts = [
        path.read_bytes()
        for path in sorted(TRACES.glob("*/ami.txt"))
        if not path.parent.name.startswith("hostile")
    ]
    if not parts:
        raise SystemExit(f"no traces under {TRACES}; record them first")
    return b"".join(parts) * COPIES


def measure() -> dict[str, dict[str, float]]:
    """The ratios of `build/bench.json`, and the rates they come from (messages a second)."""
    data = captured()
    total = data.count(b"\r\n\r\n")
    work: dict[str, Callable[[bytes], None]] = {
        "panoramisk": _panoramisk,
        "parse": _parse,
        "pipeline": _pipeline,
        "split": _split,
    }
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, run in work.items():
            best[name] = min(best[name], _cpu(run, data))
    return {
        "parse": {
            "rate_vs_panoramisk": best["panoramisk"] / best["parse"],
            "rate_vs_split": best["split"] / best["parse"],
            "messages_per_second": total / best["parse"],
        },
        "pipeline": {
            "cpu_vs_panoramisk_parse": best["pipeline"] / best["panoramisk"],
            "messages_per_second": total / best["pipeline"],
        },
    }


def _cpu(run: Callable[[bytes], None], data: bytes) -> float:
    began = time.process_time()
    run(data)
    return time.process_time() - began


def _chunks(data: bytes) -> list[bytes]:
    return [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)]


def _panoramisk(data: bytes) -> None:
    """Its own protocol with one handler for every event, as its documentation shows."""
    manager = Manager(loop=object())
    manager.callbacks.clear()
    manager.patterns.clear()
    seen: list[int] = []
    manager.register_event("*", lambda _manager, _event: seen.append(1))
    protocol = AMIProtocol()
    protocol.queue, protocol.responses = deque(), {}
    protocol.factory, protocol.version, protocol.encoding = manager, "", "utf8"
    protocol.log = logging.getLogger("panoramisk")
    protocol.closed = True  # a recorded shutdown of the PBX does not end the reading
    for chunk in _chunks(data):
        protocol.data_received(chunk)
    assert seen


def _parse(data: bytes) -> None:
    parser = AmiParser()
    read = 0
    for chunk in _chunks(data):
        read += len(parser.feed(chunk, None))
    assert read


def _pipeline(data: bytes) -> None:
    """Bytes to domain events on the bus, with as many subscribers as the service has."""
    parser, tracker, bus = AmiParser(), Tracker("bench"), MemoryBus()
    queues = [bus.subscribe(f"subscriber-{n}", maxsize=1_000_000) for n in range(SUBSCRIBERS)]
    publish = bus.publish
    for chunk in _chunks(data):
        for message in parser.feed(chunk, None):
            for event in tracker.feed(message):
                publish(event)
    assert all(queue.depth for queue in queues)


def _split(data: bytes) -> None:
    assert data.split(b"\r\n\r\n")
