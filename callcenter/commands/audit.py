"""`callcenter audit verify`: walks the audit log and tells the first row that does not fit."""

from __future__ import annotations

import argparse
import asyncio
import re

from callcenter import config as configuration
from callcenter.commands.arguments import config_argument
from callcenter.store import audit
from callcenter.store.audit import Verdict
from callcenter.store.database import Database
from callcenter.terminal import remark, say

BROKEN = 1
_KNOWN = re.compile(r"([0-9]{1,10}):([0-9a-f]{64})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    verify = actions.add_parser(
        "verify",
        help="is the audit log as it was written",
        description="Walk the whole audit log. Exit status 1 when it was changed.",
    )
    verify.add_argument(
        "--known",
        type=_noted,
        metavar="ROW:HASH",
        help="what an earlier run printed: shows also when all later rows were written anew",
    )
    config_argument(verify)


def run(args: argparse.Namespace) -> int:
    config = configuration.load(args.config)
    verdict = asyncio.run(_verify(config.database_url, args.known))
    if verdict.broken is not None:
        broken = verdict.broken
        remark(f"audit log broken at row {broken.row}: {broken.why}")
        return BROKEN
    say(f"{verdict.rows}:{verdict.hash}")
    remark(f"{verdict.rows} rows, all as they were written")
    return 0


async def _verify(url: str, known: tuple[int, str] | None) -> Verdict:
    database = Database(url)
    try:
        async with database.reading() as session:
            return await audit.verify(session, known=known)
    finally:
        await database.close()


def _noted(text: str) -> tuple[int, str]:
    found = _KNOWN.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("not ROW:HASH as this command prints it")
    return int(found.group(1)), found.group(2)
