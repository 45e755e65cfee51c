"""What administrators describe, and what supervisors try out."""

from __future__ import annotations

from web.console.mock.looking import Look


def routing(look: Look) -> None:
    """An administrator's pages: lists, forms, refusals and warnings at their fields."""
    look.sign_out()
    look.sign_in("admin")
    _a_queue_loads(look)
    _a_queue_is_changed(look)
    _a_number(look)
    _the_rest(look)
    _faces(look)


def _a_queue_loads(look: Look) -> None:
    """From nothing to a form."""
    page = look.page
    look.do("slow/1500")
    page.goto(f"{look.base}/routing", wait_until="commit")
    page.locator("#main .lines").wait_for()
    look.shot("routing-loading", 60)
    look.do("slow/0")
    page.get_by_test_id("setup-row").first.click()
    page.get_by_test_id("setup-form").wait_for()
    page.wait_for_timeout(1600)
    look.shot("routing-queue", 400)


def _a_queue_is_changed(look: Look) -> None:
    """What is refused, what is warned of, and a new one."""
    page = look.page
    form = page.get_by_test_id("setup-form")
    exit_key = page.locator("[data-field=exit_key] select")
    exit_key.select_option("2")
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("field-note").first.wait_for()
    look.shot("routing-queue-refused", 400)
    exit_key.select_option("0")
    page.locator("[data-field='preferred[0].level'] input").fill("61")
    page.locator("[data-field='required[0].level'] input").fill("70")
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("setup-saved").wait_for()
    page.locator("[data-field=required]").scroll_into_view_if_needed()
    look.shot("routing-queue-warned", 400)
    page.get_by_test_id("setup-new").click()
    form.locator("[data-field=name] input").fill("vip")
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("field-note").first.wait_for()
    look.shot("routing-queue-new", 400)


def _a_number(look: Look) -> None:
    """Its rules."""
    page = look.page
    page.get_by_test_id("setup-numbers").click()
    page.get_by_test_id("setup-row").first.click()
    page.get_by_test_id("rule").first.wait_for()
    look.shot("routing-number", 400)
    page.get_by_test_id("rule").nth(4).scroll_into_view_if_needed()
    look.shot("routing-number-rules", 400)
    page.get_by_test_id("rule-kind").select_option("ticket_owner")
    page.get_by_test_id("rule-add").click()
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("field-note").first.wait_for()
    page.get_by_test_id("rule").last.scroll_into_view_if_needed()
    look.shot("routing-number-refused", 400)
    page.get_by_test_id("setup-row").nth(1).click()
    look.shot("routing-number-direct", 400)


def _the_rest(look: Look) -> None:
    """One form of each kind, left unsaved."""
    page = look.page
    for part in ("agents", "skills", "calendars", "menus", "words"):
        page.get_by_test_id(f"setup-{part}").click()
        page.get_by_test_id("setup-row").first.click()
        page.get_by_test_id("setup-form").wait_for()
        look.shot(f"routing-{part}", 500)
    page.get_by_test_id("nav-board").click()
    look.shot("routing-leave", 600)
    page.keyboard.press("Escape")


def _faces(look: Look) -> None:
    """Narrow, with an error, and with nothing."""
    page = look.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id("setup-queues").click()
    page.get_by_test_id("setup-row").first.click()
    look.shot("routing-phone", 500)
    page.set_viewport_size({"width": 1280, "height": 720})
    look.do("broken/yes")
    page.goto(f"{look.base}/routing/menus")
    look.shot("routing-error", 700)
    look.do("broken/no")
    look.do("emptysetup")
    page.goto(f"{look.base}/routing/queues")
    look.shot("routing-empty", 700)
    look.do("fullsetup")


def administration(look: Look) -> None:
    """Customers as whoever looks after them sees them, people and rights, the house's own words."""
    page = look.page
    look.do("clear")
    look.sign_in("admin")
    page.goto(f"{look.base}/customers/1")
    page.get_by_test_id("merge").click()
    page.get_by_test_id("merge-form").wait_for()
    look.shot("crm-merge", 700)
    page.get_by_test_id("dialog-close").click()
    page.get_by_test_id("task-new").click()
    look.shot("crm-customer", 700)
    page.get_by_test_id("edit-customer").click()
    look.shot("crm-edit", 700)
    for view in ("customers/new", "customers/duplicates", "customers/import", "account"):
        page.goto(f"{look.base}/{view}")
        look.shot(f"crm-{view.replace('/', '-')}", 900)
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-entry").fill("王")
    look.shot("crm-palette", 700)
    for part in ("users", "roles", "teams", "fields", "dictionary", "pool", "audit"):
        page.goto(f"{look.base}/admin/{part}")
        page.locator("h1").wait_for()
        page.wait_for_timeout(500)
        if page.get_by_test_id("setup-row").count():
            page.get_by_test_id("setup-row").first.click()
        look.shot(f"admin-{part}", 600)


def what_if(look: Look) -> None:
    page = look.page
    look.sign_out()
    look.sign_in("supervisor")
    page.goto(f"{look.base}/what-if")
    page.get_by_test_id("whatif-hour").first.wait_for()
    look.shot("whatif")
    page.get_by_test_id("whatif-add-queue").first.select_option("sales")
    look.do("simulated/stuck")
    page.get_by_test_id("whatif-run").click()
    look.shot("whatif-running", 600)
    look.do("simulated/as-usual")
    page.get_by_test_id("whatif-chart").wait_for()
    look.shot("whatif-result", 500)
    page.set_viewport_size({"width": 390, "height": 844})
    look.shot("whatif-phone", 500)
    page.set_viewport_size({"width": 1280, "height": 720})
    look.do("simulated/empty")
    page.goto(f"{look.base}/what-if")
    before = list(look.findings)
    look.shot("whatif-empty", 600)
    # That there is nothing is a 404, which the browser notes.
    look.findings = before + [one for one in look.findings[len(before) :] if "404" not in one]
    look.do("simulated/as-usual")
