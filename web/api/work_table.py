"""The routes of what is owed to callers, and of how contacts came out."""

from __future__ import annotations

from web.api import callbacks, outcomes, work
from web.auth.rights import Right
from web.routes import Route

V1 = "/api/v1"
HANDLE = Right.WORK_HANDLE

MISSED = (
    Route("GET", f"{V1}/work", work.list_work, HANDLE, "Missed calls, who waits longest first"),
    Route(
        "POST",
        f"{V1}/work/{{id}}/claim",
        work.claim_work,
        HANDLE,
        "Take care of it; 409 says who was faster",
    ),
    Route("POST", f"{V1}/work/{{id}}/release", work.release_work, HANDLE, "Leave it to others"),
    Route(
        "POST",
        f"{V1}/work/{{id}}/call",
        work.call_work,
        HANDLE,
        "Claim it and call back: one's own telephone rings first",
        status=202,
    ),
    Route(
        "POST",
        f"{V1}/work/{{id}}/done",
        work.finish_work,
        HANDLE,
        "Taken care of, with a reason; a later answered call does this by itself",
    ),
)
CALLBACKS = (
    Route(
        "GET",
        f"{V1}/callbacks",
        callbacks.list_callbacks,
        HANDLE,
        "Promises to call back, whose turn is next first",
    ),
    Route(
        "POST",
        f"{V1}/callbacks",
        callbacks.create_callback,
        HANDLE,
        "Promise to call back; 409 when this queue has promised it already",
        status=201,
    ),
    Route(
        "GET",
        f"{V1}/callbacks/{{id}}",
        callbacks.read_callback,
        HANDLE,
        "A callback and every attempt at it",
    ),
    Route(
        "POST",
        f"{V1}/callbacks/{{id}}/accept",
        callbacks.accept_callback,
        HANDLE,
        "Call back what is shown to me, or take one that waits out of turn",
        status=202,
    ),
    Route(
        "POST",
        f"{V1}/callbacks/{{id}}/decline",
        callbacks.decline_callback,
        HANDLE,
        "Not now: it is offered to somebody else",
        status=202,
    ),
    Route(
        "POST",
        f"{V1}/callbacks/{{id}}/cancel",
        callbacks.cancel_callback,
        HANDLE,
        "Nobody is called back",
    ),
)
OUTCOMES = (
    Route(
        "GET",
        f"{V1}/interactions/{{id}}/decisions",
        outcomes.list_decisions,
        Right.INTERACTION_READ,
        "Why it went where it went, step by step",
    ),
    Route(
        "GET",
        f"{V1}/interactions/{{id}}/dispositions",
        outcomes.list_interaction_dispositions,
        Right.INTERACTION_READ,
        "How it came out, and what there is to choose from",
    ),
    Route(
        "PUT",
        f"{V1}/interactions/{{id}}/disposition",
        outcomes.put_disposition,
        Right.INTERACTION_WRITE,
        "Say how it came out; said again, it replaces what I said before",
    ),
)

WORK: tuple[Route, ...] = MISSED + CALLBACKS + OUTCOMES
