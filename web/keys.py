"""Everything that hangs on the application or on a request, by typed key."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from aiohttp import web

from callcenter.events import DomainEvent
from callcenter.forgetting.service import Eraser
from callcenter.health import Health
from callcenter.outward.service import Outward
from callcenter.store.database import Database
from crm.numbers import TrunkRule
from crm.tickets.desk.letters import Letters
from crm.tickets.desk.shelf import Shelf
from crm.transfer.jobs import Imports
from recording.control import RecordingControl
from recording.files import Folder
from recording.payment_tokens import PaymentPage
from recording.reconcile import Reconciler
from recording.store.reader import Reader
from routing.callback_runner import CallbackRunner
from routing.control import CallControl
from routing.monitoring import Monitoring
from routing.pbx_steering import PbxSteering
from routing.phones import PhoneBook
from routing.simulate.jobs import Simulations
from routing.staff import Staff
from routing.steering import Steering
from web.auth.authenticator import Authenticator
from web.auth.principal import Principal
from web.auth.throttle import AddressThrottle
from web.console_files import ConsoleFiles
from web.settings import WebSettings

if TYPE_CHECKING:  # they stand on what stands on this
    from web.payment_pages import PaymentPages
    from web.ticket_feed import TicketFeed

SETTINGS = web.AppKey("settings", WebSettings)
DATABASE = web.AppKey("database", Database)
AUTHENTICATOR = web.AppKey("authenticator", Authenticator)
CONSOLE = web.AppKey("console", ConsoleFiles)
HEALTH = web.AppKey("health", Health)
DIRECTORY_CHANGED: web.AppKey[Callable[[], object]] = web.AppKey("directory_changed")
PUBLISH: web.AppKey[Callable[[DomainEvent], object]] = web.AppKey("publish")
NUMBER_RULE = web.AppKey("number_rule", TrunkRule)
RECORDINGS = web.AppKey("recordings", Folder)
ERASER: web.AppKey[Eraser | None] = web.AppKey("eraser")
SOUNDS = web.AppKey("sounds", Reader)  # the bytes of recordings, wherever they are kept
CALLBACKS: web.AppKey[CallbackRunner | None] = web.AppKey("callbacks")
RECORDING_CONTROL: web.AppKey[RecordingControl | None] = web.AppKey("recording_control")
RECONCILER: web.AppKey[Reconciler | None] = web.AppKey("reconciler")
RECORDING_RULES_CHANGED: web.AppKey[Callable[[], object]] = web.AppKey("recording_rules_changed")
STAFF: web.AppKey[Staff | None] = web.AppKey("staff")
CALL_CONTROL: web.AppKey[CallControl | None] = web.AppKey("call_control")
ALARMS_CHANGED: web.AppKey[Callable[[], object]] = web.AppKey("alarms_changed")
STEERING: web.AppKey[Steering | None] = web.AppKey("steering")
PBX_STEERING: web.AppKey[PbxSteering | None] = web.AppKey("pbx_steering")
MONITORING: web.AppKey[Monitoring | None] = web.AppKey("monitoring")
PHONE_BOOK: web.AppKey[PhoneBook | None] = web.AppKey("phone_book")
SIMULATIONS = web.AppKey("simulations", Simulations)
IMPORTS = web.AppKey("imports", Imports)
EXPORTS: web.AppKey[Counter[int]] = web.AppKey("exports")  # that are being sent, by user
PBX_NAME = web.AppKey("pbx_name", str)
HEARD = web.AppKey("heard", WeakSet[asyncio.Transport])  # connections that made a request
SHELF = web.AppKey("shelf", Shelf)  # files of tickets
LETTERS = web.AppKey("letters", Letters)  # mail to customers
TICKET_FEED: web.AppKey[TicketFeed] = web.AppKey("ticket_feed")
TICKET_QUEUES_CHANGED: web.AppKey[Callable[[], object]] = web.AppKey("ticket_queues_changed")
FEEDBACK_THROTTLE = web.AppKey("feedback_throttle", AddressThrottle)
OUTWARD = web.AppKey("outward", Outward)  # webhooks and helpdesks
PAYMENT_PAGES: web.AppKey[PaymentPages] = web.AppKey("payment_pages")  # the door of their routes
OPENAPI: web.AppKey[Callable[[], bytes]] = web.AppKey("openapi")  # made when it is asked for

REQUEST_ID = web.RequestKey("request_id", str)
PRINCIPAL = web.RequestKey("principal", Principal)
PAYMENT_PAGE = web.RequestKey("payment_page", PaymentPage)
