"""The routes of what comes in from files and leaves as files."""

from __future__ import annotations

from web.api import exports, imports
from web.auth.rights import Right
from web.routes import Handler, Route

V1 = "/api/v1"
_ALL = f"{V1}/imports"
_ONE = f"{_ALL}/{{id}}"
_BYTES = "application/octet-stream"
_CARRY, _WORK = Right.CUSTOMER_EXPORT, Right.WORK_HANDLE


def _import(method: str, path: str, handler: Handler, summary: str, status: int = 200) -> Route:
    return Route(method, path, handler, Right.CUSTOMER_IMPORT, summary, status=status)


def _export(kind: str, handler: Handler, right: Right, what: str, *beside: Right) -> Route:
    """`writes`: who carried what away is written down."""
    return Route(
        "GET",
        f"{V1}/exports/{kind}",
        handler,
        right,
        f"{what} with the filter of the list, as CSV or XLSX; written down",
        produces="text/csv",
        writes=True,
        beside=beside,
    )


TRANSFER: tuple[Route, ...] = (
    Route(
        "POST",
        _ALL,
        imports.upload_import,
        Right.CUSTOMER_IMPORT,
        "Upload a file of customers, CSV or XLSX, of at most 100 MiB",
        status=201,
        consumes=_BYTES,
    ),
    _import("GET", _ALL, imports.list_imports, "My imports, newest first"),
    _import("GET", _ONE, imports.read_import, "How far an import is, once there is news"),
    _import("PUT", f"{_ONE}/source", imports.reread_import, "Read the file in another way", 202),
    _import("PUT", f"{_ONE}/mapping", imports.map_import, "Say what the columns are"),
    _import("POST", f"{_ONE}/check", imports.check_import, "Try it out; nothing is written", 202),
    _import("POST", f"{_ONE}/start", imports.start_import, "Import, or go on with it", 202),
    _import("DELETE", _ONE, imports.cancel_import, "Cancel; what was imported stays"),
    Route(
        "GET",
        f"{_ONE}/refused",
        imports.read_refused,
        Right.CUSTOMER_IMPORT,
        "The rows that were refused and why, as CSV",
        produces="text/csv",
    ),
    _import("GET", f"{V1}/import-fields", imports.list_import_fields, "What a column can be"),
    _export("customers", exports.export_customers, Right.CUSTOMER_EXPORT, "Customers"),
    _export("tickets", exports.export_tickets, Right.TICKET_EXPORT, "Tickets"),
    _export("missed-work", exports.export_missed_work, _CARRY, "Missed calls", _WORK),
    _export("callbacks", exports.export_callbacks, _CARRY, "Callbacks", _WORK),
)
