"""Categories, policies, rules and settings over the API: who may, what is refused, what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Api, SignedIn

V1 = "/api/v1"
CALENDAR = {
    "name": "office",
    "label": "办公",
    "zone": "Asia/Shanghai",
    "week": {"monday": [{"begin": "09:00", "end": "18:00"}]},
}


LAMP = {
    "name": "lamp",
    "kind": "choice",
    "label_zh": "指示灯",
    "label_en": "Lamp",
    "required": True,
    "choices": [{"value": "red", "label_zh": "红", "label_en": "Red"}],
}


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator")


async def test_a_category_with_fields_counts_for_the_tickets_in_it(
    admin: Api, signed_in: SignedIn
) -> None:
    sent = {"name": "维修", "solution_required": True, "fields": [LAMP]}
    status, top = await admin.post(f"{V1}/ticket-categories", sent)
    assert (status, top["path"], top["version"]) == (201, ["维修"], 1)
    status, low = await admin.post(f"{V1}/ticket-categories", {"name": "上门", "parent": top["id"]})
    assert (status, low["path"], low["inherited"][0]["name"]) == (201, ["维修", "上门"], "lamp")
    status, refused = await admin.call(
        "PUT",
        f"{V1}/ticket-categories/{top['id']}",
        sent | {"parent": low["id"], "version": 1},
    )
    assert (status, refused["error"]["field"]) == (422, "parent")
    agent = await signed_in("agent")
    assert len((await agent.get(f"{V1}/ticket-categories"))[1]["items"]) == 2
    _, customer = await agent.post(f"{V1}/customers", {"name": "x"})
    body = {"title": "x", "customer": customer["id"], "category": low["id"]}
    status, refused = await agent.post(f"{V1}/tickets", body | {"fields": {"lamp": "blue"}})
    assert (status, refused["error"]["field"]) == (422, "fields.lamp")
    _, ticket = await agent.post(f"{V1}/tickets", body)
    path = f"{V1}/tickets/{ticket['id']}"
    status, refused = await agent.post(f"{path}/resolve", {"solution": "好了"})
    assert (status, refused["error"]["field"]) == (422, "fields.lamp")
    change = {"version": ticket["version"], "fields": {"lamp": "red"}}
    assert (await agent.call("PATCH", path, change))[0] == 200
    assert (await agent.post(f"{path}/resolve", {"solution": "好了"}))[0] == 200
    for query, count in ((top["id"], 1), (low["id"], 1), (99, 0)):
        _, page = await agent.get(f"{V1}/tickets?category={query}")
        assert len(page["items"]) == count


async def test_a_policy_makes_a_promise_by_its_calendar(admin: Api) -> None:
    assert (await admin.post(f"{V1}/calendars", CALENDAR))[0] == 201
    step = {"target": "resolve", "minutes": -30, "notify_owner": True}
    sent = {
        "name": "默认",
        "calendar": "office",
        "respond": 1800,
        "resolve": 28_800,
        "steps": [step],
    }
    status, made = await admin.post(f"{V1}/sla-policies", sent)
    assert (status, made["resolve"], made["version"]) == (201, 28_800, 1)
    _, customer = await admin.post(f"{V1}/customers", {"name": "x"})
    _, ticket = await admin.post(f"{V1}/tickets", {"title": "x", "customer": customer["id"]})
    assert (ticket["sla"], ticket["due"]) == ("默认", ticket["respond_due"])
    assert ticket["resolve_due"] > ticket["created_at"]
    path = f"{V1}/sla-policies/{made['id']}"
    change = sent | {"name": "新", "version": 1}
    assert (await admin.call("PUT", path, change))[1]["version"] == 2
    status, refused = await admin.call("PUT", path, change)
    assert (status, refused["error"]["values"]["now"]["name"]) == (409, "新")
    status, refused = await admin.call("DELETE", f"{V1}/calendars/office")
    assert (status, "新" in refused["error"]["message"]) == (409, True)
    assert (await admin.call("DELETE", path))[0] == 204
    assert (await admin.call("DELETE", path))[0] == 404
    assert (await admin.call("DELETE", f"{V1}/calendars/office"))[0] == 204


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("sla-policies", {"name": "x"}, "respond"),
        ("sla-policies", {"name": "x", "resolve": 59}, "resolve"),
        ("sla-policies", {"name": "x", "resolve": 60, "calendar": "no"}, "calendar"),
        (
            "sla-policies",
            {"name": "x", "resolve": 60, "steps": [{"target": "sleep"}]},
            "steps[0].target",
        ),
        ("ticket-rules", {"name": "x"}, "owners"),
        ("ticket-rules", {"name": "x", "owners": [99]}, "owners"),
        ("ticket-categories", {"name": ""}, "name"),
        ("ticket-categories", {"name": "x", "parent": 9}, "parent"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(
    admin: Api, path: str, sent: dict[str, Any], field: str
) -> None:
    status, refused = await admin.post(f"{V1}/{path}", sent)
    assert (status, refused["error"]["field"]) == (422, field)


async def test_settings_are_kept_and_what_administrators_do_is_written_down(admin: Api) -> None:
    path = f"{V1}/ticket-settings"
    assert (await admin.get(path))[1] == {"reopen_days": 7, "archive_days": 14, "version": 1}
    sent = {"reopen_days": 3, "archive_days": None, "version": 1}
    status, saved = await admin.call("PUT", path, sent)
    assert (status, saved) == (200, sent | {"version": 2})
    assert (await admin.get(path))[1] == saved
    status, refused = await admin.call("PUT", path, sent | {"reopen_days": 9})
    assert (status, refused["error"]["values"]["version"]) == (409, 2)
    assert refused["error"]["values"]["fields"]["reopen_days"] == {"yours": 9, "theirs": 3}
    assert (await admin.get(path))[1] == saved
    assert (await admin.call("PUT", path, {"reopen_days": -1}))[0] == 422
    status, rule = await admin.post(f"{V1}/ticket-rules", {"name": "x", "owners": [_user(admin)]})
    assert status == 201
    change = {"name": "y", "owners": rule["owners"], "version": 1}
    assert (await admin.call("PUT", f"{V1}/ticket-rules/{rule['id']}", change))[0] == 200
    assert (await admin.call("DELETE", f"{V1}/ticket-rules/{rule['id']}"))[0] == 204
    _, page = await admin.get(f"{V1}/audit")
    actions = [one["action"] for one in page["items"]]
    assert {"ticket_settings.change", "ticket_rule.create", "ticket_rule.delete"} <= set(actions)


def _user(api: Api) -> int:
    assert api.session is not None
    return int(api.session["user"]["id"])


async def test_only_who_configures_tickets_does(signed_in: SignedIn) -> None:
    agent = await signed_in("agent")
    for path in ("sla-policies", "ticket-rules", "ticket-settings"):
        assert (await agent.get(f"{V1}/{path}"))[0] == 403
    for path in ("ticket-categories", "sla-policies", "ticket-rules"):
        assert (await agent.post(f"{V1}/{path}", {"name": "x"}))[0] == 403
