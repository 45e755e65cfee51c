"""The running parts of a service that pages ask, and to which they give orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callcenter.events import DomainEvent
from callcenter.forgetting.service import Eraser
from callcenter.outward.service import Outward
from recording.control import RecordingControl
from recording.reconcile import Reconciler
from recording.store.reader import Reader
from routing.callback_runner import CallbackRunner
from routing.control import CallControl
from routing.monitoring import Monitoring
from routing.pbx_steering import PbxSteering
from routing.phones import PhoneBook
from routing.staff import Staff
from routing.steering import Steering
from web.ticket_feed import TicketFeed


def _nobody_asks() -> None:
    """Nothing in memory stands on what was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What is None is not there: a service that distributes no calls has no agents to ask.

    Each `…_changed` is called after administrators changed what is kept in memory.
    """

    publish: Callable[[DomainEvent], object] = lambda _: None  # puts an event on the bus
    directory_changed: Callable[[], object] = _nobody_asks  # agents, and their telephones
    alarms_changed: Callable[[], object] = _nobody_asks
    recording_rules_changed: Callable[[], object] = _nobody_asks
    ticket_queues_changed: Callable[[], object] = _nobody_asks
    staff: Staff | None = None  # the agents of this moment
    control: CallControl | None = None  # gives orders to the PBX
    steering: Steering | None = None  # moves calls that wait
    pbx_steering: PbxSteering | None = None  # in the queues of the PBX
    monitoring: Monitoring | None = None  # has supervisors listen to others
    callbacks: CallbackRunner | None = None  # keeps the promises to call back
    phone_book: PhoneBook | None = None  # knows the browsers' telephones
    recording_control: RecordingControl | None = None
    reconciler: Reconciler | None = None  # holds folder and index against each other
    sounds: Reader | None = None  # where recordings are kept; without it, where the PBX put them
    eraser: Eraser | None = None  # forgets persons
    ticket_feed: TicketFeed | None = None  # the one that the gateway asks
    outward: Outward | None = None  # webhooks and helpdesks
