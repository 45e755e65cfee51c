"""Takes the pictures of recordings, scores, reports and the board, of a company like many."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from callcenter.store.migrate import upgrade
from tests.e2e import test_board_page as wires
from tests.e2e.browser import Desk, chromium
from tests.e2e.company import AGENTS, QUEUES, ZONE, Company
from tests.e2e.office import at_work, office_in
from tests.e2e.pictures import both_languages

# Agent → state, since when (seconds), with whom, in which queue.
AT_WORK: tuple[tuple[str, float, str | None, str | None], ...] = (
    ("busy", 212, "+8613821006274", "support"),
    ("busy", 48, "+8613821007096", "support"),
    ("wrap_up", 21, None, "installation"),
    ("busy", 371, "+8613821006411", "key accounts"),
    ("offered", 6, "+8613821006822", "billing"),
    ("ready", 95, None, None),
    ("not_ready", 640, None, None),
    ("busy", 133, "+8613821008055", "support"),
)
# Queue → waiting, longest wait, offered, answered, in time, abandoned, short ones, missed, owed.
TODAY: dict[str, tuple[int, float, int, int, int, int, int, int, int]] = {
    "support": (3, 74, 118, 108, 91, 7, 2, 2, 1),
    "sales": (0, 0, 64, 62, 58, 2, 1, 0, 0),
    "billing": (1, 9, 47, 44, 38, 2, 0, 1, 2),
    "installation": (1, 31, 29, 26, 19, 2, 0, 0, 1),
    "key accounts": (0, 0, 17, 17, 17, 0, 0, 0, 0),
}
WAITING = (("上海晨光贸易有限公司", 74, 300.0), ("孙丽", 41, 0.0), (None, 12, 0.0))

LATER = "SELECT id FROM recordings WHERE status = 'pending' OR NOT described LIMIT 1"


async def _recordings(company: Company, page: Page) -> None:
    while await company.office.rows(LATER):  # noqa: ASYNC110 - the service looks at each file
        await asyncio.sleep(0.5)
    await page.goto(f"{company.office.address}/recordings")
    await page.get_by_test_id("list-row").first.wait_for()
    await page.wait_for_load_state("networkidle")
    await both_languages(page, "recordings")
    await page.goto(f"{company.office.address}/recordings/{company.recordings[2]}")
    await page.get_by_test_id("comment").first.wait_for()
    await page.get_by_test_id("spot").first.wait_for()
    await page.wait_for_load_state("networkidle")
    await both_languages(page, "recording")


async def _scores(company: Company, page: Page) -> None:
    await page.goto(f"{company.office.address}/quality/new?recording={company.recordings[2]}")
    await page.get_by_test_id("form-save").click()
    await page.get_by_test_id("sheet").wait_for()
    for key in "j1j1j4":
        await page.keyboard.press(key)
    await page.get_by_test_id("answer-note").nth(2).fill("复述了订单号和地址。")
    await page.get_by_test_id("player").get_by_role("slider").focus()
    for _ in range(8):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("r")
    await page.get_by_test_id("remark-text").fill("这里解释得很清楚")
    await page.get_by_test_id("score-step").wait_for()  # the draft is kept
    await page.wait_for_timeout(1_500)
    await _from_the_top(page)
    await both_languages(page, "score")
    begin = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 33 * 86_400))
    trend = f"quality/trend?sheet={company.sheet}&of=questions&begin={begin}"
    await page.goto(f"{company.office.address}/{trend}")
    for row in (3, 4):
        await page.get_by_test_id("trend-row").nth(row).get_by_role("checkbox").check()
    await page.wait_for_load_state("networkidle")
    await _from_the_top(page)
    await both_languages(page, "score-trend")


async def _from_the_top(page: Page) -> None:
    """What was typed last is in sight; the picture begins where people do."""
    await page.evaluate("document.querySelectorAll('*').forEach((one) => (one.scrollTop = 0))")


async def _report(company: Company, page: Page) -> None:
    await page.goto(f"{company.office.address}/reports")
    await page.get_by_test_id("report-table").wait_for()
    await page.wait_for_load_state("networkidle")
    await both_languages(page, "report")


async def _rules(company: Company, page: Page) -> None:
    await page.goto(f"{company.office.address}/admin/recording?one=%2B")
    form = page.get_by_test_id("setup-form")
    await form.locator("[data-field=name] input").fill("账单：卡号不录音 Billing: no card data")
    await form.locator("[data-field=queues] input[value=billing]").check()
    await form.locator("[data-field=directions] input[value=inbound]").check()
    await form.locator("[data-field=pause_on] input[value=hold]").check()
    await form.locator("[data-field=consent] select").select_option("opt_out")
    await form.locator("[data-field=announcement] input").fill("may-record")
    await form.locator("[data-field=opt_out_key] select").select_option("9")
    await page.get_by_test_id("setup-save").click()
    await page.get_by_test_id("setup-saved").wait_for()
    await _from_the_top(page)
    await both_languages(page, "recording-rules")


# --- the board ------------------------------------------------------------------------------------


def _agents() -> list[dict[str, Any]]:
    rows = []
    for place, ((name, _), (state, since, number, queue)) in enumerate(
        zip(AGENTS, AT_WORK, strict=True)
    ):
        row = wires.agent(place) | {"name": name, "interface": f"PJSIP/10{place + 1:02}"}
        row |= {"state": state, "since": time.time() - since, "number": number, "queue": queue}
        row |= {"reasons": ["meal"] if state == "not_ready" else []}
        rows.append(row | {"interaction": f"{place:032x}" if number else None})
    rows[0]["listeners"] = [{"user": 0, "name": "陈静 Chen Jing", "mode": "whisper"}]
    return rows


def _queue(name: str) -> dict[str, Any]:
    waiting, longest, offered, answered, in_time, abandoned, short, missed, owed = TODAY[name]
    now, talk = time.time(), QUEUES[name][2]
    calls = [
        {"interaction": f"{n:032x}", "number": f"+86138210{n:05}", "name": caller}
        | {"since": now - since, "priority": priority}
        for n, (caller, since, priority) in enumerate(WAITING[:waiting] if waiting == 3 else [])
    ]
    return wires.queue(0) | {
        "queue": name,
        "waiting": waiting,
        "offered": offered,
        "answered": answered,
        "longest_since": now - longest if waiting else None,
        "waiting_calls": calls,
        "in_time": in_time,
        "wait_sum": answered * (talk / 18),
        "abandoned": abandoned,
        "short_abandoned": short,
        "handled": answered,
        "talk_sum": answered * talk,
        "missed": missed,
        "missed_since": now - 1500 if missed else None,
        "callbacks": owed,
        "scores": answered // 3,
        "score_sum": round(answered // 3 * 4.4),
    }


def _board() -> dict[str, Any]:
    # Calls by quarter hour, from half past eight on.
    shape = [int(calls) for calls in "134689987543234435687865454343323454543232212111"]
    strip: list[dict[str, Any]] = [
        {"queue": queue, "quarter": 34 + n, "offered": calls * share, "answered": 0}
        | {"abandoned": 0, "short_abandoned": 0, "in_time": 0}
        for queue, share in (("support", 2), ("sales", 1), ("billing", 1))
        for n, calls in enumerate(shape)
    ]
    for n, cell in enumerate(strip):
        cell["abandoned"] = 1 if n % 7 == 4 else 0
        cell["answered"] = max(0, cell["offered"] - cell["abandoned"])
        cell["in_time"] = max(0, cell["answered"] - (2 if n % 5 == 3 else 0))
    alarm = {"id": 1, "queue": "support", "metric": "longest_wait", "level": "bad", "value": 74.0}
    alarm |= {"threshold": 60.0, "since": time.time() - 14, "acknowledged": False}
    limits = (("longest_wait", 30, 60), ("service_level", 0.85, 0.75), ("missed", 1, 5))
    return wires.board(0, 0) | {
        "agents": _agents(),
        "queues": [_queue(name) for name in QUEUES],
        "strip": strip,
        "day_start": (time.time() + ZONE) // 86_400 * 86_400 - ZONE,
        "alarms": [alarm],
        "thresholds": [
            {"queue": "", "metric": metric, "watch": watch, "bad": bad}
            for metric, watch, bad in limits
        ],
    }


async def _boards(company: Company, browser: Browser) -> None:
    wire = wires.Wire(_board(), user=company.office.users["supervisor"])
    async with Desk(browser, company.office, "supervisor", locale="en-GB") as desk:
        page = await wires.opened(desk, wire)
        await page.set_viewport_size({"width": 1280, "height": 1000})  # the floor, whole
        await page.locator("[data-queue=support]").get_by_role("button").first.click()
        await page.locator(".board").evaluate("(board) => (board.scrollTop = 0)")
        await both_languages(page, "board")


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-company-") as path:
        folder = Path(path)
        url = f"sqlite:///{folder}/callcenter.db"
        await upgrade(url)
        office = office_in(folder, url)
        await office.furnish("en")
        company = Company(office)
        await company.found()
        async with at_work(office), chromium() as browser:
            await _boards(company, browser)
            async with Desk(browser, office, "supervisor", locale="en-GB") as desk:
                for pictures in (_recordings, _scores, _report):
                    await pictures(company, desk.page)
            async with Desk(browser, office, "admin", locale="en-GB") as desk:
                await _rules(company, desk.page)
