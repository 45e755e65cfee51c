"""Duplicates and merges through the API: found, chosen by field, audited, undone, by right."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from crm.merge.pairs import SETTLED, look_on
from tests.web.calls import NUMBER
from tests.web.conftest import Api, SignedIn

COMPANY = {"kind": "company", "name": "北京云山科技有限公司", "numbers": [{"number": NUMBER}]}
AGAIN = {"kind": "company", "name": "云山科技", "level": "gold"}


@pytest.fixture
async def boss(signed_in: SignedIn) -> Api:
    return await signed_in("supervisor")


@pytest.fixture
async def both(boss: Api) -> tuple[int, int]:
    made = [await boss.post("/api/v1/customers", one) for one in (COMPANY, AGAIN)]
    assert [status for status, _ in made] == [201, 201], made
    return made[0][1]["id"], made[1][1]["id"]


async def test_who_is_about_to_be_saved_may_be_there_already(
    boss: Api, both: tuple[int, int]
) -> None:
    draft = {"kind": "company", "name": "云山科技股份有限公司", "numbers": ["138 0013 8000"]}
    status, found = await boss.post("/api/v1/duplicates/check", draft)
    assert status == 200
    first = found["items"][0]
    assert (first["customer"], first["name"]) == (both[0], COMPANY["name"])
    assert {reason["why"] for reason in first["reasons"]} == {"same_name", "same_number"}
    assert first["score"] > 0.8
    _, found = await boss.post("/api/v1/duplicates/check", {**draft, "customer": both[0]})
    assert [one["customer"] for one in found["items"]] == [both[1]]
    _, found = await boss.post("/api/v1/duplicates/check", {"name": "全新客户"})
    assert found["items"] == []


async def test_who_may_be_the_same_as_a_customer(boss: Api, both: tuple[int, int]) -> None:
    status, found = await boss.get(f"/api/v1/customers/{both[1]}/duplicates")
    assert (status, [one["customer"] for one in found["items"]]) == (200, [both[0]])
    assert (await boss.get("/api/v1/customers/9999/duplicates"))[0] == 404


async def test_the_report_follows_what_is_written_and_what_people_say(
    boss: Api, both: tuple[int, int], database: Database
) -> None:
    import time

    async def look() -> int:
        async with database.session() as session:
            count = await look_on(session, now=time.time() + SETTLED + 1, limit=50)
            await session.commit()
            return count

    assert await look() == 2
    assert await look() == 0, "each change is looked at once"
    status, report = await boss.get("/api/v1/duplicates")
    (pair,) = report["items"]
    assert (status, pair["first"]["customer"], pair["second"]["customer"]) == (200, *both)
    assert pair["reasons"][0]["why"] == "same_name"
    path = f"/api/v1/duplicates/{pair['id']}/dismiss"
    assert (await boss.call("POST", path))[0] == 204
    assert (await boss.get("/api/v1/duplicates"))[1]["items"] == []
    _, made = await boss.get(f"/api/v1/customers/{both[0]}")
    change = {"version": made["version"], "notes": "x"}
    assert (await boss.call("PATCH", f"/api/v1/customers/{both[0]}", change))[0] == 200
    await look()
    assert (await boss.get("/api/v1/duplicates"))[1]["items"] == [], "people have said no"


async def test_two_become_one_and_two_again(
    boss: Api, both: tuple[int, int], database: Database
) -> None:
    target, source = both
    order = {"source": source, "fields": {"name": "source"}}
    status, made = await boss.post(f"/api/v1/customers/{target}/merge", order)
    assert (status, made["target"], made["source"]) == (201, target, source)
    status, now = await boss.get(f"/api/v1/customers/{source}")
    assert (now["id"], now["name"], now["level"]) == (target, "云山科技", "gold")
    assert [n["raw"] for n in now["numbers"]] == [NUMBER]
    status, refused = await boss.post(f"/api/v1/customers/{target}/merge", order)
    assert (status, refused["error"]["code"]) == (409, "already_merged")
    assert refused["error"]["values"] == {"customer": source, "today": target}
    _, listed = await boss.get("/api/v1/merges")
    assert [one["id"] for one in listed["items"]] == [made["id"]]
    status, back = await boss.call("POST", f"/api/v1/merges/{made['id']}/undo")
    assert (status, back["fields_kept"], back["stayed"]) == (200, [], {})
    assert (await boss.get(f"/api/v1/customers/{source}"))[1]["id"] == source
    status, refused = await boss.call("POST", f"/api/v1/merges/{made['id']}/undo")
    assert (status, refused["error"]["code"]) == (409, "conflict")
    async with database.reading() as session:
        actions = list(
            await session.scalars(
                select(AuditRow.action)
                .where(AuditRow.action.like("customer.merge%"))
                .order_by(AuditRow.id)
            )
        )
    assert actions == ["customer.merge", "customer.merge.undo"]


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "source"),
        ({"source": 0}, "source"),
        ({"source": "x"}, "source"),
        ({"source": 1, "fields": {"name": "both"}}, "fields[...]"),
        ({"source": 1, "what": 1}, "what"),
    ],
)
async def test_a_merge_that_cannot_be(order: dict[str, Any], field: str, boss: Api) -> None:
    status, body = await boss.post("/api/v1/customers/7/merge", order)
    assert (status, body["error"]["field"]) == (422, field)


async def test_nobody_and_oneself_are_refused(boss: Api, both: tuple[int, int]) -> None:
    target, source = both
    path = f"/api/v1/customers/{target}/merge"
    assert (await boss.post(path, {"source": 9999}))[0] == 404
    status, body = await boss.post(path, {"source": target})
    assert (status, body["error"]["field"]) == (422, "source")
    status, body = await boss.post(path, {"source": source, "fields": {"id": "source"}})
    assert (status, body["error"]["field"]) == (422, "fields.id")
    assert (await boss.call("POST", "/api/v1/merges/9999/undo"))[0] == 404
    assert (await boss.call("POST", "/api/v1/duplicates/9999/dismiss"))[0] == 404


async def test_who_may_not_merge_may_not(signed_in: SignedIn, both: tuple[int, int]) -> None:
    agent = await signed_in("agent")
    status, _ = await agent.post(f"/api/v1/customers/{both[0]}/merge", {"source": both[1]})
    assert status == 403
    assert (await agent.get("/api/v1/duplicates"))[0] == 403
    assert (await agent.post("/api/v1/duplicates/check", {"name": "云山科技"}))[0] == 200


HOSTILE = ["'; DROP TABLE customers; --", "%_\\", '"} OR {', "a\u202eb", "<img src=x>"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_compared_as_text(text: str, boss: Api) -> None:
    _, made = await boss.post("/api/v1/customers", {"kind": "company", "name": f"x{text}x"})
    draft = {"kind": "company", "name": f"x{text}x", "account_number": text, "emails": [text]}
    status, found = await boss.post("/api/v1/duplicates/check", draft)
    assert (status, [one["customer"] for one in found["items"]]) == (200, [made["id"]])
