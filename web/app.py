"""Puts the HTTP side together: what it is given, its routes, and what happens around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from weakref import WeakSet
from zoneinfo import ZoneInfo

from aiohttp import web

from callcenter.events import DomainEvent
from callcenter.forgetting.service import Eraser
from callcenter.health import Health
from callcenter.outward.service import Outward, unwired
from callcenter.store.database import Database
from crm.numbers import DEFAULT_RULE, TrunkRule
from crm.tickets.desk.letters import Letters
from crm.tickets.desk.shelf import Shelf
from crm.transfer.jobs import Imports
from recording.control import RecordingControl
from recording.files import Folder
from recording.store.reader import Reader
from routing.callback_runner import CallbackRunner
from routing.control import CallControl
from routing.monitoring import Monitoring
from routing.phones import PhoneBook
from routing.simulate.jobs import Simulations
from routing.staff import Staff
from routing.steering import Steering
from web import feedback, keys, middleware, routes
from web.api.table import ROUTES
from web.auth.authenticator import Authenticator
from web.console_files import ConsoleFiles
from web.decode import BODY_LIMIT
from web.openapi import document
from web.settings import WebSettings
from web.ticket_feed import TicketFeed

_WORKER = "web.import_worker"  # what an import's own process runs


def create_app(
    *,
    settings: WebSettings,
    database: Database,
    authenticator: Authenticator,
    health: Health,
    recordings: Folder,
    sounds: Reader | None = None,
    eraser: Eraser | None = None,
    publish: Callable[[DomainEvent], object] = lambda _: None,
    directory_changed: Callable[[], object] = lambda: None,
    number_rule: TrunkRule = DEFAULT_RULE,
    callbacks: CallbackRunner | None = None,
    control: CallControl | None = None,
    alarms_changed: Callable[[], object] = lambda: None,
    steering: Steering | None = None,
    monitoring: Monitoring | None = None,
    phone_book: PhoneBook | None = None,
    recording_control: RecordingControl | None = None,
    recording_rules_changed: Callable[[], object] = lambda: None,
    pbx: str = "pbx",
    staff: Staff | None = None,
    ticket_feed: TicketFeed | None = None,
    ticket_queues_changed: Callable[[], object] = lambda: None,
    outward: Outward | None = None,
) -> web.Application:
    """The application; the caller owns what it is given and runs it by `web.server`.

    `eraser` forgets persons, where a service runs that does it.
    `sounds` reads recordings where they are kept, without it they are where the PBX put them.
    `callbacks` keeps the promises to call back, where calls are made.

    `publish` puts an event on the bus; `directory_changed` is called after agents or their phones
    were changed; `number_rule` says how people here write telephone numbers;
    `staff` are the live agents, where this service distributes calls; `control` gives orders to
    the PBX called `pbx`, `steering` moves its waiting calls, `monitoring` has supervisors listen to
    others, and `phone_book` knows its browser telephones. `ticket_feed` is the one
    that the gateway asks, where there is a gateway; `ticket_queues_changed` is called after those
    were.
    """
    app = web.Application(
        middlewares=[middleware.observe, middleware.as_json, middleware.console],
        client_max_size=BODY_LIMIT,
    )
    app[keys.SETTINGS] = settings
    app[keys.DATABASE] = database
    app[keys.AUTHENTICATOR] = authenticator
    app[keys.CONSOLE] = ConsoleFiles(settings.console)
    app[keys.HEALTH] = health
    app[keys.RECORDINGS] = recordings
    app[keys.ERASER] = eraser
    app[keys.SOUNDS] = sounds or Reader(recordings)
    app[keys.PUBLISH] = publish
    app[keys.DIRECTORY_CHANGED] = directory_changed
    app[keys.NUMBER_RULE] = number_rule
    app[keys.CALLBACKS] = callbacks
    app[keys.STAFF] = staff
    app[keys.CALL_CONTROL] = control
    app[keys.RECORDING_CONTROL] = recording_control
    app[keys.RECORDING_RULES_CHANGED] = recording_rules_changed
    app[keys.ALARMS_CHANGED] = alarms_changed
    app[keys.STEERING] = steering
    app[keys.MONITORING] = monitoring
    app[keys.PHONE_BOOK] = phone_book
    app[keys.PBX_NAME] = pbx
    app[keys.TICKET_FEED] = ticket_feed or TicketFeed(database)
    app[keys.TICKET_QUEUES_CHANGED] = ticket_queues_changed
    app[keys.OUTWARD] = outward or unwired(database)
    _add_own(app, settings, Imports(database, settings.imports, rule=number_rule, worker=_WORKER))
    app.on_response_prepare.append(middleware.headers)
    routes.add(app, ROUTES)
    return app


def _add_own(app: web.Application, settings: WebSettings, imports: Imports) -> None:
    """What the web makes for itself, and ends with it."""
    app[keys.SIMULATIONS] = Simulations()
    app[keys.IMPORTS] = imports
    app[keys.EXPORTS] = Counter()
    app[keys.SHELF] = Shelf(settings.attachments)
    app[keys.LETTERS] = Letters(settings.mail, settings.language, ZoneInfo(settings.timezone))
    app[keys.FEEDBACK_THROTTLE] = feedback.throttle()
    app[keys.HEARD] = WeakSet()
    app[keys.OPENAPI] = _described()
    app.on_startup.append(_tidy_imports)
    app.on_shutdown.append(_end_jobs)


@cache  # it takes a moment, and the routes are the same for every application of a process
def _described() -> bytes:
    return document(ROUTES)


async def _tidy_imports(app: web.Application) -> None:
    await app[keys.IMPORTS].tidy()


async def _end_jobs(app: web.Application) -> None:
    await app[keys.SIMULATIONS].close()
    await app[keys.IMPORTS].close()
