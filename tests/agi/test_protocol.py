"""The bytes of a FastAGI session: what the PBX was seen to say, and anything at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.agi.protocol import (
    MAX_COMMAND,
    MAX_ENVIRONMENT,
    MAX_LINE,
    MAX_USAGE,
    AgiParser,
    Answer,
    Environment,
    Garbage,
    HungUp,
    Item,
    Refused,
    encode,
)
from callcenter.errors import UnsafeValue
from tests.agi.peer import ENVIRONMENT

SESSION = (
    ENVIRONMENT
    + b"200 result=0\n200 result=1 (a (b) \xe7\x8e\x8b)\n200 result=-1 endpos=0\n"
    + b"200 result=53\n520-Invalid command syntax.  Proper usage follows:\nUsage of it\n"
    + b"520 End of proper usage.\n510 Invalid or unknown command\n200 result=-1\nHANGUP\n"
    + b"511 Command Not Permitted on a dead channel or intercept routine\n200 result=1 (x)\n"
)


def parsed(data: bytes, cuts: list[int] | None = None) -> list[Item]:
    parser = AgiParser()
    items: list[Item] = []
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts or ()), len(data)]
    for begin, end in pairwise(places):
        items += parser.feed(data[begin:end])
    return items


def answered(line: bytes) -> Item:
    (_, item) = parsed(ENVIRONMENT + line + b"\n")
    return item


def test_session_of_a_real_pbx() -> None:
    environment, *rest = parsed(SESSION)
    assert isinstance(environment, Environment)
    assert environment.values["calleridname"] == "王芳"
    assert environment.values["accountcode"] == ""
    assert rest == [
        Answer("0"),
        Answer("1", "a (b) 王"),
        Answer("-1", None, 0),
        Answer("53"),
        Refused(520, "Invalid command syntax.  Proper usage follows:\nUsage of it"),
        Refused(510, "Invalid or unknown command"),
        Answer("-1"),
        HungUp(),
        Refused(511, "Command Not Permitted on a dead channel or intercept routine"),
        Answer("1", "x"),
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"200 result=0 (timeout) endpos=12000", Answer("0", "timeout", 12000)),
        (b"200 result=-1 (hangup) endpos=16480", Answer("-1", "hangup", 16480)),
        (b"200 result=*1# (timeout)", Answer("*1#", "timeout")),
        (b"200 result= (timeout)", Answer("", "timeout")),
        (b"200 result=1 ()\r", Answer("1", "")),
        (b"200 result=1 (\xff)", Answer("1", "�")),
    ],
)
def test_every_form_of_an_answer(line: bytes, answer: Answer) -> None:
    assert answered(line) == answer


def test_keys_are_told_from_results() -> None:
    assert [Answer(text).digit for text in ("0", "1", "-1", "35", "57", "*")] == [
        *(None, None, None),
        *("#", "9", None),
    ]


def test_first_of_a_name_given_twice_counts() -> None:
    (item,) = parsed(ENVIRONMENT.replace(b"\n\n", b"\nagi_channel: PJSIP/other\n\n"))
    assert isinstance(item, Environment)
    assert item.values["channel"] == "PJSIP/trunk-00000001"


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: pbx\r\n\r\n",
        b"\n",
        b"agi_network: yes\n\n",
        b"\x16\x03\x01\x02\x00\x01\n",
        b"agi_request: x\n" * (MAX_ENVIRONMENT + 1),
        b"agi_request: " + b"x" * MAX_LINE,
        ENVIRONMENT + b"hello\n",
        ENVIRONMENT + b"200 OK\n",
        ENVIRONMENT + b"520-x\n" + b"y\n" * (MAX_USAGE + 1),
    ],
)
def test_what_is_no_agi_is_said_once(data: bytes) -> None:
    items = parsed(data)
    assert isinstance(items[-1], Garbage)
    parser = AgiParser()
    parser.feed(data)
    assert parser.broken
    assert parser.feed(SESSION) == []


@given(st.lists(st.integers(0, len(SESSION))))
def test_cutting_changes_nothing(cuts: list[int]) -> None:
    assert parsed(SESSION, cuts) == parsed(SESSION)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(SESSION.splitlines(keepends=True)),
        st.sampled_from([b"\n", b"200 ", b"520-", b"\xe7\x8e", b"result=1 (", b"agi_"]),
    ),
    max_size=30,
)


@given(st.booleans(), PIECES, st.lists(st.integers(0, 2000)))
def test_anything_is_read_alike_however_it_is_cut(
    greeted: bool, pieces: list[bytes], cuts: list[int]
) -> None:
    data = (ENVIRONMENT if greeted else b"") + b"".join(pieces)
    items = parsed(data, cuts)
    assert items == parsed(data)
    assert not any(isinstance(item, Garbage) for item in items[:-1])


def asterisk_words(line: bytes) -> list[str]:
    """How the PBX takes a command apart (res_agi.c, parse_args)."""
    words, word, quoted, escaped, begun = [], "", False, False, False
    for letter in line.decode():
        if letter == '"' and not escaped:
            quoted, begun = not quoted, True
        elif letter in " \t" and not quoted and not escaped:
            words += [word] if begun else []
            word, begun = "", False
        elif letter == "\\" and not escaped:
            escaped = True
            continue
        else:
            word, begun = word + letter, True
        escaped = False
    return [*words, word] if begun else words


@given(st.lists(st.text(max_size=50), min_size=1, max_size=5))
def test_a_command_is_one_line_of_these_words_or_refused(words: list[str]) -> None:
    try:
        line = encode(*words)
    except UnsafeValue:
        assert any(ord(letter) < 32 or ord(letter) == 127 for word in words for letter in word)
        return
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert asterisk_words(line[:-1]) == words


@pytest.mark.parametrize("words", [(), ("",) * 0, ("A", "b\nC"), ("x" * MAX_COMMAND,)])
def test_what_cannot_be_one_command_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UnsafeValue):
        encode(*words)
