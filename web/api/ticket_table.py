"""The routes of tickets on one page, with the right that each asks for."""

from __future__ import annotations

from web.api import ticket_settings as settings
from web.api import ticket_steps as steps
from web.api import tickets
from web.auth.rights import Right
from web.routes import SIGNED_IN, Handler, Route

V1 = "/api/v1"
ONE = f"{V1}/tickets/{{id}}"


def _post(step: str, handler: Handler, right: Right, summary: str, status: int = 200) -> Route:
    return Route("POST", f"{ONE}/{step}", handler, right, summary, status=status)


TICKETS = (
    Route(
        "POST",
        f"{V1}/tickets",
        tickets.open_ticket,
        Right.TICKET_WRITE,
        "Open a ticket",
        status=201,
    ),
    Route("GET", f"{V1}/tickets", tickets.list_tickets, Right.TICKET_READ, "Tickets"),
    Route(
        "GET",
        f"{V1}/tickets/counts",
        tickets.count_tickets,
        Right.TICKET_READ,
        "How many tickets a filter finds",
    ),
    Route("GET", ONE, tickets.read_ticket, Right.TICKET_READ, "Ticket"),
    Route(
        "PATCH",
        ONE,
        tickets.change_ticket,
        Right.TICKET_WRITE,
        "Change a ticket; 409 with both values when somebody was faster",
    ),
    Route(
        "GET",
        f"{ONE}/events",
        tickets.list_events,
        Right.TICKET_READ,
        "What happened to a ticket, with who did it, before and after",
    ),
    Route(
        "GET",
        f"{ONE}/messages",
        tickets.list_messages,
        Right.TICKET_READ,
        "What was said, to the customer and among us",
    ),
)
STEPS = (
    _post("assign", steps.assign_ticket, Right.TICKET_ASSIGN, "Give it to somebody or a team"),
    _post("start", steps.start_ticket, Right.TICKET_WRITE, "Begin; it is one's own from then on"),
    _post("pend", steps.pend_ticket, Right.TICKET_WRITE, "Put it off: it waits for something"),
    _post("wake", steps.wake_ticket, Right.TICKET_WRITE, "Go on with what was put off"),
    _post("resolve", steps.resolve_ticket, Right.TICKET_RESOLVE, "Resolve a ticket"),
    _post("reopen", steps.reopen_ticket, Right.TICKET_WRITE, "It was not resolved after all"),
    _post("archive", steps.archive_ticket, Right.TICKET_ARCHIVE, "Put it away, read-only"),
    _post("merge", steps.merge_ticket, Right.TICKET_MERGE, "It goes on in another ticket"),
    _post("split", steps.split_ticket, Right.TICKET_MERGE, "Make part of it a ticket", 201),
    _post("link", steps.link_ticket, Right.TICKET_WRITE, "It has to do with another ticket"),
    _post("unlink", steps.unlink_ticket, Right.TICKET_WRITE, "Take a link away"),
    _post("watch", steps.watch_ticket, Right.TICKET_READ, "Follow a ticket"),
    _post("unwatch", steps.unwatch_ticket, Right.TICKET_READ, "Follow it no longer"),
    _post("reply", steps.reply_to_customer, Right.TICKET_WRITE, "Answer the customer", 201),
    _post("note", steps.add_ticket_note, Right.TICKET_WRITE, "Write among us", 201),
    _post("calls", steps.add_call, Right.TICKET_WRITE, "A call was about this ticket"),
)
SETTINGS = (
    Route(
        "GET",
        f"{V1}/ticket-categories",
        settings.list_categories,
        Right.TICKET_READ,
        "What tickets are about, as a tree in its order",
    ),
    Route(
        "POST",
        f"{V1}/ticket-categories",
        settings.create_category,
        Right.TICKET_CONFIGURE,
        "New category",
        status=201,
    ),
    Route(
        "PUT",
        f"{V1}/ticket-categories/{{id}}",
        settings.change_category,
        Right.TICKET_CONFIGURE,
        "Change a category; retire it with active: false",
    ),
    Route(
        "GET",
        f"{V1}/sla-policies",
        settings.list_sla_policies,
        Right.TICKET_CONFIGURE,
        "SLA policies",
    ),
    Route(
        "POST",
        f"{V1}/sla-policies",
        settings.create_sla_policy,
        Right.TICKET_CONFIGURE,
        "New SLA policy; it counts for tickets that are opened or sorted anew from now on",
        status=201,
    ),
    Route(
        "PUT",
        f"{V1}/sla-policies/{{id}}",
        settings.change_sla_policy,
        Right.TICKET_CONFIGURE,
        "Change an SLA policy",
    ),
    Route(
        "DELETE",
        f"{V1}/sla-policies/{{id}}",
        settings.delete_sla_policy,
        Right.TICKET_CONFIGURE,
        "Delete an SLA policy; what was promised by it stays promised",
    ),
    Route(
        "GET",
        f"{V1}/ticket-rules",
        settings.list_rules,
        Right.TICKET_CONFIGURE,
        "Who gets new tickets",
    ),
    Route(
        "POST",
        f"{V1}/ticket-rules",
        settings.create_rule,
        Right.TICKET_CONFIGURE,
        "New assignment rule",
        status=201,
    ),
    Route(
        "PUT",
        f"{V1}/ticket-rules/{{id}}",
        settings.change_rule,
        Right.TICKET_CONFIGURE,
        "Change an assignment rule",
    ),
    Route(
        "DELETE",
        f"{V1}/ticket-rules/{{id}}",
        settings.delete_rule,
        Right.TICKET_CONFIGURE,
        "Delete an assignment rule",
    ),
    Route(
        "GET",
        f"{V1}/ticket-settings",
        settings.read_settings,
        Right.TICKET_CONFIGURE,
        "When tickets come back, and when they are put away",
    ),
    Route(
        "PUT",
        f"{V1}/ticket-settings",
        settings.save_settings,
        Right.TICKET_CONFIGURE,
        "Change them",
    ),
    Route(
        "GET",
        f"{V1}/me/ticket-notices",
        settings.list_notices,
        SIGNED_IN,
        "What one is to be told of tickets, newest first",
    ),
    Route(
        "POST",
        f"{V1}/me/ticket-notices/read",
        settings.read_notices,
        SIGNED_IN,
        "These are read",
    ),
)
TICKET_ROUTES = TICKETS + STEPS + SETTINGS
