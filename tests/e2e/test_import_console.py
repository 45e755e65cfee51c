"""Customers that come in from files, on the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import HOSTILE, looks_well, nothing_ran


async def test_customers_come_in_from_a_file(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    lines = ["姓名,手机号,备注", "王小明,13800001111,你好", *rows_of(HOSTILE), "坏,不是号码,"]
    file = tmp_path / "客户 <img src=x onerror=alert(1)>.csv"
    file.write_bytes("\n".join(lines).encode("gb18030"))
    async with Desk(browser, office, "supervisor") as desk:
        page = await desk.tab("/customers/import")
        await page.get_by_test_id("file").set_input_files(file)
        await page.get_by_test_id("import-columns").wait_for()
        await expect(page.get_by_test_id("encoding").locator("select")).to_have_value("gb18030")
        await nothing_ran(page)
        await looks_well(page)
        await page.get_by_test_id("import-check").click()
        await expect(page.get_by_test_id("count-created")).to_have_text(str(1 + len(HOSTILE)))
        await expect(page.get_by_test_id("count-refused")).to_have_text("1")
        await expect(page.get_by_test_id("import-example")).to_contain_text("不是号码")
        await looks_well(page)
        await page.get_by_test_id("import-start").click()
        await page.get_by_test_id("to-customers").wait_for()
        async with page.expect_download() as download:
            await page.get_by_test_id("import-refused").click()
        refused = (await (await download.value).path()).read_text("utf-8-sig")
        assert "不是号码" in refused
        await page.get_by_test_id("to-customers").click()
        await expect(page.get_by_test_id("list-row")).to_have_count(1 + len(HOSTILE))
        for text in HOSTILE:
            await expect(page.get_by_test_id("list")).to_contain_text(text)
        await nothing_ran(page)


def rows_of(names: Sequence[str]) -> list[str]:
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    return [f"{name},1390000{n:04},{name}" for n, name in enumerate(quoted)]


async def test_a_file_that_is_none_says_why(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\0")
    async with Desk(browser, office, "supervisor") as desk:
        page = await desk.tab("/customers/import")
        await page.get_by_test_id("file").set_input_files(file)
        await expect(page.get_by_test_id("import-failure")).to_contain_text("Excel")
        await page.get_by_test_id("import-cancel").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("import-work")).to_have_attribute(
            "data-state", "cancelled"
        )
