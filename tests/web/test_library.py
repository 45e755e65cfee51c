"""The library over the API: found within reach, commented, shared, taken along, never unseen."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from recording.describing import Party, describe_all, left
from recording.files import Folder
from recording.quality.tables import QualityScore, QualitySheet
from recording.tables import Recording, RecordingAccess, RecordingShare
from tests.web.calls import give_phone
from tests.web.conftest import START, Api, SignedIn
from tests.web.test_recordings import SOUND, recorded
from web.auth.tables import User

LIST = "/api/v1/recordings"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is found is tried on both databases in tests/recording."""
    return sqlite_url


async def described(database: Database) -> None:
    """What the service does by itself a second later."""

    def read(number: str | None, _: str | None) -> Party:
        return Party(f"+86{number}", (number or "")[-8:])

    async with database.session() as db:
        await describe_all(db, await left(db), read)
        await db.commit()


@pytest.fixture
async def agent(signed_in: SignedIn, database: Database) -> Api:
    api = await signed_in("agent")
    await give_phone(database, api, "PJSIP/1001")
    return api


@pytest.fixture
async def supervisor(signed_in: SignedIn) -> Api:
    return await signed_in("supervisor")


async def ids(api: Api, **query: Any) -> list[str]:
    status, page = await api.get(LIST, params=query)
    assert status == 200, page
    return [row["id"] for row in page["items"]]


async def audited(database: Database, action: str) -> list[str]:
    async with database.reading() as db:
        rows = select(AuditRow.object).where(AuditRow.action == action).order_by(AuditRow.id)
        return list(await db.scalars(rows))


async def test_found_by_what_is_known_of_it(
    agent: Api, supervisor: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    await described(database)
    _, page = await supervisor.get(f"{LIST}/{id_}")
    call = page["recording"]["interaction"]
    assert (await supervisor.post(f"/api/v1/interactions/{call}/note", {"text": "退款已承诺"}))[
        0
    ] == 201
    await described(database)
    for found in (
        *({"q": "138 0013 8000"}, {"q": "+86 138-0013-8000"}, {"number": "0086 13800138000"}),
        *({"q": "退款"}, {"notes": "已承诺"}, {"queue": "sales,service"}, {"direction": "inbound"}),
        *({"from": START, "to": START + 1}, {"shortest": 5, "longest": 5}, {"sort": "-seconds"}),
    ):
        assert await ids(supervisor, **found) == [id_], found
    for nothing in (
        *({"q": "13900139000"}, {"q": "nobody"}, {"queue": "service"}, {"to": START}),
        *({"shortest": 6}, {"status": "missing"}, {"satisfaction": "1,5"}, {"unmatched": "true"}),
    ):
        assert await ids(supervisor, **nothing) == [], nothing
    assert await ids(agent) == [id_]


async def test_found_by_customer_and_ticket(
    agent: Api, supervisor: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    await described(database)
    _, page = await supervisor.get(f"{LIST}/{id_}")
    call = page["recording"]["interaction"]
    _, made = await supervisor.post("/api/v1/customers", {"name": "王芳科技"})
    async with database.session() as db:
        await db.execute(update(Interaction).values(customer_id=made["id"]))
        await db.execute(update(Recording).values(described=False))
        await db.commit()
    await described(database)
    ticket = {"title": "退货", "customer": made["id"], "interaction": call}
    _, opened = await supervisor.post("/api/v1/tickets", ticket)
    for found in ({"customer": made["id"]}, {"q": "王芳"}, {"ticket": opened["number"]}):
        assert await ids(supervisor, **found) == [id_], found
    assert await ids(supervisor, ticket="T-2026-999999") == []
    _, page = await supervisor.get(f"{LIST}/{id_}")
    assert page["recording"]["customer_name"] == "王芳科技"
    assert [one["title"] for one in page["tickets"]] == ["退货"]
    assert (page["may_listen"], page["may_download"], page["may_share"]) == (True, True, True)
    _, page = await agent.get(f"{LIST}/{id_}")
    assert (page["may_listen"], page["may_download"], page["may_share"]) == (True, False, False)


async def test_found_by_its_score(
    agent: Api, supervisor: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    await described(database)
    sheet = {"name": "x", "active": True, "version": 1, "last_key": 0}
    score = {"recording_id": id_, "agent_id": 1, "recorded_at": START, "state": "submitted"}
    async with database.session() as db:
        made = await db.execute(insert(QualitySheet).values(sheet).returning(QualitySheet.id))
        row = score | {"sheet_id": made.scalar_one(), "score": 80.0, "created_at": START}
        await db.execute(insert(QualityScore).values(row | {"submitted_at": START}))
        await db.commit()
    for api in (agent, supervisor):
        assert await ids(api, score_from=80, score_to=80) == [id_]
        assert await ids(api, score_from=81) == []
        assert await ids(api, score_to=79.5) == []


async def test_only_what_is_in_reach(
    signed_in: SignedIn, agent: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    await described(database)
    colleague = await signed_in("agent", "second")
    await give_phone(database, colleague, "PJSIP/1002")  # that only rang
    assert await ids(agent) == [id_]
    assert await ids(colleague) == []
    assert (await colleague.get(f"{LIST}/{id_}"))[0] == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": 5, "to": 5}, "to"),
        ({"direction": "sideways"}, "direction"),
        ({"satisfaction": "6"}, "satisfaction"),
        ({"sort": "loudness"}, "sort"),
        ({"status": "gone"}, "status"),
        ({"ticket": "退货"}, "ticket"),
        ({"number": "anonymous"}, "number"),
        ({"shortest": "-1"}, "shortest"),
        ({"cursor": "abc"}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_bad_questions_name_the_field(
    query: dict[str, Any], field: str, supervisor: Api
) -> None:
    status, body = await supervisor.get(LIST, params=query)
    assert (status, body["error"]["field"]) == (422, field)


async def test_comments_at_a_moment(
    agent: Api, supervisor: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    path = f"{LIST}/{id_}/comments"
    status, late = await supervisor.post(path, {"at": 4.5, "text": "太快了"})
    assert status == 201
    status, early = await agent.post(path, {"at": 0, "text": "<b>hello</b>"})
    assert (status, early["author_name"]) == (201, "agent")
    _, found = await agent.get(path)
    assert [one["text"] for one in found["items"]] == ["<b>hello</b>", "太快了"]
    status, body = await agent.post(path, {"at": 7, "text": "behind the end"})
    assert (status, body["error"]["field"]) == (422, "at")
    assert (await agent.call("PATCH", f"{path}/{late['id']}", {"text": "no"}))[0] == 403
    status, changed = await supervisor.call("PATCH", f"{path}/{late['id']}", {"text": "慢一点"})
    assert (status, changed["text"], changed["at"]) == (200, "慢一点", 4.5)
    await described(database)
    assert await ids(supervisor, notes="慢一点") == [id_]
    assert (await supervisor.call("DELETE", f"{path}/{late['id']}"))[0] == 204
    await described(database)
    assert await ids(supervisor, notes="慢一点") == []
    assert len(await audited(database, "recording.comment")) == 3


async def test_download_has_a_right_of_its_own(
    agent: Api, supervisor: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    path = f"{LIST}/{id_}/download"
    assert (await agent.get(path))[0] == 403
    for _ in range(2):
        async with supervisor.client.get(path) as response:
            assert (response.status, await response.read()) == (200, SOUND)
            said = response.headers["Content-Disposition"]
            assert said.startswith('attachment; filename="recording-2026')
            assert "on-disk" not in said
    assert await audited(database, "recording.download") == [f"recording/{id_}"] * 2
    async with database.reading() as db:
        taken = list(await db.scalars(select(RecordingAccess.action)))
    assert taken == ["download", "download"]


async def test_a_link_lets_people_of_the_house_listen(
    signed_in: SignedIn, supervisor: Api, api: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    status, made = await supervisor.post(f"{LIST}/{id_}/shares", {"hours": 1, "note": "0:03"})
    assert status == 201
    link = f"/api/v1/shared-recordings/{made['token']}"
    for rest in ("", "/audio", "/peaks"):
        assert (await api.get(link + rest))[0] == 401  # nobody is signed in here
    guest = await signed_in("executive")  # who may listen to nothing else
    status, shown = await guest.get(link)
    assert (status, shown["id"], shown["by"], shown["note"]) == (200, id_, "supervisor", "0:03")
    assert "interaction" not in shown
    async with guest.client.get(f"{link}/audio", headers={"Range": "bytes=0-3"}) as response:
        assert (response.status, await response.read()) == (206, b"RIFF")
    assert (await guest.get(f"{link}/peaks"))[1]["peaks"] == [1.0, 0.25]
    assert (await guest.get(f"{LIST}/{id_}/audio"))[0] == 403
    assert await audited(database, "recording.share") == [f"recording/{id_}"]
    assert await audited(database, "recording.open_link") == [f"recording/{id_}"]
    assert await audited(database, "recording.listen") == [f"recording/{id_}"]
    async with database.reading() as db:
        kept = (await db.execute(select(RecordingShare))).scalar_one()
    assert made["token"] not in str(vars(kept))
    assert kept.opened == 1
    _, listed = await supervisor.get(f"{LIST}/{id_}/shares")
    assert [one["opened"] for one in listed["items"]] == [1]
    assert "token" not in str(listed)


@pytest.mark.parametrize("how", ["expired", "revoked", "left", "gone"])
async def test_a_link_ends(
    how: str, supervisor: Api, signed_in: SignedIn, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    _, made = await supervisor.post(f"{LIST}/{id_}/shares", {})
    guest = await signed_in("executive")
    link = f"/api/v1/shared-recordings/{made['token']}"
    assert (await guest.get(link))[0] == 200
    if how == "revoked":
        path = f"{LIST}/{id_}/shares/{made['share']['id']}"
        status, share = await supervisor.call("DELETE", path)
        assert (status, share["revoked_at"] is not None) == (200, True)
        assert (await supervisor.call("DELETE", path))[0] == 200  # once more changes nothing
        assert len(await audited(database, "recording.unshare")) == 1
    changes: dict[str, Any] = {
        "expired": update(RecordingShare).values(expires_at=START),
        "left": update(User).where(User.username == "supervisor").values(active=False),
        "gone": update(Recording).values(status="missing"),
    }
    if how in changes:
        async with database.session() as db:
            await db.execute(changes[how])
            await db.commit()
    for rest in ("", "/audio", "/peaks"):
        status, body = await guest.get(link + rest)
        assert (status, body["error"]["code"]) == (404, "link_over")
    unknown = f"/api/v1/shared-recordings/{'A' * 43}"
    assert (await guest.get(unknown))[1]["error"]["code"] == "not_found"


async def test_who_may_not_know_customers_is_not_told_their_names(
    signed_in: SignedIn, database: Database, folder: Folder, supervisor: Api
) -> None:
    from web.auth import roles
    from web.auth.rights import Right, Scope
    from web.auth.tables import RoleRow, UserRole

    _, made = await supervisor.post("/api/v1/customers", {"name": "王芳"})
    id_ = await recorded(database, folder, customer_id=made["id"])
    await described(database)
    listener = await signed_in("executive")
    async with database.session() as db:
        await db.execute(insert(RoleRow).values(name="listener", label="x"))
        await roles.set_rights(db, "listener", {Right.RECORDING_READ: Scope.ALL})
        user = await db.scalar(select(User.id).where(User.username == "executive"))
        await db.execute(insert(UserRole).values(user_id=user, role="listener"))
        await db.commit()
    await listener.sign_in("executive")
    _, page = await listener.get(LIST)
    assert [(row["id"], row["customer_name"]) for row in page["items"]] == [(id_, None)]
    _, page = await supervisor.get(LIST)
    assert page["items"][0]["customer_name"] == "王芳"
