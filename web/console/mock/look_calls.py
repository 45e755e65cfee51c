"""The agent's day: calls that ring, are taken and are over, and the telephone."""

from __future__ import annotations

from web.console.mock.looking import Look


def agent_day(look: Look) -> None:
    page = look.page
    look.do("clear")
    look.sign_in("agent")
    look.shot("work-empty")
    for kind in ("known", "several", "withheld"):
        look.do(f"ring/{kind}")
    look.shot("work-ringing", 600)
    look.do("answer")
    page.get_by_test_id("timeline-item").first.wait_for()
    page.get_by_test_id("note").fill("客户来电催办发票，已加急。")
    look.shot("work-talking", 900)
    look.do("end")
    page.get_by_test_id("note-save").click()
    page.get_by_test_id("note-saved").wait_for()
    page.get_by_test_id("open-ticket").click()
    page.get_by_test_id("player-play").first.click()
    look.shot("work-ended", 1500)
    look.do("answer")
    look.shot("work-several", 600)
    page.get_by_test_id("candidate-pick").nth(1).click()
    page.get_by_test_id("customer-name").wait_for()
    look.shot("work-picked", 900)
    look.do("answer")
    look.shot("work-withheld", 600)
    for kind in ("unknown", "maybe", "looking"):
        look.do(f"ring/{kind}")
    look.do("answer")
    look.shot("work-unknown", 600)
    look.do("answer")
    look.shot("work-maybe", 600)
    look.do("pbx/down")
    look.shot("work-pbx-down", 600)
    look.do("pbx/up")
    look.do("cut")
    look.shot("work-stale", 3500)
    look.do("heal")
    page.get_by_test_id("link-stale").wait_for(state="detached", timeout=20_000)


def telephone(look: Look) -> None:
    """A day at a desk telephone, then a browser's that gets no access."""
    _signs_in(look)
    _talks(look)
    _hands_on(look)
    _wraps_up(look)
    _other_telephones(look)


def _signs_in(look: Look) -> None:
    """A desk telephone is chosen."""
    page = look.page
    look.do("clear")
    page.goto(look.base)
    page.get_by_test_id("agent-sign-in").click()
    page.get_by_test_id("phone-choice").first.wait_for()
    page.get_by_test_id("try-microphone").click()
    look.shot("phone-sign-in", 900)
    page.locator("[data-kind=desk]").check()
    page.get_by_test_id("agent-sign-in-submit").click()
    page.get_by_test_id("go-ready").wait_for()
    look.shot("phone-not-ready", 600)
    page.get_by_test_id("go-ready").click()
    look.shot("phone-asked", 60)
    page.locator("[data-testid=agent-state][data-state=ready]").wait_for()
    page.get_by_test_id("agent-state").click()
    look.shot("phone-reasons", 500)
    page.keyboard.press("Escape")


def _talks(look: Look) -> None:
    """A call is offered, taken and held."""
    page = look.page
    look.do("state/offered")
    look.do("ring/known")
    look.shot("phone-offered", 600)
    look.do("answer")
    look.do("state/busy")
    page.get_by_test_id("call-hold").wait_for()
    look.shot("phone-talking", 700)
    page.get_by_test_id("call-hold").click()
    page.locator("[data-testid=current-call][data-state=held]").wait_for()
    look.shot("phone-held", 300)


def _hands_on(look: Look) -> None:
    """Somebody else is asked first."""
    page = look.page
    page.get_by_test_id("call-transfer").click()
    page.get_by_test_id("transfer-target").nth(2).click()
    look.shot("phone-transfer", 600)
    page.get_by_test_id("transfer-attended").click()
    page.get_by_test_id("consulting").wait_for()
    look.shot("phone-consulting", 500)
    page.get_by_test_id("transfer-cancel").click()
    page.get_by_test_id("call-transfer").wait_for()


def _wraps_up(look: Look) -> None:
    """What came of it, and the next number."""
    page = look.page
    page.get_by_test_id("call-hangup").click()
    look.do("state/wrap_up")
    page.get_by_test_id("wrap-up").wait_for()
    page.locator("[data-testid=why] summary").click()
    page.get_by_test_id("decision").first.wait_for()
    look.shot("phone-wrap-up", 700)
    page.get_by_test_id("disposition-choice").nth(1).click()
    page.get_by_test_id("follow-up-open").click()
    look.shot("phone-follow-up", 600)
    page.get_by_test_id("wrap-extend").click()
    page.get_by_test_id("wrap-finish").click()
    page.locator("[data-testid=agent-state][data-state=ready]").wait_for()
    page.get_by_test_id("dial").first.click()
    page.locator("[data-testid=current-call][data-state=dialling]").wait_for()
    look.shot("phone-dialling", 500)
    look.do("end")


def _other_telephones(look: Look) -> None:
    """The desk telephone is gone; the browser's gets no access."""
    page = look.page
    look.do("phone/UNAVAILABLE")
    look.shot("phone-desk-away", 500)
    page.get_by_test_id("agent-state").click()
    page.get_by_test_id("agent-sign-out").click()
    page.get_by_test_id("agent-sign-in").click()
    page.locator("[data-kind=browser]").check()
    page.get_by_test_id("agent-sign-in-submit").click()
    page.get_by_test_id("phone-banner").wait_for()
    page.locator("[data-testid=line] button").first.click()
    look.shot("phone-no-access", 600)
    page.keyboard.press("Escape")
