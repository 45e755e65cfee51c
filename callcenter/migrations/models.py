"""Every room's tables in one place, for Alembic and the tests only."""

from __future__ import annotations

import importlib

from callcenter.store.base import Base

ROOMS = (
    "callcenter.forgetting.tables",
    "callcenter.outward.tables",
    "callcenter.store.audit",
    "callcenter.store.tables",
    "crm.activities.tables",
    "crm.customers.tables",
    "crm.dictionary.tables",
    "crm.fields.tables",
    "crm.merge.tables",
    "crm.mail.tables",
    "crm.pool.tables",
    "crm.tasks.tables",
    "crm.tickets.desk.tables",
    "crm.tickets.tables",
    "crm.transfer.tables",
    "recording.retention_tables",
    "recording.store.tables",
    "recording.control_tables",
    "recording.quality.tables",
    "recording.control_tables",
    "recording.tables",
    "routing.tables",
    "routing.ticket_tables",
    "routing.work_tables",
    "web.auth.tables",
    "web.supervision_tables",
    "web.reports.schedule_tables",
    "web.reports.tables",
)
for room in ROOMS:  # imported for the tables they declare
    importlib.import_module(room)

METADATA = Base.metadata
