"""A gateway on a free port, people who may sign in to it, and consoles that connect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from screenpop import frames
from screenpop.door import Principal
from screenpop.gateway import Gateway, Settings
from screenpop.pops import Pops
from tests.screenpop.story import agent_of

F = TypeVar("F", bound=frames.Server)
_decoder: msgspec.json.Decoder[frames.ServerFrame] = msgspec.json.Decoder(frames.ServerFrame)


@dataclass(frozen=True)
class Person:
    user: int
    agent: int | None
    session: str
    expires_at: float = field(default_factory=lambda: time.time() + 3600)
    rights: frozenset[str] = frozenset()

    @property
    def display_name(self) -> str:
        return f"person {self.user}"


class People:
    """Sign-in as the gateway knows it: a Cookie header is a person or nobody."""

    def __init__(self) -> None:
        self.away = False
        self.known = {
            "s=one": Person(1, 1, "one"),
            "s=elsewhere": Person(1, 1, "elsewhere"),  # the same agent in another browser
            "s=two": Person(2, 2, "two"),
            "s=boss": Person(9, None, "boss", rights=frozenset({"board.read"})),
            "s=desk": Person(8, None, "desk", rights=frozenset({"work.handle"})),
            "s=ann": Person(6, None, "ann", rights=frozenset({"ticket.read"})),
            "s=bob": Person(7, None, "bob", rights=frozenset({"ticket.read"})),
        }

    async def principal_for_cookie(self, cookie_header: str | None, /) -> Person | None:
        if self.away:
            raise OSError("the database is away")
        return self.known.get(cookie_header or "")

    def change(self, cookie: str, **values: Any) -> None:
        self.known[cookie] = replace(self.known[cookie], **values)


class Wall:
    """A board that shows only how far it is."""

    def __init__(self) -> None:
        self.seq = 0
        self.pending: list[frames.BoardChanged] = []
        self.queues: list[frames.QueueRow] = []

    def snapshot(self) -> frames.BoardState:
        link = frames.Link(pbx="up", pbx_since=1.0, store="up", store_since=1.0)
        return frames.BoardState(
            queues=self.queues, agents=[], link=link, day_start=float(self.seq)
        )

    def change(self) -> None:
        self.seq += 1
        self.pending.append(
            frames.BoardChanged(seq=self.seq, queues=[], agents=[], gone_queues=[], gone_agents=[])
        )

    def flush(self, now: float) -> Sequence[frames.BoardChanged]:
        pending, self.pending = self.pending, []
        return pending


class Owed:
    """Work that shows only how much there is."""

    def __init__(self) -> None:
        self.seq = 0
        self.pending: list[frames.WorkUpdated] = []

    def snapshot(self) -> frames.WorkState:
        link = frames.Link(pbx="up", pbx_since=1.0, store="up", store_since=1.0)
        return frames.WorkState(
            missed=self.seq, claimed=0, oldest=None, callbacks=0, offers=[], link=link
        )

    def change(self) -> None:
        self.seq += 1
        self.pending.append(
            frames.WorkUpdated(
                seq=self.seq,
                missed=self.seq,
                claimed=0,
                oldest=None,
                callbacks=0,
                offers=[],
                changed=[],
            )
        )

    def flush(self, now: float) -> Sequence[frames.WorkUpdated]:
        pending, self.pending = self.pending, []
        return pending


class Figures:
    """Views that hold as many tickets as were changed; ticket 404 is nobody's."""

    def __init__(self) -> None:
        self.on_change: list[Callable[[frames.TicketRef], None]] = []
        self.seen = 0
        self.asked = 0
        self.away = False
        self.hidden = {404}

    def change(self, ticket: int) -> None:
        self.seen += 1
        for listener in self.on_change:
            listener(frames.TicketRef(ticket, self.seen, "edited"))

    async def counts(self, people: Collection[Principal]) -> dict[int, list[frames.ViewCount]]:
        if self.away:
            raise OSError("the database is away")
        self.asked += 1
        return {who.user: [frames.ViewCount(who.user, self.seen, 0)] for who in people}

    async def visible(self, who: Principal, ticket: int) -> bool:
        return ticket != 404

    async def reached(
        self, people: Collection[Principal], tickets: Collection[int]
    ) -> dict[int, set[int]]:
        return {who.user: {one for one in tickets if one not in self.hidden} for who in people}


class Client:
    """A console: sends what it is told to, decodes what comes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: msgspec.Struct | str | bytes) -> None:
        if isinstance(message, msgspec.Struct):
            message = msgspec.json.encode(message).decode()
        await self.socket.send(message)

    async def frame(self) -> frames.ServerFrame:
        async with asyncio.timeout(5):
            return _decoder.decode(await self.socket.recv())

    async def next(self, kind: type[F]) -> F:
        """The next frame, which has to be of this kind; beats aside."""
        frame = await self.frame()
        while isinstance(frame, frames.Beat) and kind is not frames.Beat:
            frame = await self.frame()
        assert isinstance(frame, kind), frame
        return frame

    async def quiet(self, seconds: float = 0.15) -> bool:
        """Nothing comes for this long."""
        try:
            async with asyncio.timeout(seconds):
                await self.socket.recv()
        except TimeoutError:
            return True
        return False

    async def closed(self, within: float = 5.0) -> int | None:
        async with asyncio.timeout(within):
            await self.socket.wait_closed()
        return self.socket.close_code


class House:
    """The gateway under test and everything around it."""

    def __init__(self, **settings: Any) -> None:
        self.people = People()
        self.wall = Wall()
        self.owed = Owed()
        self.figures = Figures()
        self.pops = Pops(agent_of, started_at=1.0)
        usual = Settings(port=0, origins=("https://calls.example",), beat=60.0)
        self.gateway = Gateway(
            replace(usual, **settings),
            pops=self.pops,
            authenticator=self.people,
            board=self.wall,
            work=self.owed,
            tickets=self.figures,
            on_console=lambda agent, connected: self.consoles.append((agent, connected)),
        )
        self.consoles: list[tuple[int, bool]] = []  # what was told of them
        self.clients: list[Client] = []

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.gateway.port}/live"

    async def connect(self, cookie: str | None = "s=one", **options: Any) -> Client:
        headers = {"Cookie": cookie} if cookie else {}
        options = {"compression": None, "proxy": None, "ping_interval": None} | options
        client = Client(await connect(self.url, additional_headers=headers, **options))
        self.clients.append(client)
        return client

    async def console(self, cookie: str = "s=one", **options: Any) -> Client:
        """Connected and subscribed to the own calls."""
        client = await self.connect(cookie, **options)
        await client.next(frames.Welcome)
        await client.send(frames.Subscribe(stream="me"))
        await client.next(frames.Snapshot)
        return client

    async def close(self) -> None:
        for client in self.clients:
            client.socket.transport.abort()
        await self.gateway.stop()


@pytest.fixture
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Parametrize indirectly with other settings of the gateway."""
    house = House(**getattr(request, "param", {}))
    await house.gateway.start()
    yield house
    await house.close()
