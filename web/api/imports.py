"""Customers from files: uploaded, mapped, tried out, imported; what was refused comes back."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.transfer import service
from crm.transfer.csv_text import Delimiter
from crm.transfer.encodings import Encoding
from crm.transfer.fields import CUSTOM, REPORT, Existing, Key, Language
from crm.transfer.limits import MOST_COLUMNS
from crm.transfer.problems import Problem, sentence
from crm.transfer.service import Chosen, ImportView, ReadAs
from crm.transfer.states import ImportState, Step
from crm.transfer.writing import MEDIA_TYPES, CsvWriter
from web import keys
from web.api.values import Body, EventKey, View
from web.auth.rights import BREADTH, Right, Scope
from web.routes import Call
from web.scopes import people, reach
from web.spool import Spooled
from web.streams import Streamed

NEWS_SECONDS = 5.0  # that an answer is held back when there is nothing new
PAGE = 500  # refused rows read at once

FileName = Annotated[str, Meta(min_length=1, max_length=200)]
Columns = Annotated[
    list[Annotated[str, Meta(max_length=60)] | None], Meta(min_length=1, max_length=MOST_COLUMNS)
]


class NewImport(Body, frozen=True):
    """`name`: what the file is called; text and nothing else."""

    name: FileName


class ImportList(View, frozen=True):
    items: list[ImportView]


class FieldChoice(View, frozen=True):
    """What a column can be. `several`: more than one column may be this."""

    code: str
    label_zh: str
    label_en: str
    several: bool
    custom: bool


class FieldChoices(View, frozen=True):
    items: list[FieldChoice]


class ReadAgain(Body, frozen=True):
    """How the file is to be read; what is absent is found out."""

    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    sheet: Annotated[str, Meta(max_length=200)] | None = None


class MappingSent(Body, frozen=True):
    """`columns`: a field's code for each column, null to leave it out. `key`: what says that a row
    and a customer are the same. `existing`: what becomes of customers who are there."""

    columns: Columns
    key: Key
    existing: Existing = Existing.SKIP


class SeenImport(Body, frozen=True):
    """`seen`: the version one knows; the answer waits a while for a newer one."""

    seen: int = 0


async def upload_import(call: Call, query: NewImport, body: Spooled) -> ImportView:
    id_, imports = secrets.token_hex(16), call.request.app[keys.IMPORTS]
    view = await service.create_import(
        call.db,
        id_,
        user=call.principal.user,
        node=imports.node,
        name=query.name,
        size=body.size,
        now=time.time(),
    )
    call.otherwise(lambda: imports.forget(id_))
    await asyncio.to_thread(body.take, imports.file_of(id_))
    call.then(lambda _: imports.start(id_))
    return view


async def list_imports(call: Call) -> ImportList:
    return ImportList(await service.list_imports(call.db, call.principal.user))


async def list_import_fields(call: Call) -> FieldChoices:
    fields = (await service.fields_of(call.db)).values()
    return FieldChoices(
        [
            FieldChoice(one.code, one.zh, one.en, one.several, one.code.startswith(CUSTOM))
            for one in fields
        ]
    )


async def read_import(call: Call, id: EventKey, query: SeenImport) -> ImportView:
    """At once when it is over or the version is not the newest; else when there is news."""
    await call.request.app[keys.IMPORTS].news(id, query.seen, NEWS_SECONDS)
    return await _read(call, id)


async def reread_import(call: Call, id: EventKey, body: ReadAgain) -> ImportView:
    how = ReadAs(body.encoding, body.delimiter, body.sheet)
    view = await service.read_again(
        call.db,
        id,
        how,
        user=call.principal.user,
        node=call.request.app[keys.IMPORTS].node,
        now=time.time(),
    )
    return _begun(call, view)


async def map_import(call: Call, id: EventKey, body: MappingSent) -> ImportView:
    chosen = Chosen(body.columns, body.key, body.existing)
    return await service.choose(call.db, id, chosen, user=call.principal.user, now=time.time())


async def check_import(call: Call, id: EventKey) -> ImportView:
    """The dry run: what would be done and what is wrong; nothing is written."""
    return _begun(call, await _set_out(call, id, Step.CHECK))


async def start_import(call: Call, id: EventKey) -> ImportView:
    """Also goes on with one that was interrupted."""
    view = await _set_out(call, id, Step.START)
    after = {"file": view.name, "rows": view.rows, "key": view.key, "existing": view.existing}
    await call.audit("customer.import", f"import/{id}", after=after)
    return _begun(call, view)


async def cancel_import(call: Call, id: EventKey) -> None:
    """What has been imported by then stays; nothing more follows."""
    user, now = call.principal.user, time.time()
    await service.take_step(call.db, id, Step.CANCEL, user=user, now=now, node=None)
    imports = call.request.app[keys.IMPORTS]
    call.then(lambda _: imports.cancel(id))
    await call.audit("customer.import_cancelled", f"import/{id}")


async def read_refused(call: Call, id: EventKey) -> web.StreamResponse:
    """The rows that were not imported, as they stand in the file, and why; can be mended and
    uploaded again."""
    view = await _read(call, id)
    language: Language = "en" if call.principal.language == "en" else "zh"
    database = call.request.app[keys.DATABASE]

    async def pieces() -> AsyncIterator[bytes]:
        writer, last = CsvWriter([*view.header, *REPORT[language]]), 0
        while True:
            async with database.reading() as db:
                rows = await service.refused_rows(db, id, behind=last, limit=PAGE)
            if not rows:
                break
            last = rows[-1][0]
            yield writer.rows([_reported(row, view.header, language) for row in rows])
        yield writer.end()

    return Streamed(pieces, content_type=MEDIA_TYPES["csv"], name=f"refused-{id[:8]}.csv")


def _reported(
    refused: tuple[int, list[str], Sequence[object]], header: list[str], language: Language
) -> list[str | int]:
    row, cells, problems = refused
    why = "; ".join(
        sentence(problem, header, language) for problem in msgspec.convert(problems, list[Problem])
    )
    padded = (cells + [""] * len(header))[: len(header)]
    return [*padded, row, why]


async def _read(call: Call, id_: str) -> ImportView:
    return await service.get_import(call.db, id_, user=call.principal.user)


def _begun(call: Call, view: ImportView) -> ImportView:
    imports = call.request.app[keys.IMPORTS]
    call.then(lambda _: imports.start(view.id))
    return view


async def _set_out(call: Call, id_: str, step: Step) -> ImportView:
    seen = await _read(call, id_)
    if seen.key is None or seen.existing is None:
        raise InvalidInput("map the columns first", field="columns")
    chosen = Chosen(seen.columns, seen.key, seen.existing)
    service.check_chosen(chosen, seen.header, await service.fields_of(call.db))
    anew = seen.state is not ImportState.INTERRUPTED
    if anew and step is Step.START:
        await service.begin_anew(call.db, id_)
    return await service.take_step(
        call.db,
        id_,
        step,
        user=call.principal.user,
        now=time.time(),
        reach=await _reach(call, "owner" in seen.columns),
        node=call.request.app[keys.IMPORTS].node,
        failure=None,
        **(service.nothing_done() if anew else {}),
    )


async def _reach(call: Call, assigns: bool) -> list[int] | None:
    """Whose customers may be touched: as far as all the rights reach that it takes."""
    rights = [Right.CUSTOMER_IMPORT, Right.CUSTOMER_WRITE]
    rights += [Right.CUSTOMER_ASSIGN] if assigns else []
    scopes = [reach(call.principal, right) for right in rights]
    narrowest = min(scopes, key=BREADTH.__getitem__)
    if narrowest is Scope.ALL:
        return None
    found = people(call.principal, narrowest)
    return found if isinstance(found, list) else list(await call.db.scalars(found))
