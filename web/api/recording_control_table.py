"""The routes of recording calls that go on, and of the rules by which they are recorded."""

from __future__ import annotations

from recording.control_tables import RecordingRule
from web.api import payment_pages as pages
from web.api import recording_control as control
from web.api import recording_rules as rules
from web.api.setup_audit import watched
from web.auth.rights import Right
from web.routes import PAYMENT_PAGE, Handler, Route

V1 = "/api/v1"
_ONE = f"{V1}/calls/{{interaction}}/recording"
_MINE = f"{V1}/me/recording"
_RULES = f"{V1}/recording-rules"
_TOKENS = f"{V1}/payment-tokens"
_PAYMENT = f"{V1}/payment/recording"


def _order(path: str, handler: Handler, summary: str) -> Route:
    return Route("POST", path, handler, Right.RECORDING_CONTROL, summary)


def _rule(method: str, path: str, handler: Handler, action: str, summary: str) -> Route:
    handler = watched("recording_rule", RecordingRule, handler, action=action)
    status = 201 if method == "POST" else 200
    return Route(method, path, handler, Right.RECORDING_CONFIGURE, summary, status=status)


def _token(method: str, path: str, handler: Handler, summary: str) -> Route:
    status = 201 if method == "POST" else 200
    return Route(method, path, handler, Right.RECORDING_CONFIGURE, summary, status=status)


def _payment(what: str, handler: Handler, summary: str) -> Route:
    path = f"{_PAYMENT}/{what}"
    return Route("POST", path, handler, PAYMENT_PAGE, summary, also=(404, 429))


PAYMENT_PAGES: tuple[Route, ...] = (
    _token("GET", _TOKENS, pages.list_payment_tokens, "Tokens of payment pages"),
    _token("POST", _TOKENS, pages.create_payment_token, "New token; its secret is told only here"),
    _token("DELETE", f"{_TOKENS}/{{id}}", pages.revoke_payment_token, "Revoke a token"),
    _payment(
        "pause",
        pages.pause_for_payment,
        "Silence in a call's recording, from a payment page; 409 still_recording if the PBX does "
        "not confirm",
    ),
    _payment("resume", pages.resume_for_payment, "Go on recording after a payment page's pause"),
)
RECORDING_CONTROL: tuple[Route, ...] = (
    Route(
        "GET",
        _ONE,
        control.read_call_recording,
        Right.RECORDING_CONTROL,
        "How the recording of a call that goes on stands",
    ),
    _order(f"{_ONE}/start", control.start_recording, "Record my call from now on"),
    _order(f"{_ONE}/stop", control.stop_recording, "Record no further, where agents decide"),
    _order(
        f"{_ONE}/pause",
        control.pause_recording,
        "Silence in the file, e.g. for card data; 409 still_recording if the PBX does not confirm",
    ),
    _order(f"{_ONE}/resume", control.resume_recording, "Go on recording"),
    _order(f"{_MINE}/pause", control.pause_my_recording, "The same for the call I am in"),
    _order(f"{_MINE}/resume", control.resume_my_recording, "The same for the call I am in"),
    Route(
        "GET",
        f"{V1}/recordings/{{id}}/markers",
        control.list_marks,
        Right.RECORDING_READ,
        "Where in the file it was paused, held, handed on",
    ),
    Route(
        "GET",
        _RULES,
        rules.list_recording_rules,
        Right.RECORDING_CONFIGURE,
        "Which calls are recorded, in the order in which it is decided",
    ),
    _rule("POST", _RULES, rules.create_recording_rule, "create", "New rule about recording"),
    _rule(
        "PUT",
        f"{_RULES}/{{id}}",
        rules.change_recording_rule,
        "change",
        "Describe a rule about recording anew, as a whole",
    ),
    _rule(
        "DELETE",
        f"{_RULES}/{{id}}",
        rules.delete_recording_rule,
        "delete",
        "Delete a rule about recording",
    ),
)
