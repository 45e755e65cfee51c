"""The OpenAPI document, made from the very types that check the input."""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec
from aiohttp import web

from web.auth.tokens import COOKIE
from web.decode import Upload
from web.errors import ErrorBody
from web.routes import CSRF_HEADER, PAYMENT_PAGE, PUBLIC, SAFE_METHODS, Access, Route
from web.spool import Spooled
from web.statuses import failures

REF = "#/components/schemas/{name}"
Json = dict[str, Any]

DESCRIPTION = (
    "Times are seconds since the Unix epoch (UTC). Every error has one shape. Sign in with "
    f"POST /api/v1/session; the cookie says who you are, and the {CSRF_HEADER} header with the "
    "session's `csrf` is required wherever something changes."
)


def document(table: tuple[Route, ...]) -> bytes:
    types = _types(table)
    schemas, components = msgspec.json.schema_components(types, ref_template=REF)
    of_type = dict(zip(map(_key, types), schemas, strict=True))
    paths: dict[str, Json] = {}
    for route in table:
        operation = _operation(route, of_type, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Callcenter",
                "version": version("callcenter"),
                "description": DESCRIPTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {"schemas": components, "securitySchemes": _SCHEMES},
        }
    )


_SCHEMES: Json = {
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
    "payment_page": {"type": "http", "scheme": "bearer"},
}


_FILE: Json = {"type": "string", "format": "binary"}
_FILES = (Upload, Spooled)


def _types(table: tuple[Route, ...]) -> list[Any]:
    found: dict[str, Any] = {_key(ErrorBody): ErrorBody}
    for route in table:
        shape = route.shape
        for kind in (*shape.path.values(), shape.body, shape.query, shape.returns):
            if kind is not None and kind not in _FILES and not _is_response(kind):
                found[_key(kind)] = kind
    return list(found.values())


def _key(kind: Any) -> str:
    """Generic and annotated types are not all hashable, but each is written in one way."""
    return repr(kind)


def _is_response(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, web.StreamResponse)


def _operation(route: Route, of_type: dict[str, Json], components: dict[str, Json]) -> Json:
    shape = route.shape
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [_tag(route.path)],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": of_type[_key(kind)]}
            for name, kind in shape.path.items()
        ],
        "responses": {
            **_success(route, of_type),
            **_failures(route, of_type),
            "default": {
                "description": "What went wrong",
                "content": _content("application/json", of_type[_key(ErrorBody)]),
            },
        },
        "security": _security(route),
    }
    if not isinstance(route.right, Access):
        operation["x-right"] = str(route.right)
        if route.beside:
            operation["x-rights-beside"] = [str(right) for right in route.beside]
    if shape.query is not None:
        operation["parameters"] += _query(of_type[_key(shape.query)], components)
    if shape.body is not None:
        schema = _FILE if shape.body in _FILES else of_type[_key(shape.body)]
        content = _content(route.consumes, schema)
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _tag(path: str) -> str:
    return next((part for part in path.split("/") if part not in {"", "api", "v1"}), "api")


def _success(route: Route, of_type: dict[str, Json]) -> Json:
    returns = route.shape.returns
    if returns is None:
        return {"204": {"description": "Done"}}
    answer: Json = {"description": HTTPStatus(route.status).phrase}
    schema: Json = {} if _is_response(returns) else of_type[_key(returns)]
    answer["content"] = _content(route.produces, schema)
    return {str(route.status): answer}


def _failures(route: Route, of_type: dict[str, Json]) -> Json:
    """Those that have no body of ours (part of a file, nothing new) say so by having none."""
    error = _content("application/json", of_type[_key(ErrorBody)])
    return {
        str(status): {"description": words} | ({"content": error} if status >= 400 else {})
        for status, words in failures(route).items()
    }


def _content(media_type: str, schema: Json) -> Json:
    return {media_type: {"schema": schema}}


def _query(schema: Json, components: dict[str, Json]) -> list[Json]:
    """A query is a struct; in OpenAPI each of its fields is a parameter."""
    struct = components[schema["$ref"].rpartition("/")[2]]
    required = set(struct.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of_field}
        | ({"style": "deepObject"} if of_field.get("type") == "object" else {})
        for name, of_field in struct["properties"].items()
    ]


def _security(route: Route) -> list[Json]:
    if route.right is PUBLIC:
        return []
    if route.right is PAYMENT_PAGE:
        return [{"payment_page": []}]
    if route.method in SAFE_METHODS:
        return [{"session": []}]
    return [{"session": [], "csrf": []}]
