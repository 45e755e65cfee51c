"""Custom fields, dictionary and pool rules through the API: administrators say, all is logged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Api, SignedIn

V1 = "/api/v1"
FIELD = {
    "name": "industry",
    "kind": "choice",
    "label_zh": "行业",
    "label_en": "Industry",
    "on_pop": True,
    "choices": [{"value": "it", "label_zh": "科技", "label_en": "IT"}],
}


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator")


async def audited(admin: Api, action: str) -> list[dict[str, Any]]:
    _, page = await admin.get(f"{V1}/audit", params={"action": action})
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_a_field_is_defined_filled_found_and_retired(admin: Api, signed_in: SignedIn) -> None:
    agent = await signed_in("agent")
    status, field = await admin.post(f"{V1}/fields", FIELD)
    assert (status, field["unique"], field["version"]) == (201, False, 1)
    assert (await agent.get(f"{V1}/fields"))[1]["items"] == [field]
    staff = {"name": "staff", "kind": "number", "label_zh": "人数", "label_en": "Staff"}
    assert (await admin.post(f"{V1}/fields", staff))[0] == 201
    for name, custom in (("甲", {"industry": "it", "staff": 12}), ("乙", {"staff": 90})):
        status, made = await agent.post(f"{V1}/customers", {"name": name, "custom": custom})
        assert (status, made["custom"]) == (201, custom)
    for query, found in (
        ("field.industry=it", ["甲"]),
        ("field[industry]=it", ["甲"]),
        ("field.staff=10..100", ["乙", "甲"]),
        ("field.staff=50..&field.industry=-", ["乙"]),
    ):
        _, page = await agent.get(f"{V1}/customers?{query}")
        assert [one["name"] for one in page["items"]] == found, query
    change = {"version": 1, "retired": True}
    status, retired = await admin.call("PATCH", f"{V1}/fields/{field['id']}", change)
    assert (status, retired["retired"]) == (200, True)
    status, body = await agent.get(f"{V1}/customers?field.industry=it")
    assert (status, body["error"]["field"]) == (422, "field.industry")
    (entry,) = await audited(admin, "field.change")
    assert (entry["before"]["retired"], entry["after"]["retired"]) == (False, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Industry"}, "name"),
        ({"kind": "picture"}, "kind"),
        ({"choices": []}, "choices"),
        ({"unique": True}, "unique"),
        ({"label_zh": " "}, "label_zh"),
        ({"choices": [{"value": "a,b", "label_zh": "x", "label_en": "x"}]}, "choices[0].value"),
        ({"x": 1}, "x"),
    ],
)
async def test_a_field_that_cannot_be(change: dict[str, Any], field: str, admin: Api) -> None:
    status, body = await admin.post(f"{V1}/fields", FIELD | change)
    assert (status, body["error"]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=level", "sort"),
        ("sort=name%3Bdrop", "sort"),
        ("kind=robot", "kind"),
        ("pool=maybe", "pool"),
        ("field.none=x", "field.none"),
        ("field.a=1&field[a]=2", "field[a]"),
        ("field=x&field.a=1", "field.a"),
        ("field=x", "field"),
        ("filed.a=1", "filed"),
        ("owner=me", "owner"),
    ],
)
async def test_a_filter_that_cannot_be(query: str, field: str, admin: Api) -> None:
    status, body = await admin.get(f"{V1}/customers?{query}")
    assert (status, body["error"]["field"]) == (422, field)


async def test_words_are_kept_by_administrators(admin: Api, signed_in: SignedIn) -> None:
    agent = await signed_in("agent")
    sent = {"value": "diamond", "label_zh": "钻石", "label_en": "Diamond"}
    status, made = await admin.post(f"{V1}/dictionary/level", sent)
    assert (status, made["retired"]) == (201, False)
    assert (await admin.post(f"{V1}/dictionary/level", sent))[0] == 409
    customer = {"name": "甲", "level": "diamond"}
    assert (await agent.post(f"{V1}/customers", customer))[0] == 201
    path = f"{V1}/dictionary/level/{made['id']}"
    status, retired = await admin.call("PATCH", path, {"retired": True, "label_en": "Gem"})
    assert (status, retired["retired"], retired["label_en"]) == (200, True, "Gem")
    status, body = await agent.post(f"{V1}/customers", customer)
    assert (status, body["error"]["field"]) == (422, "level")
    _, entries = await agent.get(f"{V1}/dictionary/level")
    assert [one["value"] for one in entries["items"] if one["retired"]] == ["diamond"]
    for path in (f"{V1}/dictionary/nothing", f"{V1}/dictionary/level%2F1"):
        assert (await admin.get(path))[0] == 404
    assert [one["object"] for one in await audited(admin, "dictionary.create")] == [
        f"dictionary/level/{made['id']}"
    ]


async def test_the_rules_of_the_pool(admin: Api) -> None:
    rules = {
        "levels": [{"level": None, "days": 90}, {"level": "VIP", "days": 30}],
        "most_owned": 5,
    }
    _, first = await admin.get(f"{V1}/pool-rules")
    sent = rules | {"version": first["version"]}
    saved = rules | {"version": first["version"] + 1}
    assert await admin.call("PUT", f"{V1}/pool-rules", sent) == (200, saved)
    assert await admin.get(f"{V1}/pool-rules") == (200, saved)
    status, body = await admin.call("PUT", f"{V1}/pool-rules", sent | {"most_owned": 9})
    assert (status, body["error"]["values"]["version"]) == (409, saved["version"])
    assert body["error"]["values"]["fields"]["most_owned"] == {"yours": 9, "theirs": 5}
    (entry,) = await audited(admin, "pool.rules")
    assert (entry["before"]["levels"], entry["after"]["most_owned"]) == ([], 5)
    for bad, field in (
        ({"levels": [{"level": "none", "days": 5}]}, "levels"),
        ({"levels": [{"level": "VIP", "days": 0}]}, "levels[0].days"),
        ({"levels": [{"level": "VIP", "days": 5}] * 2}, "levels"),
        ({"levels": [], "most_owned": 0}, "most_owned"),
    ):
        status, body = await admin.call("PUT", f"{V1}/pool-rules", bad)
        assert (status, body["error"]["field"]) == (422, field), bad


async def test_agents_define_nothing(signed_in: SignedIn) -> None:
    agent = await signed_in("agent")
    word = {"value": "x", "label_zh": "x", "label_en": "x"}
    assert (await agent.post(f"{V1}/fields", FIELD))[0] == 403
    assert (await agent.call("PATCH", f"{V1}/fields/1", {"version": 1}))[0] == 403
    assert (await agent.post(f"{V1}/dictionary/level", word))[0] == 403
    assert (await agent.call("PUT", f"{V1}/pool-rules", {"levels": []}))[0] == 403
