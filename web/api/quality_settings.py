"""What administrators describe of quality: score sheets with their versions, and samples."""

from __future__ import annotations

import time

from msgspec import structs

from recording.quality import keeper, sampling_rules, sheets
from recording.quality.names import NamedRef
from recording.quality.sampling_rules import SampleRuleBody, SampleRuleView
from recording.quality.sheets import SheetBody, SheetView, VersionView
from web.api import quality_parts as parts
from web.api.quality_days import zone_of
from web.api.quality_parts import Version
from web.api.values import RowId, View
from web.routes import Call


class SheetChange(SheetBody, frozen=True, kw_only=True):
    version: Version


class SampleRuleChange(SampleRuleBody, frozen=True, kw_only=True):
    version: Version


class SheetList(View, frozen=True):
    items: list[SheetView]


class VersionList(View, frozen=True):
    """Newest first."""

    items: list[VersionView]


class SampleRuleList(View, frozen=True):
    items: list[SampleRuleView]


class SampledView(View, frozen=True):
    """How many calls were given out."""

    given: int


class EvaluatorList(View, frozen=True):
    items: list[NamedRef]


async def list_evaluators(call: Call) -> EvaluatorList:
    return EvaluatorList(await parts.evaluators(call.db))


async def list_sheets(call: Call) -> SheetList:
    return SheetList(await sheets.list_sheets(call.db))


async def list_sheet_versions(call: Call, id: RowId) -> VersionList:
    return VersionList(await sheets.list_versions(call.db, id))


async def create_sheet(call: Call, body: SheetBody) -> SheetView:
    view = await sheets.create_sheet(call.db, body, user=call.principal.user, now=time.time())
    await call.audit("quality_sheet.create", f"quality_sheet/{view.id}", after=view)
    return view


async def change_sheet(call: Call, id: RowId, body: SheetChange) -> SheetView:
    """A new version of it; scores keep the one they were made with."""
    before = await sheets.get_sheet(call.db, id)
    plain = structs.asdict(body)
    version = plain.pop("version")
    view = await sheets.change_sheet(
        call.db,
        id,
        SheetBody(**plain),
        version=version,
        user=call.principal.user,
        now=time.time(),
    )
    await call.audit("quality_sheet.change", f"quality_sheet/{id}", before=before, after=view)
    return view


async def list_quality_rules(call: Call) -> SampleRuleList:
    return SampleRuleList(await sampling_rules.list_rules(call.db))


async def create_quality_rule(call: Call, body: SampleRuleBody) -> SampleRuleView:
    await parts.check_evaluators(call.db, body.evaluators, "evaluators")
    view = await sampling_rules.create_rule(call.db, body, now=time.time())
    await call.audit("quality_rule.create", f"quality_rule/{view.id}", after=view)
    return view


async def change_quality_rule(call: Call, id: RowId, body: SampleRuleChange) -> SampleRuleView:
    before = await sampling_rules.get_rule(call.db, id)
    await parts.check_evaluators(call.db, body.evaluators, "evaluators")
    plain = structs.asdict(body)
    version = plain.pop("version")
    view = await sampling_rules.change_rule(call.db, id, SampleRuleBody(**plain), version=version)
    await call.audit("quality_rule.change", f"quality_rule/{id}", before=before, after=view)
    return view


async def delete_quality_rule(call: Call, id: RowId) -> None:
    """What it chose stays."""
    before = await sampling_rules.get_rule(call.db, id)
    await sampling_rules.delete_rule(call.db, id)
    await call.audit("quality_rule.delete", f"quality_rule/{id}", before=before)


async def sample_now(call: Call, id: RowId) -> SampledView:
    """Give out what is due now, instead of waiting for the next turn."""
    given = await keeper.run_rule(call.db, id, zone=zone_of(call), now=time.time())
    if given:
        after = {"scores": [one.score for one in given]}
        await call.audit("quality_rule.sample", f"quality_rule/{id}", after=after)
    return SampledView(len(given))
