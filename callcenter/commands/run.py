"""`callcenter run`: the service, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal

import structlog
import uvloop

from callcenter import collector
from callcenter import config as configuration
from callcenter.commands.arguments import config_argument
from callcenter.config import Config
from callcenter.log import configure
from callcenter.main import running
from callcenter.terminal import say
from callcenter.watchdog import supervised
from web.auth.bootstrap import NewUser

STOPS = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    config_argument(parser)


def run(args: argparse.Namespace) -> int:
    config = configuration.load(args.config)
    configure(config.log.level, config.log.format)
    return uvloop.run(serve(config))


async def serve(config: Config) -> int:
    """0 when it was told to stop, 1 when it could not go on. A second signal does not wait."""
    me = asyncio.current_task()
    told: list[int] = []

    def stop(number: int) -> None:
        told.append(number)
        if me is not None:
            me.cancel()

    for number in STOPS:
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        async with running(config, _welcome) as service, supervised():
            collector.set_aside()
            log.info("running", web=f"http://{config.web.host}:{config.web.port}")
            await service.crew.failed.wait()
    except asyncio.CancelledError:
        if not told:
            raise
        log.info("stopped", signal=signal.Signals(told[0]).name)
        return 0
    return 1


def _welcome(made: NewUser) -> None:
    """The one way in, shown once and kept nowhere: not into the log, which is kept."""
    say(f"\n  First administrator: {made.username}\n  Password (shown only now): {made.password}\n")
