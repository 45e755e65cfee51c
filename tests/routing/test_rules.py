"""Entry rules: what each says of a caller and why, and what they add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calendars import Calendar, Hours, Week
from crm.facts import CallerFacts
from routing.engine import Need
from routing.rule_settings import (
    AccountManager,
    AccountNumber,
    Announcement,
    BlockList,
    CustomerLevel,
    DirectAgent,
    DirectNumber,
    InHours,
    Language,
    LanguageSkill,
    LastAgent,
    LevelGrant,
    NextStep,
    Rule,
    TicketOwner,
)
from routing.rules import Ask, Caller, Decided, House, Known, Route, decide, number_matches

MONDAY = datetime(2026, 3, 16, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
OFFICE = Calendar(zone="Asia/Shanghai", week=Week(monday=(Hours("09:00", "18:00"),)))
HOUSE = House({"office": OFFICE})
STRANGER = Caller(number="13800138000", e164="+8613800138000", dialled="4001", at=MONDAY)
CUSTOMER = replace(
    STRANGER,
    customer=7,
    level="VIP",
    language="en",
    account_manager=1,
    ticket="T-2026-000001",
    ticket_owner=2,
    last_agent=3,
    last_agent_at=MONDAY - 2 * 86_400,
)


def _decide(*rules: Rule, caller: Caller = CUSTOMER, house: House = HOUSE) -> Decided:
    return decide("sales", rules, caller, house)


def _one(rule: Rule, **options: Any) -> tuple[Route | Ask, str, str]:
    decided = _decide(rule, **options)
    (step,) = decided.decisions
    return decided.route, step.outcome, step.reason


PLAIN = Route(queue="sales")


def test_without_rules_a_call_waits_in_its_queue() -> None:
    assert _decide() == Decided(PLAIN, ())


@pytest.mark.parametrize("action", ["reject", "busy", "dead_air"])
def test_a_listed_number_is_turned_away_as_the_list_says(action: Any) -> None:
    route, outcome, reason = _one(BlockList(numbers=("+86138*",), action=action))
    assert (route, outcome, reason) == (replace(PLAIN, reject=action), "refused", "listed")


def test_who_is_not_listed_passes() -> None:
    assert _one(BlockList(numbers=("+86139*",), withheld=True)) == (PLAIN, "passed", "not_listed")


def test_withheld_numbers_are_turned_away_when_the_list_says_so() -> None:
    hidden = replace(STRANGER, number=None, e164=None, withheld=True)
    refused = replace(PLAIN, reject="reject")
    assert _one(BlockList(withheld=True), caller=hidden) == (refused, "refused", "withheld")
    assert _one(BlockList(numbers=("*",)), caller=hidden) == (PLAIN, "passed", "withheld")


def test_a_number_that_cannot_be_read_is_compared_as_it_came() -> None:
    inner = replace(STRANGER, number="10086", e164=None)
    assert _one(BlockList(numbers=("10086",)), caller=inner)[1] == "refused"


@pytest.mark.parametrize(
    ("pattern", "number", "matches"),
    [
        ("+8613800138000", "+8613800138000", True),
        ("+8613800138000", "+86138001380001", False),
        ("+8610*", "+861062345678", True),
        ("*", "", True),
    ],
)
def test_a_pattern_means_a_number_or_all_that_begin_so(
    pattern: str, number: str, matches: bool
) -> None:
    assert number_matches(pattern, number) is matches


def test_within_the_hours_a_call_goes_on() -> None:
    assert _one(InHours(calendar="office")) == (PLAIN, "passed", "open")


def test_outside_the_hours_it_goes_where_the_rule_says_and_no_further() -> None:
    night = replace(CUSTOMER, at=MONDAY + 43_200)
    message = NextStep("message", "closed")
    decided = _decide(
        InHours(calendar="office", when_closed=message), AccountManager(), caller=night
    )
    assert decided.route == replace(PLAIN, step=message)
    assert [one.step for one in decided.decisions] == ["calendar"]


def test_another_queue_outside_the_hours_is_a_place_to_wait() -> None:
    night = replace(CUSTOMER, at=MONDAY + 43_200)
    duty = InHours(calendar="office", when_closed=NextStep("queue", "duty"))
    route, outcome, reason = _one(duty, caller=night)
    assert (route, outcome, reason) == (Route(queue="duty"), "matched", "outside_hours")


def test_a_calendar_that_is_gone_turns_nobody_away() -> None:
    assert _one(InHours(calendar="gone")) == (PLAIN, "passed", "no_calendar")


def test_a_persons_number_waits_for_that_person() -> None:
    rule = DirectAgent(numbers=(DirectNumber("4001", 9),), wait=45)
    expected = replace(PLAIN, wished=9, wished_until=45.0)
    assert _one(rule) == (expected, "matched", "wished")
    assert _one(rule, caller=replace(CUSTOMER, dialled="4002")) == (
        PLAIN,
        "passed",
        "nobodys_number",
    )


def test_a_level_gives_urgency_and_its_own_queue() -> None:
    rule = CustomerLevel(levels=(LevelGrant("VIP", 300, "vip"), LevelGrant("金牌", 60)))
    assert _one(rule) == (Route(queue="vip", priority=300), "matched", "level")
    gold = replace(CUSTOMER, level="金牌")
    assert _one(rule, caller=gold)[0] == Route(queue="sales", priority=60)
    assert _one(rule, caller=replace(CUSTOMER, level=None))[2] == "no_level"
    assert _one(rule, caller=STRANGER)[2] == "no_customer"
    assert _one(rule, caller=replace(CUSTOMER, level="?"))[2] == "other_level"


def test_a_language_becomes_a_skill() -> None:
    languages = (LanguageSkill("en", "english", 3),)
    route, _, reason = _one(Language(languages=languages, after=60))
    assert (route, reason) == (replace(PLAIN, required=(Need("english", 3, 60),)), "skill")
    route, _, reason = _one(Language(languages=languages, required=False))
    wanted = replace(PLAIN, preferred=(Need("english", 3),))
    assert (route, reason) == (wanted, "skill_preferred")
    assert _one(Language(languages=languages), caller=replace(CUSTOMER, language="zh"))[2] == (
        "other_language"
    )
    assert _one(Language(languages=languages), caller=replace(CUSTOMER, language="en_GB"))[2] == (
        "skill"
    )


PERSONS: tuple[tuple[Rule, int, float], ...] = (
    (TicketOwner(wait=10), 2, 10.0),
    (AccountManager(wait=11), 1, 11.0),
    (LastAgent(days=3, wait=12), 3, 12.0),
)


@pytest.mark.parametrize(("rule", "agent", "wait"), PERSONS)
def test_a_persons_rule_waits_for_them_as_long_as_it_says(
    rule: Rule, agent: int, wait: float
) -> None:
    assert _one(rule) == (replace(PLAIN, wished=agent, wished_until=wait), "matched", "wished")


@pytest.mark.parametrize(("rule", "agent", "wait"), PERSONS)
def test_nobody_waits_for_a_person_who_is_not_signed_in(
    rule: Rule, agent: int, wait: float
) -> None:
    house = House({}, present=lambda one: one != agent)
    assert _one(rule, house=house) == (PLAIN, "passed", "not_signed_in")


def test_the_first_person_who_is_there_counts() -> None:
    house = House({}, present=lambda agent: agent != 2)
    decided = _decide(*(rule for rule, _, _ in PERSONS), house=house)
    assert decided.route == replace(PLAIN, wished=1, wished_until=11.0)
    assert [one.reason for one in decided.decisions] == [
        "not_signed_in",
        "wished",
        "already_wished",
    ]


def test_a_conversation_long_ago_is_forgotten() -> None:
    assert _one(LastAgent(days=1))[2] == "too_long_ago"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (TicketOwner(), "no_open_ticket"),
        (AccountManager(), "no_customer"),
        (LastAgent(), "no_last_agent"),
    ],
)
def test_a_stranger_has_nobody_to_wait_for(rule: Rule, reason: str) -> None:
    assert _one(rule, caller=STRANGER) == (PLAIN, "passed", reason)


def test_a_ticket_or_customer_nobody_looks_after_wishes_nobody() -> None:
    alone = replace(CUSTOMER, ticket_owner=None, account_manager=None)
    assert _one(TicketOwner(), caller=alone)[2] == "ticket_without_agent"
    assert _one(AccountManager(), caller=alone)[2] == "no_account_manager"


def test_an_announcement_is_heard_before_waiting() -> None:
    assert _one(Announcement(prompt="storm"))[0] == replace(PLAIN, announcement="storm")


# --- the account number ---------------------------------------------------------------------

ACCOUNT = AccountNumber(prompt="your_account")
OTHER: Known = CallerFacts(customer=8, level="金牌", account_manager=5)


def test_an_account_number_is_asked_for_once() -> None:
    asked = _decide(AccountManager(), ACCOUNT)
    assert asked.route == Ask(ACCOUNT)
    again = _decide(AccountManager(), ACCOUNT, caller=CUSTOMER.with_account("", None))
    assert isinstance(again.route, Route)
    assert again.decisions[-1].reason == "nothing_typed"


def test_a_proven_identity_outranks_the_callers_number() -> None:
    proven = CUSTOMER.with_account("1001", OTHER)
    decided = _decide(AccountManager(wait=11), ACCOUNT, caller=proven)
    assert decided.route == replace(PLAIN, wished=5, wished_until=11.0)
    assert decided.decisions[-1].facts == {"account": "1001", "customer": "8"}


def test_an_account_nobody_has_proves_nothing() -> None:
    caller = CUSTOMER.with_account("9", None)
    decided = _decide(ACCOUNT, AccountManager(wait=11), caller=caller)
    assert decided.route == replace(PLAIN, wished=1, wished_until=11.0)
    assert decided.decisions[0].reason == "unknown_account"


def test_what_was_told_before_the_question_is_not_told_again() -> None:
    rules = (InHours(calendar="office"), AccountManager(), ACCOUNT)
    first = _decide(*rules)
    second = _decide(*rules, caller=CUSTOMER.with_account("1001", OTHER))
    told = [(one.step, one.reason) for one in second.news(first.decisions)]
    assert told == [("account_manager", "wished"), ("account_number", "proven")]


# --- laws -----------------------------------------------------------------------------------

RULES: list[Rule] = [
    *(BlockList(numbers=("+86139*",)), InHours(calendar="office"), Announcement(prompt="hello")),
    *(TicketOwner(), AccountManager(), LastAgent(), ACCOUNT),
    DirectAgent(numbers=(DirectNumber("4001", 9),)),
    CustomerLevel(levels=(LevelGrant("VIP", 300),)),
    Language(languages=(LanguageSkill("en", "english"),)),
]


@given(
    st.lists(st.sampled_from(RULES), max_size=12),
    st.sampled_from([STRANGER, CUSTOMER, CUSTOMER.with_account("1", OTHER)]),
)
def test_every_rule_that_was_asked_says_why_and_the_same_again(
    rules: list[Rule], caller: Caller
) -> None:
    decided = _decide(*rules, caller=caller)
    assert decided == _decide(*rules, caller=caller)
    assert all(one.reason and one.at == caller.at for one in decided.decisions)
    if isinstance(decided.route, Route):
        assert len(decided.decisions) == len(rules) or decided.route.over


@given(st.sampled_from(RULES))
def test_settings_survive_being_stored(rule: Rule) -> None:
    stored = msgspec.json.encode([rule])
    assert msgspec.json.decode(stored, type=tuple[Rule, ...]) == (rule,)
