"""The gateway with a board of 200 queues and 1,000 agents, in a process of its own.

It prints its port, then obeys one command a line on its standard input. `change` answers with the
bytes of the next frame; `ours` and `raw` send it, by the board's stream or by nothing but a write
to each socket, and answer with the moment at which they began; `flood` and `calm` begin and end
changes at four a second; `pop N` rings agent N, and answers nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any
from zoneinfo import ZoneInfo

import uvloop

from callcenter import events as ev
from screenpop.console import wire
from screenpop.gateway import Gateway, Settings
from screenpop.pops import Pops
from tests.bench.rig import PBX, Seat, agent_of
from web.board import LiveBoard
from web.board_agents import BoardAgent
from web.board_queues import Terms

AGENTS, QUEUES = 1000, 200
CHANGING = 20  # agents between two frames: 80 a second, as with 1,000 agents on the telephone
RIGHTS = frozenset({"board.read"})
STATES = (ev.AgentState.READY, ev.AgentState.BUSY, ev.AgentState.WRAP_UP)


class Seats:
    """Every Cookie header `seat=N` is agent N, who may see the board."""

    async def principal_for_cookie(self, cookie_header: str | None, /) -> Seat | None:
        number = int((cookie_header or "").removeprefix("seat="))
        return Seat(number, number, f"session-{number}", time.time() + 86400, RIGHTS)


class Rig:
    def __init__(self) -> None:
        now = time.time()
        self.board = LiveBoard(ZoneInfo("Asia/Shanghai"), now)
        self.board.configure(
            [BoardAgent(n, f"Agent {n:04}", ((PBX, f"PJSIP/{n}"),), True) for n in range(AGENTS)],
            {f"queue {n:03}": Terms() for n in range(QUEUES)},
        )
        self.gateway = Gateway(
            Settings(port=0, beat=60.0),
            pops=Pops(agent_of, started_at=now),
            authenticator=Seats(),
            board=self.board,
        )
        self.turn = self.calls = 0
        self.data, self.seq = b"", 0
        self.flood: asyncio.Task[None] | None = None

    def change(self) -> None:
        self.turn += 1
        for n in range(CHANGING):
            agent = (self.turn * CHANGING + n) % AGENTS
            self.board.apply(
                ev.AgentChanged(
                    at=time.time(),
                    agent=agent,
                    name=f"Agent {agent:04}",
                    state=STATES[self.turn % len(STATES)],
                    reasons=[],
                    since=time.time(),
                    until=None,
                    interaction=None,
                    queue=None,
                    pending=None,
                    phone=None,
                )
            )

    def prepare(self) -> int:
        self.change()
        (frame,) = self.board.flush(time.time())
        self.data, self.seq = wire(frame), frame.seq
        return len(self.data)

    async def ours(self) -> float:
        began = time.perf_counter()
        await self.gateway._shared["board"]._tell(self.seq, self.data)
        return began

    async def raw(self) -> float:
        """The least there is: the bytes to each socket, in one go."""
        shared = self.gateway._shared["board"]
        sockets = [console.transport.get_extra_info("socket").fileno() for console in shared._sent]
        shared._sent = dict.fromkeys(shared._sent, self.seq)
        began, data = time.perf_counter(), self.data
        for one in sockets:
            assert os.write(one, data) == len(data)
        return began

    async def changes(self) -> None:
        while True:
            self.change()
            await asyncio.sleep(0.25)

    def pop(self, agent: int) -> None:
        self.calls += 1
        trunk = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", str(self.calls), "Bench", "c")
        call: dict[str, Any] = {"at": 1.0, "pbx": PBX, "interaction": f"i{self.calls}"}
        phone = ev.Party(f"PJSIP/{agent}-1", f"PJSIP/{agent}", str(agent), None, f"a{self.calls}")
        inbound = ev.Direction.INBOUND
        self.gateway.feed(
            ev.InteractionStarted(**call, direction=inbound, caller=trunk, dialled="4008")
        )
        self.gateway.feed(
            ev.OfferStarted(**call, offer=f"o{self.calls}", party=phone, queue="q", entry=None)
        )
        self.gateway.feed(
            ev.InteractionEnded(
                **call, reason=ev.EndReason.CANCELLED, by="caller", cause=16, answered=False
            )
        )

    async def obey(self, line: str) -> str | None:
        command, _, rest = line.partition(" ")
        if command == "pop":
            self.pop(int(rest))
            return None
        if command == "change":
            return str(self.prepare())
        if command == "flood":
            self.flood = asyncio.create_task(self.changes())
        elif command == "calm" and self.flood is not None:
            self.flood.cancel()
        elif command in {"ours", "raw"}:
            return repr(await (self.ours() if command == "ours" else self.raw()))
        return "0"


async def main() -> None:
    rig = Rig()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    async with rig.gateway:
        _say(str(rig.gateway.port))
        while line := (await reader.readline()).decode().strip():
            answer = await rig.obey(line)
            if answer is not None:
                _say(answer)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
