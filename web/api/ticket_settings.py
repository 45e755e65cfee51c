"""What administrators describe of tickets: categories, SLA policies, who gets them; and notices."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, structs

from crm.tickets import categories, notices, policies, settings
from crm.tickets.categories import CategoryBody, CategoryView
from crm.tickets.notices import NoticePage
from crm.tickets.policies import PolicyBody, PolicyView, RuleBody, RuleView
from crm.tickets.words import Settings
from web.api import overtaken
from web.api import ticket_values as values
from web.api.ticket_values import Version
from web.api.values import Body, Cursor, Limit, RowId, View
from web.routes import Call


class CategoryChange(CategoryBody, frozen=True, kw_only=True):
    version: Version


class PolicyChange(PolicyBody, frozen=True, kw_only=True):
    version: Version


class RuleChange(RuleBody, frozen=True, kw_only=True):
    version: Version


class CategoryList(View, frozen=True):
    items: list[CategoryView]


class PolicyList(View, frozen=True):
    items: list[PolicyView]


class RuleList(View, frozen=True):
    items: list[RuleView]


class SettingsSent(Settings, frozen=True, kw_only=True):
    """`version`: the one that was read; without it whatever is there now is meant."""

    version: Version | None = None


class SettingsView(View, frozen=True):
    reopen_days: int
    archive_days: int | None
    version: int


class NoticeQuery(Body, frozen=True):
    unread: bool = False
    cursor: Cursor | None = None
    limit: Limit = 50


class NoticesRead(Body, frozen=True):
    """None of them: all."""

    ids: Annotated[tuple[RowId, ...], Meta(max_length=200)] = ()


async def list_categories(call: Call) -> CategoryList:
    return CategoryList(await categories.list_categories(call.db))


async def create_category(call: Call, body: CategoryBody) -> CategoryView:
    view = await categories.create(call.db, body)
    await call.audit("ticket_category.create", f"ticket_category/{view.id}", after=view)
    return view


async def change_category(call: Call, id: RowId, body: CategoryChange) -> CategoryView:
    before = await categories.get_category(call.db, id)
    view = await categories.change(call.db, id, _plain(body), version=body.version)
    await call.audit("ticket_category.change", f"ticket_category/{id}", before=before, after=view)
    return view


def _plain(body: CategoryChange) -> CategoryBody:
    sent = structs.asdict(body)
    return CategoryBody(**{name: sent[name] for name in CategoryBody.__struct_fields__})


async def list_sla_policies(call: Call) -> PolicyList:
    return PolicyList(await policies.list_policies(call.db))


async def create_sla_policy(call: Call, body: PolicyBody) -> PolicyView:
    view = await policies.create_policy(call.db, body)
    await call.audit("sla_policy.create", f"sla_policy/{view.id}", after=view)
    return view


async def change_sla_policy(call: Call, id: RowId, body: PolicyChange) -> PolicyView:
    before = await policies.get_policy(call.db, id)
    view = await policies.change_policy(call.db, id, body, version=body.version)
    await call.audit("sla_policy.change", f"sla_policy/{id}", before=before, after=view)
    return view


async def delete_sla_policy(call: Call, id: RowId) -> None:
    before = await policies.get_policy(call.db, id)
    await policies.delete_policy(call.db, id)
    await call.audit("sla_policy.delete", f"sla_policy/{id}", before=before)


async def list_rules(call: Call) -> RuleList:
    return RuleList(await policies.list_rules(call.db))


async def create_rule(call: Call, body: RuleBody) -> RuleView:
    view = await policies.create_rule(call.db, body)
    await call.audit("ticket_rule.create", f"ticket_rule/{view.id}", after=view)
    return view


async def change_rule(call: Call, id: RowId, body: RuleChange) -> RuleView:
    before = await policies.get_rule(call.db, id)
    view = await policies.change_rule(call.db, id, body, version=body.version)
    await call.audit("ticket_rule.change", f"ticket_rule/{id}", before=before, after=view)
    return view


async def delete_rule(call: Call, id: RowId) -> None:
    before = await policies.get_rule(call.db, id)
    await policies.delete_rule(call.db, id)
    await call.audit("ticket_rule.delete", f"ticket_rule/{id}", before=before)


async def read_settings(call: Call) -> SettingsView:
    return await _settings(call)


async def save_settings(call: Call, body: SettingsSent) -> SettingsView:
    now = await settings.version(call.db)
    before = await _settings(call)
    overtaken.check(body, before, now)
    await settings.save(call.db, Settings(body.reopen_days, body.archive_days))
    after = await _settings(call)
    await call.audit("ticket_settings.change", "ticket_settings", before=before, after=after)
    return after


async def _settings(call: Call) -> SettingsView:
    found = await settings.read(call.db)
    return SettingsView(found.reopen_days, found.archive_days, await settings.version_read(call.db))


async def list_notices(call: Call, query: NoticeQuery) -> NoticePage:
    return await notices.list_notices(
        call.db,
        call.principal.user,
        unread=query.unread,
        cursor=query.cursor,
        limit=query.limit,
    )


async def read_notices(call: Call, body: NoticesRead) -> None:
    await notices.read(call.db, call.principal.user, body.ids, now=values.now())
