"""The routes of reports."""

from __future__ import annotations

from web.api import report_schedules, reports
from web.auth.rights import Right
from web.routes import Handler, Route

V1 = "/api/v1"


def _schedule(method: str, path: str, handler: Handler, summary: str, status: int = 200) -> Route:
    """Set up by who may schedule, as what they may read."""
    path = f"{V1}/report-schedules{path}"
    right, beside = Right.REPORT_SCHEDULE, (Right.REPORT_READ,)
    return Route(method, path, handler, right, summary, beside=beside, status=status)


SCHEDULES: tuple[Route, ...] = (
    _schedule("GET", "", report_schedules.list_report_schedules, "Reports that go out by mail"),
    _schedule("POST", "", report_schedules.create_report_schedule, "A new one", 201),
    _schedule("GET", "/{id}", report_schedules.read_report_schedule, "One of them"),
    _schedule("PUT", "/{id}", report_schedules.change_report_schedule, "Change it"),
    _schedule("DELETE", "/{id}", report_schedules.delete_report_schedule, "Delete it"),
    _schedule("POST", "/{id}/send", report_schedules.send_report_now, "Send it now", 202),
    _schedule("GET", "/{id}/runs", report_schedules.list_report_runs, "What became of it"),
)
REPORTS: tuple[Route, ...] = (
    *SCHEDULES,
    Route(
        "GET",
        f"{V1}/reports",
        reports.read_report,
        Right.REPORT_READ,
        "Figures by key and interval, from the roll-ups",
    ),
    Route(
        "GET",
        f"{V1}/reports/rows",
        reports.read_behind,
        Right.REPORT_READ,
        "The rows behind a figure, newest first",
    ),
    Route(
        "GET",
        f"{V1}/reports/file",
        reports.export_report,
        Right.REPORT_READ,
        "The figures as CSV, XLSX or PDF; written down",
        produces="text/csv",
        writes=True,
    ),
    Route(
        "GET",
        f"{V1}/report-metrics",
        reports.list_metrics,
        Right.REPORT_READ,
        "Every figure there is and what it is made of",
    ),
)
