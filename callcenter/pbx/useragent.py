"""A SIP user agent on one UDP port: transactions, registration, and the calls it is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from callcenter.pbx import sip
from callcenter.pbx.call import ALLOW, GIVE_UP, Call
from callcenter.pbx.media import DEFAULT_AUDIO
from callcenter.pbx.sip import Address, Message, SipError

_RESEND = 0.5
Behaviour = Callable[[Call], Awaitable[None]]
Journal = Callable[[str, str, str, str], None]


async def rings(call: Call) -> None:
    """Ring and never answer; the script may answer, reject or wait."""
    call.ring()


class Robot(asyncio.DatagramProtocol):
    """One SIP user agent on one port. `behaviour` decides what it does with calls that come in;
    each also goes into `incoming` for a script that wants to act itself."""

    def __init__(self, server: tuple[str, int], user: str, password: str = "") -> None:
        self.server = server
        self.user = user
        self.behaviour: Behaviour = rings
        self.audio: bytes = DEFAULT_AUDIO
        self.journal: Journal | None = None
        self.incoming: asyncio.Queue[Call] = asyncio.Queue()
        self.host = ""
        self.port = 0
        self._password = password
        self._transport: asyncio.DatagramTransport | None = None
        self._calls: dict[str, Call] = {}
        # A CANCEL has the branch of the INVITE it cancels, so the method is part of the key.
        self._transactions: dict[tuple[str, str], asyncio.Queue[Message]] = {}
        self._sent_responses: dict[tuple[str, str], bytes | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the SIP port; 0 takes any."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")

    async def close(self) -> None:
        """End every call and close the port."""
        goodbyes = [call.hang_up() for call in list(self._calls.values())]
        with suppress(TimeoutError):  # a PBX that is gone answers none of them
            async with asyncio.timeout(1.0):
                await asyncio.gather(*goodbyes, return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()

    async def register(self, seconds: int = 300) -> None:
        """Register with the PBX; 0 seconds unregisters."""
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        me = Address("", f"sip:{self.user}@{self.server[0]}", sip.token())
        headers = [
            ("From", str(me)),
            ("To", str(Address("", me.uri))),
            ("Call-ID", sip.token()),
            ("CSeq", "1 REGISTER"),
            ("Contact", self.contact),
            ("Expires", str(seconds)),
        ]
        response = await self.request(Message(f"REGISTER {uri} SIP/2.0", headers))
        if response.status != 200:
            raise SipError(f"{self.user} cannot register: {response.first}")

    async def unregister(self) -> None:
        """Take the telephone off the network: calls to it find nobody."""
        await self.register(0)

    async def call(self, number: str, *, caller: str = "", name: str = "") -> Call:
        """Dial `number` and return at once; `caller` and `name` matter on a trunk only."""
        remote = Address("", f"sip:{number}@{self.server[0]}:{self.server[1]}")
        local = Address(name, f"sip:{caller or self.user}@{self.host}", sip.token())
        call = Call(self, sip.token(), local, remote)
        self._calls[call.call_id] = call
        self.note(call, "call", number)
        await call.dial()
        return call

    async def next_call(self, within: float = 10.0) -> Call:
        """Wait for the next call that comes in."""
        return await asyncio.wait_for(self.incoming.get(), within)

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run something for the length of the robot's life; its failure ends nothing else."""

        async def run() -> None:
            with suppress(SipError, TimeoutError):
                await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def send(self, message: Message) -> None:
        """Send a request or response to the PBX."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message.encode(), self.server)

    def respond(self, request: Message, response: Message) -> None:
        """Send a response, and remember it for the day the request comes again."""
        self._sent_responses[request.branch, request.method] = response.encode()
        self.send(response)

    async def request(
        self, message: Message, on_progress: Callable[[Message], None] | None = None
    ) -> Message:
        """Send a request until its final response, answering one challenge on the way."""
        response = await self._transact(message, on_progress)
        if response.status not in (401, 407) or not self._password:
            return response
        name = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
        answer = "Authorization" if response.status == 401 else "Proxy-Authorization"
        method, uri, _ = message.first.split()
        value = sip.authorization(response.get(name), method, uri, self.user, self._password)
        headers = [(n, _next_cseq(v) if n == "CSeq" else v) for n, v in message.headers]
        message.headers[:] = [h for h in headers if h[0] != "Via"] + [(answer, value)]
        return await self._transact(message, on_progress)

    async def _transact(
        self, message: Message, on_progress: Callable[[Message], None] | None
    ) -> Message:
        branch = "z9hG4bK" + sip.token()
        via = f"SIP/2.0/UDP {self.host}:{self.port};rport;branch={branch}"
        message.headers.insert(0, ("Via", via))
        if not message.get("Max-Forwards"):
            message.headers.append(("Max-Forwards", "70"))
        responses: asyncio.Queue[Message] = asyncio.Queue()
        self._transactions[branch, message.method] = responses
        try:
            return await self._final(message, responses, on_progress)
        finally:
            del self._transactions[branch, message.method]

    async def _final(
        self,
        message: Message,
        responses: asyncio.Queue[Message],
        on_progress: Callable[[Message], None] | None,
    ) -> Message:
        response = await self._first_response(message, responses)
        while response.status < 200:
            if on_progress is not None:
                on_progress(response)
            response = await responses.get()
        if message.method == "INVITE" and response.status >= 300:
            self.send(_ack_of_failure(message, response))
        return response

    async def _first_response(self, message: Message, responses: asyncio.Queue[Message]) -> Message:
        waited = 0.0
        while waited < GIVE_UP:
            self.send(message)
            with suppress(TimeoutError):
                return await asyncio.wait_for(responses.get(), _RESEND)
            waited += _RESEND
        raise SipError(f"no response to {message.first}")

    def datagram_received(self, data: bytes, _addr: tuple[str | int, int]) -> None:
        with suppress(SipError):
            message = sip.parse(data)
            if message.is_response:
                self._on_response(message)
            else:
                self._on_request(message)

    def _on_response(self, message: Message) -> None:
        waiting = self._transactions.get((message.branch, message.method))
        call = self._calls.get(message.get("Call-ID"))
        if waiting is not None:
            waiting.put_nowait(message)
        elif call is not None and message.method == "INVITE" and message.status == 200:
            call.acknowledge()

    def _on_request(self, request: Message) -> None:
        key = (request.branch, request.method)
        if key in self._sent_responses:
            previous = self._sent_responses[key]
            if previous is not None and self._transport is not None:
                self._transport.sendto(previous, self.server)
            return
        self._sent_responses[key] = None
        call = self._calls.get(request.get("Call-ID"))
        if call is not None:
            call.on_request(request)
        elif request.method == "INVITE":
            self._on_new_call(request)
        elif request.method != "ACK":
            status = 200 if request.method in ("OPTIONS", "NOTIFY") else 481
            self.respond(request, sip.respond(request, status, tag=sip.token(), headers=ALLOW))

    def _on_new_call(self, invite: Message) -> None:
        local = Address("", sip.address(invite.get("To")).uri, sip.token())
        call = Call(self, invite.get("Call-ID"), local, sip.address(invite.get("From")), invite)
        self._calls[call.call_id] = call
        self.incoming.put_nowait(call)
        self.spawn(self.behaviour(call))

    def note(self, call: Call, what: str, detail: str = "") -> None:
        """Tell the journal, if there is one, what this robot did or saw in a call."""
        if self.journal is not None:
            self.journal(self.user, what, detail, call.call_id)

    def forget(self, call: Call) -> None:
        """Take a call that ended off the books, a little later: its last messages may repeat."""
        loop = asyncio.get_running_loop()
        loop.call_later(2.0, self._calls.pop, call.call_id, None)


def _next_cseq(value: str) -> str:
    number, method = value.split()
    return f"{int(number) + 1} {method}"


def _ack_of_failure(invite: Message, response: Message) -> Message:
    headers = [*invite.all("Via"), *invite.all("From"), *response.all("To")]
    headers += [*invite.all("Call-ID"), ("CSeq", invite.get("CSeq").split()[0] + " ACK")]
    return Message(f"ACK {invite.first.split()[1]} SIP/2.0", headers)
