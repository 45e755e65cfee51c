"""`callcenter user add`: makes somebody who may sign in and shows the password once."""

from __future__ import annotations

import argparse
import asyncio

from callcenter import config as configuration
from callcenter.commands.arguments import config_argument
from callcenter.store.database import Database
from callcenter.terminal import remark, say
from web.auth.bootstrap import NewUser, make_user
from web.auth.passwords import Passwords
from web.auth.rights import Role


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="add a user; the generated password is shown once")
    add.add_argument("name", metavar="NAME", help="what is typed to sign in")
    add.add_argument(
        "--role",
        action="append",
        required=True,
        choices=[role.value for role in Role],
        help="may be repeated",
    )
    add.add_argument("--display-name", metavar="TEXT", help="shown to others (default NAME)")
    config_argument(add)


def run(args: argparse.Namespace) -> int:
    config = configuration.load(args.config)
    made = asyncio.run(_add(config, args))
    say(f"{made.password}")
    remark(f"user {args.name} added; this password is shown only now")
    return 0


async def _add(config: configuration.Config, args: argparse.Namespace) -> NewUser:
    database = Database(config.database_url)
    try:
        return await make_user(
            database,
            Passwords(),
            username=args.name,
            display_name=args.display_name or args.name,
            roles=args.role,
            language=config.language,
        )
    finally:
        await database.close()
