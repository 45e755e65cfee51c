"""What a mail is made of: addresses that are addresses, headers that hold one line, text alone.

Pure. The standard library writes the message; what could become a header of its own, or a second
recipient, is refused before that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from callcenter.errors import InvalidInput

LONGEST_ADDRESS = 254  # characters, RFC 5321 (4.5.3.1.3)
LONGEST_SUBJECT = 300
# What real addresses look like; quoted local parts and comments are legal, and never a customer's.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails come from; `name` is people's text."""

    address: str
    name: str = ""
    reply_to: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class File:
    """What goes with a mail."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it goes out."""

    recipient: str
    subject: str
    body: str
    language: str
    message_id: str
    file: File | None = None


def address(value: str, field: str = "email") -> str:
    """An address we can send to, its domain as the wire has it. InvalidInput names the field."""
    given = value.strip(" ")
    local, at, domain = given.rpartition("@")
    if _CONTROL.search(given):
        raise InvalidInput("must be one line without control characters", field=field)
    if not at or len(given) > LONGEST_ADDRESS or len(local) > 64 or not _LOCAL.fullmatch(local):
        raise InvalidInput("is no e-mail address", field=field)
    try:
        wire = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidInput("is no e-mail address: its domain", field=field) from None
    labels = wire.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput("is no e-mail address: its domain", field=field)
    return f"{local}@{wire}"


def is_address(value: str) -> bool:
    try:
        address(value)
    except InvalidInput:
        return False
    return True


def header(value: str, field: str, *, longest: int = LONGEST_SUBJECT) -> str:
    """Text that may stand in a header: one line. InvalidInput for what would begin another."""
    if _CONTROL.search(value):
        raise InvalidInput("must be one line without control characters", field=field)
    return value[:longest]


def message(letter: Letter, sender: Sender, at: float) -> EmailMessage:
    """The message, plain text in UTF-8. InvalidInput for what must not be in a header."""
    made = EmailMessage(policy=SMTP)
    made["From"] = _mailbox(sender.name, sender.address)
    made["To"] = _mailbox("", letter.recipient)
    made["Subject"] = header(letter.subject, "subject")
    made["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    made["Message-ID"] = f"<{header(letter.message_id, 'message_id')}@{sender.domain}>"
    if sender.reply_to:
        made["Reply-To"] = _mailbox("", sender.reply_to)
    for name, value in _FIXED.items():
        made[name] = value
    made["Content-Language"] = "zh-CN" if letter.language == "zh" else "en"
    made.set_content(letter.body, subtype="plain", charset="utf-8")
    if letter.file is not None:
        kind, _, subtype = letter.file.media_type.partition("/")
        name, data = header(letter.file.name, "file"), letter.file.data
        params = {"charset": "utf-8"} if kind == "text" else {}
        made.add_attachment(data, maintype=kind, subtype=subtype, filename=name, params=params)
    return made


# Robots are told that this is one, so that nobody's holiday answers us.
_FIXED: Mapping[str, str] = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
}


def _mailbox(name: str, mail: str) -> Address:
    local, _, domain = address(mail).rpartition("@")
    return Address(display_name=header(name, "name", longest=100), username=local, domain=domain)
