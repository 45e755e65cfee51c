"""Which calls are recorded: rules in their order, the first that fits decides."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from callcenter.errors import InvalidInput
from recording import control_queries as queries
from recording.control_tables import RecordingRule
from recording.rules import LONGEST_PAUSE, Consent, Mode, PauseOn
from routing.checks import known_prompt
from routing.setup import Setup
from web import keys
from web.api import overtaken
from web.api.setup_parts import WarningView, plain, seen, warned
from web.api.values import Body, Name, RowId, View
from web.routes import Call

QueueName = Annotated[str, Meta(min_length=1, max_length=64)]
QueueNames = Annotated[tuple[QueueName, ...], Meta(max_length=200)]
Direction = Literal["inbound", "outbound", "internal"]
Directions = Annotated[tuple[Direction, ...], Meta(max_length=3)]
AgentIds = Annotated[tuple[RowId, ...], Meta(max_length=1_000)]
# A sound as the PBX names it: nothing that could lead out of its folders.
Sound = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=r"^(?!.*\.\.)[\w.-]+(/[\w.-]+)*(?!\n)$")
]
Key = Annotated[str, Meta(pattern=r"^[0-9*#](?!\n)$")]
PauseSeconds = Annotated[int, Meta(ge=5, le=int(LONGEST_PAUSE))]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RuleSent(Body, frozen=True):
    """Empty `queues`, `directions` and `agents` fit every call. `consent`: `announce` tells callers
    of our queues, `opt_out` lets them refuse by a key; a call in which nobody can be told is then
    recorded only when the agent starts it. Lowest `position` first; a new rule without one comes
    before all others. `version`: the one that was read, for a change; another one that is there
    meanwhile is not overwritten (409 with both sides)."""

    name: Name
    mode: Mode
    queues: QueueNames = ()
    directions: Directions = ()
    agents: AgentIds = ()
    active: bool = True
    position: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] | None = None
    consent: Consent = Consent.NONE
    announcement: Sound | None = None
    opt_out_key: Key | None = None
    pause_seconds: PauseSeconds = 60
    pause_on: Annotated[tuple[PauseOn, ...], Meta(max_length=2)] = ()
    stereo: bool = True
    version: Version | None = None


class RecordingRuleView(View, frozen=True):
    """`version` stands for what the rule says: it is another one when anything of it is."""

    id: int
    position: int
    name: str
    active: bool
    queues: list[str]
    directions: list[str]
    agents: list[int]
    mode: Mode
    consent: Consent
    announcement: str | None
    opt_out_key: str | None
    pause_seconds: int
    pause_on: list[PauseOn]
    stereo: bool
    version: int


class RecordingRuleList(View, frozen=True):
    items: list[RecordingRuleView]


class SavedRecordingRule(View, frozen=True):
    saved: RecordingRuleView
    warnings: list[WarningView]


async def list_recording_rules(call: Call) -> RecordingRuleList:
    return RecordingRuleList([_view(row) for row in await queries.list_rules(call.db)])


async def create_recording_rule(call: Call, body: RuleSent) -> SavedRecordingRule:
    warnings = await _checked(call, body)
    row = await queries.add_rule(call.db, _values(body))
    return _saved(call, row, warnings)


async def change_recording_rule(call: Call, id: RowId, body: RuleSent) -> SavedRecordingRule:
    row = await queries.read_rule(call.db, id)
    now = _view(row)
    overtaken.check(body, now, now.version)
    warnings = await _checked(call, body)
    for name, value in _values(body).items():
        if name != "position" or value is not None:
            setattr(row, name, value)
    await call.db.flush()
    return _saved(call, row, warnings)


async def delete_recording_rule(call: Call, id: RowId) -> None:
    await call.db.delete(await queries.read_rule(call.db, id))
    _told(call)


async def _checked(call: Call, body: RuleSent) -> list[WarningView]:
    """What does not fit together is refused by the field's name."""
    setup = await seen(call)
    _known(body, setup)
    asks = body.consent is not Consent.NONE
    if asks and body.mode is Mode.NEVER:
        raise InvalidInput("nobody need consent to what is not recorded", field="consent")
    if asks and body.announcement is None:
        raise InvalidInput("say which sound callers are told by", field="announcement")
    if not asks and body.announcement is not None:
        raise InvalidInput("is played only with a consent", field="announcement")
    if (body.consent is Consent.OPT_OUT) != (body.opt_out_key is not None):
        raise InvalidInput("goes with the consent opt_out, and only with that", field="opt_out_key")
    if body.announcement is None:
        return []
    return warned(known_prompt(body.announcement, "announcement", setup))


def _known(body: RuleSent, setup: Setup) -> None:
    for place, queue in enumerate(body.queues):
        if queue not in setup.queues:
            raise InvalidInput(f"there is no queue {queue!r}", field=f"queues[{place}]")
    for place, agent in enumerate(body.agents):
        if agent not in setup.agents:
            raise InvalidInput("there is no such agent", field=f"agents[{place}]")


def _values(body: RuleSent) -> dict[str, Any]:
    values: dict[str, Any] = plain(msgspec.structs.asdict(body))
    for name in ("queues", "directions", "agents", "pause_on"):
        values[name] = sorted(set(values[name]))
    del values["version"]
    return values


def _saved(call: Call, row: RecordingRule, warnings: list[WarningView]) -> SavedRecordingRule:
    _told(call)
    return SavedRecordingRule(_view(row), warnings)


def _told(call: Call) -> None:
    """Those in memory are read again once this is committed."""
    changed = call.request.app[keys.RECORDING_RULES_CHANGED]
    call.then(lambda _: changed())


def _view(row: RecordingRule) -> RecordingRuleView:
    return RecordingRuleView(
        id=row.id,
        position=row.position,
        name=row.name,
        active=row.active,
        queues=row.queues,
        directions=row.directions,
        agents=row.agents,
        mode=Mode(row.mode),
        consent=Consent(row.consent),
        announcement=row.announcement,
        opt_out_key=row.opt_out_key,
        pause_seconds=row.pause_seconds,
        pause_on=[PauseOn(one) for one in row.pause_on],
        stereo=row.stereo,
        version=_version(row),
    )


def _version(row: RecordingRule) -> int:
    """By what it says, so that rules need no column for it."""
    content = [getattr(row, name) for name in _CONTENT]
    digest = blake2b(msgspec.json.encode(content), digest_size=4).digest()
    return max(1, int.from_bytes(digest) >> 1)


_CONTENT = [one.name for one in msgspec.structs.fields(RuleSent) if one.name != "version"]
