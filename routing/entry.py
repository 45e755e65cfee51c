"""Where a call to one of our numbers goes: by its rules, then its menu, then to its queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from routing.callers import Caller, Facts
from routing.menus import Menu, MenuKey
from routing.rule_settings import AccountNumber, NextStep
from routing.rules import Ask, House, Route, decide, ends
from routing.setup import EntryPoint, Setup, SkillNeed
from routing.visit import NotOurs, Visit

MOST_MENUS = 20  # from one menu to another; more is a circle


@dataclass(slots=True, kw_only=True, eq=False)
class Entries:
    """`present` says who is signed in; `trunk_of` by whose rule a channel writes numbers."""

    setup: Callable[[], Setup]
    facts: Facts
    present: Callable[[int], bool]
    trunk_of: Callable[[str], str | None]
    language: str

    async def route(self, visit: Visit, number: str) -> Route:
        """Raises NotOurs for a number that nobody described."""
        setup = self.setup()
        entry = setup.entry(number)
        if entry is None:
            raise NotOurs(f"no entry point is described for {number!r}")
        route = await self._by_rules(visit, setup, entry, number)
        menu = None if entry.menu is None or route.over else setup.menus.get(entry.menu)
        return route if menu is None else await self._by_menu(visit, setup, menu, route)

    # --- rules ---------------------------------------------------------------------------------

    async def _by_rules(self, visit: Visit, setup: Setup, entry: EntryPoint, number: str) -> Route:
        trunk = self.trunk_of(visit.agi.channel)
        known = await self.facts.of_number(visit.number, trunk)
        caller = Caller(number=visit.number, dialled=number, at=visit.clock()).with_known(known)
        house = House(setup.calendars, self.present, self.language)
        while True:
            decided = decide(entry.queue, entry.rules, caller, house)
            visit.tell(decided.news(visit.decisions))
            if isinstance(decided.route, Route):
                return decided.route
            caller = await self._with_account(visit, caller, trunk, decided.route)

    async def _with_account(
        self, visit: Visit, caller: Caller, trunk: str | None, ask: Ask
    ) -> Caller:
        """What is known once the caller was asked who they are; always answers the question."""
        typed, rule = "", ask.rule
        for attempt in range(rule.tries):
            typed = await self._typed(visit, rule, again=attempt > 0)
            known = await self.facts.of_account(typed, visit.number, trunk) if typed else None
            if known is not None:
                return caller.with_account(typed, known)
        return caller.with_account(typed, None)

    async def _typed(self, visit: Visit, rule: AccountNumber, *, again: bool) -> str:
        if again and rule.wrong is not None:
            await visit.say(rule.wrong)
        return await visit.typed(rule.prompt, rule.seconds, rule.digits)

    # --- menus ---------------------------------------------------------------------------------

    async def _by_menu(self, visit: Visit, setup: Setup, menu: Menu, route: Route) -> Route:
        for _ in range(MOST_MENUS):
            key = await self._chosen(visit, menu)
            if key is None:
                visit.decided("menu", "passed", "no_key")
                return route if menu.otherwise is None else ends(route, menu.otherwise)
            visit.decided("menu", "matched", "key", key=key.key, to=key.step.kind)
            route = await self._with_key(visit, route, key)
            if key.step.kind == "repeat":
                continue
            if key.step.kind != "menu":
                return ends(route, NextStep(key.step.kind, key.step.target))
            after = setup.menus.get(key.step.target or "")
            if after is None:
                raise NotOurs(f"the menu {key.step.target!r} is not described")
            menu = after
        raise NotOurs("the menus go round in a circle")

    async def _chosen(self, visit: Visit, menu: Menu) -> MenuKey | None:
        for _ in range(menu.retries + 1):
            digit = await visit.asked(menu.prompt, seconds=menu.seconds)
            key = None if digit is None else menu.chosen(digit)
            if key is not None:
                return key
            if digit is not None and menu.wrong is not None:
                await visit.say(menu.wrong)
        return None

    async def _with_key(self, visit: Visit, route: Route, key: MenuKey) -> Route:
        if key.language is not None:
            await visit.agi.set_variable("CHANNEL(language)", key.language)
        wanted = tuple(SkillNeed(one.skill, one.level, one.after) for one in key.required)
        return replace(
            route, priority=route.priority + key.priority, required=(*route.required, *wanted)
        )
