"""`callcenter migrate`: brings the database to the shape this version needs."""

from __future__ import annotations

import argparse
import asyncio

from callcenter import config as configuration
from callcenter.commands.arguments import config_argument
from callcenter.store.database import Database
from callcenter.store.migrate import current, newest, upgrade
from callcenter.terminal import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    config_argument(parser)


def run(args: argparse.Namespace) -> int:
    config = configuration.load(args.config)
    configuration.make_data_folder(config)
    before, after = asyncio.run(_migrate(config.database_url))
    said = f"already at {after}" if before == after else f"{before or 'empty'} → {after}"
    say(f"database: {said}")
    return 0


async def _migrate(url: str) -> tuple[str | None, str]:
    database = Database(url)
    try:
        before = await current(database)
    finally:
        await database.close()
    await upgrade(url)
    return before, newest()
