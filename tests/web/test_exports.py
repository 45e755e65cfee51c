"""Lists as files: what the list shows, as far as one's rights reach, and it comes in again."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from tests.web.conftest import Api, SignedIn
from tests.web.test_imports import IMPORTS, mapped, settled
from web.auth.tables import RoleRight

EXPORTS = "/api/v1/exports"
WANG = {
    "name": "=HYPERLINK(1)",
    "kind": "company",
    "account_number": "10001",
    "birthday": "1980-02-03",
    "notes": "第一行\n第二行",
    "contacts": [{"name": "张三|李"}, {"name": "李四", "role": "经理"}],
    "numbers": [
        {"number": "+8613800138000"},
        {"number": "13900139000", "contact": 1},
        {"number": "010-62345678", "contact": 1},
    ],
    "emails": [{"email": "a@example.com"}, {"email": "z@example.com", "contact": 0}],
    "addresses": [{"city": "北京", "street": "建国路1号"}],
    "tags": ["甲、乙"],
}


async def table(api: Api, path: str) -> list[list[str]]:
    async with api.client.get(f"{EXPORTS}/{path}") as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Disposition"].startswith("attachment;")
        text = (await response.read()).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def column(rows: list[list[str]], name: str) -> list[str]:
    return [row[rows[0].index(name)] for row in rows[1:]]


async def create(api: Api, **values: Any) -> dict[str, Any]:
    status, body = await api.post("/api/v1/customers", values)
    assert status == 201, body
    return dict(body)


async def test_customers_leave_as_the_list_shows_them(
    signed_in: SignedIn, database: Database
) -> None:
    api = await signed_in("administrator")
    await create(api, **WANG)
    await create(api, name="李明", numbers=[{"number": "13700137000"}])
    rows = await table(api, "customers")
    assert column(rows, "客户名称") == ["'=HYPERLINK(1)", "李明"]
    assert column(rows, "电话") == ["'+8613800138000", "'+8613700137000"]
    assert column(rows, "联系人") == ["张三\\|李 | 李四", ""]
    rows = await table(api, "customers?q=李明&format=csv")
    assert column(rows, "客户名称") == ["李明"]
    async with database.reading() as session:
        written = (await session.execute(select(AuditRow.action, AuditRow.after))).all()
    last = [row for row in written if row.action.startswith("customers.")][-2:]
    assert [row.action for row in last] == ["customers.export", "customers.exported"]
    assert '"q":"李明"' in last[0].after
    assert last[1].after == '{"rows":1,"whole":true}'


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_export_comes_in_again_and_changes_nothing(
    signed_in: SignedIn, format_: str, language: str
) -> None:
    api = await signed_in("administrator")
    await api.call("PATCH", "/api/v1/me", {"language": language})
    for n in range(205):  # more than one page
        await create(api, name=f"客户{n}", account_number=str(n))
    before = await create(api, **WANG)
    async with api.client.get(f"{EXPORTS}/customers?format={format_}") as response:
        data = await response.read()
    view = await mapped(api, data)
    assert None not in view["columns"]
    assert view["rows"] == 206
    await api.post(f"{IMPORTS}/{view['id']}/start", None)
    done = await settled(api, view["id"])
    assert (done["counts"]["unchanged"], done["counts"]["refused"]) == (206, 0)
    _, after = await api.get(f"/api/v1/customers/{before['id']}")
    assert {name: before[name] for name in after} == after


async def test_a_workbook_shows_numbers_as_they_are(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    await create(api, **WANG)
    async with api.client.get(f"{EXPORTS}/customers?format=xlsx") as response:
        book = openpyxl.load_workbook(io.BytesIO(await response.read()))
    header, row = list(book.worksheets[0].iter_rows())
    cell = row[[one.value for one in header].index("电话")]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("+8613800138000", "s", True)


async def test_other_lists_leave_too(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    customer = await create(api, name="甲")
    await api.post("/api/v1/tickets", {"title": "=1+1", "customer": customer["id"]})
    rows = await table(api, "tickets")
    assert (column(rows, "标题"), column(rows, "客户")) == (["'=1+1"], ["甲"])
    assert column(rows, "创建时间")[0][:2] == "20"
    assert column(await table(api, "tickets?status=archived"), "标题") == []
    assert (await table(api, "missed-work"))[0][0] == "号码"
    assert (await table(api, "callbacks?state=done"))[0][0] == "号码"


@pytest.mark.parametrize("kind", ["customers", "tickets", "missed-work", "callbacks"])
async def test_who_may_see_may_not_yet_carry_away(signed_in: SignedIn, kind: str) -> None:
    api = await signed_in("agent")
    assert (await api.get(f"{EXPORTS}/{kind}"))[0] == 403


async def test_only_what_the_right_reaches_leaves(signed_in: SignedIn, database: Database) -> None:
    admin = await signed_in("administrator")
    async with database.session() as session:
        await session.merge(RoleRight(role="account_manager", right="customer.export", scope="own"))
        await session.commit()
    api = await signed_in("account_manager")
    assert api.session is not None
    me = api.session["user"]["id"]
    await create(admin, name="我的", owner_id=me)
    await create(admin, name="没人的", owner_id=None)
    assert column(await table(api, "customers"), "客户名称") == ["我的"]
    _, seen = await api.get("/api/v1/customers")
    assert {item["name"] for item in seen["items"]} == {"我的", "没人的"}


@pytest.mark.parametrize(
    ("query", "field"),
    [("format=pdf", "format"), ("sort=secret", "sort"), ("field.nothing=1", "field.nothing")],
)
async def test_a_question_that_makes_no_sense_is_refused_by_name(
    signed_in: SignedIn, query: str, field: str
) -> None:
    api = await signed_in("administrator")
    status, answer = await api.get(f"{EXPORTS}/customers?{query}")
    assert (status, answer["error"]["field"]) == (422, field)
