"""The process that computes a simulation for the service: modest, and gone when the service is.

One line of JSON in, then lines of progress and one of the answer out. The input stays open as long
as somebody wants the answer.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from functools import partial
from typing import BinaryIO

import msgspec

from routing.simulate.day import Result
from routing.simulate.report import Comparison, Report, compare, report, simulate
from routing.simulate.scenario import Scenario

MEMORY = 2 << 30  # bytes of address space
SECONDS = 600  # of computing


class Order(msgspec.Struct, frozen=True):
    """One scenario to be reported, or two to be compared."""

    scenarios: list[Scenario]


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """`done` of `of` replications, or the answer."""

    done: int = 0
    of: int = 0
    report: Report | None = None
    comparison: Comparison | None = None


def main() -> None:
    os.nice(10)  # calls go first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    of = sum(scenario.replications for scenario in order.scenarios)
    results: list[list[Result]] = []
    for scenario in order.scenarios:
        before = sum(map(len, results))
        results.append(simulate(scenario, partial(_progress, before, of)))
    first = order.scenarios[0]
    if len(results) == 1:
        _say(Line(report=report(first, results[0])))
    else:
        pair = (first, order.scenarios[1])
        _say(Line(comparison=compare(pair, (results[0], results[1]))))


def _progress(before: int, of: int, done: int, _of: int) -> None:
    _say(Line(before + done, of))


def _say(line: Line) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _end_with(source: BinaryIO) -> None:
    """Nobody is there any more to read the answer."""
    source.read()
    os._exit(1)


if __name__ == "__main__":
    main()
