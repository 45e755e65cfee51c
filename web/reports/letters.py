"""What a mail with a report says, in the language of who gets it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from web.reports.figures import read_as
from web.reports.files import days
from web.reports.timetable import Due
from web.reports.words import TITLES, title

FIGURES = 8  # in the text; the file has them all
_UNFIT = re.compile(r"[\x00-\x1f\x7f\u2028\u2029/\\:*?\"<>|]+")
LATE = (
    "本应于 {at} 发送；当时服务未能发送。",
    "It was due at {at}; the service could not send it then.",
)
MISSED = (
    "此前有 {count} 份报表未发送，不再补发。",
    "{count} reports before it were not sent, and will not be.",
)


def file_name(name: str, begin: date, end: date, kind: str) -> str:
    """What every system takes as the name of a file. `end` is the first day that is not in it."""
    return f"{_UNFIT.sub(' ', name).strip(' .')[:80] or 'report'} {days(begin, end)}.{kind}"


def values(
    view: Any,
    *,
    name: str,
    subject: str,
    period: tuple[date, date],
    file: str,
    owner: str,
    due: Due,
    language: str,
) -> Mapping[str, str]:
    """The gaps of the mail's template. `period`: the first day and the last."""
    first, last = period
    colon = "：" if language == "zh" else ": "
    lines = [
        f"{title(metric.name, language)}{colon}{read_as(value, metric.unit)}"
        for metric, value in list(zip(view.metrics, view.total, strict=True))[:FIGURES]
    ]
    return {
        "report.name": name,
        "report.about": TITLES[subject][0 if language == "zh" else 1],
        "report.period": f"{first}" if first == last else f"{first} – {last}",
        "report.zone": view.timezone,
        "report.figures": "\n".join(lines),
        "report.file": file,
        "report.owner": owner,
        "report.late": _apology(due, ZoneInfo(view.timezone), 0 if language == "zh" else 1),
    }


def _apology(due: Due, zone: ZoneInfo, place: int) -> str:
    said = []
    if due.late:
        at = datetime.fromtimestamp(due.at, zone).strftime("%Y-%m-%d %H:%M")
        said.append(LATE[place].format(at=at))
    if due.missed:
        said.append(MISSED[place].format(count=due.missed))
    return "".join(f"\n{one}\n" for one in said)
