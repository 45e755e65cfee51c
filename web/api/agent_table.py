"""The routes of those who take calls, and of those who watch over them."""

from __future__ import annotations

from web.api import agent_state
from web.auth.rights import Right
from web.routes import Route

V1 = "/api/v1"

MY_STATE = (
    Route("GET", f"{V1}/me/agent", agent_state.read_my_state, Right.AGENT_STATE, "My state"),
    Route(
        "GET",
        f"{V1}/me/phones",
        agent_state.list_my_phones,
        Right.AGENT_STATE,
        "The phones I can take calls on, and whether they would ring",
    ),
    Route(
        "POST",
        f"{V1}/me/agent/sign-in",
        agent_state.take_calls,
        Right.AGENT_STATE,
        "Take calls on this phone; not ready at first",
    ),
    Route(
        "POST",
        f"{V1}/me/agent/sign-out",
        agent_state.stop_taking_calls,
        Right.AGENT_STATE,
        "Take no more calls; in a call, after it",
    ),
    Route(
        "POST",
        f"{V1}/me/agent/ready",
        agent_state.go_ready,
        Right.AGENT_STATE,
        "Ready for calls; 409 no_phone when the phone could not ring",
    ),
    Route(
        "POST",
        f"{V1}/me/agent/not-ready",
        agent_state.go_not_ready,
        Right.AGENT_STATE,
        "Away, and why; in a call, after it",
    ),
    Route(
        "POST",
        f"{V1}/me/agent/wrap-up/finish",
        agent_state.finish_wrap_up,
        Right.AGENT_STATE,
        "Done with what the last call left to do",
    ),
    Route(
        "POST",
        f"{V1}/me/agent/wrap-up/extend",
        agent_state.extend_wrap_up,
        Right.AGENT_STATE,
        "More time after the call, as far as the queue allows",
    ),
    Route(
        "POST",
        f"{V1}/agents/{{id}}/state",
        agent_state.change_agent_state,
        Right.AGENT_STATE,
        "A supervisor changes an agent's state; written down",
    ),
)
