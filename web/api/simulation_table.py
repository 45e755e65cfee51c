"""The routes of simulations and staffing."""

from __future__ import annotations

from web.api import simulations
from web.auth.rights import Right
from web.routes import Route

V1 = "/api/v1"

SIMULATIONS = (
    Route(
        "GET",
        f"{V1}/simulations/base",
        simulations.read_base,
        Right.QUEUE_SIMULATE,
        "Queues, agents and calls of a recorded day",
    ),
    Route(
        "GET",
        f"{V1}/simulations/staffing",
        simulations.read_day_staffing,
        Right.QUEUE_SIMULATE,
        "Agents that a queue needed in each hour of a recorded day, by Erlang C and A",
    ),
    Route(
        "POST",
        f"{V1}/simulations",
        simulations.start_simulation,
        Right.QUEUE_SIMULATE,
        "What would be if; computed beside the service, the one before is cancelled",
        status=202,
    ),
    Route(
        "GET",
        f"{V1}/simulations/{{id}}",
        simulations.read_simulation,
        Right.QUEUE_SIMULATE,
        "How far it is, and its figures; waits a while for news",
    ),
    Route(
        "DELETE",
        f"{V1}/simulations/{{id}}",
        simulations.cancel_simulation,
        Right.QUEUE_SIMULATE,
        "Cancel",
    ),
    Route(
        "GET",
        f"{V1}/staffing",
        simulations.read_staffing,
        Right.QUEUE_SIMULATE,
        "How many agents a load needs, by Erlang C, or A when callers have a patience",
    ),
)
