"""Commands and their answers on one FastAGI session, in step whatever is cancelled or cut short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from callcenter.agi.link import Link
from callcenter.agi.protocol import Answer, Refused, encode
from callcenter.errors import AgiClosed, AgiError, AgiHangup

PROMPT_SECONDS: Final = 10.0  # for an answer that needs no person and no other telephone
_HANGUP_SECONDS: Final = 0.2  # after a failure, until the PBX tells of the hang-up behind it

Until = asyncio.Event | asyncio.Future[None]


class Dialogue:
    """One command at a time, given by one coroutine; `interrupt` is for everybody.

    A command that is cancelled (`asyncio.timeout`) may be answered later; the next command first
    says something whose answer is known, and skips everything that comes before it. That ends
    a wait or a prompt still running at once, and waits for the end of an application.
    """

    def __init__(self, link: Link, name: str) -> None:
        self.closed = asyncio.Event()  # set when the caller hung up, or the session is over
        self._link = link
        self._name = name
        self._waiter: asyncio.Future[None] | None = None
        self._busy = False
        self._interrupted = False
        self._marks = 0
        link.on_change = self._wake
        self._wake()

    @property
    def hung_up(self) -> bool:
        """Whether the caller is known to be gone."""
        return self._link.hung_up

    def interrupt(self) -> None:
        """End the wait or prompt that is running now; nothing when there is none."""
        self._interrupted = True
        self._wake()

    async def ask(self, *words: str, seconds: float | None = PROMPT_SECONDS) -> Answer | Refused:
        """Send one command, also after the hang-up, and return what the PBX says to it. AgiClosed
        when the session is over, or when nothing is said within `seconds` (None: for ever)."""
        line = encode(*words)
        with self._turn():
            await self._catch_up()
            self._send(line)
            return await self._answer(seconds)

    async def command(self, *words: str, seconds: float | None = PROMPT_SECONDS) -> Answer:
        """A command that needs the caller: AgiHangup when there is none any more, AgiError when the
        PBX refuses it. `command("SET", "CALLERID", number)`: each argument is a word."""
        self.require_caller()
        return await self.checked(await self.ask(*words, seconds=seconds), words[0])

    async def interruptible(
        self, *words: str, until: Until | None, seconds: float | None = None
    ) -> tuple[Answer | None, bool]:
        """The answer if there is one, and whether `until` or `interrupt` ended the command.

        The PBX ends WAIT FOR DIGIT and STREAM FILE when it is sent the next command. The first is
        answered then, the second is not: so the next command is the one that can be told apart.
        """
        self.require_caller()
        line = encode(*words)
        with self._turn(), _watched(until, self._wake) as happened:
            await self._catch_up()
            if happened():
                return None, True
            self._interrupted = False
            self._send(line)
            done = await self._until(lambda: happened() or self._interrupted, seconds)
            answer = await self._answer(seconds) if done else await self._cut_short()
        if answer is not None and not (isinstance(answer, Answer) and answer.result == -1):
            answer = await self.checked(answer, words[0])
        return answer, not done

    async def checked(self, answer: Answer | Refused, name: str) -> Answer:
        """The answer, unless it says that the caller is gone or that the PBX refused."""
        await self.settle(answer)
        self.require_caller()
        if isinstance(answer, Refused):
            raise AgiError(f"{name}: {answer.code} {answer.text}")
        return answer

    def require_caller(self) -> None:
        if self.hung_up:
            raise AgiHangup(f"{self._name} is gone")

    async def settle(self, answer: Answer | Refused) -> None:
        """A failure and the hang-up behind it are said in two lines: wait for the second."""
        if isinstance(answer, Refused):
            if answer.is_hangup:
                self._link.hung_up = True
                self._wake()
        elif answer.result == -1:
            with suppress(TimeoutError):
                async with asyncio.timeout(_HANGUP_SECONDS):
                    while not self.hung_up:
                        await self._more()

    def close(self) -> None:
        """End the session: the dialplan goes on where it asked us."""
        self._link.close()

    # --- in step -------------------------------------------------------------------------------

    def _send(self, line: bytes) -> None:
        if self._link.lost is not None:
            raise AgiClosed(self._link.lost)
        self._link.write(line)

    async def _answer(self, seconds: float | None) -> Answer | Refused:
        async with self._deadline(seconds):
            while not self._link.answers:
                await self._more()
        return self._link.take()

    async def _until(self, interrupted: Callable[[], bool], seconds: float | None) -> bool:
        """Whether the answer was there first."""
        async with self._deadline(seconds):
            while not self._link.answers and not interrupted():
                await self._more()
        return bool(self._link.answers)

    async def _cut_short(self) -> Answer | Refused | None:
        before = await self._mark(PROMPT_SECONDS)
        return before[0] if before else None

    async def _catch_up(self) -> None:
        if self._link.expected:
            await self._mark(None)

    async def _mark(self, seconds: float | None) -> list[Answer | Refused]:
        """Say something whose answer is known; return what was answered before it."""
        self._marks += 1
        mark = f"callcenter-{self._marks}"
        self._send(encode("GET", "FULL", "VARIABLE", mark))
        before: list[Answer | Refused] = []
        while True:
            answer = await self._answer(seconds)
            if isinstance(answer, Answer) and answer.data == mark:
                self._link.expected = 0
                return before
            before.append(answer)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._busy:
            raise RuntimeError("two coroutines give commands to one call")
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    # --- waiting -------------------------------------------------------------------------------

    async def _more(self) -> None:
        """Until anything happens; AgiClosed when nothing can any more."""
        if self._link.lost is not None:
            raise AgiClosed(self._link.lost)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._link.hung_up or self._link.lost is not None:
            self.closed.set()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @asynccontextmanager
    async def _deadline(self, seconds: float | None) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            self._link.give_up(f"no answer within {seconds:g} s")
            raise AgiClosed(self._link.lost or "") from None


@contextmanager
def _watched(until: Until | None, wake: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Whether it happened, with `wake` called when it does."""
    if until is None:
        yield lambda: False
        return
    if isinstance(until, asyncio.Event):
        event = until
        task = asyncio.ensure_future(event.wait())
        task.add_done_callback(lambda _: wake())
        try:
            yield event.is_set
        finally:
            task.cancel()
        return

    def call(_: object) -> None:
        wake()

    until.add_done_callback(call)
    try:
        yield until.done
    finally:
        until.remove_done_callback(call)
