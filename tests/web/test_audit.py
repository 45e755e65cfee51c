"""What goes into the audit log, and how administrators find it there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callcenter.store.audit import verify
from callcenter.store.database import Database
from recording.files import Folder
from tests.web.calls import give_phone
from tests.web.conftest import PASSWORD, Api, Browser, Clock, SignedIn
from tests.web.test_recordings import recorded
from web.api.recordings import ONE_LISTENING
from web.api.table import ROUTES
from web.routes import SAFE_METHODS

AUDIT = "/api/v1/audit"


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


async def found(admin: Api, **wanted: str | int | float) -> list[dict[str, Any]]:
    status, page = await admin.get(AUDIT, params=wanted)
    assert status == 200, page
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_sign_ins_good_and_bad(admin: Api, signed_in: SignedIn, browser: Browser) -> None:
    li = await signed_in("agent", "li")
    await (await browser()).sign_in("li", "not the right one")
    await (await browser()).sign_in("my secret password", "oops")
    await li.call("DELETE", "/api/v1/session")
    told = [(one["action"], one["object"], one["after"]) for one in await found(admin)]
    assert told[:4] == [
        ("sign_out", "user/2", None),
        ("sign_in.refused", "user", {"why": "unknown"}),
        ("sign_in.refused", "user/2", {"why": "password"}),
        ("sign_in", "user/2", {"code": False}),
    ]
    assert "my secret password" not in str(told)
    assert all(one["address"] == "127.0.0.1" for one in (await found(admin))[:4])


async def test_a_change_of_a_user_with_both_sides(admin: Api, signed_in: SignedIn) -> None:
    await signed_in("agent", "li")
    change = {"roles": ["agent", "supervisor"], "display_name": "李", "reset_password": True}
    _, answered = await admin.call("PATCH", "/api/v1/users/2", change)
    password, changed = (await found(admin))[:2]
    assert (changed["action"], changed["actor_name"]) == ("user.change", "root")
    assert changed["before"] == {"roles": ["agent"], "display_name": "li"}
    assert changed["after"] == {"roles": ["agent", "supervisor"], "display_name": "李"}
    assert (password["action"], password["after"]) == ("user.password", {"reset": True})
    assert answered["password"] not in str(await found(admin))


async def test_nothing_changed_is_nothing_written(admin: Api) -> None:
    before = await found(admin)
    await admin.call("PATCH", "/api/v1/users/1", {"display_name": "root"})
    assert await found(admin) == before


async def test_what_failed_is_not_written_as_done(admin: Api) -> None:
    before = await found(admin)
    assert (await admin.call("PATCH", "/api/v1/users/1", {"active": False}))[0] == 409
    assert await found(admin) == before


QUEUE = {"name": "sales"}
HOURS = {"zone": "Asia/Shanghai"}
MENU = {"menu": {"prompt": "hello", "keys": {}}}
WORD = {"zh": "休息", "en": "Break"}


@pytest.mark.parametrize(
    ("path", "new", "change", "key"),
    [
        ("queues", QUEUE, {"label": "Sales"}, "id"),
        ("skills", {"name": "refund"}, {"label": "退款"}, "name"),
        ("pause-reasons", {"name": "tea", **WORD}, {"zh": "茶", "en": "Tea"}, "name"),
        ("dispositions", {"name": "done", **WORD}, {"zh": "好", "en": "Good"}, "name"),
        ("calendars", {"name": "days", **HOURS}, {"zone": "Europe/Berlin"}, "name"),
    ],
)
async def test_configuration_before_and_after(
    path: str, new: dict[str, Any], change: dict[str, Any], key: str, admin: Api
) -> None:
    kind = path.removesuffix("s").replace("-", "_")
    status, made = await admin.post(f"/api/v1/{path}", new)
    assert status == 201, made
    id_ = made.get("saved", made)[key]
    assert (await admin.call("PUT", f"/api/v1/{path}/{id_}", change))[0] == 200
    assert (await admin.call("DELETE", f"/api/v1/{path}/{id_}"))[0] == 204
    deleted, changed, created = await found(admin, object=f"{kind}/{id_}")
    assert [one["action"] for one in (created, changed, deleted)] == [
        f"{kind}.create",
        f"{kind}.change",
        f"{kind}.delete",
    ]
    assert (created["before"], deleted["after"]) == (None, None)
    assert created["after"]["name"] == new["name"]
    assert changed["before"] != changed["after"]
    assert deleted["before"]["name"] == new["name"]
    assert {one["actor_name"] for one in (created, changed, deleted)} == {"root"}


async def test_agents_with_their_phones(admin: Api) -> None:
    phone = {"pbx": "pbx", "interface": "PJSIP/1001"}
    _, made = await admin.post("/api/v1/agents", {"name": "李伟"})
    await admin.call("PATCH", f"/api/v1/agents/{made['id']}", {"interfaces": [phone]})
    changed, created = await found(admin, object=f"agent/{made['id']}")
    assert created["after"]["name"] == "李伟"
    assert (changed["before"], changed["after"]) == (
        {"interfaces": []},
        {"interfaces": [phone]},
    )


async def test_a_listening_is_one_row_however_many_pieces(
    admin: Api,
    signed_in: SignedIn,
    database: Database,
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    li = await signed_in("agent", "li")
    await give_phone(database, li, "PJSIP/1001")
    id_ = await recorded(database, folder)
    for part in ("bytes=4-7", "bytes=8-11"):
        headers = {"Range": part}
        path = f"/api/v1/recordings/{id_}/audio"
        async with li.client.get(path, headers=headers) as response:
            assert response.status == 206
    (heard,) = await found(admin, action="recording.listen")
    assert (heard["actor_name"], heard["object"]) == ("li", f"recording/{id_}")
    import web.api.recordings as module

    monkeypatch.setattr(module, "ONE_LISTENING", -ONE_LISTENING)
    async with li.client.get(f"/api/v1/recordings/{id_}/audio") as response:
        assert response.status == 200
    assert len(await found(admin, action="recording.listen")) == 2


async def test_it_is_found_by_who_what_and_when(admin: Api, signed_in: SignedIn) -> None:
    await signed_in("agent", "li")
    await admin.call("PATCH", "/api/v1/users/2", {"display_name": "李"})
    everything = await found(admin)
    assert [one["id"] for one in everything] == sorted(
        (one["id"] for one in everything), reverse=True
    )
    assert {one["action"] for one in await found(admin, action="sign_in")} == {"sign_in"}
    assert {one["actor"] for one in await found(admin, actor=1)} == {1}
    (changed,) = await found(admin, action="user.", actor=1)
    assert await found(admin, since=changed["at"], until=changed["at"]) == []
    assert changed in await found(admin, since=changed["at"])
    _, page = await admin.get(AUDIT, params={"limit": 2})
    _, rest = await admin.get(AUDIT, params={"limit": 200, "cursor": page["next"]})
    assert page["items"] + rest["items"] == everything
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"actor": "me"}, "actor"),
        ({"sort": "at"}, "sort"),
        ({"cursor": "x"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"action": ""}, "action"),
    ],
)
async def test_a_search_that_cannot_be(wanted: dict[str, Any], field: str, admin: Api) -> None:
    status, body = await admin.get(AUDIT, params=wanted)
    assert (status, body["error"]["field"]) == (422, field)


async def test_only_who_may_read_it_does(signed_in: SignedIn) -> None:
    for role in ("supervisor", "agent", "executive"):
        assert (await (await signed_in(role)).get(AUDIT))[0] == 403


async def test_no_route_changes_it() -> None:
    changing = [
        route for route in ROUTES if "audit" in route.path and route.method not in SAFE_METHODS
    ]
    assert changing == []


async def test_the_chain_holds_over_all_of_it(
    admin: Api, signed_in: SignedIn, database: Database, clock: Clock, tmp_path: Path
) -> None:
    li = await signed_in("agent", "li")
    change = {"old": PASSWORD, "new": "another quite long one"}
    assert (await li.post("/api/v1/me/password", change))[0] == 204
    await admin.post("/api/v1/queues", QUEUE)
    async with database.reading() as db:
        verdict = await verify(db)
    assert verdict.broken is None
    assert verdict.rows == len(await found(admin, limit=200))
