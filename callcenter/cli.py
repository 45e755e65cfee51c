"""The `callcenter` command: each sub-command loads only what it runs."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from callcenter.errors import CallCenterError, ConfigError
from callcenter.terminal import remark

# 2 as for wrong arguments: the caller gave us something we cannot work with.
BAD_INPUT = 2


class Command(Protocol):
    """What a command's module offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, args: argparse.Namespace) -> int: ...


# Name → module and the line shown by --help, so that help imports nothing.
COMMANDS = {
    "run": ("callcenter.commands.run", "run the service until it is told to stop"),
    "demo": ("callcenter.demo", "try it: a PBX, robot callers and the service on this machine"),
    "doctor": ("callcenter.doctor", "check PBX, database, recordings and say what to do"),
    "migrate": ("callcenter.commands.migrate", "bring the database to the newest shape"),
    "user": ("callcenter.commands.user", "add somebody who may sign in"),
    "audit": ("callcenter.commands.audit", "check that nobody changed the audit log"),
    "pbx": ("callcenter.commands.pbx", "give the PBX the telephones of our agents"),
    "replay": ("callcenter.replay", "tell the calls in recorded AMI bytes"),
    "simulate": ("callcenter.commands.simulate", "what a day would be like: who waits how long"),
    "record": ("callcenter.record", "record AMI bytes, for a bug report"),
}


def main(argv: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else list(argv)
    parser, command = _parser(arguments)
    args = parser.parse_args(arguments)
    if command is None:  # unreachable unless argparse lets an unknown name through
        parser.error("no such command")
    try:
        return command.run(args)
    except CallCenterError as error:
        remark(f"callcenter: {error}")
        return BAD_INPUT if isinstance(error, ConfigError) else 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130


def _parser(arguments: Sequence[str]) -> tuple[argparse.ArgumentParser, Command | None]:
    """The parser, with the arguments of the one command that is meant."""
    parser = argparse.ArgumentParser(prog="callcenter", description="Call center for Asterisk.")
    parser.add_argument("--version", action="version", version=_version())
    choices = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    meant = next((word for word in arguments if word in COMMANDS), None)
    command: Command | None = None
    for name, (module, help_) in COMMANDS.items():
        sub = choices.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
        if name == meant:
            command = cast(Command, importlib.import_module(module))
            command.add_arguments(sub)
    return parser, command


def _version() -> str:
    from importlib.metadata import version

    return f"callcenter {version('callcenter')}"


if __name__ == "__main__":
    sys.exit(main())
