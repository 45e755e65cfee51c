"""Puts the HTTP side together: what it is given, its routes, and what happens around them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from weakref import WeakSet
from zoneinfo import ZoneInfo

from aiohttp import web

from callcenter.health import Health
from callcenter.outward.service import unwired
from callcenter.store.database import Database
from crm.numbers import DEFAULT_RULE, TrunkRule
from crm.tickets.desk.letters import Letters
from crm.tickets.desk.shelf import Shelf
from crm.transfer.jobs import Imports
from recording.files import Folder
from recording.store.reader import Reader
from routing.simulate.jobs import Simulations
from web import feedback, keys, middleware, routes
from web.api.table import ROUTES
from web.auth.authenticator import Authenticator
from web.console_files import ConsoleFiles
from web.decode import BODY_LIMIT
from web.live import Live
from web.openapi import document
from web.payment_pages import PaymentPages
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
    number_rule: TrunkRule = DEFAULT_RULE,
    pbx: str = "pbx",
    live: Live,
) -> web.Application:
    """The application; the caller owns what it is given and runs it by `web.server`.

    `number_rule` says how people here write telephone numbers; `pbx` is what the PBX is called.
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
    app[keys.SOUNDS] = live.sounds or Reader(recordings)
    app[keys.NUMBER_RULE] = number_rule
    app[keys.PBX_NAME] = pbx
    _add_live(app, live)
    _add_own(app, settings, Imports(database, settings.imports, rule=number_rule, worker=_WORKER))
    app.on_response_prepare.append(middleware.headers)
    routes.add(app, ROUTES)
    return app


def _add_live(app: web.Application, live: Live) -> None:
    database = app[keys.DATABASE]
    app[keys.PUBLISH] = live.publish
    app[keys.DIRECTORY_CHANGED] = live.directory_changed
    app[keys.ALARMS_CHANGED] = live.alarms_changed
    app[keys.RECORDING_RULES_CHANGED] = live.recording_rules_changed
    app[keys.TICKET_QUEUES_CHANGED] = live.ticket_queues_changed
    app[keys.STAFF] = live.staff
    app[keys.CALL_CONTROL] = live.control
    app[keys.STEERING] = live.steering
    app[keys.PBX_STEERING] = live.pbx_steering
    app[keys.MONITORING] = live.monitoring
    app[keys.CALLBACKS] = live.callbacks
    app[keys.PHONE_BOOK] = live.phone_book
    app[keys.RECORDING_CONTROL] = live.recording_control
    app[keys.RECONCILER] = live.reconciler
    app[keys.ERASER] = live.eraser
    app[keys.TICKET_FEED] = live.ticket_feed or TicketFeed(database)
    app[keys.OUTWARD] = live.outward or unwired(database)


def _add_own(app: web.Application, settings: WebSettings, imports: Imports) -> None:
    """What the web makes for itself, and ends with it."""
    app[keys.SIMULATIONS] = Simulations()
    app[keys.IMPORTS] = imports
    app[keys.EXPORTS] = Counter()
    app[keys.SHELF] = Shelf(settings.attachments)
    app[keys.LETTERS] = Letters(settings.mail, settings.language, ZoneInfo(settings.timezone))
    app[keys.FEEDBACK_THROTTLE] = feedback.throttle()
    app[keys.PAYMENT_PAGES] = PaymentPages(app[keys.DATABASE])
    app[keys.HEARD] = WeakSet()
    app[keys.OPENAPI] = _described
    app.on_startup.append(_tidy_imports)
    app.on_shutdown.append(_end_jobs)


def _described() -> bytes:  # the type of a cached function is not one the key takes
    return _document()


@cache  # it takes a second, and the routes are the same for every application of a process
def _document() -> bytes:
    return document(ROUTES)


async def _tidy_imports(app: web.Application) -> None:
    await app[keys.IMPORTS].tidy()


async def _end_jobs(app: web.Application) -> None:
    await app[keys.SIMULATIONS].close()
    await app[keys.IMPORTS].close()
