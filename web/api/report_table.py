"""The routes of reports."""

from __future__ import annotations

from web.api import reports
from web.auth.rights import Right
from web.routes import Route

V1 = "/api/v1"
REPORTS: tuple[Route, ...] = (
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
