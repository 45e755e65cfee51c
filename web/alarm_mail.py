"""An alarm as a mail, in the language of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from crm.mail.outbox import NewMail, post
from web.alarm_rules import Raised

# As the board calls them.
FIGURES: Mapping[str, tuple[str, str]] = {
    "waiting": ("等待人数", "callers waiting"),
    "longest_wait": ("最长等待", "longest wait"),
    "service_level": ("服务水平", "service level"),
    "abandon_rate": ("放弃率", "abandon rate"),
    "asa": ("平均应答时间", "average speed of answer"),
    "talk": ("平均通话时长", "average talk time"),
    "missed": ("未接来电", "missed calls"),
    "missed_age": ("最早未接", "oldest missed call"),
    "callbacks": ("待回拨", "promised callbacks"),
    "satisfaction": ("满意度", "satisfaction"),
    "agents_ready": ("空闲坐席", "agents ready"),
}
SHARES = frozenset({"service_level", "abandon_rate"})
SECONDS = frozenset({"longest_wait", "asa", "talk", "missed_age"})
FLOOR = ("全部", "The whole floor")


class AlarmMail:
    """Writes into the outbox, from where it is sent."""

    def __init__(self, language: str, zone: tzinfo) -> None:
        self._language = language
        self._place = 0 if language.startswith("zh") else 1
        self._zone = zone

    async def alarm(self, session: AsyncSession, recipient: str, raised: Raised) -> None:
        queue, metric = raised.key
        values = {
            "alarm.queue": queue or FLOOR[self._place],
            "alarm.figure": FIGURES[metric][self._place],
            "alarm.value": shown(metric, raised.value),
            "alarm.threshold": shown(metric, raised.threshold),
            "alarm.since": datetime.fromtimestamp(raised.at, self._zone).strftime("%Y-%m-%d %H:%M"),
        }
        mail = NewMail("alarm", recipient, self._language, values)
        await post(session, mail, now=raised.at)


def shown(metric: str, value: float) -> str:
    if metric in SHARES:
        return f"{value:.0%}"
    if metric in SECONDS:
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes}:{seconds:02}"
    return f"{value:g}" if metric != "satisfaction" else f"{value:.1f}"
