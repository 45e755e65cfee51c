"""Which statuses a route can answer with, told from its shape, for the document of the API."""

from __future__ import annotations

from http import HTTPStatus

from web.auth.rights import Right
from web.routes import PUBLIC, SAFE_METHODS, Route

_ALWAYS = (400, 503)  # not HTTP at all; no database
_TELEPHONES = frozenset({Right.CALL_CONTROL, Right.AGENT_STATE, Right.WORK_HANDLE})
# 404: there is no such thing here, or it is another's; 422: what the address names does not fit.
_WORDS = {
    401: "Sign in first",
    403: "Not without the right, the session's token or our own origin",
    404: "Nothing there, or not within reach",
    409: "Somebody was faster, or it does not go together with what is there",
    422: "What was sent; `field` says which part",
    429: "Too many attempts; Retry-After says how long to wait",
    502: "The telephone system refused",
    503: "The database or the telephone system cannot be reached",
    504: "The telephone system did not answer in time",
}


def failures(route: Route) -> dict[int, str]:
    """Status → what it means, beside the one of success."""
    return {status: _word(status) for status in sorted({*_ALWAYS, *_told(route), *route.also})}


def _told(route: Route) -> set[int]:
    unsafe, shape = route.method not in SAFE_METHODS, route.shape
    limited = isinstance(route.right, Right)
    found: set[int] = set()
    found |= {401} if route.right is not PUBLIC else set()
    found |= {403} if limited or unsafe else set()
    found |= {404} if shape.path or limited else set()
    found |= {409, 422} if unsafe else set()
    found |= {422} if shape.query is not None else set()
    found |= {408, 413, 415} if shape.body is not None else set()
    found |= {206, 304, 416} if route.produces.startswith("audio/") else set()
    found |= {502, 504} if unsafe and route.right in _TELEPHONES else set()
    return found


def _word(status: int) -> str:
    return _WORDS.get(status, HTTPStatus(status).phrase)
