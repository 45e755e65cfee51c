"""What a mail is made of: nothing from outside becomes a header or a second recipient."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from crm.mail.message import Letter, Sender, address, is_address, message
from crm.mail.patience import PAUSES, again
from crm.mail.templates import TEMPLATES, gap, written

SENDER = Sender("support@example.com", "客服中心")
NOW = 1_780_000_000.0


def letter(**values: str) -> Letter:
    usual: dict[str, Any] = {
        "recipient": "li@example.org",
        "subject": "[T-1] 发票",
        "body": "您好",
        "language": "zh",
        "message_id": "a" * 32,
    }
    return Letter(**(usual | values))


def test_a_message_is_plain_text_that_says_it_is_from_a_machine() -> None:
    made = message_from_bytes(message(letter(), SENDER, NOW).as_bytes(), policy=default)
    assert made["From"] == "客服中心 <support@example.com>"
    assert (made["To"], made["Subject"]) == ("li@example.org", "[T-1] 发票")
    assert made["Message-ID"] == f"<{'a' * 32}@example.com>"
    assert made["Auto-Submitted"] == "auto-generated"
    assert made.get_content_type() == "text/plain"
    assert made.get_content().strip() == "您好"


@pytest.mark.parametrize(
    "given",
    ["li@example.org", "Li.Lei+x@mail.example.co.uk", " li@example.org ", "li@例子.测试"],
)
def test_addresses_that_are_some(given: str) -> None:
    assert address(given).isascii()


@pytest.mark.parametrize(
    "given",
    [
        *("", "li", "li@", "@example.org", "li@localhost", "li@-x.org", "li@x..org", "a b@x.org"),
        *("li@example.org\nBcc: all@example.org", "li@example.org\r", "li@example.org,b@x.org"),
        *("Li <li@example.org>", '"a b"@x.org', "li@example.org;b@x.org", "li\x00@x.org"),
        *("x" * 65 + "@x.org", "a@" + "x" * 250 + ".org", "li@[127.0.0.1]", "李@example.org"),
    ],
)
def test_addresses_that_are_none(given: str) -> None:
    assert not is_address(given)
    with pytest.raises(InvalidInput):
        address(given)


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\x00", "\u2028", "\x85"])
@pytest.mark.parametrize("field", ["subject", "recipient", "message_id"])
def test_a_header_cannot_begin_another(field: str, break_: str) -> None:
    hostile = {
        "subject": f"hello{break_}Bcc: victim@example.org",
        "recipient": f"li@example.org{break_}Bcc: victim@example.org",
        "message_id": f"x{break_}Bcc: victim@example.org",
    }
    with pytest.raises(InvalidInput):
        message(letter(**{field: hostile[field]}), SENDER, NOW)


@given(title=st.text(max_size=400), name=st.text(max_size=100))
def test_whatever_a_ticket_is_called_its_mail_has_the_same_headers(title: str, name: str) -> None:
    values = {"ticket.number": "T-1", "ticket.title": title, "customer.name": name}
    try:
        subject, body = written("feedback", "zh", values)
        made = message(letter(subject=subject, body=body), SENDER, NOW)
        raw = made.as_bytes()
    except (InvalidInput, UnicodeEncodeError):
        return  # refused whole
    read = message_from_bytes(raw, policy=default)
    assert sorted(read.keys()) == sorted(made.keys())
    assert read["To"] == "li@example.org"


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_template_is_there_in_both_languages_with_the_same_gaps(kind: Any) -> None:
    words = TEMPLATES[kind]
    assert set(words) == {"zh", "en"}
    gaps = [
        {part.split("}}")[0] for part in "".join(one).split("{{")[1:]} for one in words.values()
    ]
    assert gaps[0] == gaps[1]


def test_the_place_of_a_link_cannot_be_forged_by_a_customer() -> None:
    values = {"ticket.title": "{{feedback.link}}", "feedback.link": gap("b" * 32)}
    _, body = written("feedback", "en", values)
    assert body.count(gap("b" * 32)) == 1


def test_a_mail_is_tried_again_later_each_time_and_then_given_up() -> None:
    times = [again(n, for_good=False, now=0.0) for n in range(1, len(PAUSES) + 2)]
    assert times == [*PAUSES, None]
    assert list(PAUSES) == sorted(PAUSES)


def test_a_server_that_says_never_is_believed() -> None:
    assert again(1, for_good=True, now=0.0) is None
