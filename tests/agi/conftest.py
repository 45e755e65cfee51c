"""A server whose handler is the test's, and a program that plays the PBX."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from callcenter.agi.server import serve
from callcenter.agi.session import Agi
from tests.agi.peer import ENVIRONMENT, Peer

Flow = Callable[[Agi], Awaitable[Any]]


class Called:
    """One call: the PBX's end, and what came of the flow."""

    def __init__(self, peer: Peer, outcome: asyncio.Future[Any]) -> None:
        self.peer = peer
        self._outcome = outcome

    async def result(self, within: float = 2.0) -> Any:
        """What the flow returned; raises what it raised."""
        return await asyncio.wait_for(self._outcome, within)


@pytest.fixture
async def call() -> AsyncIterator[Callable[[Flow], Awaitable[Called]]]:
    """`await call(flow)`: the PBX asks, and `flow` answers."""
    async with AsyncExitStack() as stack:

        async def start(flow: Flow, environment: bytes = ENVIRONMENT) -> Called:
            outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

            async def handler(agi: Agi) -> None:
                try:
                    outcome.set_result(await flow(agi))
                except Exception as error:
                    outcome.set_exception(error)
                    raise

            server = await stack.enter_async_context(serve("127.0.0.1", 0, handler))
            peer = await stack.enter_async_context(Peer(server.port))
            peer.say(environment)
            return Called(peer, outcome)

        yield start
