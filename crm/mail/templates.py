"""What mails say, in both languages, as plain text with gaps; no HTML is ever made from data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from crm.mail.message import header
from crm.placeholders import render

Kind = Literal["reply", "feedback", "alarm", "report"]
LINK = "feedback.link"  # a secret that is kept nowhere, so it is made when the mail is sent

_Words = tuple[str, str]  # subject, body

TEMPLATES: Mapping[Kind, Mapping[str, _Words]] = {
    "reply": {
        "zh": (
            "[{{ticket.number}}] {{ticket.title}}",
            "您好，{{customer.name}}：\n\n{{text}}\n\n{{agent.name}}\n工单号 {{ticket.number}}\n",
        ),
        "en": (
            "[{{ticket.number}}] {{ticket.title}}",
            "Dear {{customer.name}},\n\n{{text}}\n\n{{agent.name}}\nTicket {{ticket.number}}\n",
        ),
    },
    "feedback": {
        "zh": (
            "[{{ticket.number}}] 您的问题解决得怎么样？",
            "您好，{{customer.name}}：\n\n您的工单“{{ticket.title}}”（{{ticket.number}}）已解决。"
            "请花一分钟告诉我们您是否满意：\n\n{{feedback.link}}\n\n"
            "打开链接不会提交任何内容。如果问题仍未解决，请直接联系我们。\n",
        ),
        "en": (
            "[{{ticket.number}}] How did we do?",
            "Dear {{customer.name}},\n\nyour ticket “{{ticket.title}}” ({{ticket.number}}) has been"
            " resolved. Please take a minute to tell us whether you are satisfied:\n\n"
            "{{feedback.link}}\n\n"
            "Opening the link sends nothing. If the matter is not settled, just contact us.\n",
        ),
    },
    "alarm": {
        "zh": (
            "[告警] {{alarm.queue}} {{alarm.figure}} {{alarm.value}}",
            "{{alarm.queue}}：{{alarm.figure}} 当前为 {{alarm.value}}，"
            "阈值为 {{alarm.threshold}}。\n开始时间：{{alarm.since}}\n",
        ),
        "en": (
            "[Alarm] {{alarm.queue}} {{alarm.figure}} {{alarm.value}}",
            "{{alarm.queue}}: {{alarm.figure}} is {{alarm.value}}; the threshold is"
            " {{alarm.threshold}}.\nSince {{alarm.since}}\n",
        ),
    },
    "report": {
        "zh": (
            "[报表] {{report.name}} {{report.period}}",
            "{{report.name}}\n{{report.about}}，{{report.period}}（时区 {{report.zone}}）\n\n"
            "{{report.figures}}\n\n完整数据见附件 {{report.file}}。\n{{report.late}}"
            "\n这是由 {{report.owner}} 设置的定时报表。\n",
        ),
        "en": (
            "[Report] {{report.name}} {{report.period}}",
            "{{report.name}}\n{{report.about}}, {{report.period}} (time zone {{report.zone}})\n\n"
            "{{report.figures}}\n\nThe whole report is in {{report.file}}.\n{{report.late}}"
            "\nThis report is sent at set times; {{report.owner}} has set it up.\n",
        ),
    },
}


def written(kind: Kind, language: str, values: Mapping[str, str]) -> _Words:
    """Subject and body. A line break in a value does not reach the subject."""
    subject, body = TEMPLATES[kind]["zh" if language.startswith("zh") else "en"]
    flat = {name: " ".join(value.split()) for name, value in values.items()}
    return header(render(subject, flat), "subject"), render(body, values)


def gap(message_id: str) -> str:
    """Stands for the link in the body of this mail until it is sent; nobody can guess it."""
    return "{{" + message_id + "}}"
