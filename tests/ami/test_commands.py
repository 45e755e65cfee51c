"""What we order the PBX to do, to the header, and what never leaves the house."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ami.commands import Commands, Context, Place
from callcenter.ami.connection import Reply
from callcenter.errors import AmiDisconnected, AmiRefused, AmiTimeout, NoSuchChannel, UnsafeValue

CHANNEL = "PJSIP/1001-0000002a"
Order = Callable[[Commands], Coroutine[Any, Any, None]]

ORDERS: dict[str, Order] = {
    "Originate": lambda c: c.originate("PJSIP/1001", Place(Context.NUMBER, "9110"), shown="110"),
    "Hangup": lambda c: c.hang_up(CHANNEL),
    "BlindTransfer": lambda c: c.blind_transfer(CHANNEL, Place(Context.QUEUE, "support")),
    "CancelAtxfer": lambda c: c.cancel_consult(CHANNEL),
    "PlayDTMF": lambda c: c.press(CHANNEL, "A"),
    "Setvar": lambda c: c.set_variable(CHANNEL, "CALLCENTER_HOLD", CHANNEL),
}


class Pbx:
    """Keeps what it was sent; answers, or fails as told."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.sent: list[dict[str, str]] = []
        self.failure = failure

    async def __call__(self, headers: Mapping[str, str]) -> Reply:
        self.sent.append(dict(headers))
        if self.failure is not None:
            raise self.failure
        return Reply({})


@pytest.mark.parametrize("name", ORDERS)
async def test_an_order_is_one_action(name: str) -> None:
    pbx = Pbx()
    await ORDERS[name](Commands(pbx))
    assert [action["Action"] for action in pbx.sent] == [name]


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("failure", [AmiTimeout("late"), AmiDisconnected("gone")])
async def test_an_order_without_an_answer_is_never_given_again(
    name: str, failure: Exception
) -> None:
    pbx = Pbx(failure)
    with pytest.raises(type(failure)):
        await ORDERS[name](Commands(pbx))
    assert len(pbx.sent) == 1


@pytest.mark.parametrize(
    "words",
    ["Hangup: No such channel", "Atxfer: Channel specified does not exist", "Channel not found"],
)
async def test_an_order_for_a_call_that_is_over_says_so(words: str) -> None:
    with pytest.raises(NoSuchChannel):
        await Commands(Pbx(AmiRefused(words))).hang_up(CHANNEL)


async def test_a_refusal_keeps_its_reason() -> None:
    with pytest.raises(AmiRefused, match="Permission denied") as refused:
        await Commands(Pbx(AmiRefused("Hangup: Permission denied"))).hang_up(CHANNEL)
    assert refused.value.code == "ami_refused"


async def test_a_click_rings_the_telephone_first_and_asynchronously() -> None:
    pbx = Pbx()
    place = Place(Context.NUMBER, "+8613800138000")
    await Commands(pbx).originate("PJSIP/1001", place, shown="+8613800138000")
    [action] = pbx.sent
    assert (action["Channel"], action["Context"]) == ("PJSIP/1001", "callcenter-originate")
    assert (action["Exten"], action["Async"]) == ("+8613800138000", "true")
    assert not {"Application", "Data"} & set(action)


async def test_the_telephone_of_the_one_who_clicked_is_asked_to_pick_up() -> None:
    pbx = Pbx()
    place = Place(Context.NUMBER, "9110")
    await Commands(pbx).originate("PJSIP/1001", place, shown="110")
    assert "answer-after=0" in pbx.sent[0]["Variable"]
    await Commands(pbx).originate("SIP/1001", place, shown="110")
    assert "Variable" not in pbx.sent[1]  # the header is PJSIP's own


async def test_consulting_names_the_place_and_then_asks() -> None:
    pbx = Pbx()
    await Commands(pbx).consult(CHANNEL, Place(Context.AGENT, "web-1004"))
    assert [action["Action"] for action in pbx.sent] == ["Setvar", "Atxfer"]
    assert pbx.sent[0]["Value"] == "callcenter-agent,web-1004,1"
    assert pbx.sent[1]["Exten"] == "1"


async def test_keys_are_pressed_one_after_the_other() -> None:
    pbx = Pbx()
    await Commands(pbx).press(CHANNEL, "*5")
    assert [action["Digit"] for action in pbx.sent] == ["*", "5"]


HOSTILE = [
    "",
    "/.*/",
    "PJSIP/1001\r\nAction: Command",
    "PJSIP/1001&Local/1@x",
    "x y",
    "PJSIP/" + "9" * 300,
    "${SHELL(id)}",
    "匿名",
]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_is_no_channel_is_never_named_to_the_pbx(hostile: str) -> None:
    pbx = Pbx()
    commands = Commands(pbx)
    place = Place(Context.QUEUE, "support")
    for order in (
        commands.hang_up(hostile),
        commands.blind_transfer(hostile, place),
        commands.consult(hostile, place),
        commands.cancel_consult(hostile),
        commands.press(hostile, "A"),
        commands.set_variable(hostile, "CALLCENTER_HOLD", "x"),
        commands.originate(hostile, place, shown="110"),
    ):
        with pytest.raises(UnsafeValue):
            await order
    assert pbx.sent == []


@pytest.mark.parametrize("interface", ["Local/1@from-trunk", "Message/x", "PJSIP/a/b", "PJSIP/x@y"])
async def test_only_telephones_are_rung(interface: str) -> None:
    pbx = Pbx()
    with pytest.raises(UnsafeValue):
        await Commands(pbx).originate(interface, Place(Context.NUMBER, "1"), shown="1")
    assert pbx.sent == []


@pytest.mark.parametrize("name", ["SHELL(rm)", "CHANNEL(x)", "__PATH", "CALLCENTER_", "X"])
async def test_only_variables_of_ours_are_set(name: str) -> None:
    with pytest.raises(UnsafeValue):
        await Commands(Pbx()).set_variable(CHANNEL, name, "x")


@given(st.text())
def test_a_place_can_hold_no_more_than_a_name_or_number(text: str) -> None:
    try:
        place = Place(Context.NUMBER, text)
    except UnsafeValue:
        return
    assert not set(place.extension) & set("&,|@/()${} \r\n;\"'")
