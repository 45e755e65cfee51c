"""Every room's tables in one place, for Alembic and the tests only."""

from __future__ import annotations

import importlib

from callcenter.store.base import Base

ROOMS = (
    "callcenter.store.audit",
    "callcenter.store.tables",
    "crm.activities.tables",
    "crm.customers.tables",
    "crm.tickets.tables",
    "recording.tables",
    "routing.tables",
    "routing.work_tables",
    "web.auth.tables",
)
for room in ROOMS:  # imported for the tables they declare
    importlib.import_module(room)

METADATA = Base.metadata
