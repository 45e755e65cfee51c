"""`callcenter doctor`: looks at everything the service needs and says what to do about it."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from callcenter import config as configuration
from callcenter.commands.arguments import config_argument
from callcenter.doctor.findings import Finding, Level, text
from callcenter.log import configure
from callcenter.terminal import say

MARKS = {Level.OK: "ok   ", Level.WARN: "warn ", Level.ERROR: "ERROR"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    config_argument(parser)
    parser.add_argument("--lang", choices=["zh", "en"], help="default: the configuration's")
    parser.add_argument(
        "--listen",
        type=float,
        default=3.0,
        metavar="SECONDS",
        help="how long to listen to the PBX (default 3)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when nothing is wrong, 1 when something is."""
    config = configuration.load(args.config)
    configure("error", "console")
    findings = asyncio.run(examine(config, args.listen))
    language = args.lang or config.language
    for finding in findings:
        say(shown(finding, language))
    return int(any(finding.level is Level.ERROR for finding in findings))


def shown(finding: Finding, language: str) -> str:
    """One finding as people read it: what is, and on the next line what to do."""
    what, do = text(finding, language)
    return f"{MARKS[finding.level]} {what}" + (f"\n      → {do}" if do else "")


async def examine(config: configuration.Config, listen: float) -> Sequence[Finding]:
    from callcenter.doctor.machine import examine_database, examine_recordings, examine_redis
    from callcenter.doctor.mail import examine_mail
    from callcenter.doctor.pbx import examine_pbx

    return [
        *await examine_pbx(config.ami, listen),
        *await examine_database(config),
        *await examine_redis(config.redis.url),
        *await examine_recordings(config),
        *await examine_mail(config),
    ]
