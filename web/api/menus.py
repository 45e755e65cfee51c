"""What callers choose from by key, as administrators describe it."""

from __future__ import annotations

import structlog
from sqlalchemy import select

from routing import setup_queries
from routing.checks import Caution, check_menu
from routing.menus import Menu
from routing.setup import menu_of
from routing.tables import MenuRow
from web.api.setup_parts import (
    NamedInPath,
    SetupLabel,
    SetupName,
    WarningView,
    picture,
    plain,
    refuse_used,
    told,
    warned,
)
from web.api.values import Body, View
from web.routes import Call

log = structlog.get_logger(__name__)


class MenuSent(Body, frozen=True, kw_only=True):
    label: SetupLabel = ""
    menu: Menu


class NewMenu(MenuSent, frozen=True, kw_only=True):
    name: SetupName


class MenuView(View, frozen=True):
    name: str
    label: str
    menu: Menu


class MenuList(View, frozen=True):
    items: list[MenuView]


class MenuSaved(View, frozen=True):
    saved: MenuView
    warnings: list[WarningView]


async def list_menus(call: Call) -> MenuList:
    rows = await call.db.scalars(select(MenuRow).order_by(MenuRow.name))
    return MenuList([MenuView(row.name, row.label, menu_of(row)) for row in rows])


async def create_menu(call: Call, body: NewMenu) -> MenuSaved:
    cautions = check_menu(body.name, body.menu, await picture(call))
    values = {"label": body.label, "data": plain(body.menu)}
    await setup_queries.add(call.db, MenuRow, "menu", name=body.name, **values)
    return _saved(call, body.name, body, cautions)


async def change_menu(call: Call, name: NamedInPath, body: MenuSent) -> MenuSaved:
    cautions = check_menu(name, body.menu, await picture(call))
    values = {"label": body.label, "data": plain(body.menu)}
    await setup_queries.change(call.db, MenuRow, "menu", name, **values)
    return _saved(call, name, body, cautions)


async def delete_menu(call: Call, name: NamedInPath) -> None:
    refuse_used("menu", name, await picture(call))
    await setup_queries.remove(call.db, MenuRow, "menu", name)
    told(call)


def _saved(call: Call, name: str, body: MenuSent, cautions: list[Caution]) -> MenuSaved:
    log.info("menu_saved", menu=name, by=call.principal.user)
    told(call)
    return MenuSaved(MenuView(name, body.label, body.menu), warned(cautions))
