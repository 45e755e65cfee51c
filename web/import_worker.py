"""The process of one import with every table its rows point to: users and teams are sign-in's."""

from __future__ import annotations

import web.auth.tables  # noqa: F401 - foreign keys have the types of what they point to
from crm.transfer.worker import main

if __name__ == "__main__":
    main()
