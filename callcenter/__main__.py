"""`python -m callcenter` is the `callcenter` command."""

from __future__ import annotations

import sys

from callcenter.cli import main

sys.exit(main())
