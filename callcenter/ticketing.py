"""Wires what tickets need beside the calls: mail, files, and giving tickets to agents."""

from __future__ import annotations

import time
from dataclasses import dataclass

from callcenter.config import Config
from callcenter.config_sections import MailConfig
from callcenter.distribution import Distribution
from callcenter.errors import Conflict, NotFound
from callcenter.health import OK, State, Verdict
from callcenter.running import Running
from callcenter.store.database import Database
from callcenter.unbroken import unbroken
from crm.mail.message import Sender
from crm.mail.postman import Link, Postman
from crm.mail.smtp import Server
from crm.tickets.desk import feedback
from crm.tickets.desk.handing_out import HandingOut
from crm.tickets.desk.shelf import Shelf
from crm.tickets.desk.sweeper import Sweeper
from routing import ticket_work
from routing.ticket_crew import Waiting
from routing.ticket_queues import TicketQueueKeeper
from routing.ticket_work import TicketWork
from web import feedback_page
from web.ticket_feed import EVENTS, TicketFeed


@dataclass(frozen=True, slots=True)
class Ticketing:
    """The parts that the doors talk to."""

    feed: TicketFeed
    queues: TicketQueueKeeper


async def ticketing(service: Running, made: Distribution) -> Ticketing:
    """Everything at work."""
    crew, bus, database = service.crew, service.bus, service.database
    feed = TicketFeed(database)
    crew.consumer("ticket views", feed.run(bus.subscribe("ticket-views", types=EVENTS)))
    crew.keeper("attachments", Sweeper(database, Shelf(service.config.attachments_folder)).run())
    _mail(service)
    queues = TicketQueueKeeper(database)
    await queues.load()
    crew.keeper("ticket queues", queues.run())
    work = TicketWork(
        HandingOut(database, Waiting, bus.publish),
        lambda: made.setup.current,
        lambda: queues.current,
        made.staff.signed_in,
    )
    queues.on_change.append(work.arrange)
    made.setup.on_change.append(work.arrange)
    told = bus.subscribe("ticket-work", types=ticket_work.EVENTS)
    crew.consumer("ticket work", work.follow(told))
    crew.keeper("ticket work clock", work.run())
    return Ticketing(feed, queues)


def _mail(service: Running) -> None:
    """Nothing goes out where no server is configured."""
    config = service.config
    if not config.mail.host:
        return
    mail, database = config.mail, service.database
    postman = Postman(
        database,
        server_of(mail),
        sender_of(mail),
        links(config, database),
        keep_days=mail.keep_days,
    )

    def check() -> Verdict:
        if postman.trouble is not None:
            return Verdict(State.DEGRADED, "the mail server does not take our mail")
        return Verdict(State.DEGRADED, f"{postman.dead} mails given up") if postman.dead else OK

    service.health.register("mail", check)
    service.crew.keeper("mail", postman.run())


def server_of(mail: MailConfig) -> Server:
    return Server(
        host=mail.host,
        port=mail.port,
        encryption=mail.encryption,
        username=mail.username,
        password=mail.password,
        ca_file=mail.ca_file,
        timeout=mail.timeout,
    )


def sender_of(mail: MailConfig) -> Sender:
    return Sender(mail.sender, mail.sender_name, mail.reply_to)


def links(config: Config, database: Database) -> Link:
    """Makes a customer's link at the moment at which it is sent."""
    base = public_address(config)

    @unbroken
    async def link(ticket: int) -> str | None:
        async with database.session() as session:
            try:
                token = await feedback.make(
                    session,
                    ticket,
                    language=config.language,
                    days=config.tickets.feedback_days,
                    by=None,
                    now=time.time(),
                )
            except (Conflict, NotFound):
                return None  # it was reopened, or is over
            await session.commit()
        return feedback_page.url(base, token)

    return link


def public_address(config: Config) -> str:
    """Where customers find us."""
    return config.web.public_url or f"http://{config.web.host}:{config.web.port}"
