"""Everything that leaves the house, as the rest of the service knows it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import metrics
from callcenter.errors import Conflict
from callcenter.health import OK, State, Verdict
from callcenter.outward import outbox, targets
from callcenter.outward import payloads as out
from callcenter.outward.addresses import Policy
from callcenter.outward.backoff import DAY, PATIENCE, Outcome
from callcenter.outward.catalogue import TEST, composed
from callcenter.outward.client import Client
from callcenter.outward.cti import ANONYMOUS
from callcenter.outward.deliverer import Deliverer, Lane, Rules, send
from callcenter.outward.outbox import Due, NewDelivery
from callcenter.outward.targets import Target, WebhookView
from callcenter.secrets import SIZE, Box, Keys
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken

PURPOSE = "webhooks"  # of the keys under which addresses and secrets lie
EVERY = 30.0  # seconds until changes made by somebody else are seen
AGAIN = 5.0  # seconds until a database that was away is asked again
SWEEP_EVERY = 600.0
MOST_WAITING = 50_000  # messages of one target; then it is switched off
KEPT_DELIVERED = 7 * DAY
KEPT_CALLS = 2 * DAY
TEST_LEASE = 60.0
FAILING_IS_NEWS = 600.0  # seconds after which a target that fails is said on the health page

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OutwardSettings:
    policy: Policy = field(default_factory=Policy)
    timeout: float = 10.0
    disable_after: float = 5 * DAY
    keep: float = 30 * DAY  # dead letters


class Outward:
    """`reload` after targets were changed. `run` delivers until it is cancelled."""

    def __init__(
        self,
        database: Database,
        box: Box,
        settings: OutwardSettings,
        *,
        client: Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.box = box
        self.settings = settings
        self.client = client or Client(settings.policy, timeout=settings.timeout)
        self._database = database
        self._clock = clock
        self._stale = asyncio.Event()
        self._targets: list[Target] = []
        self._views: list[WebhookView] = []
        self._unreadable: list[int] = []
        self._sweep_due = 0.0
        self._tests: set[asyncio.Task[None]] = set()
        self._deliverer = Deliverer(self._lane)

    @property
    def targets(self) -> Sequence[Target]:
        """Who is told, as of the last look."""
        return self._targets

    def wake(self, ids: set[int]) -> None:
        """There is something new for these."""
        self._deliverer.wake(ids)

    def reload(self) -> None:
        """Targets were changed: look soon."""
        self._stale.set()

    async def load(self) -> None:
        """Raises what the database raises; nothing has changed then."""
        now = self._clock()
        async with self._database.reading() as session:
            found, unreadable = await targets.load(session, self.box, now=now)
            self._views = await targets.views(session, now=now)
        self._targets, self._unreadable = found, unreadable
        metrics.OUTWARD_WAITING.set(sum(view.waiting for view in self._views))

    async def run(self) -> None:
        pause = EVERY
        try:
            while True:
                self._stale.clear()
                pause = await self._look()
                try:
                    async with asyncio.timeout(pause):
                        await self._stale.wait()
                except TimeoutError:
                    pass  # time to look again anyway
        finally:
            await self._deliverer.close()
            await self.close()

    async def _look(self) -> float:
        try:
            await self._tidy()
            await self.load()
        except Exception as error:
            log.warning("webhooks_not_loaded", error=in_words(error), away=is_away(error))
            return AGAIN
        self._deliverer.arrange(self._targets)
        return EVERY

    @unbroken
    async def _tidy(self) -> None:
        """Too many that wait, too long; and what is old."""
        now = self._clock()
        full = [one.id for one in self._views if one.active and one.waiting > MOST_WAITING]
        if not full and now < self._sweep_due:
            return
        async with self._database.session() as session:
            for id_ in full:
                await targets.switch_off(session, id_, "backlog", now=now)
            for view in self._views:
                before = now - PATIENCE[view.kind]
                await outbox.give_up(session, view.id, before=before, now=now)
            await outbox.sweep(
                session,
                delivered=now - min(KEPT_DELIVERED, self.settings.keep),
                dead=now - self.settings.keep,
                calls=now - KEPT_CALLS,
            )
            await session.commit()
        self._sweep_due = now + SWEEP_EVERY

    def _lane(self, target: Target) -> Lane:
        rules = Rules(self.settings.disable_after)
        return Lane(
            target,
            self._database,
            self.client,
            rules,
            changed=self.reload,
            clock=self._clock,
        )

    # --- the button -------------------------------------------------------------------------

    async def queue_test(self, session: AsyncSession, webhook: int) -> int:
        """A message that says that nothing happened; `send_test` once it is committed.

        NotFound, and Conflict when the target's secrets cannot be read any more.
        """
        now = self._clock()
        await targets.view(session, webhook, now=now)
        found, _ = await targets.load(session, self.box, now=now, only=webhook)
        if not found:
            raise Conflict("its address was sealed under a key that is not there any more")
        new = _test(found[0], now)
        return await outbox.add_test(session, new, now=now, until=now + TEST_LEASE)

    def send_test(self, webhook: int, delivery: int) -> None:
        """Once, at once, whatever else waits and whether or not the target is switched on."""
        task = asyncio.create_task(self._send_test(webhook, delivery))
        self._tests.add(task)
        task.add_done_callback(self._tests.discard)

    async def _send_test(self, webhook: int, delivery: int) -> None:
        try:
            now = self._clock()
            target, due = await self._take_test(webhook, delivery, now)
            if target is not None and due is not None:
                await self._settle_test(due, await send(self.client, target, due, now=now))
        except Exception as error:
            log.warning("webhook_not_tested", webhook=webhook, error=in_words(error))

    @unbroken
    async def _take_test(
        self, webhook: int, delivery: int, now: float
    ) -> tuple[Target | None, Due | None]:
        async with self._database.session() as session:
            found, _ = await targets.load(session, self.box, now=now, only=webhook)
            due = await outbox.take_one(session, delivery, until=now + TEST_LEASE)
            await session.commit()
        return next(iter(found), None), due

    @unbroken
    async def _settle_test(self, due: Due, outcome: Outcome) -> None:
        async with self._database.session() as session:
            await outbox.settle(session, due, outcome, now=self._clock(), again=None)
            await session.commit()

    # --- how it is --------------------------------------------------------------------------

    def health(self) -> Verdict:
        """Without names: strangers may read it."""
        now = self._clock()
        off = sum(view.off_reason not in {None, "person"} for view in self._views)
        failing = sum(
            view.active
            and view.failing_since is not None
            and now - view.failing_since > FAILING_IS_NEWS
            for view in self._views
        )
        dead = sum(view.dead for view in self._views)
        said = (
            (off, f"{off} webhooks were switched off because nothing arrived"),
            (failing, f"nothing arrives at {failing} webhooks"),
            (len(self._unreadable), f"secrets of {len(self._unreadable)} webhooks are unreadable"),
        )
        troubles = [text for count, text in said if count]
        if not troubles:
            return OK
        more = [f"{dead} messages given up"] if dead else []
        return Verdict(State.DEGRADED, "; ".join(troubles + more))

    async def close(self) -> None:
        for task in list(self._tests):
            task.cancel()
        await asyncio.gather(*self._tests, return_exceptions=True)
        await self.client.close()


def _test(target: Target, now: float) -> NewDelivery:
    name = secrets.token_hex(16)
    if target.kind == "cti":
        fields = {"event": "newCall", "from": ANONYMOUS, "to": "test", "direction": "in"}
        body = msgspec.json.encode(fields | {"callId": name}).decode()
        return NewDelivery(target.id, f"{name}.newCall", TEST.name, f"test:{name}", body)
    message = composed(TEST, out.Tested(text="你好 / hello"), now, f"test:{name}", name.encode())
    return NewDelivery(target.id, message.id, message.type, message.subject, message.body)


def unwired(database: Database) -> Outward:
    """For a web application by itself: its key is forgotten with it, and nobody delivers."""
    return Outward(database, Keys((secrets.token_bytes(SIZE),)).box(PURPOSE), OutwardSettings())
