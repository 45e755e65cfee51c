"""Wires the whole service on one page, in the order in which a call passes through it.

It is left backwards: the PBX is no longer heard, doors close, the consumers finish what is queued,
the bus keeps what is left, the database closes.
"""

from __future__ import annotations

import asyncio
import platform
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog

from callcenter import metrics, secrets
from callcenter.ami.login import Endpoint
from callcenter.ami.service import AmiService
from callcenter.bus import Bus, MemoryBus
from callcenter.bus_redis import RedisBus
from callcenter.config import Config, make_data_folder
from callcenter.crew import Crew
from callcenter.distribution import Distribution, at_work, distribution
from callcenter.doors import Inside, doors
from callcenter.health import OK, Health, State, Verdict
from callcenter.outreach import outreach
from callcenter.running import Running
from callcenter.store.calls import CallMemory
from callcenter.store.database import Database, in_words, is_away
from callcenter.store.migrate import upgrade
from callcenter.store.watch import StoreWatch
from callcenter.store.writer import GATHER, Writer
from callcenter.storing import storing
from callcenter.ticketing import ticketing
from crm.activities.consumer import ActivityLog
from crm.card import CardSource
from crm.identify import Identifier
from crm.numbers import ContactKeys, TrunkRule, TrunkRules, Writing, read_number
from crm.pool.keeper import PoolKeeper
from crm.tickets.keeper import TicketKeeper
from crm.upkeep import Upkeep
from recording.describing import Party, ReadNumber
from recording.files import Folder
from recording.index import RecordingIndex
from recording.quality.keeper import QualityKeeper
from recording.reconcile import Reconciler
from routing.directory import Directory
from routing.work_log import WorkLog
from web.auth.bootstrap import NewUser, first_administrator
from web.auth.passwords import Passwords
from web.reports import marks as report_marks
from web.reports.keeper import ReportKeeper
from web.reports.sending import ReportPost

PBX = "pbx"
AGAIN = 2.0  # seconds until a database that is away at the start is tried again

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Service(Running):
    """A service that is up."""

    distribution: Distribution


@asynccontextmanager
async def running(
    config: Config, welcome: Callable[[NewUser], None] | None = None
) -> AsyncIterator[Service]:
    """The whole service, up while the context is open.

    With `welcome` an empty installation gets its administrator, whose password is told to it once.
    ConfigError when a port is taken.
    """
    async with AsyncExitStack() as stack:
        rules = trunk_rules(config)
        service, cards = await _ground(stack, config, rules, welcome)
        folder = Folder(config.recordings.folder, config.recordings.pbx_folder)
        kept = await storing(service, folder, rules)
        directory = await _directory(service)
        watch = _store(service, directory, rules)
        _customers(service, cards)
        reconciler = _recordings(service, folder, rules)
        _reports(service)
        link = _link(service)
        made = await distribution(service, directory, link.send, rules)
        tickets = await ticketing(service, made)
        told = await outreach(service, rules)
        inside = Inside(made, tickets, told, kept, folder, reconciler, watch, rules)
        await stack.enter_async_context(doors(service, inside))
        await stack.enter_async_context(at_work(service, made, rules))
        await stack.enter_async_context(_pbx(service, link))
        yield Service(
            *(config, service.database, service.bus, service.health, service.crew, service.keys),
            made,
        )


async def _ground(
    stack: AsyncExitStack,
    config: Config,
    rules: TrunkRules,
    welcome: Callable[[NewUser], None] | None,
) -> tuple[Running, CardSource]:
    """What all else stands on: left last, and in this order backwards."""
    health = Health()
    database = await stack.enter_async_context(_database(config))
    if welcome is not None:
        await _first_administrator(database, config, welcome)
    bus = await stack.enter_async_context(_bus(config, health))
    cards = await stack.enter_async_context(_cards(config, database, rules))
    crew = await stack.enter_async_context(Crew(health))
    stack.callback(bus.finish)
    return Running(config, database, bus, health, crew, secrets.load(config)), cards


async def _first_administrator(
    database: Database, config: Config, welcome: Callable[[NewUser], None]
) -> None:
    made = await first_administrator(database, Passwords(), language=config.language)
    if made is not None:
        welcome(made)


@asynccontextmanager
async def _database(config: Config) -> AsyncIterator[Database]:
    """The database at the newest revision; one that is away is waited for."""
    make_data_folder(config)
    while True:
        try:
            await upgrade(config.database_url)
            break
        except Exception as error:
            if not is_away(error):
                raise
            log.error("database_away", error=in_words(error), again_in=AGAIN)
            await asyncio.sleep(AGAIN)
    database = Database(config.database_url, pool_size=config.database.pool_size)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _bus(config: Config, health: Health) -> AsyncIterator[Bus]:
    """In memory, or over Redis when there is one; its queues are among the metrics."""
    folder, limit = config.data / "waiting", config.store.disk_mib << 20
    made: MemoryBus | RedisBus
    if config.redis.url:
        made = RedisBus(config.redis.url, folder, node=platform.node(), spill_bytes=limit)
        health.register("redis", made.health)
    else:
        made = MemoryBus(folder, spill_bytes=limit)
    async with made as bus:
        collector = metrics.BusCollector(bus.subscriptions)
        metrics.REGISTRY.register(collector)
        try:
            yield bus
        finally:
            metrics.REGISTRY.unregister(collector)


async def _directory(service: Running) -> Directory:
    directory = Directory(service.database)
    await directory.load()
    service.crew.keeper("directory", directory.run())
    return directory


def _customers(service: Running, cards: CardSource) -> None:
    """Who calls, and what is kept of customers and their tickets."""
    crew, bus, database = service.crew, service.bus, service.database
    crew.consumer("identify", Identifier(bus, cards).run(), vital=True)
    crew.consumer("activities", ActivityLog(bus, database).run())
    crew.keeper("pool", PoolKeeper(database).run())
    crew.keeper("upkeep", Upkeep(database).run())
    crew.keeper("tickets", TicketKeeper(database, bus.publish).run())


def _recordings(service: Running, folder: Folder, rules: TrunkRules) -> Reconciler:
    """Found, held against what lies there, and given out to be judged."""
    config, crew, database = service.config, service.crew, service.database
    index = RecordingIndex(service.bus, database, folder, read=_other_side(config, rules))
    crew.consumer("recordings", index.run())
    reconciler = Reconciler(database, folder, pbx=config.ami.name)
    reconciler.register(service.health)
    crew.keeper("reconcile", reconciler.run())
    crew.keeper("quality", QualityKeeper(database, ZoneInfo(config.timezone)).run())
    return reconciler


def _reports(service: Running) -> None:
    """Their figures are kept; where there is a mail server they go out at set times."""
    crew, database = service.crew, service.database
    crew.keeper("reports", ReportKeeper(database).run())
    if service.config.mail.host:
        crew.keeper("report mail", ReportPost(database).run())


def _store(service: Running, directory: Directory, rules: TrunkRules) -> StoreWatch:
    """The one writer, with what is owed to callers written in the same transactions."""
    config, database, bus = service.config, service.database, service.bus
    watch = StoreWatch(database)
    keys = ContactKeys(rules, config.calls.outside_prefix)
    owed = WorkLog(keys, bus.publish, zone=ZoneInfo(config.timezone))
    writer = Writer(
        database,
        bus.subscribe("rows", durable=True, maxsize=config.store.memory_events, gather=GATHER),
        config.data / "dead-letters.jsonl",
        thresholds=directory.thresholds,
        short_thresholds=directory.short_thresholds,
        projections=[owed.project, report_marks.mark],
        on_commit=[owed.committed],
        on_state=[watch.written],
    )
    service.health.register("database", watch.health)
    service.health.register("rows", writer.health)
    service.crew.keeper("store", watch.run())
    service.crew.consumer("rows", writer.run(), vital=True)
    return watch


@asynccontextmanager
async def _cards(
    config: Config, database: Database, rules: TrunkRules
) -> AsyncIterator[CardSource]:
    cards = CardSource(database, rules, language=config.language)
    try:
        await cards.start()
        yield cards
    finally:
        await cards.close()


def _link(service: Running) -> AmiService:
    """The link to the PBX, not yet begun; health says so."""
    ami = service.config.ami
    context = ssl.create_default_context(cafile=ami.ca_file) if ami.tls else None
    link = AmiService(
        ami.name,
        Endpoint(ami.host, ami.port, ami.username, ami.secret, context),
        service.bus.publish,
        CallMemory(service.database),
        tuple(service.config.calls.trunks),
    )

    def check() -> Verdict:
        up, detail = link.health
        return OK if up else Verdict(State.DEGRADED, detail)

    service.health.register("pbx", check)
    return link


@asynccontextmanager
async def _pbx(service: Running, link: AmiService) -> AsyncIterator[None]:
    """Last, so that everybody listens before the first event."""
    service.crew.keeper(PBX, link.run(), vital=True)
    try:
        yield
    finally:
        await service.crew.end(PBX)


def _other_side(config: Config, rules: TrunkRules) -> ReadNumber:
    """What the number of a recorded call is found by."""
    keys = ContactKeys(rules, config.calls.outside_prefix)

    def read(number: str | None, interface: str | None) -> Party:
        contact = keys(number, interface)
        return Party(contact, read_number(contact, rules.default).suffix)

    return read


def trunk_rules(config: Config) -> TrunkRules:
    """How each trunk writes numbers, and how people here do."""
    home = config.numbers.country
    return TrunkRules(
        patterns=tuple(
            (trunk.match, TrunkRule(Writing(trunk.writes), trunk.country or home))
            for trunk in config.numbers.trunks
        ),
        default=TrunkRule(Writing.AUTO, home),
    )
