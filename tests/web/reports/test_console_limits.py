"""The console knows the limits of periods by itself, and they are those of the service."""

from __future__ import annotations

import re
from pathlib import Path

from web.reports import periods

ROOT = Path(__file__).parents[3]


def test_the_console_and_the_service_refuse_the_same_periods() -> None:
    source = (ROOT / "web/console/src/report/period.ts").read_text("utf-8")
    told = dict(re.findall(r'^const (\w+) = "?([\d*\- ]+?)"?;', source, re.MULTILINE))
    days = {name: in_days(told[name]) for name in ("BY_HOUR", "LONGEST")}
    assert days == {"BY_HOUR": periods.LONGEST_BY_HOUR, "LONGEST": periods.LONGEST}
    assert (told["FIRST_DAY"], told["LAST_DAY"]) == (
        str(periods.FIRST_DAY),
        str(periods.LAST_DAY),
    )


def in_days(product: str) -> int:
    """Of `2 * 366`."""
    years, length = product.split(" * ")
    return int(years) * int(length)
