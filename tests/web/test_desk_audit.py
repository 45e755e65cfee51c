"""What everybody works tickets with is changed on record; what is one's own is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Api, SignedIn

V1 = "/api/v1"


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


async def told(admin: Api, action: str) -> list[tuple[str, Any, Any]]:
    """Oldest first."""
    _, page = await admin.get(f"{V1}/audit", params={"action": action})
    return [(one["action"], one["before"], one["after"]) for one in page["items"]][::-1]


CANNED = {"title": "您好", "body": "您好，{{customer.name}}"}
MACRO = {"title": "关闭", "steps": [{"do": "start"}]}


@pytest.mark.parametrize(
    ("path", "kind", "sent"),
    [("canned-responses", "canned_response", CANNED), ("macros", "macro", MACRO)],
)
async def test_what_others_use_is_written_down(
    admin: Api, path: str, kind: str, sent: dict[str, Any]
) -> None:
    _, made = await admin.post(f"{V1}/{path}", {**sent, "sharing": "shared"})
    one = f"{V1}/{path}/{made['id']}"
    change = {"version": made["version"], "title": "其他"}
    assert (await admin.call("PATCH", one, change))[0] == 200
    assert (await admin.call("DELETE", one))[0] == 204
    create, changed, delete = await told(admin, f"{kind}.")
    assert [create[0], changed[0], delete[0]] == [
        f"{kind}.{w}" for w in ("create", "change", "delete")
    ]
    assert create[2]["title"] == sent["title"]
    assert (changed[1]["title"], changed[2]["title"]) == (sent["title"], "其他")
    assert delete[1]["title"] == "其他"


async def test_what_is_ones_own_is_nobodys_affair_until_it_is_shared(admin: Api) -> None:
    _, made = await admin.post(f"{V1}/macros", MACRO)
    assert await told(admin, "macro.") == []
    share = {"version": made["version"], "sharing": "shared"}
    assert (await admin.call("PATCH", f"{V1}/macros/{made['id']}", share))[0] == 200
    ((_, before, after),) = await told(admin, "macro.")
    assert (before["sharing"], after["sharing"]) == ("personal", "shared")


async def test_ticket_queues_are_written_down_before_and_after(admin: Api) -> None:
    _, made = await admin.post(f"{V1}/ticket-queues", {"name": "all", "weight": 1.0})
    one = f"{V1}/ticket-queues/{made['id']}"
    assert (await admin.call("PUT", one, {"name": "all", "weight": 2.0}))[0] == 200
    assert (await admin.call("DELETE", one))[0] == 204
    create, change, delete = await told(admin, "ticket_queue.")
    assert (create[1], create[2]["name"]) == (None, "all")
    assert (change[1], change[2]) == (
        {"weight": 1.0, "version": 1},
        {"weight": 2.0, "version": 2},
    )
    assert delete[1]["weight"] == 2.0
