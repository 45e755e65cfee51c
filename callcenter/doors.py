"""Wires where people come in: the consoles' live connection and the web."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp.web import Application

from callcenter.distribution import Distribution
from callcenter.listening import listening
from callcenter.outreach import Outreach
from callcenter.running import Running
from callcenter.store.watch import StoreWatch
from callcenter.storing import Storing
from callcenter.ticketing import Ticketing
from crm.numbers import TrunkRules
from recording.files import Folder
from recording.reconcile import Reconciler
from screenpop.gateway import Gateway
from screenpop.gateway import Settings as GatewaySettings
from screenpop.pops import EVENTS as POP_EVENTS
from screenpop.pops import Pops
from web.alarm_keeper import AlarmKeeper
from web.alarm_mail import AlarmMail
from web.app import create_app
from web.auth.authenticator import SECOND_FACTOR, Authenticator
from web.auth.passwords import Passwords
from web.board import EVENTS as BOARD_EVENTS
from web.board import LiveBoard
from web.board_feed import BoardFeed
from web.live import Live
from web.server import serving
from web.settings import WebSettings
from web.work_board import EVENTS as WORK_EVENTS
from web.work_board import WorkBoard
from web.work_feed import WorkFeed


@dataclass(frozen=True, slots=True)
class Inside:
    """What people find behind the doors."""

    made: Distribution
    tickets: Ticketing
    told: Outreach
    kept: Storing
    recordings: Folder
    reconciler: Reconciler
    watch: StoreWatch
    rules: TrunkRules


@asynccontextmanager
async def doors(service: Running, inside: Inside) -> AsyncIterator[None]:
    """Open while the context is."""
    config = service.config
    box = service.keys.box(SECOND_FACTOR)
    authenticator = Authenticator(service.database, Passwords(), box)
    board, feed = _board(service, inside.watch)
    alarms = _alarms(service, board)
    gateway = _gateway(service, inside, board, authenticator)
    app = _web(service, inside, authenticator, _live(service, inside, feed, alarms))
    async with AsyncExitStack() as stack:
        with listening("gateway", config.gateway.host, config.gateway.port):
            await stack.enter_async_context(gateway)
        with listening("web", config.web.host, config.web.port):
            await stack.enter_async_context(serving(app, config.web.host, config.web.port))
        yield


def _web(service: Running, inside: Inside, authenticator: Authenticator, live: Live) -> Application:
    return create_app(
        settings=WebSettings.of(service.config),
        database=service.database,
        authenticator=authenticator,
        health=service.health,
        recordings=inside.recordings,
        number_rule=inside.rules.default,
        pbx=service.config.ami.name,
        live=live,
    )


def _live(service: Running, inside: Inside, feed: BoardFeed, alarms: AlarmKeeper) -> Live:
    made, tickets, told = inside.made, inside.tickets, inside.told

    def directory_changed() -> None:
        made.directory.reload()
        made.setup.reload()
        feed.reload()
        told.people.reload()

    return Live(
        publish=service.bus.publish,
        directory_changed=directory_changed,
        alarms_changed=alarms.reload,
        recording_rules_changed=made.taping.book.reload,
        ticket_queues_changed=tickets.queues.reload,
        staff=made.staff,
        control=made.control,
        steering=made.steering,
        pbx_steering=made.pbx_steering,
        monitoring=made.monitoring,
        callbacks=made.callbacks,
        phone_book=made.phones,
        recording_control=made.taping.control,
        reconciler=inside.reconciler,
        sounds=inside.kept.reader,
        eraser=inside.kept.eraser,
        ticket_feed=tickets.feed,
        outward=told.outward,
    )


def _board(service: Running, watch: StoreWatch) -> tuple[LiveBoard, BoardFeed]:
    now = time.time()
    board = LiveBoard(ZoneInfo(service.config.timezone), now)
    feed = BoardFeed(board, service.database, started_at=now)
    watch.listen(board.store_link)
    service.crew.consumer("board", feed.run(service.bus.subscribe("board", types=BOARD_EVENTS)))
    return board, feed


def _alarms(service: Running, board: LiveBoard) -> AlarmKeeper:
    config = service.config
    post = AlarmMail(config.language, ZoneInfo(config.timezone)) if config.mail.host else None
    keeper = AlarmKeeper(board, service.database, service.bus.publish, post=post)
    service.crew.keeper("alarms", keeper.run())
    return keeper


def _work(service: Running, watch: StoreWatch) -> WorkBoard:
    board = WorkBoard(time.time())
    watch.listen(board.store_link)
    feed = WorkFeed(board, service.database)
    service.crew.consumer("work", feed.run(service.bus.subscribe("work", types=WORK_EVENTS)))
    return board


def _gateway(
    service: Running, inside: Inside, board: LiveBoard, authenticator: Authenticator
) -> Gateway:
    config, made, watch = service.config, inside.made, inside.watch
    settings = GatewaySettings(
        host=config.gateway.host,
        port=config.gateway.port,
        origins=(config.web.public_url,) if config.web.public_url else (),
    )
    gateway = Gateway(
        settings,
        pops=Pops(made.directory.agent_of, started_at=time.time()),
        authenticator=authenticator,
        board=board,
        work=_work(service, watch),
        tickets=inside.tickets.feed,
        on_console=made.staff.console,
    )
    authenticator.on_revoked(gateway.close_sessions)
    watch.listen(lambda up, _at: gateway.store_link(up))
    batches = service.bus.subscribe("gateway", types=POP_EVENTS)
    service.crew.consumer("gateway", gateway.consume(batches), vital=True)
    return gateway
