"""The real PBX is for the tests of the link, too."""

from __future__ import annotations

from tests.pbx.conftest import pbx, stage, version

__all__ = ["pbx", "stage", "version"]
