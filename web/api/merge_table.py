"""The routes of searching, of duplicates and of merging."""

from __future__ import annotations

from web.api import merges, search
from web.auth.rights import Right
from web.routes import SIGNED_IN, Route

_V1 = "/api/v1"

SEARCH = (
    Route(
        "GET",
        f"{_V1}/search",
        search.search,
        SIGNED_IN,
        "Everything that is meant, by kind; of what one may not read nothing is found",
    ),
)
MERGES = (
    Route(
        "POST",
        f"{_V1}/duplicates/check",
        merges.check_duplicates,
        Right.CUSTOMER_READ,
        "Who a customer that is about to be saved may be already",
    ),
    Route(
        "GET",
        f"{_V1}/duplicates",
        merges.list_pairs,
        Right.CUSTOMER_MERGE,
        "Customers that may be there twice, the surest first",
    ),
    Route(
        "POST",
        f"{_V1}/duplicates/{{id}}/dismiss",
        merges.dismiss_pair,
        Right.CUSTOMER_MERGE,
        "These two are not the same",
        status=204,
    ),
    Route(
        "GET",
        f"{_V1}/customers/{{id}}/duplicates",
        merges.list_candidates,
        Right.CUSTOMER_READ,
        "Who may be the same as this customer",
    ),
    Route(
        "POST",
        f"{_V1}/customers/{{id}}/merge",
        merges.merge_customers,
        Right.CUSTOMER_MERGE,
        "Make another customer a part of this one",
        status=201,
    ),
    Route(
        "GET",
        f"{_V1}/merges",
        merges.list_merges,
        Right.CUSTOMER_MERGE,
        "The merges that were made, newest first",
    ),
    Route(
        "POST",
        f"{_V1}/merges/{{id}}/undo",
        merges.undo_merge,
        Right.CUSTOMER_MERGE,
        "Part two customers again, for 30 days; what was added since stays with the target",
    ),
)
