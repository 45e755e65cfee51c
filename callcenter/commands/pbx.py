"""`callcenter pbx render`: gives the PBX the telephones of our agents, each with a password."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

from callcenter import config as configuration
from callcenter import files
from callcenter.commands.arguments import config_argument
from callcenter.errors import ConfigError
from callcenter.store.database import Database
from callcenter.terminal import remark, say
from routing.phone_file import Rendered, Telephone, render, sections_of
from routing.phones import PhoneBook, read_secrets
from routing.queries import list_agents

RELOAD = "asterisk -rx 'module reload res_pjsip.so'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    action = actions.add_parser("render", help="write the agents' telephones for the PBX")
    action.add_argument(
        "--output", type=Path, metavar="FILE", help="instead of [phones] pjsip_file"
    )
    action.add_argument(
        "--renew",
        action="append",
        default=[],
        metavar="NAME",
        help="give this telephone a new password (PJSIP/NAME); may be repeated",
    )
    config_argument(action)


def run(args: argparse.Namespace) -> int:
    config = configuration.load(args.config)
    output = args.output or Path(config.phones.pjsip_file)
    known = read_secrets(config.phone_secrets)
    rendered = render(
        asyncio.run(_telephones(config)),
        known,
        set(_taken(output)),
        renewed=[name.removeprefix("PJSIP/") for name in args.renew],
    )
    secrets = _secrets(config.phone_secrets, known, rendered)
    _write(config.phone_secrets, secrets, "phones.secrets_file")
    _write(output, rendered.text, "phones.pjsip_file")
    for telephone, why in rendered.left_out.items():
        remark(f"left out: {telephone!r} {why}")
    count = len(rendered.passwords)
    say(f"{count} telephones in {output}. Now tell the PBX: {RELOAD}")
    return 0


async def _telephones(config: configuration.Config) -> list[Telephone]:
    book = PhoneBook(config.phones.browser, "", config.phone_secrets)
    database = Database(config.database_url)
    try:
        async with database.reading() as session:
            agents = await list_agents(session)
    finally:
        await database.close()
    return [
        Telephone(phone.interface, book.kind_of(phone.interface), agent.name)
        for agent in agents
        if agent.active
        for phone in agent.phones
        if phone.pbx == config.ami.name
    ]


def _secrets(path: Path, known: dict[str, str], rendered: Rendered) -> str:
    """The file as it is to be. What else is in it stays: it may be the PBX's own secrets.json."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    phones = known | rendered.passwords
    return json.dumps(kept | {"phones": phones}, indent=1, sort_keys=True) + "\n"


def _taken(output: Path) -> Iterator[str]:
    """Sections of the other files that the PBX reads, as far as they are on this machine."""
    main = output.parent.parent
    beside = [one for one in output.parent.glob("*.conf") if one.name != output.name]
    for path in (main / "pjsip.conf", main / "phones.conf", *beside):
        try:
            yield from sections_of(path.read_text("utf-8", errors="replace"))
        except OSError:
            continue  # not there, or not ours to read


def _write(path: Path, text: str, key: str) -> None:
    """Whole or not at all, and never readable by anybody but the owner of its folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, text.encode(), lambda made: _give_to_owner(made, path.parent))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{key}: {path} cannot be written: {reason}", field=key) from None


def _give_to_owner(path: Path, folder: Path) -> None:
    """Run by root, the file still belongs to whoever reads it: the PBX, or the service."""
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(path, owner.st_uid, owner.st_gid)
