"""The routes of what people work tickets with, and of the page that customers answer on."""

from __future__ import annotations

from web import feedback
from web.api import (
    attachments,
    canned_responses,
    drafts,
    macros,
    mails,
    ticket_feedback,
    ticket_queues,
    ticket_views,
)
from web.auth.rights import Right
from web.routes import PUBLIC, Route

V1 = "/api/v1"
TICKET = f"{V1}/tickets/{{id}}"
READ, WRITE = Right.TICKET_READ, Right.TICKET_WRITE
CONFIGURE = Right.TICKET_CONFIGURE

ATTACHMENTS = (
    Route("GET", f"{TICKET}/attachments", attachments.list_attachments, READ, "Files of a ticket"),
    Route(
        "POST",
        f"{TICKET}/attachments",
        attachments.attach_file,
        WRITE,
        "Attach a file: at most 10 MiB, 20 files and 50 MiB for each ticket; no programs",
        status=201,
        consumes="application/octet-stream",
    ),
    Route(
        "GET",
        f"{V1}/attachments/{{id}}",
        attachments.read_attachment,
        READ,
        "A file, for keeping",
        produces="application/octet-stream",
    ),
    Route(
        "DELETE",
        f"{V1}/attachments/{{id}}",
        attachments.remove_attachment,
        WRITE,
        "Take a file off a ticket",
    ),
)
CANNED = (
    Route(
        "GET",
        f"{V1}/placeholders",
        canned_responses.list_placeholders,
        READ,
        "What {{name}} in texts can stand for",
    ),
    Route(
        "GET",
        f"{V1}/canned-responses",
        canned_responses.list_canned_responses,
        READ,
        "Canned responses: one's own, the team's, everybody's",
    ),
    Route(
        "POST",
        f"{V1}/canned-responses",
        canned_responses.create_canned_response,
        WRITE,
        "New canned response",
        status=201,
    ),
    Route(
        "PATCH",
        f"{V1}/canned-responses/{{id}}",
        canned_responses.change_canned_response,
        WRITE,
        "Change a canned response; 409 with both values when somebody was faster",
    ),
    Route(
        "DELETE",
        f"{V1}/canned-responses/{{id}}",
        canned_responses.delete_canned_response,
        WRITE,
        "Delete a canned response",
    ),
    Route(
        "GET",
        f"{V1}/canned-responses/{{id}}/tickets/{{ticket}}",
        canned_responses.fill_canned_response,
        READ,
        "A canned response as it is for this ticket",
    ),
)
MACROS = (
    Route("GET", f"{V1}/macros", macros.list_macros, READ, "Macros: several changes with one key"),
    Route("POST", f"{V1}/macros", macros.create_macro, WRITE, "New macro", status=201),
    Route(
        "PATCH",
        f"{V1}/macros/{{id}}",
        macros.change_macro,
        WRITE,
        "Change a macro; 409 with both values when somebody was faster",
    ),
    Route("DELETE", f"{V1}/macros/{{id}}", macros.delete_macro, WRITE, "Delete a macro"),
    Route(
        "POST",
        f"{TICKET}/macro",
        macros.apply_macro,
        WRITE,
        "Apply a macro: all of its steps or none",
    ),
    Route(
        "POST",
        f"{V1}/tickets/bulk",
        macros.change_tickets,
        WRITE,
        "Change up to 200 tickets; each says how it went",
    ),
    Route("GET", f"{TICKET}/tags", macros.read_tags, READ, "Tags of a ticket"),
    Route("PUT", f"{TICKET}/tags", macros.put_tags, WRITE, "These tags and no others"),
    Route("GET", f"{V1}/ticket-tags", macros.list_tags, READ, "Tags in use"),
)
VIEWS = (
    Route(
        "GET",
        f"{V1}/ticket-views",
        ticket_views.list_ticket_views,
        READ,
        "Saved views: one's own, the team's, everybody's",
    ),
    Route(
        "GET",
        f"{V1}/ticket-views/counts",
        ticket_views.count_ticket_views,
        READ,
        "How many tickets each view holds",
    ),
    Route(
        "POST", f"{V1}/ticket-views", ticket_views.create_ticket_view, READ, "New view", status=201
    ),
    Route(
        "PATCH",
        f"{V1}/ticket-views/{{id}}",
        ticket_views.change_ticket_view,
        READ,
        "Change a view; 409 with both values when somebody was faster",
    ),
    Route(
        "DELETE",
        f"{V1}/ticket-views/{{id}}",
        ticket_views.delete_ticket_view,
        READ,
        "Delete a view",
    ),
)
DRAFTS = (
    Route("GET", f"{V1}/drafts", drafts.list_drafts, WRITE, "What one is writing"),
    Route("GET", f"{V1}/drafts/{{ticket}}", drafts.read_draft, WRITE, "One's draft on a ticket"),
    Route(
        "PUT",
        f"{V1}/drafts/{{ticket}}",
        drafts.put_draft,
        WRITE,
        "Keep a draft; 409 with what is there when another window was faster",
    ),
    Route("DELETE", f"{V1}/drafts/{{ticket}}", drafts.delete_draft, WRITE, "Drop a draft"),
)
FEEDBACK = (
    Route(
        "GET",
        f"{TICKET}/feedback",
        ticket_feedback.list_feedback,
        READ,
        "What the customer thought of it",
    ),
    Route(
        "POST",
        f"{TICKET}/feedback-link",
        ticket_feedback.make_feedback_link,
        Right.TICKET_RESOLVE,
        "A link to the feedback page, shown this once",
        status=201,
    ),
    Route(
        "GET",
        "/feedback/{token}",
        feedback.show_feedback_page,
        PUBLIC,
        "The page on which a customer says what they think; looking changes nothing",
        produces="text/html",
    ),
    Route(
        "POST",
        "/feedback/{token}",
        feedback.give_feedback,
        PUBLIC,
        "What a customer thinks: `score` from 1 to 5 and a `comment`",
        produces="text/html",
        also=(408, 413, 415),
    ),
)
MAILS = (
    Route("GET", f"{V1}/mails", mails.list_mails, CONFIGURE, "Mail to customers, newest first"),
    Route(
        "POST",
        f"{V1}/mails/{{id}}/retry",
        mails.retry_mail,
        CONFIGURE,
        "Try a mail again that was given up",
    ),
)
QUEUES = (
    Route(
        "GET",
        f"{V1}/ticket-queues",
        ticket_queues.list_ticket_queues,
        READ,
        "Ticket queues: which tickets are given to whom",
    ),
    Route(
        "POST",
        f"{V1}/ticket-queues",
        ticket_queues.create_ticket_queue,
        CONFIGURE,
        "New ticket queue",
        status=201,
    ),
    Route(
        "PUT",
        f"{V1}/ticket-queues/{{id}}",
        ticket_queues.replace_ticket_queue,
        CONFIGURE,
        "Change a ticket queue",
    ),
    Route(
        "DELETE",
        f"{V1}/ticket-queues/{{id}}",
        ticket_queues.delete_ticket_queue,
        CONFIGURE,
        "Delete a ticket queue; its tickets wait for somebody to take them",
    ),
    Route(
        "GET",
        f"{V1}/ticket-capacity",
        ticket_queues.list_ticket_capacity,
        CONFIGURE,
        "How many tickets each agent works at once, and has now",
    ),
    Route(
        "PUT",
        f"{V1}/ticket-capacity/{{agent}}",
        ticket_queues.put_ticket_capacity,
        CONFIGURE,
        "How many tickets an agent works at once",
    ),
)

DESK = ATTACHMENTS + CANNED + MACROS + VIEWS + DRAFTS + FEEDBACK + MAILS + QUEUES
