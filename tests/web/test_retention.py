"""How long recordings stay, what holds them, who deletes them; and persons who are erased."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, text, update

from callcenter.bus import MemoryBus
from callcenter.forgetting.calls import Calls
from callcenter.forgetting.guard import Guard, Marks
from callcenter.forgetting.service import Eraser, Folders
from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.customers.tables import Contact, Customer
from crm.erasure import Customers
from recording import holds
from recording.erasure import Recordings
from recording.files import Folder
from recording.reconcile import Reconciler
from recording.retention_keeper import RetentionKeeper
from recording.store.tables import RecordingCopy
from recording.tables import Recording
from routing.erasure import Work
from tests.web.conftest import Api, SignedIn
from tests.web.test_recordings import recorded
from web import keys

DAY = 86_400.0
POLICIES, HOLDS = "/api/v1/retention/policies", "/api/v1/retention/holds"


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator")


async def old(database: Database, folder: Folder, days: float, **values: Any) -> str:
    """A recording of so many days ago."""
    return await recorded(
        database, folder, file=f"{time.monotonic_ns()}.wav",
        started_at=time.time() - days * DAY, **values,
    )  # fmt: skip


async def statuses(database: Database) -> dict[str, str]:
    async with database.reading() as db:
        rows = await db.execute(select(Recording.id, Recording.status))
        return dict(rows.all())


async def customer(database: Database, level: str, name: str = "somebody") -> int:
    async with database.session() as db:
        row = Customer(kind="person", name=name, level=level, created_at=1.0, updated_at=1.0)
        db.add(row)
        await db.commit()
        return row.id


async def test_policies_by_queue_and_level_and_the_first_that_fits_counts(
    admin: Api, database: Database, folder: Folder
) -> None:
    gold = await customer(database, "gold")
    kept = await old(database, folder, 40, customer_id=gold)
    plain = await old(database, folder, 40)
    sales = await old(database, folder, 8, queue="night")
    young = await old(database, folder, 2, queue="night")
    for body in (
        {"name": "gold stays", "level": "gold"},
        {"name": "sales", "queue": "night", "days": 7},
        {"name": "all others", "days": 30},
    ):
        status, _ = await admin.post(POLICIES, body)
        assert status == 201
    status, run = await admin.get("/api/v1/retention/dry-run")
    assert (status, run["recordings"], run["held"]) == (200, 2, 0)
    assert [(p["policy"], p["recordings"]) for p in run["policies"]] == [(2, 1), (3, 1)]
    _, page = await admin.get("/api/v1/retention/due?limit=1")
    _, rest = await admin.get(f"/api/v1/retention/due?limit=1&cursor={page['next']}")
    assert [page["items"][0]["id"], rest["items"][0]["id"], rest["next"]] == [plain, sales, None]
    assert set((await statuses(database)).values()) == {"ready"}  # so far it was only said
    keeper = RetentionKeeper(database)
    assert (await keeper.turn(), await keeper.turn()) == (2, 0)
    assert await statuses(database) == {
        kept: "ready", plain: "deleted", sales: "deleted", young: "ready"
    }  # fmt: skip
    async with database.reading() as db:
        rows = await db.scalars(
            select(AuditRow.object).where(AuditRow.action == "recording.delete")
        )
        assert sorted(rows) == sorted([f"recording/{plain}", f"recording/{sales}"])
        copies = await db.scalars(select(RecordingCopy.stage))
        assert set(copies) == {"deleting"}


async def test_policies_are_changed_in_turn_and_ordered(admin: Api) -> None:
    _, one = await admin.post(POLICIES, {"name": "one", "days": 7})
    _, two = await admin.post(POLICIES, {"name": "two"})
    path = f"{POLICIES}/{one['id']}"
    status, _ = await admin.call("PUT", path, {"name": "uno", "days": 8, "version": 1})
    assert status == 200
    status, _ = await admin.call("PUT", path, {"name": "late", "days": 9, "version": 1})
    assert status == 409
    order = {"order": [two["id"], one["id"]]}
    status, listed = await admin.call("PUT", "/api/v1/retention/order", order)
    assert [policy["name"] for policy in listed["items"]] == ["two", "uno"]
    status, said = await admin.call("PUT", "/api/v1/retention/order", {"order": [one["id"]]})
    assert (status, said["error"]["field"]) == (422, "order")
    for wrong in ({"name": " "}, {"name": "x", "days": 0}, {"name": "x", "days": "long"}):
        status, said = await admin.post(POLICIES, wrong)
        assert status == 422
        assert said["error"]["field"] in {"name", "days"}
    assert (await admin.call("DELETE", path))[0] == 204
    assert (await admin.call("DELETE", path))[0] == 404


@pytest.mark.parametrize("kind", ["recording", "interaction", "customer"])
async def test_a_hold_beats_retention_and_people(
    kind: str, admin: Api, database: Database, folder: Folder
) -> None:
    owner = await customer(database, "gold")
    source = await customer(database, "gold")
    id_ = await old(database, folder, 400, customer_id=owner)
    async with database.session() as db:
        call = await db.scalar(select(Recording.interaction_id).where(Recording.id == id_))
        # A hold on whoever was merged into somebody holds what is theirs now.
        merge = update(Customer).where(Customer.id == source).values(merged_into=owner)
        await db.execute(merge)
        await db.commit()
    await admin.post(POLICIES, {"name": "all", "days": 30})
    held = {"recording": id_, "interaction": call, "customer": str(source)}[kind]
    body = {"kind": kind, "object": held, "reason": "case 4711"}
    status, hold = await admin.post(HOLDS, body)
    assert status == 201
    assert (await admin.post(HOLDS, body))[0] == 409
    _, run = await admin.get("/api/v1/retention/dry-run")
    assert (run["recordings"], run["held"]) == (0, 1)
    assert await RetentionKeeper(database).turn() == 0
    status, said = await admin.post(f"/api/v1/recordings/{id_}/delete", {"reason": "wish"})
    assert (status, "legal hold" in said["error"]["message"]) == (409, True)
    assert (await admin.post(f"{HOLDS}/{hold['id']}/release", {}))[0] == 200
    assert (await admin.post(f"{HOLDS}/{hold['id']}/release", {}))[0] == 409
    assert (await admin.post(f"/api/v1/recordings/{id_}/delete", {"reason": "wish"}))[0] == 204
    assert (await admin.get(f"/api/v1/recordings/{id_}/audio"))[0] == 404


async def test_holds_are_on_things_that_there_are(admin: Api) -> None:
    for kind, object_ in (("customer", "77"), ("recording", "a" * 32), ("customer", "ab")):
        status, said = await admin.post(
            HOLDS, {"kind": kind, "object": object_, "reason": "case 4711"}
        )
        assert (status, said["error"]["field"]) == (422, "object")


async def test_who_deletes_while_a_hold_is_placed_waits_and_is_told_of_it(
    admin: Api, database: Database, folder: Folder
) -> None:
    id_ = await old(database, folder, 40)
    path = f"/api/v1/recordings/{id_}/delete"
    async with database.session() as db:
        await holds.place(db, "recording", id_, "case 4711", by=None, now=time.time())
        deleting = asyncio.create_task(admin.post(path, {"reason": "wish"}))
        await asyncio.sleep(0.5)
        assert not deleting.done()
        await db.commit()
    status, said = await deleting
    assert (status, "legal hold" in said["error"]["message"]) == (409, True)
    assert await statuses(database) == {id_: "ready"}


async def test_what_was_deleted_is_not_held(admin: Api, database: Database, folder: Folder) -> None:
    id_ = await old(database, folder, 40)
    path = f"/api/v1/recordings/{id_}/delete"
    assert (await admin.post(path, {"reason": "wish"}))[0] == 204
    body = {"kind": "recording", "object": id_, "reason": "case 4711"}
    status, said = await admin.post(HOLDS, body)
    assert (status, said["error"]["field"]) == (422, "object")


@pytest.fixture
def eraser(app: web.Application, database: Database, folder: Folder, tmp_path: Path) -> Eraser:
    marks = Marks([b"a key of the tests"])
    made = Eraser(
        database,
        MemoryBus(tmp_path / "waiting"),
        [Customers(tmp_path / "attachments"), Calls(), Work(), Recordings(folder)],
        marks=marks,
        watch=Guard(database, marks),
        folders=Folders(tmp_path / "data"),
    )
    app[keys.ERASER] = made
    return made


async def test_a_person_is_found_erased_and_followed(
    eraser: Eraser, signed_in: SignedIn, database: Database
) -> None:
    admin = await signed_in("administrator")
    id_ = await customer(database, "gold", "欧阳小满")
    async with database.session() as db:
        db.add(Interaction(id="a" * 32, pbx="pbx", caller_number="13800138007", customer_id=id_))
        await db.commit()
    async with database.session() as db:
        db.add(Contact(id=77, customer_id=id_, name="one of them"))
        await db.commit()
    status, found = await admin.post("/api/v1/erasures/find", {"contact": 77})
    assert (status, found["names"], found["stays"]) == (200, ["one of them"], [id_])
    assert found["customers"] == []
    status, found = await admin.post("/api/v1/erasures/find", {"customer": id_})
    assert (status, found["calls"], found["held"]) == (200, 1, [])
    assert found["names"] == ["欧阳小满", "one of them"]
    asked = {"customer": id_, "reason": "asked by letter", "confirmed": False}
    status, said = await admin.post("/api/v1/erasures", asked)
    assert (status, said["error"]["field"]) == (422, "confirmed")
    status, begun = await admin.post("/api/v1/erasures", {**asked, "confirmed": True})
    assert (status, begun["state"]) == (201, "mark")
    assert await eraser.turn() == 0
    _, now = await admin.get(f"/api/v1/erasures/{begun['id']}")
    assert (now["state"], now["counts"]["customers"], now["problem"]) == ("done", 1, None)
    async with database.reading() as db:
        assert await db.scalar(select(Customer.name).where(Customer.id == id_)) == "[erased]"
        assert await db.scalar(text("SELECT caller_number FROM interactions")) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "customer"),
        ({"customer": 1, "number": "13800138007"}, "customer"),
        ({"contact": 404}, "contact"),
        ({"number": "1001"}, "number"),
        ({"number": "not a number"}, "number"),
        ({"customer": "x"}, "customer"),
    ],
)
async def test_who_is_meant_must_be_clear(
    body: dict[str, Any], field: str, eraser: Eraser, signed_in: SignedIn
) -> None:
    admin = await signed_in("administrator")
    status, said = await admin.post("/api/v1/erasures/find", body)
    assert (status, said["error"]["field"]) == (422, field)


async def test_only_who_may_erases_and_configures(signed_in: SignedIn) -> None:
    supervisor = await signed_in("supervisor")
    assert (await supervisor.get(POLICIES))[0] == 403
    assert (await supervisor.get("/api/v1/erasures"))[0] == 403
    status, _ = await supervisor.post("/api/v1/erasures/find", {"customer": 1})
    assert status == 403


@pytest.fixture
def reconciler(app: web.Application, database: Database, folder: Folder) -> Reconciler:
    made = app[keys.RECONCILER] = Reconciler(database, folder, pbx="pbx")
    made.register(app[keys.HEALTH])
    return made


async def test_folder_and_index_are_compared_when_asked_for(
    reconciler: Reconciler, admin: Api, signed_in: SignedIn
) -> None:
    path = "/api/v1/reconciliation"
    _, shown = await admin.get(path)
    assert (shown["busy"], shown["running"], shown["last"]) == (False, None, None)
    assert (await admin.post(path, None))[0] == 202
    status, answer = await admin.post(path, None)
    assert (status, answer["error"]["code"]) == (409, "already_running")
    await reconciler.once()
    _, shown = await admin.get(path)
    assert (shown["last"]["missing"], shown["last"]["problem"]) == (0, "")
    assert shown["checks"]["recordings"]["state"] == "ok"
    supervisor = await signed_in("supervisor")
    assert (await supervisor.post(path, None))[0] == 403
