"""The routes of call control and of the browser's telephone."""

from __future__ import annotations

from web.api import calls
from web.auth.rights import Right
from web.routes import Handler, Route

_CALLS = "/api/v1/calls"
_ONE = f"{_CALLS}/{{interaction}}"


def _order(path: str, handler: Handler, summary: str) -> Route:
    return Route("POST", path, handler, Right.CALL_CONTROL, summary, status=202)


CALLS = (
    _order(_CALLS, calls.dial, "Call a number from my telephone, which rings first"),
    _order(f"{_ONE}/hangup", calls.hang_up, "End my part of a call"),
    _order(f"{_ONE}/hold", calls.hold, "Music for the other side"),
    _order(f"{_ONE}/resume", calls.resume, "Talk with the other side again"),
    _order(f"{_ONE}/transfer", calls.transfer, "Hand the other side on, or consult somebody first"),
    _order(f"{_ONE}/transfer/complete", calls.complete_transfer, "Connect the two, and leave"),
    _order(f"{_ONE}/transfer/cancel", calls.cancel_transfer, "Back to the first"),
    _order(f"{_ONE}/conference", calls.start_conference, "All three together"),
    Route(
        "POST",
        "/api/v1/me/phone/credentials",
        calls.read_phone_credentials,
        Right.CALL_CONTROL,
        "What my browser registers with as a telephone",
    ),
)
