"""The routes of webhooks, helpdesks and pages that open."""

from __future__ import annotations

from web.api import url_pops, webhooks
from web.auth.rights import Right
from web.routes import SIGNED_IN, Handler, Route

V1 = "/api/v1"


def _route(method: str, path: str, handler: Handler, summary: str, status: int = 200) -> Route:
    return Route(method, f"{V1}{path}", handler, Right.WEBHOOK_MANAGE, summary, status=status)


_ONE = "/webhooks/{id}"
_DELIVERY = f"{_ONE}/deliveries/{{delivery}}"

OUTWARD: tuple[Route, ...] = (
    _route("GET", "/webhook-types", webhooks.list_webhook_types, "What webhooks can be told"),
    _route("GET", "/webhooks", webhooks.list_webhooks, "Webhooks and helpdesks"),
    _route("POST", "/webhooks", webhooks.create_webhook, "New webhook or helpdesk", 201),
    _route("GET", _ONE, webhooks.read_webhook, "One of them"),
    _route("PUT", _ONE, webhooks.change_webhook, "Change it, or switch it on or off"),
    _route("DELETE", _ONE, webhooks.delete_webhook, "Delete it with all that waits for it"),
    _route("POST", f"{_ONE}/secret", webhooks.rotate_webhook_secret, "A new secret for it"),
    _route("POST", f"{_ONE}/test", webhooks.test_webhook, "Send it a test", 202),
    _route("GET", f"{_ONE}/deliveries", webhooks.list_deliveries, "What became of its messages"),
    _route("GET", _DELIVERY, webhooks.read_delivery, "One message, with its body"),
    _route("POST", f"{_DELIVERY}/replay", webhooks.replay_delivery, "Send a dead letter again"),
    _route("POST", f"{_ONE}/replay", webhooks.replay_deliveries, "Send all dead letters again"),
    _route("GET", "/url-pops", url_pops.list_url_pops, "Pages that open at a call"),
    _route("POST", "/url-pops", url_pops.create_url_pop, "New page that opens", 201),
    _route("PUT", "/url-pops/{id}", url_pops.change_url_pop, "Change a page that opens"),
    _route("DELETE", "/url-pops/{id}", url_pops.delete_url_pop, "Delete a page that opens"),
    Route(
        "GET",
        f"{V1}/me/url-pops",
        url_pops.list_my_url_pops,
        SIGNED_IN,
        "The pages that one's own console opens",
    ),
)
