"""Every room's tables in one place, for Alembic and the tests only."""

from __future__ import annotations

import routing.tables  # noqa: F401 - imported for the tables it declares
from callcenter.store.base import Base

METADATA = Base.metadata
