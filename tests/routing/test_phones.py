"""Telephones of agents: what the PBX is given, what a browser is given, and nothing to others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.phone_file import Telephone, render, sections_of
from routing.phones import NoCredentials, PhoneBook, SecretsUnreadable, read_secrets

WEB = Telephone("PJSIP/web-1001", "browser", "王芳")
DESK = Telephone("PJSIP/2002", "desk", "Li Wei")


def book(
    tmp_path: Path, text: str | None = None, websocket: str = "wss://pbx.test/ws"
) -> PhoneBook:
    path = tmp_path / "phones.json"
    if text is not None:
        path.write_text(text)
    return PhoneBook(("PJSIP/web*",), websocket, path)


def test_each_telephone_has_its_template_and_a_password_of_its_own() -> None:
    made = render([WEB, DESK], {})
    assert "[web-1001](webphone)\n" in made.text
    assert "[2002](phone)\n" in made.text
    assert 'callerid = "王芳" <1001>\n' in made.text
    assert set(made.passwords) == {"web-1001", "2002"}
    assert len(set(made.passwords.values())) == 2
    for name, password in made.passwords.items():
        assert f"username = {name}\npassword = {password}\n" in made.text
        assert len(password) >= 32


def test_passwords_stay_until_they_are_renewed() -> None:
    first = render([WEB, DESK], {})
    assert render([DESK, WEB], first.passwords) == first
    second = render([WEB, DESK], first.passwords, renewed=["2002"])
    assert second.passwords["web-1001"] == first.passwords["web-1001"]
    assert second.passwords["2002"] != first.passwords["2002"]


@pytest.mark.parametrize("password", ["", "short", "a;b" * 9, "x\nsecret = 1" * 3, "秘密" * 9])
def test_a_password_that_cannot_stand_in_the_file_is_given_anew(password: str) -> None:
    made = render([DESK], {"2002": password})
    assert made.passwords["2002"] != password


@pytest.mark.parametrize(
    "interface",
    [
        *("SIP/1001", "PJSIP/", "PJSIP/a b", "PJSIP/a]\n[b", "PJSIP/a;b", "PJSIP/a(b)", "1001"),
        *("PJSIP/trunk", "PJSIP/phone", "PJSIP/global", "PJSIP/taken", "PJSIP/王芳"),
    ],
)
def test_what_could_not_be_a_section_of_its_own_is_left_out_and_named(interface: str) -> None:
    made = render([Telephone(interface, "desk", "x"), DESK], {}, {"taken"})
    assert set(made.left_out) == {interface}
    assert sections_of(made.text) == {"2002"}


@given(st.text(), st.text())
def test_no_name_adds_a_line_or_a_section(name: str, agent: str) -> None:
    made = render([Telephone(f"PJSIP/{name}", "desk", agent), DESK], {})
    assert sections_of(made.text) == set(made.passwords)
    lines = made.text.splitlines()
    assert len(lines) == len(render([DESK], {}).text.splitlines()) + (
        0 if made.left_out or name == "2002" else 9
    )
    shape = re.compile(
        r'(?:auth|aors|username|password) = [\w.-]+|callerid = "[^";<>\\]*" <[\w.-]+>'
    )
    for line in lines:
        assert not line or line.startswith((";", "[")) or shape.fullmatch(line)


def test_a_browser_gets_the_password_of_its_own_telephone(tmp_path: Path) -> None:
    phones = book(tmp_path, json.dumps({"ami": "x", "phones": {"web-1001": "p1", "2002": "p2"}}))
    given_ = phones.credentials(["PJSIP/2002", "PJSIP/web-1001"], "王芳")
    assert (given_.uri, given_.username) == ("sip:web-1001@pbx.test", "web-1001")
    assert (given_.password, given_.websocket) == ("p1", "wss://pbx.test/ws")
    assert "p1" not in repr(given_)


@pytest.mark.parametrize("interfaces", [[], ["PJSIP/2002"], ["PJSIP/web-9"], ["SIP/web-1001"]])
def test_who_has_no_browser_telephone_gets_nothing(tmp_path: Path, interfaces: list[str]) -> None:
    phones = book(tmp_path, json.dumps({"phones": {"web-1001": "p1", "2002": "p2"}}))
    with pytest.raises(NoCredentials):
        phones.credentials(interfaces, "x")


def test_without_an_address_there_are_no_browser_telephones(tmp_path: Path) -> None:
    phones = book(tmp_path, json.dumps({"phones": {"web-1001": "p1"}}), websocket="")
    with pytest.raises(NoCredentials):
        phones.credentials(["PJSIP/web-1001"], "x")


def test_before_the_first_rendering_there_are_none(tmp_path: Path) -> None:
    assert read_secrets(tmp_path / "nothing") == {}
    with pytest.raises(NoCredentials):
        book(tmp_path).credentials(["PJSIP/web-1001"], "x")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"phones": 5}', '{"phones": {"a": 5}}', "5"]
)
def test_a_file_that_is_none_of_ours_is_named_and_nothing_of_it_told(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(SecretsUnreadable, match=r"phones\.json"):
        book(tmp_path, text).credentials(["PJSIP/web-1001"], "x")


def test_the_kind_is_told_by_the_interface(tmp_path: Path) -> None:
    assert book(tmp_path).kind_of("PJSIP/web-1001") == "browser"
    assert book(tmp_path).kind_of("PJSIP/1001") == "desk"
