"""Every route of the HTTP API on one page, with the right that each asks for."""

from __future__ import annotations

from web.api import (
    directory,
    interactions,
    system,
)
from web.api.agent_table import MY_STATE
from web.api.call_table import CALLS
from web.api.customer_table import CUSTOMER_ROUTES
from web.api.merge_table import MERGES, SEARCH
from web.api.outward_table import OUTWARD
from web.api.people_table import PEOPLE_ROUTES
from web.api.quality_table import QUALITY
from web.api.recording_control_table import PAYMENT_PAGES, RECORDING_CONTROL
from web.api.recording_table import RECORDINGS
from web.api.report_table import REPORTS
from web.api.retention_table import RETENTION
from web.api.setup_table import SETUP
from web.api.simulation_table import SIMULATIONS
from web.api.supervision_table import SUPERVISION
from web.api.ticket_desk_table import DESK
from web.api.ticket_table import TICKET_ROUTES
from web.api.transfer_table import TRANSFER
from web.api.work_table import WORK
from web.auth.rights import Right
from web.routes import PUBLIC, Route

V1 = "/api/v1"

ADMINISTRATION = (
    Route(
        "POST", f"{V1}/agents", directory.create_agent, Right.AGENT_MANAGE, "New agent", status=201
    ),
    Route(
        "PATCH",
        f"{V1}/agents/{{id}}",
        directory.change_agent,
        Right.AGENT_MANAGE,
        "Change an agent and their phones",
    ),
)
INTERACTIONS = (
    Route(
        "GET",
        f"{V1}/interactions/{{id}}",
        interactions.read_interaction,
        Right.INTERACTION_READ,
        "The story of one contact",
    ),
    Route(
        "POST",
        f"{V1}/interactions/{{id}}/note",
        interactions.add_interaction_note,
        Right.INTERACTION_WRITE,
        "Write a note on a contact",
        status=201,
    ),
    Route(
        "PUT",
        f"{V1}/interactions/{{id}}/customer",
        interactions.pick_customer,
        Right.INTERACTION_WRITE,
        "Say who it was",
    ),
    Route("GET", f"{V1}/gaps", interactions.list_gaps, Right.GAP_READ, "When a PBX was not seen"),
)
DIRECTORY = (Route("GET", f"{V1}/agents", directory.list_agents, Right.DIRECTORY_READ, "Agents"),)
SYSTEM = (
    Route("GET", "/healthz", system.healthz, PUBLIC, "Whether the service is well"),
    Route(
        "GET",
        "/metrics",
        system.prometheus,
        PUBLIC,
        "Figures for Prometheus, from this machine or with the configured token",
        produces="text/plain",
    ),
    Route("GET", "/api/openapi.json", system.openapi, PUBLIC, "This document"),
)

ROUTES: tuple[Route, ...] = (
    PEOPLE_ROUTES
    + CUSTOMER_ROUTES
    + MERGES
    + SEARCH
    + INTERACTIONS
    + RECORDINGS
    + RECORDING_CONTROL
    + PAYMENT_PAGES
    + RETENTION
    + QUALITY
    + TICKET_ROUTES
    + DESK
    + DIRECTORY
    + CALLS
    + MY_STATE
    + SUPERVISION
    + SETUP
    + WORK
    + SIMULATIONS
    + REPORTS
    + TRANSFER
    + OUTWARD
    + ADMINISTRATION
    + SYSTEM
)
