"""Takes the pictures of the pages on which an administrator describes queues and rules, of a
company like many."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Page

from callcenter.config_sections import PromptsConfig
from callcenter.store.migrate import upgrade
from tests.e2e.administrator import Administrator
from tests.e2e.browser import Desk, chromium
from tests.e2e.center import agi_port, asked_house, center
from tests.e2e.house import House
from tests.e2e.pictures import both_languages
from tests.pbx.harness import asterisk

HOTLINE = "4008208820"
VOICEMAIL = {"kind": "voicemail", "target": "leave-a-word"}
SKILLS = {"english": "英语", "refund": "退款", "install": "安装"}
# Who works there, of which queues, and what they can do; the first two are there already.
CREW: tuple[tuple[str, list[str], dict[str, int]], ...] = (
    ("李娜 Li Na", ["support", "vip"], {"english": 4, "refund": 3}),
    ("Emma Clark", ["support", "sales"], {"english": 5}),
    ("周强 Zhou Qiang", ["support"], {"refund": 2, "install": 3}),
    ("王磊 Wang Lei", ["sales", "billing"], {"refund": 4}),
    ("陈静 Chen Jing", ["vip", "support"], {"english": 3, "refund": 5}),
)
OFFICE = [{"begin": "08:30", "end": "12:00"}, {"begin": "13:00", "end": "20:00"}]
QUEUES: dict[str, dict[str, Any]] = {
    "support": {
        "label": "客服 Support",
        "calendar": "office",
        "preferred": [{"skill": "refund"}],
        "max_waiting": 30,
        "max_wait": 600,
        "announce_every": 45,
        "exit_key": "0",
        "callback_key": "1",
        "when_closed": VOICEMAIL,
        "when_full": {"kind": "callback"},
        "when_timed_out": {"kind": "callback"},
        "when_empty": {"kind": "queue", "target": "vip"},
        "when_key": VOICEMAIL,
        "ask_satisfaction": True,
    },
    "sales": {"label": "销售 Sales", "calendar": "office", "strategy": "fewest_calls"},
    "vip": {"label": "大客户 Key accounts", "weight": 2, "priority": 120, "ring_seconds": 15},
    "billing": {"label": "账单 Billing", "calendar": "office", "required": [{"skill": "refund"}]},
}
RULES: list[dict[str, Any]] = [
    {"kind": "block_list", "numbers": ["+862155501234", "+1900*"], "action": "reject"},
    {"kind": "calendar", "calendar": "office", "when_closed": VOICEMAIL},
    {"kind": "account_number", "prompt": "account", "digits": 8, "tries": 2},
    {
        "kind": "customer_level",
        "levels": [{"level": "VIP", "queue": "vip"}, {"level": "金牌", "priority": 60}],
    },
    {
        "kind": "language",
        "languages": [{"language": "en", "skill": "english", "level": 3}],
        "after": 60,
    },
    {"kind": "ticket_owner", "wait": 30},
    {"kind": "account_manager", "wait": 30},
    {"kind": "last_agent", "days": 7, "wait": 20},
]

# Of the list it is in, and of nothing around it.
_TO_THE_TOP = """(rule) => {
  let list = rule.parentElement;
  while (list.scrollHeight <= list.clientHeight + 1 || getComputedStyle(list).overflowY !== "auto")
    list = list.parentElement;
  list.scrollTop += rule.getBoundingClientRect().top - list.getBoundingClientRect().top - 12;
}"""


async def _described(administrator: Administrator) -> None:
    ask = administrator.ask
    for prompt in ("leave-a-word", "account", "welcome", "callcenter-satisfaction"):
        await administrator.prompt(prompt, 3.0)
    for name, label in SKILLS.items():
        await ask("POST", "skills", json={"name": name, "label": label})
    days = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), OFFICE)
    hours = {"zone": "Asia/Shanghai", "week": days, "holidays": "CN", "makeup": "monday"}
    await ask("POST", "calendars", json={"name": "office", "label": "工作时间 Office", **hours})
    there = {one["name"]: one["id"] for one in (await ask("GET", "queues"))["items"]}
    for name in QUEUES.keys() - there:
        await ask("POST", "queues", json={"name": name})
    there = {one["name"]: one["id"] for one in (await ask("GET", "queues"))["items"]}
    for name, queue in QUEUES.items():
        await ask("PUT", f"queues/{there[name]}", json=queue)
    await _crew(administrator)
    await _numbers(administrator)


async def _crew(administrator: Administrator) -> None:
    first, second = sorted(one["id"] for one in (await _items(administrator, "agents")))
    for place, (name, queues, skills) in enumerate(CREW):
        body = {"name": name, "queues": queues, "skills": skills}
        if place < 2:
            await administrator.ask("PATCH", f"agents/{(first, second)[place]}", json=body)
        else:
            await administrator.ask("POST", "agents", json=body)


async def _numbers(administrator: Administrator) -> None:
    keys = [
        {"key": "1", "step": {"kind": "queue", "target": "support"}},
        {"key": "2", "step": {"kind": "queue", "target": "sales"}},
        {"key": "3", "step": {"kind": "queue", "target": "billing"}},
    ]
    menu = {"prompt": "welcome", "keys": keys}
    await administrator.ask(
        "POST", "menus", json={"name": "welcome", "label": "欢迎 Welcome", "menu": menu}
    )
    (entry,) = await _items(administrator, "entry-points")
    hotline = {"number": HOTLINE, "name": "全国热线 Hotline", "queue": "support"}
    await administrator.ask(
        "PUT", f"entry-points/{entry['id']}", json={**hotline, "rules": RULES, "menu": "welcome"}
    )
    for number, name, queue in (
        ("02155550100", "上海 Shanghai", "sales"),
        ("01055550100", "北京 Beijing", "sales"),
        ("8800", "大客户 Key accounts", "vip"),
    ):
        body = {"number": number, "name": name, "queue": queue}
        await administrator.ask("POST", "entry-points", json=body)


async def _items(administrator: Administrator, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await administrator.ask("GET", path))["items"]
    return found


async def _open(page: Page, part: str, row: str) -> None:
    await page.get_by_test_id(f"setup-{part}").click()
    await page.get_by_test_id("setup-row").filter(has_text=row).click()
    await page.get_by_test_id("setup-form").wait_for()


async def _pictures(house: House) -> None:
    async with (
        center(house) as here,
        Administrator(here).signed_in() as administrator,
        chromium() as browser,
        Desk(browser, house, "admin", locale="en-GB") as desk,
    ):
        await _described(administrator)
        page = desk.page
        await page.get_by_test_id("language-switch").click()  # people of the house speak zh
        await page.goto(f"{house.address}/routing/queues")
        await _open(page, "queues", "Support")
        await both_languages(page, "queues")
        await _open(page, "numbers", "Hotline")
        await page.get_by_test_id("rule").nth(3).evaluate(_TO_THE_TOP)
        await both_languages(page, "rules")


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-e2e-") as place:
        folder = Path(place)
        url = f"sqlite:///{folder / 'callcenter.db'}"
        await upgrade(url)
        async with asterisk(folder, agi_url=f"agi://127.0.0.1:{agi_port()}") as pbx:
            house = await asked_house(pbx, folder, url)
            prompts = PromptsConfig(folder=str(pbx.home / "prompts"))
            house.config = msgspec.structs.replace(house.config, prompts=prompts)
            await _pictures(house)
