"""Folder and index of recordings held against each other: what was found, and to do it now."""

from __future__ import annotations

from callcenter.errors import NotFound
from recording.reconcile import Reconciler, Report
from web import keys
from web.api.system import CheckView
from web.api.values import View
from web.routes import Call

CHECKS = ("recordings", "storage")  # of health, that are about recordings


class ReconciliationRun(View, frozen=True):
    """`missing` and `unmatched` are all there are, when it is over; the rest is of this run."""

    at: float
    files: int
    rows: int
    adopted: int
    lost: int
    returned: int
    changed: int
    renamed: int
    missing: int
    unmatched: int
    problem: str


class ReconciliationView(View, frozen=True):
    """`busy`: one is under way, or about to begin; `running`: how far it is; `last`: the last that
    came to its end; `problem`: why the one after that did not. `checks` as in /healthz."""

    busy: bool
    running: ReconciliationRun | None
    last: ReconciliationRun | None
    problem: str
    checks: dict[str, CheckView]


async def read_reconciliation(call: Call) -> ReconciliationView:
    return _view(call, _reconciler(call))


async def start_reconciliation(call: Call) -> ReconciliationView:
    """409 `already_running`."""
    reconciler = _reconciler(call)
    reconciler.ask()
    await call.audit("recording.reconcile", "recordings")
    return _view(call, reconciler)


def _reconciler(call: Call) -> Reconciler:
    found = call.request.app[keys.RECONCILER]
    if found is None:
        raise NotFound("this service keeps no recordings")
    return found


def _view(call: Call, reconciler: Reconciler) -> ReconciliationView:
    report = call.request.app[keys.HEALTH].report()
    return ReconciliationView(
        busy=reconciler.busy,
        running=_run(reconciler.running),
        last=_run(reconciler.report),
        problem=reconciler.problem,
        checks={
            name: CheckView(report[name].state, report[name].detail, report[name].since)
            for name in CHECKS
            if name in report
        },
    )


def _run(report: Report | None) -> ReconciliationRun | None:
    if report is None:
        return None
    return ReconciliationRun(
        **{name: getattr(report, name) for name in ReconciliationRun.__struct_fields__}
    )
