"""Telephones and callers that are programs: they register, call, answer, talk and transfer, so
that calls on a real PBX can be placed and checked without a person.

::

    async with phone(pbx, "1001") as agent, trunk(pbx) as outside:
        agent.behaviour = answers(after=1.0)
        call = await outside.call("8000", caller="+8613800138000", name="王芳")
        await call.answered()
        await asyncio.sleep(3)
        await call.hang_up()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

from callcenter.pbx import sip
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.media import DEFAULT_AUDIO, Media
from callcenter.pbx.sip import Address, Message, SipError

_RESEND = 0.5
_GIVE_UP = 8.0
_ALLOW = {"Allow": "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE"}
Behaviour = Callable[["Call"], Awaitable[None]]


def answers(after: float = 0.5, hang_up_after: float | None = None) -> Behaviour:
    """Ring for `after` seconds, answer, and hang up `hang_up_after` seconds later if given."""

    async def behave(call: Call) -> None:
        call.ring()
        await asyncio.sleep(after)
        if not call.is_over:
            await call.answer()
        if hang_up_after is not None:
            await asyncio.sleep(hang_up_after)
            await call.hang_up()

    return behave


def rejects(status: int = 486, after: float = 0.2) -> Behaviour:
    """Ring shortly, then refuse: 486 busy, 603 declined, 480 do not disturb."""

    async def behave(call: Call) -> None:
        call.ring()
        await asyncio.sleep(after)
        call.reject(status)

    return behave


def redirects(number: str) -> Behaviour:
    """Send the caller elsewhere with 302, as a telephone with forwarding on does."""

    async def behave(call: Call) -> None:
        call.redirect(number)

    return behave


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
        self.incoming: asyncio.Queue[Call] = asyncio.Queue()
        self.host = ""
        self.port = 0
        self._password = password
        self._transport: asyncio.DatagramTransport | None = None
        self._calls: dict[str, Call] = {}
        self._transactions: dict[str, asyncio.Queue[Message]] = {}
        self._sent_responses: dict[tuple[str, str], bytes | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the SIP port; 0 takes any."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.host, self.port = transport.get_extra_info("sockname")

    async def close(self) -> None:
        """End every call and close the port."""
        for call in list(self._calls.values()):
            with suppress(SipError, TimeoutError):
                await call.hang_up()
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
        await call.dial()
        return call

    async def next_call(self, timeout: float = 10.0) -> Call:
        """Wait for the next call that comes in."""
        return await asyncio.wait_for(self.incoming.get(), timeout)

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
        self._transactions[branch] = responses
        try:
            return await self._final(message, responses, on_progress)
        finally:
            del self._transactions[branch]

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
        while waited < _GIVE_UP:
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
        waiting = self._transactions.get(message.branch)
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
            self.respond(request, sip.respond(request, status, tag=sip.token(), headers=_ALLOW))

    def _on_new_call(self, invite: Message) -> None:
        local = Address("", sip.address(invite.get("To")).uri, sip.token())
        call = Call(self, invite.get("Call-ID"), local, sip.address(invite.get("From")), invite)
        self._calls[call.call_id] = call
        self.incoming.put_nowait(call)
        self.spawn(self.behaviour(call))

    def forget(self, call: Call) -> None:
        """Take a call that ended off the books, a little later: its last messages may repeat."""
        loop = asyncio.get_running_loop()
        loop.call_later(2.0, self._calls.pop, call.call_id, None)


class Call:
    """One call of one robot: its SIP dialog and its audio."""

    def __init__(
        self,
        robot: Robot,
        call_id: str,
        local: Address,
        remote: Address,
        invite: Message | None = None,
    ) -> None:
        self.robot = robot
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.status = 0
        self.notified: list[str] = []
        self.media = Media(robot.audio)
        self._invite = invite
        self._target = sip.address(invite.get("Contact")).uri if invite else remote.uri
        self._offer = invite.body if invite else ""
        self._cseq = 1
        self._invite_cseq = 1
        self._sdp_version = 0
        self._rtp_port = 0
        self._dialled: asyncio.Task[None] | None = None
        self._placed: Message | None = None
        self._ringing = asyncio.Event()
        self._answered = asyncio.Event()
        self._ended = asyncio.Event()

    # -- what a script can ask ----------------------------------------------------------------

    @property
    def is_answered(self) -> bool:
        return self._answered.is_set()

    @property
    def is_over(self) -> bool:
        return self._ended.is_set()

    @property
    def heard(self) -> float:
        """Loudness of what this party hears; below 10 is silence."""
        return self.media.heard

    async def rings(self, timeout: float = 10.0) -> None:
        """Wait until the other side rings (a call placed)."""
        await self._until(self._ringing, timeout)

    async def answered(self, timeout: float = 10.0) -> None:
        """Wait for the answer; a call that ends before it raises SipError with the reason."""
        await self._until(self._answered, timeout)

    async def ended(self, timeout: float = 10.0) -> None:
        """Wait until either side has hung up."""
        await asyncio.wait_for(self._ended.wait(), timeout)

    async def _until(self, event: asyncio.Event, timeout: float) -> None:
        waits = [asyncio.ensure_future(e.wait()) for e in (event, self._ended)]
        try:
            await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if event.is_set():
            return
        if self.is_over:
            raise SipError(f"the call ended first, with {self.status}")
        raise TimeoutError(f"{self.robot.user}: nothing within {timeout} s")

    # -- what a script can do -----------------------------------------------------------------

    def ring(self) -> None:
        """Say that the telephone rings (a call received)."""
        self._respond(180)

    async def answer(self) -> None:
        """Pick up a call received."""
        body = await self._describe()
        self._respond(200, body=body)
        self._start_audio(self._offer)
        self._answered.set()

    def reject(self, status: int = 486) -> None:
        """Refuse a call received."""
        if not (self.is_over or self.is_answered):
            self._respond(status)
            self._end(status)

    def redirect(self, number: str) -> None:
        """Answer with 302 and the number to call instead."""
        host, port = self.robot.server
        self._respond(302, headers={"Contact": f"<sip:{number}@{host}:{port}>"})
        self._end(302)

    async def hang_up(self) -> None:
        """End the call in whatever state it is."""
        if self.is_over:
            return
        if self.is_answered:
            request = self._in_dialog("BYE")
            self._end(self.status)
            await self.robot.request(request)
        elif self._invite is not None:
            self.reject(480)
        else:
            await self._cancel()

    async def hold(self) -> None:
        """Put the other party on hold."""
        await self._reinvite("sendonly")

    async def resume(self) -> None:
        """Take the other party back from hold."""
        await self._reinvite("sendrecv")

    async def press(self, keys: str) -> None:
        """Press keys during the call (RFC 4733)."""
        await self.media.press(keys)

    async def transfer(self, number: str) -> None:
        """Blind transfer: send the other party to `number` by REFER."""
        await self._refer(f"<{self._uri(number)}>")

    async def transfer_to(self, other: Call) -> None:
        """Attended transfer: connect the other party with that of `other`, by REFER with Replaces.
        When `other` still rings, this is the blonde transfer."""
        replaces = f"{other.call_id};to-tag={other.remote.tag};from-tag={other.local.tag}"
        quoted = replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        await self._refer(f"<{self._uri(other.remote.user)}?Replaces={quoted}>")

    # -- the dialog ---------------------------------------------------------------------------

    async def dial(self) -> None:
        """Send the INVITE; the rest happens as the responses come."""
        body = await self._describe()
        headers = self._dialog_headers("INVITE", 1)
        headers += [("Contact", self.robot.contact), ("Content-Type", "application/sdp")]
        self._placed = Message(f"INVITE {self._target} SIP/2.0", headers, body)
        self._dialled = self.robot.spawn(self._follow(self._placed))

    async def _follow(self, invite: Message) -> None:
        try:
            response = await self.robot.request(invite, self._on_progress)
        except SipError:
            self._end(408)
            raise
        self._invite_cseq = self._cseq = int(invite.get("CSeq").split()[0])
        self.status = response.status
        if response.status != 200:
            self._end(response.status)
            return
        self._learn(response)
        self.acknowledge()
        self._start_audio(response.body)
        self._answered.set()

    def _on_progress(self, response: Message) -> None:
        if response.status > 100:
            self.remote = sip.address(response.get("To"))
            self._ringing.set()

    def acknowledge(self) -> None:
        """Acknowledge the answer, also when it is repeated."""
        self.robot.send(self._request("ACK", self._invite_cseq, own_branch=True))

    def on_request(self, request: Message) -> None:
        """Serve a request of the PBX within this call."""
        handler = {
            "INVITE": self._on_reinvite,
            "UPDATE": self._on_reinvite,
            "BYE": self._on_bye,
            "CANCEL": self._on_cancel,
            "NOTIFY": self._on_notify,
        }.get(request.method)
        if handler is not None:
            handler(request)
        elif request.method != "ACK":
            self.robot.respond(request, sip.respond(request, 200, headers=_ALLOW))

    def _on_reinvite(self, request: Message) -> None:
        self.robot.spawn(self._accept_change(request))

    async def _accept_change(self, request: Message) -> None:
        asked = request.method == "INVITE" or bool(request.body)
        body = await self._describe() if asked else ""
        headers = {"Contact": self.robot.contact}
        self.robot.respond(request, sip.respond(request, 200, body=body, headers=headers))
        self._start_audio(request.body)

    def _on_bye(self, request: Message) -> None:
        self.robot.respond(request, sip.respond(request, 200))
        self._end(self.status)

    def _on_cancel(self, request: Message) -> None:
        self.robot.respond(request, sip.respond(request, 200, tag=self.local.tag))
        if not self.is_answered and not self.is_over:
            self._respond(487)
            self._end(487)

    def _on_notify(self, request: Message) -> None:
        self.robot.respond(request, sip.respond(request, 200))
        self.notified.append(request.body.strip())

    def _respond(self, status: int, body: str = "", headers: dict[str, str] | None = None) -> None:
        if self._invite is None:
            raise SipError("this robot placed the call, it cannot answer it")
        extra = {"Contact": self.robot.contact, **_ALLOW, **(headers or {})}
        self.robot.respond(
            self._invite,
            sip.respond(self._invite, status, tag=self.local.tag, body=body, headers=extra),
        )

    async def _cancel(self) -> None:
        if self._placed is None:
            return
        headers = [h for n in ("Via", "From", "To", "Call-ID") for h in self._placed.all(n)]
        cseq = self._placed.get("CSeq").split()[0]
        uri = self._placed.first.split()[1]
        self.robot.send(Message(f"CANCEL {uri} SIP/2.0", [*headers, ("CSeq", f"{cseq} CANCEL")]))
        await self.ended(_GIVE_UP)

    async def _reinvite(self, direction: str) -> None:
        request = self._in_dialog("INVITE")
        self._invite_cseq = self._cseq
        request.headers.append(("Contact", self.robot.contact))
        request.headers.append(("Content-Type", "application/sdp"))
        request.body = await self._describe(direction)
        response = await self.robot.request(request)
        self._cseq = self._invite_cseq = int(request.get("CSeq").split()[0])
        if response.status != 200:
            raise SipError(f"re-INVITE refused: {response.first}")
        self.acknowledge()

    async def _refer(self, target: str) -> None:
        request = self._in_dialog("REFER")
        request.headers.append(("Contact", self.robot.contact))
        request.headers.append(("Refer-To", target))
        request.headers.append(("Referred-By", f"<{self.local.uri}>"))
        response = await self.robot.request(request)
        self._cseq = int(request.get("CSeq").split()[0])
        if response.status not in (200, 202):
            raise SipError(f"REFER refused: {response.first}")

    def _in_dialog(self, method: str) -> Message:
        self._cseq += 1
        return self._request(method, self._cseq)

    def _request(self, method: str, cseq: int, *, own_branch: bool = False) -> Message:
        headers = self._dialog_headers(method, cseq)
        if own_branch:
            branch = "z9hG4bK" + sip.token()
            via = f"SIP/2.0/UDP {self.robot.host}:{self.robot.port};rport;branch={branch}"
            headers.insert(0, ("Via", via))
        return Message(f"{method} {self._target} SIP/2.0", headers)

    def _dialog_headers(self, method: str, cseq: int) -> list[tuple[str, str]]:
        return [
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
        ]

    def _learn(self, response: Message) -> None:
        self.remote = sip.address(response.get("To"))
        self._target = sip.address(response.get("Contact")).uri or self._target

    def _uri(self, number: str) -> str:
        return f"sip:{number}@{self.robot.server[0]}:{self.robot.server[1]}"

    async def _describe(self, direction: str = "sendrecv") -> str:
        if not self._rtp_port:
            self._rtp_port = await self.media.open(self.robot.host)
        self._sdp_version += 1
        return sip.sdp(self.robot.host, self._rtp_port, direction, self._sdp_version)

    def _start_audio(self, description: str) -> None:
        target = sip.media_address(description)
        if target is not None and not self.is_over:
            self.media.start(target)

    def _end(self, status: int) -> None:
        self.status = status
        self.media.stop()
        self._ended.set()
        self.robot.forget(self)


@asynccontextmanager
async def phone(
    pbx: Asterisk, number: str, behaviour: Behaviour = rings, *, registered: bool = True
) -> AsyncIterator[Robot]:
    """A telephone of the PBX, registered with the password it has there."""
    robot = Robot((pbx.host, pbx.sip_port), number, pbx.secrets.phones[number])
    robot.behaviour = behaviour
    await robot.open()
    try:
        if registered:
            await robot.register()
        yield robot
    finally:
        await robot.close()


@asynccontextmanager
async def trunk(pbx: Asterisk, behaviour: Behaviour = rings) -> AsyncIterator[Robot]:
    """The world outside: its calls come in over the trunk, and calls to the outside reach it."""
    robot = Robot((pbx.host, pbx.sip_port), "outside")
    robot.behaviour = behaviour
    await robot.open(*pbx.trunk)
    try:
        yield robot
    finally:
        await robot.close()


def _next_cseq(value: str) -> str:
    number, method = value.split()
    return f"{int(number) + 1} {method}"


def _ack_of_failure(invite: Message, response: Message) -> Message:
    headers = [*invite.all("Via"), *invite.all("From"), *response.all("To")]
    headers += [*invite.all("Call-ID"), ("CSeq", invite.get("CSeq").split()[0] + " ACK")]
    return Message(f"ACK {invite.first.split()[1]} SIP/2.0", headers)
