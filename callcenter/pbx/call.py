"""One call of one robot: its SIP dialog, its audio, and what a script can do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from callcenter.pbx import sip
from callcenter.pbx.media import Media
from callcenter.pbx.sip import Address, Message, SipError

GIVE_UP = 8.0
ALLOW = {"Allow": "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE"}


class Agent(Protocol):
    """What a call needs of the user agent it belongs to."""

    user: str
    host: str
    port: int
    server: tuple[str, int]
    audio: bytes

    @property
    def contact(self) -> str: ...
    def send(self, message: Message) -> None: ...
    def respond(self, request: Message, response: Message) -> None: ...
    def spawn(self, work: Awaitable[None]) -> asyncio.Task[None]: ...
    def forget(self, call: Call) -> None: ...
    def note(self, call: Call, what: str, detail: str = "") -> None: ...
    async def request(
        self, message: Message, on_progress: Callable[[Message], None] | None = None
    ) -> Message: ...


class Call:
    """One call of one robot: its SIP dialog and its audio."""

    def __init__(
        self,
        robot: Agent,
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

    async def rings(self, within: float = 10.0) -> None:
        """Wait until the other side rings (a call placed)."""
        await self._until(self._ringing, within)

    async def answered(self, within: float = 10.0) -> None:
        """Wait for the answer; a call that ends before it raises SipError with the reason."""
        await self._until(self._answered, within)

    async def ended(self, within: float = 10.0) -> None:
        """Wait until either side has hung up."""
        await asyncio.wait_for(self._ended.wait(), within)

    async def _until(self, event: asyncio.Event, within: float) -> None:
        waits = [asyncio.ensure_future(e.wait()) for e in (event, self._ended)]
        try:
            await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if event.is_set():
            return
        if self.is_over:
            raise SipError(f"the call ended first, with {self.status}")
        raise TimeoutError(f"{self.robot.user}: nothing within {within} s")

    # -- what a script can do -----------------------------------------------------------------

    def ring(self) -> None:
        """Say that the telephone rings (a call received)."""
        self.robot.note(self, "ring")
        self._respond(180)

    async def answer(self) -> None:
        """Pick up a call received."""
        body = await self._describe()
        self.robot.note(self, "answer")
        self._respond(200, body=body)
        self._start_audio(self._offer)
        self._answered.set()

    def reject(self, status: int = 486) -> None:
        """Refuse a call received."""
        if not (self.is_over or self.is_answered):
            self.robot.note(self, "reject", str(status))
            self._respond(status)
            self._end(status)

    def redirect(self, number: str) -> None:
        """Answer with 302 and the number to call instead."""
        host, port = self.robot.server
        self.robot.note(self, "redirect", number)
        self._respond(302, headers={"Contact": f"<sip:{number}@{host}:{port}>"})
        self._end(302)

    async def hang_up(self) -> None:
        """End the call in whatever state it is."""
        if self.is_over:
            return
        self.robot.note(self, "hang_up")
        if self.is_answered:
            await self._leave()
        elif self._invite is not None:
            self.reject(480)
        else:
            await self._cancel()

    async def hold(self) -> None:
        """Put the other party on hold."""
        self.robot.note(self, "hold")
        await self._reinvite("sendonly")

    async def resume(self) -> None:
        """Take the other party back from hold."""
        self.robot.note(self, "resume")
        await self._reinvite("sendrecv")

    async def press(self, keys: str) -> None:
        """Press keys during the call (RFC 4733)."""
        self.robot.note(self, "press", keys)
        await self.media.press(keys)

    async def transfer(self, number: str) -> None:
        """Blind transfer: send the other party to `number` by REFER."""
        self.robot.note(self, "transfer", number)
        await self._refer(f"<{self._uri(number)}>")

    async def transfer_to(self, other: Call) -> None:
        """Attended transfer: connect the other party with that of `other`, by REFER with Replaces.
        When `other` still rings, this is the blonde transfer."""
        self.robot.note(self, "transfer_to", other.remote.user)
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
            self.robot.note(self, "failed", str(response.status))
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
            self.robot.respond(request, sip.respond(request, 200, headers=ALLOW))

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
        self.robot.note(self, "hung_up_on")
        self._end(self.status)

    def _on_cancel(self, request: Message) -> None:
        self.robot.respond(request, sip.respond(request, 200, tag=self.local.tag))
        if not self.is_answered and not self.is_over:
            self.robot.note(self, "cancelled")
            self._respond(487)
            self._end(487)

    def _on_notify(self, request: Message) -> None:
        self.robot.respond(request, sip.respond(request, 200))
        self.notified.append(request.body.strip())
        # As every telephone does: once the transfer has worked, the PBX waits for our BYE.
        if request.body.startswith("SIP/2.0 2") and self.is_answered and not self.is_over:
            self.robot.note(self, "transferred")
            self.robot.spawn(self._leave())

    def _respond(self, status: int, body: str = "", headers: dict[str, str] | None = None) -> None:
        if self._invite is None:
            raise SipError("this robot placed the call, it cannot answer it")
        extra = {"Contact": self.robot.contact, **ALLOW, **(headers or {})}
        self.robot.respond(
            self._invite,
            sip.respond(self._invite, status, tag=self.local.tag, body=body, headers=extra),
        )

    async def _leave(self) -> None:
        request = self._in_dialog("BYE")
        self._end(self.status)
        await self.robot.request(request)

    async def _cancel(self) -> None:
        if self._placed is None:
            return
        headers = [h for n in ("Via", "From", "To", "Call-ID") for h in self._placed.all(n)]
        cseq = self._placed.get("CSeq").split()[0]
        uri = self._placed.first.split()[1]
        self.robot.send(Message(f"CANCEL {uri} SIP/2.0", [*headers, ("CSeq", f"{cseq} CANCEL")]))
        await self.ended(GIVE_UP)

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
