"""What administrators describe is refused where it cannot work, warned about where it may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callcenter.calendars import DAYS, Calendar, Hours, Week
from callcenter.errors import InvalidInput
from routing.checks import check_entry, check_menu, check_queue, users_of
from routing.menus import Menu, MenuKey, MenuStep, SkillWanted
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
from routing.setup import (
    SATISFACTION_PROMPT,
    AgentSetup,
    EntryPoint,
    Prompt,
    QueueSetup,
    Setup,
    SkillNeed,
    Word,
)

OFFICE = Week(monday=(Hours("09:00", "18:00"),))
ALWAYS = Week(**dict.fromkeys(DAYS, (Hours("00:00", "24:00"),)))
SETUP = Setup(
    queues={
        "sales": QueueSetup(id=1, name="sales"),
        "night": QueueSetup(id=2, name="night", when_empty=NextStep("queue", "duty")),
        "duty": QueueSetup(id=3, name="duty", when_timed_out=NextStep("queue", "sales")),
    },
    agents={
        1: AgentSetup(
            id=1, name="李", queues=frozenset({"sales"}), skills={"en": 2}, interfaces=("PJSIP/1",)
        )
    },
    calendars={
        "office": Calendar(zone="Asia/Shanghai", week=OFFICE),
        "always": Calendar(zone="Asia/Shanghai", week=ALWAYS),
        "never": Calendar(zone="Asia/Shanghai"),
    },
    menus={"main": Menu(prompt="hello", keys=())},
    prompts={"hello": Prompt("hello", "", 1.0)},
    skills={"en": "", "fr": ""},
    dispositions={"sale": Word("sale", "成交", "Sale")},
)
SALES = SETUP.queues["sales"]


def _refused(work: Any, *arguments: Any) -> tuple[str | None, str]:
    with pytest.raises(InvalidInput) as refused:
        work(*arguments)
    return refused.value.field, refused.value.message


# --- queues ---------------------------------------------------------------------------------


def test_a_queue_that_can_work_is_taken_without_a_word() -> None:
    assert (
        check_queue(replace(SALES, required=(SkillNeed("en", 2),), calendar="office"), SETUP) == []
    )


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"when_empty": NextStep("queue", "sales")}, "when_empty", "itself"),
        ({"when_key": NextStep("queue", "sales")}, "when_key", "itself"),
        (
            {"when_full": NextStep("queue", "night")},
            "when_full",
            "circle: sales → night → duty → sales",
        ),
        ({"when_full": NextStep("queue", "nowhere")}, "when_full.target", "nowhere"),
        ({"when_full": NextStep("queue")}, "when_full.target", "queue"),
        ({"when_full": NextStep("number", "300&Local/1@x")}, "when_full.target", "number"),
        ({"when_full": NextStep("hangup", "x")}, "when_full.target", "no target"),
        ({"calendar": "moon"}, "calendar", "moon"),
        ({"required": (SkillNeed("de"),)}, "required[0].skill", "de"),
        ({"required": (SkillNeed("en"), SkillNeed("en", 2))}, "required[1].skill", "twice"),
        ({"exit_key": "1", "callback_key": "1"}, "callback_key", "same key"),
        ({"dispositions": ("sale", "gift")}, "dispositions[1]", "gift"),
    ],
)
def test_a_queue_that_cannot_work_is_refused_by_name(
    change: dict[str, Any], field: str, words: str
) -> None:
    found, message = _refused(check_queue, replace(SALES, **change), SETUP)
    assert found == field
    assert words in message


def test_a_key_may_lead_back_because_somebody_presses_it() -> None:
    assert check_queue(replace(SALES, when_key=NextStep("queue", "duty")), SETUP) == []


def test_a_skill_that_nobody_of_the_queue_has_is_said() -> None:
    (low,) = check_queue(replace(SALES, required=(SkillNeed("en", 3),)), SETUP)
    assert (low.code, low.field, low.facts) == (
        "skill_nobody_has",
        "required[0]",
        {"skill": "en", "level": "3"},
    )
    (other,) = check_queue(replace(SALES, preferred=(SkillNeed("fr"),)), SETUP)
    assert other.field == "preferred[0]"


def test_a_queue_without_agents_is_said() -> None:
    (warning,) = check_queue(QueueSetup(id=9, name="new"), SETUP)
    assert warning.code == "queue_without_agents"


def test_a_prompt_that_nobody_uploaded_is_said() -> None:
    (warning,) = check_queue(replace(SALES, when_full=NextStep("message", "sorry")), SETUP)
    assert (warning.code, warning.field) == ("prompt_not_uploaded", "when_full.target")


def test_a_queue_that_asks_for_a_mark_needs_the_words_to_ask_with() -> None:
    asking = replace(SALES, ask_satisfaction=True)
    (warning,) = check_queue(asking, SETUP)
    assert (warning.code, warning.field) == ("prompt_not_uploaded", "ask_satisfaction")
    assert warning.facts == {"prompt": SATISFACTION_PROMPT}
    uploaded = {SATISFACTION_PROMPT: Prompt(SATISFACTION_PROMPT, "", 2.0)}
    house = replace(SETUP, prompts=uploaded, queues={**SETUP.queues, "sales": asking})
    assert check_queue(asking, house) == []
    assert users_of("prompt", SATISFACTION_PROMPT, house) == ["queue sales"]


# --- entry points ---------------------------------------------------------------------------


def _entry(*rules: Rule, number: str = "4001", **values: Any) -> EntryPoint:
    return EntryPoint(
        **{"number": number, "name": "大厅", "queue": "sales", "rules": rules, **values}
    )


def test_rules_that_can_match_are_taken_without_a_word() -> None:
    rules: tuple[Rule, ...] = (
        BlockList(numbers=("+8610*", "+86138*"), withheld=True),
        InHours(calendar="office"),
        DirectAgent(numbers=(DirectNumber("4001", 1),)),
        CustomerLevel(levels=(LevelGrant("VIP", 300, "duty"),)),
        Language(languages=(LanguageSkill("en", "en", 2),)),
        AccountNumber(prompt="hello"),
        TicketOwner(),
        AccountManager(),
        LastAgent(days=3),
        LastAgent(days=30),
        Announcement(prompt="hello"),
    )
    assert check_entry(_entry(*rules, menu="main"), SETUP) == []


@pytest.mark.parametrize(
    ("rules", "field", "words"),
    [
        ((BlockList(numbers=("*",), withheld=True), TicketOwner()), "rules[1]", "block_list"),
        ((InHours(calendar="never"), TicketOwner()), "rules[1]", "calendar"),
        ((InHours(calendar="always"),), "rules[0].calendar", "day and night"),
        ((InHours(calendar="office"), InHours(calendar="office")), "rules[1].calendar", "before"),
        ((BlockList(),), "rules[0]", "no number"),
        ((BlockList(numbers=("+86*", "+8610*")),), "rules[0].numbers[1]", "+86*"),
        (
            (BlockList(withheld=True), BlockList(numbers=("+1*",), withheld=True)),
            "rules[1].withheld",
            "before",
        ),
        ((DirectAgent(numbers=(DirectNumber("4002", 1),)),), "rules[0].numbers[0]", "4002"),
        ((DirectAgent(numbers=()),), "rules[0]", "no number"),
        ((CustomerLevel(levels=()),), "rules[0]", "no level"),
        (
            (CustomerLevel(levels=(LevelGrant("VIP", 1), LevelGrant("VIP", 2))),),
            "rules[0].levels[1]",
            "VIP",
        ),
        (
            (Language(languages=(LanguageSkill("zh", "en"), LanguageSkill("zh-CN", "fr"))),),
            "rules[0].languages[1]",
            "zh comes first",
        ),
        ((TicketOwner(), AccountManager(), TicketOwner()), "rules[2]", "before"),
        ((LastAgent(days=30), LastAgent(days=3)), "rules[1]", "30 days"),
        ((Announcement(prompt="hello"), Announcement(prompt="hello")), "rules[1]", "announcement"),
    ],
)
def test_a_rule_that_can_never_match_is_refused(
    rules: tuple[Rule, ...], field: str, words: str
) -> None:
    found, message = _refused(check_entry, _entry(*rules), SETUP)
    assert found == field
    assert words in message


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (_entry(queue="nowhere"), "queue"),
        (_entry(menu="nowhere"), "menu"),
        (_entry(InHours(calendar="moon")), "rules[0].calendar"),
        (
            _entry(InHours(calendar="office", when_closed=NextStep("queue", "x"))),
            "rules[0].when_closed.target",
        ),
        (_entry(DirectAgent(numbers=(DirectNumber("4001", 9),))), "rules[0].numbers[0].agent"),
        (_entry(CustomerLevel(levels=(LevelGrant("a", 1, "x"),))), "rules[0].levels[0].queue"),
        (_entry(Language(languages=(LanguageSkill("a", "x"),))), "rules[0].languages[0].skill"),
    ],
)
def test_unknown_names_are_refused(entry: EntryPoint, field: str) -> None:
    assert _refused(check_entry, entry, SETUP)[0] == field


def test_a_language_that_nobody_speaks_is_said() -> None:
    (warning,) = check_entry(_entry(Language(languages=(LanguageSkill("fr", "fr"),))), SETUP)
    assert (warning.code, warning.facts) == ("skill_nobody_has", {"skill": "fr", "level": "1"})


# --- menus ----------------------------------------------------------------------------------


def _menu(*keys: MenuKey, **values: Any) -> Menu:
    return Menu(**{"prompt": "hello", "keys": keys, **values})


def _key(key: str, kind: Any, target: str | None = None, **values: Any) -> MenuKey:
    return MenuKey(key, MenuStep(kind, target), **values)


def test_a_menu_that_can_work_is_taken_without_a_word() -> None:
    skilled = _key("2", "queue", "duty", required=(SkillWanted("en", 2),))
    back = _key("*", "repeat")
    assert check_menu("new", _menu(skilled, back, _key("9", "menu", "main")), SETUP) == []


@pytest.mark.parametrize(
    ("menu", "field"),
    [
        (_menu(_key("1", "queue", "sales"), _key("1", "repeat")), "keys[1].key"),
        (_menu(_key("1", "menu", "x")), "keys[0].step.target"),
        (_menu(_key("1", "menu", "new")), "keys[0].step.kind"),
        (_menu(_key("1", "repeat", "x")), "keys[0].step.target"),
        (_menu(_key("1", "queue", "x")), "keys[0].step.target"),
        (
            _menu(_key("1", "queue", "sales", required=(SkillWanted("x"),))),
            "keys[0].required[0].skill",
        ),
        (_menu(_key("1", "repeat"), otherwise=NextStep("queue", "x")), "otherwise.target"),
    ],
)
def test_a_menu_that_cannot_work_is_refused(menu: Menu, field: str) -> None:
    assert _refused(check_menu, "new", menu, SETUP)[0] == field


# --- what is used ---------------------------------------------------------------------------


def test_what_is_used_is_used_by_somebody_with_a_name() -> None:
    entry = _entry(
        InHours(calendar="office"), Language(languages=(LanguageSkill("fr", "fr"),)), menu="main"
    )
    setup = replace(SETUP, entries={"4001": entry})
    assert users_of("calendar", "office", setup) == ["number 4001"]
    assert users_of("menu", "main", setup) == ["number 4001"]
    assert users_of("skill", "fr", setup) == ["number 4001"]
    assert users_of("queue", "sales", setup) == ["queue duty", "number 4001"]
    assert users_of("prompt", "hello", setup) == ["menu main"]
    assert users_of("skill", "en", setup) == []
