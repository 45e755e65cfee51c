"""The routes of retention, legal holds and erasure, with the right that each asks for."""

from __future__ import annotations

from web.api import erasures, reconciliation, retention
from web.auth.rights import Right
from web.routes import Route

V1 = "/api/v1"
POLICIES, HOLDS, ERASURES = f"{V1}/retention/policies", f"{V1}/retention/holds", f"{V1}/erasures"
RECONCILIATION = f"{V1}/reconciliation"
CONFIGURE, ERASE = Right.RECORDING_CONFIGURE, Right.PERSON_ERASE

RETENTION: tuple[Route, ...] = (
    Route("GET", POLICIES, retention.list_policies, CONFIGURE, "How long recordings stay"),
    Route("POST", POLICIES, retention.create_policy, CONFIGURE, "New policy", status=201),
    Route("PUT", f"{POLICIES}/{{id}}", retention.change_policy, CONFIGURE, "Change a policy"),
    Route("DELETE", f"{POLICIES}/{{id}}", retention.remove_policy, CONFIGURE, "Remove a policy"),
    Route(
        "PUT",
        f"{V1}/retention/order",
        retention.order_policies,
        CONFIGURE,
        "In which order policies are asked",
    ),
    Route(
        "GET",
        f"{V1}/retention/dry-run",
        retention.dry_run,
        CONFIGURE,
        "What the policies would delete now",
    ),
    Route(
        "GET",
        f"{V1}/retention/due",
        retention.list_due,
        CONFIGURE,
        "The recordings that would go, the oldest first",
    ),
    Route(
        "GET",
        RECONCILIATION,
        reconciliation.read_reconciliation,
        CONFIGURE,
        "Recordings without files, files of no known call",
    ),
    Route(
        "POST",
        RECONCILIATION,
        reconciliation.start_reconciliation,
        CONFIGURE,
        "Hold folder and index against each other now",
        status=202,
    ),
    Route("GET", HOLDS, retention.list_holds, CONFIGURE, "Legal holds"),
    Route("POST", HOLDS, retention.place_hold, CONFIGURE, "Place a legal hold", status=201),
    Route(
        "POST",
        f"{HOLDS}/{{id}}/release",
        retention.release_hold,
        CONFIGURE,
        "Release a legal hold",
    ),
    Route(
        "POST",
        f"{V1}/recordings/{{id}}/delete",
        retention.delete_recording,
        Right.RECORDING_DELETE,
        "Delete a recording",
    ),
    Route(
        "POST",
        f"{ERASURES}/find",
        erasures.find_person,
        ERASE,
        "What the erasure of a person would remove",
    ),
    Route("POST", ERASURES, erasures.erase_person, ERASE, "Erase a person", status=201),
    Route("GET", ERASURES, erasures.list_erasures, ERASE, "Erasures and how far they are"),
    Route("GET", f"{ERASURES}/{{id}}", erasures.read_erasure, ERASE, "How far an erasure is"),
)
