"""`callcenter simulate`: what a day would be like with these queues, agents and callers."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from callcenter import config as configuration
from callcenter.commands.arguments import config_argument
from callcenter.errors import ConfigError
from callcenter.store.database import Database
from callcenter.terminal import remark
from routing.simulate import checks
from routing.simulate.day import Result
from routing.simulate.recorded import scenario_of_day
from routing.simulate.report import compare, report, simulate
from routing.simulate.scenario import Scenario
from routing.simulate.staffing import staffing
from routing.simulate.text import comparison_lines, report_lines, staffing_lines
from routing.simulate.written import written

FEW_CALLS = 20_000  # below this, starting more processes costs more than it saves


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", type=Path, nargs="?", help="scenario (TOML); see docs/simulate.md"
    )
    parser.add_argument(
        "--day",
        type=datetime.date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="instead of a file: the queues, agents and calls of this recorded day",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="a second scenario, given the same callers; the differences are shown",
    )
    parser.add_argument("--replications", type=int, metavar="N", help="instead of the scenario's")
    parser.add_argument("--seed", type=int, metavar="N", help="instead of the scenario's")
    parser.add_argument(
        "--staffing",
        type=float,
        metavar="SHARE",
        help="also the agents each hour needs for this service level, e.g. 0.8, by Erlang",
    )
    parser.add_argument("--json", action="store_true", help="figures as one JSON document")
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="with --day: write the scenario, to be changed"
    )
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="default: all CPUs"
    )
    config_argument(parser)


def run(args: argparse.Namespace) -> int:
    scenario = _changed(_scenario(args), args)
    if args.staffing is not None and not 0 < args.staffing < 1:
        raise ConfigError("--staffing: must be above 0 and below 1, e.g. 0.8", field="staffing")
    if args.save is not None:
        args.save.write_text(written(scenario), "utf-8")
    if args.against is None:
        answer = report(scenario, _simulated(scenario, args))
        _print(args, answer, report_lines(answer), scenario)
        return 0
    second = checks.load(args.against)
    second = msgspec.structs.replace(second, seed=scenario.seed, replications=scenario.replications)
    results = (_simulated(scenario, args), _simulated(second, args))
    both = compare((scenario, second), results)
    _print(args, both, comparison_lines(both), scenario)
    return 0


def _scenario(args: argparse.Namespace) -> Scenario:
    if (args.file is None) == (args.day is None):
        raise ConfigError("give a scenario FILE, or --day for a recorded one", field="file")
    if args.file is not None:
        return checks.load(args.file)
    return asyncio.run(_recorded(configuration.load(args.config), args.day))


async def _recorded(config: configuration.Config, day: datetime.date) -> Scenario:
    database = Database(config.database_url)
    try:
        return await scenario_of_day(database, config.ami.name, day, config.timezone)
    finally:
        await database.close()


def _changed(scenario: Scenario, args: argparse.Namespace) -> Scenario:
    raw = msgspec.to_builtins(scenario)
    given = {"replications": args.replications, "seed": args.seed}
    raw |= {name: value for name, value in given.items() if value is not None}
    changed = checks.parse(raw, "arguments")
    for warning in checks.warnings(changed):
        remark(f"warning: {warning}")
    return changed


def _simulated(scenario: Scenario, args: argparse.Namespace) -> list[Result]:
    calls = scenario.expected_calls() * scenario.replications
    processes = args.processes if calls > FEW_CALLS else 1
    return simulate(scenario, _progress(scenario.name or "scenario"), processes)


def _progress(name: str) -> Callable[[int, int], None]:
    """One line that is written over on a terminal, a line for each quarter otherwise."""
    on_terminal = sys.stderr.isatty()

    def told(done: int, of: int) -> None:
        quarter = done * 4 // of > (done - 1) * 4 // of
        if on_terminal:
            end = "\n" if done == of else ""
            sys.stderr.write(f"\r{name}: {done} of {of} replications{end}")
        elif quarter:
            sys.stderr.write(f"{name}: {done} of {of} replications\n")
        sys.stderr.flush()

    return told


def _print(
    args: argparse.Namespace, answer: msgspec.Struct, lines: Iterable[str], scenario: Scenario
) -> None:
    by_erlang = [] if args.staffing is None else staffing(scenario, args.staffing)
    if args.json:
        document = msgspec.to_builtins(answer)
        if by_erlang:
            document["staffing"] = msgspec.to_builtins(by_erlang)
        sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
        return
    for line in lines:
        sys.stdout.write(line + "\n")
    if by_erlang:
        sys.stdout.write("\n")
        for line in staffing_lines(by_erlang, args.staffing):
            sys.stdout.write(line + "\n")
