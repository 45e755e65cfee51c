"""Rules and menus on a line: what the caller is asked, and where the answers lead."""

from __future__ import annotations

from typing import cast

import pytest

from callcenter.agi.session import Agi
from callcenter.events import DomainEvent
from routing.callers import Known
from routing.entry import Entries
from routing.menus import Menu, MenuKey, MenuStep
from routing.rule_settings import AccountNumber, CustomerLevel, LevelGrant
from routing.rules import Route
from routing.setup import EntryPoint, NextStep, Setup
from routing.visit import NotOurs, Visit
from tests.routing.fake_line import FakeLine


class Nobody:
    """A caller of whom nothing is known."""

    e164 = "+8613800138000"
    withheld = False
    customer: int | None = None
    level: str | None = None
    language: str | None = None
    account_manager: int | None = None
    ticket: str | None = None
    ticket_owner: int | None = None
    last_agent: int | None = None
    last_agent_at: float | None = None


class Important(Nobody):
    customer = 7
    level = "VIP"


class Accounts:
    """Whose account 4711 is."""

    async def of_number(self, number: str | None, trunk: str | None) -> Known:
        return Nobody()

    async def of_account(self, account: str, number: str | None, trunk: str | None) -> Known | None:
        return Important() if account == "4711" else None


VIP = CustomerLevel(levels=(LevelGrant(level="VIP", priority=300.0),))
ASK = AccountNumber(prompt="your-account", wrong="not-known", tries=2)
MENU = Menu(
    prompt="welcome",
    keys=(
        MenuKey(key="1", step=MenuStep("queue", "sales")),
        MenuKey(key="2", step=MenuStep("menu", "second")),
        MenuKey(key="9", step=MenuStep("repeat"), language="en"),
    ),
    wrong="wrong-key",
    retries=1,
    otherwise=NextStep("voicemail"),
)
SECOND = Menu(prompt="second", keys=(MenuKey(key="5", step=MenuStep("number", "1009")),))


async def enter(
    entry: EntryPoint, *keys: str | None, number: str = "8000"
) -> tuple[Route, FakeLine]:
    setup = Setup(entries={entry.number: entry}, menus={"main": MENU, "second": SECOND})
    events: list[DomainEvent] = []
    line = FakeLine(f"entry/{number}", [1000.0], keys=list(keys))
    visit = Visit(
        agi=cast(Agi, line),
        pbx="main",
        interaction="call",
        entered_at=1000.0,
        number="13800138000",
        dialled=number,
        publish=events.append,
        clock=lambda: line.now[0],
        sound=lambda name: name,
    )
    entries = Entries(
        setup=lambda: setup,
        facts=Accounts(),
        present=lambda _agent: True,
        trunk_of=lambda _channel: None,
        language="zh",
    )
    return await entries.route(visit, number), line


def entry(*rules: AccountNumber | CustomerLevel, menu: str | None = None) -> EntryPoint:
    return EntryPoint(number="8000", name="Main", queue="support", rules=rules, menu=menu)


async def test_without_rules_a_call_goes_to_the_queue_of_its_number_unheard() -> None:
    route, line = await enter(entry())
    assert route.queue == "support"
    assert line.did == []


async def test_a_number_nobody_described_is_left_to_the_pbx() -> None:
    with pytest.raises(NotOurs, match="9999"):
        await enter(entry(), number="9999")


async def test_a_typed_account_proves_who_calls() -> None:
    route, line = await enter(entry(ASK, VIP), "4711")
    assert route.priority == 300.0
    assert line.said == ["your-account"]


async def test_an_unknown_account_is_asked_for_again_and_then_let_be() -> None:
    route, line = await enter(entry(ASK, VIP), "1234", "5678")
    assert route.priority == 0.0
    assert line.said == ["your-account", "not-known", "your-account"]


async def test_a_key_of_the_menu_leads_to_its_queue() -> None:
    route, line = await enter(entry(menu="main"), "1")
    assert route.queue == "sales"
    assert line.did[0] == ("answer",)


async def test_a_menu_leads_to_another() -> None:
    route, _ = await enter(entry(menu="main"), "2", "5")
    assert route.step == NextStep("number", "1009")


async def test_a_key_can_change_the_language_and_repeat_the_menu() -> None:
    route, line = await enter(entry(menu="main"), "9", "1")
    assert line.variables["CHANNEL(language)"] == "en"
    assert line.said == ["welcome", "welcome"]
    assert route.queue == "sales"


async def test_who_presses_nothing_goes_where_the_menu_says() -> None:
    route, line = await enter(entry(menu="main"))
    assert route.step == NextStep("voicemail")
    assert line.said == ["welcome", "welcome"]
