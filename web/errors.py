"""The one place that turns errors into HTTP: status, stable code and the one JSON shape."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy.exc import IntegrityError

from callcenter import errors
from callcenter.store.database import is_away
from recording.store.keyring import KeyMissing
from recording.store.reader import StoreAway
from web.ranges import RangeNotSatisfiable


class ForeignOrigin(errors.Forbidden):
    code = "foreign_origin"


class CsrfFailed(errors.Forbidden):
    code = "csrf_failed"


class ErrorDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """`code` is stable; `message` is for people; `values` holds both sides of a conflict."""

    code: str
    message: str
    request_id: str
    field: str | None = None
    values: dict[str, Any] | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    error: ErrorDetail


class Problem(msgspec.Struct, frozen=True):
    """An error on its way out: everything a response needs."""

    status: int
    code: str
    message: str
    field: str | None = None
    values: dict[str, Any] | None = None
    headers: dict[str, str] = {}
    unexpected: bool = False  # log it with its traceback


STATUS: dict[type[errors.CallCenterError], int] = {
    errors.InvalidInput: 422,
    errors.TooLarge: 413,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Unauthenticated: 401,
    errors.Conflict: 409,
    errors.TooManyAttempts: 429,
    errors.AmiTimeout: 504,
    errors.AmiRefused: 502,
    errors.NoSuchChannel: 409,
    errors.AmiDisconnected: 503,
    errors.UnsafeValue: 422,
    RangeNotSatisfiable: 416,
    StoreAway: 503,
    KeyMissing: 503,
    errors.CallCenterError: 500,
}

HTTP_CODES: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    408: ("timeout", "The request did not come to its end in time."),
    413: ("too_large", "The request is larger than allowed."),
    415: ("unsupported_media_type", "Send JSON, as Content-Type: application/json."),
}


_FILES = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)


def problem_of(error: BaseException) -> Problem:
    """Every error has an answer here; what nobody foresaw says nothing about itself."""
    if isinstance(error, errors.CallCenterError):
        return _own(error)
    if isinstance(error, web.HTTPException):
        return _http(error)
    if is_away(error) and not isinstance(error, _FILES):
        return Problem(
            503,
            "store_unavailable",
            "The database cannot be reached; try again shortly.",
            headers={"Retry-After": "5"},
            unexpected=True,
        )
    if isinstance(error, IntegrityError):  # two at once; whoever could say more has done so before
        return Problem(
            409, "conflict", "Somebody changed the same thing at this moment.", unexpected=True
        )
    return Problem(500, "internal", "Something went wrong on our side.", unexpected=True)


def _own(error: errors.CallCenterError) -> Problem:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = dict(getattr(error, "headers", {}))
    if isinstance(error, errors.TooManyAttempts):
        headers["Retry-After"] = str(max(1, round(error.retry_after + 0.5)))
    return Problem(
        status,
        error.code,
        error.message,
        field=error.field,
        values=getattr(error, "values", None),
        headers=headers,
        unexpected=status == 500,
    )


def _http(error: web.HTTPException) -> Problem:
    code, message = HTTP_CODES.get(error.status, (f"http_{error.status}", error.reason))
    kept = {name: error.headers[name] for name in ("Allow", "Location") if name in error.headers}
    return Problem(error.status, code, message, headers=kept)


def response_of(problem: Problem, request_id: str) -> web.Response:
    detail = ErrorDetail(
        problem.code, problem.message, request_id, field=problem.field, values=problem.values
    )
    return web.Response(
        status=problem.status,
        body=msgspec.json.encode(ErrorBody(detail)),
        content_type="application/json",
        headers=problem.headers,
    )
