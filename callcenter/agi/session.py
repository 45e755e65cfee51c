"""One call whose dialplan asked us: what a flow can do with it.

::

    async def handler(agi: Agi) -> None:
        await agi.answer()
        await agi.music(True)
        key = await agi.wait(30, until=chosen)         # a key, `chosen` (an asyncio.Event), or 30 s
        if chosen.is_set():
            call = await agi.dial("PJSIP/1001", 20, "tg")

One command at a time, from one coroutine. AgiHangup: the caller is gone; `set_variable` and
`variable` still work, so the story can be told to its end. AgiClosed: the session is over.
AgiError: the PBX refused. UnsafeValue: nothing was sent. Any command may be cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from callcenter.agi.dialogue import PROMPT_SECONDS, Dialogue, Until
from callcenter.agi.link import Link
from callcenter.agi.protocol import Answer, Refused
from callcenter.agi.spoken import digit_sounds, number_sounds
from callcenter.errors import AgiError, AgiHangup, UnsafeValue

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What came of ringing somebody. `status` is Asterisk's DIALSTATUS: ANSWER, BUSY, NOANSWER,
    CANCEL (the caller hung up), CHANUNAVAIL, CONGESTION …; `talked` is ANSWEREDTIME, in seconds."""

    status: str
    talked: int
    hung_up: bool  # the caller is gone

    @property
    def answered(self) -> bool:
        return self.status == "ANSWER"


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a recording by the caller ended, and how much there is of it."""

    why: str  # dtmf, timeout, hangup, or what went wrong: writefile, waitfor, randomerror
    seconds: float
    hung_up: bool


class Agi:
    """One call."""

    def __init__(self, link: Link, environment: Mapping[str, str]) -> None:
        self.env = environment  # agi_* without the prefix; text from outside
        self._link = link
        self._talk = Dialogue(link, environment.get("channel", ""))
        self._music: str | None = None  # its class, while it is to be heard
        self._silenced = False  # a prompt has ended it
        self._answered = False
        self.closed = self._talk.closed  # set when the caller hung up, or the session is over
        self.interrupt = self._talk.interrupt
        self.close = self._talk.close

    @property
    def path(self) -> str:
        """What the dialplan asked: `entry/+862112345678`, `queue/sales`."""
        return self.env.get("network_script", "")

    @property
    def uniqueid(self) -> str:
        return self.env.get("uniqueid", "")

    @property
    def channel(self) -> str:
        return self.env.get("channel", "")

    @property
    def hung_up(self) -> bool:
        """Whether the caller is known to be gone."""
        return self._talk.hung_up

    # --- the call ------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Nothing if the call is answered already. Whatever lets the caller hear something, or
        records, answers first; `dial` does not: then the one called answers for us."""
        if not self._answered:
            await self.command("ANSWER")
            self._answered = True

    async def hangup(self) -> None:
        """End the caller's call; the dialplan goes no further. Nothing if there is none."""
        answer = await self._talk.ask("HANGUP")
        if isinstance(answer, Refused) and not answer.is_hangup:
            raise AgiError(answer.text)

    async def set_variable(self, name: str, value: str) -> None:
        """On the caller's channel, as it is: nothing in `value` is substituted. After the hang-up
        too. CALLCENTER_* reaches us again over AMI."""
        await self._known(await self._talk.ask("SET", "VARIABLE", name, value))

    async def variable(self, name: str) -> str | None:
        """A variable, or a function such as CALLERID(num); None when unset or empty. After the
        hang-up too."""
        answer = await self._known(await self._talk.ask("GET", "VARIABLE", name))
        return answer.data or None

    async def go_to(self, context: str, extension: str, priority: int = 1) -> None:
        """Where the dialplan goes on when the handler returns: the handler's last word."""
        await self.exec("Goto", context, extension, str(priority))

    async def exec(self, application: str, *arguments: str) -> Answer:
        """Run an application of the dialplan, however long it takes. AgiError when the PBX has none
        of that name. The result is the application's own: Dial's is -1 when the one called hung up
        and there was no option g. The caller's hang-up meanwhile raises AgiHangup."""
        answer = await self.command("EXEC", application, _arguments(arguments), seconds=None)
        if answer.result == -2:
            raise AgiError(f"the PBX has no application {application}")
        return answer

    async def dial(self, target: str, seconds: float, options: str = "g") -> Dialled:
        """Ring `target` (`PJSIP/1001`; several: `&`) for `seconds`; back when it was not answered
        or the conversation is over. The caller's hang-up is told in the result, not raised."""
        self._talk.require_caller()
        words = _arguments((target, str(max(1, round(seconds))), options))
        await self._talk.settle(await self._talk.ask("EXEC", "Dial", words, seconds=None))
        status = await self.variable("DIALSTATUS")
        talked = await self.variable("ANSWEREDTIME") or ""
        return Dialled(status or "", int(talked) if talked.isdecimal() else 0, self.hung_up)

    async def command(self, *words: str, seconds: float | None = PROMPT_SECONDS) -> Answer:
        """Any other command that needs the caller, a word for each argument; see Dialogue."""
        return await self._talk.command(*words, seconds=seconds)

    # --- what the caller hears and presses -----------------------------------------------------

    async def music(self, on: bool, music_class: str = "") -> None:
        """Music while nothing else is heard; after prompts it goes on with the next `wait`."""
        if on:
            await self.answer()
        self._music = music_class if on else None
        await self._play_music(on, music_class)

    async def stream(
        self, file: str, escape_digits: str = "", until: Until | None = None
    ) -> str | None:
        """Play a sound file (its name has no extension) until its end, one of `escape_digits`,
        which is returned, or `until`. A missing file is logged and takes no time."""
        if until is not None and _happened(until):
            return None
        await self.answer()
        self._silenced = True
        answer, _ = await self._talk.interruptible(
            "STREAM", "FILE", file, escape_digits, until=until
        )
        if answer is not None and answer.result == -1:
            await self._talk.checked(answer, "STREAM")
            log.warning("agi.sound_missing", file=file, channel=self.channel)
        return answer.digit if answer else None

    async def play(
        self, files: list[str], escape_digits: str = "", until: Until | None = None
    ) -> str | None:
        """Several files one after the other, as `stream`."""
        for file in files:
            if until is not None and _happened(until):
                return None
            digit = await self.stream(file, escape_digits, until)
            if digit is not None:
                return digit
        return None

    async def say_number(
        self, number: int, escape_digits: str = "", until: Until | None = None
    ) -> str | None:
        """In the language of the channel."""
        sounds = number_sounds(number, self.env.get("language", ""))
        if sounds is not None:
            return await self.play(sounds, escape_digits, until)
        # The PBX knows more languages than we do, but cannot be interrupted while it speaks.
        await self.answer()
        self._silenced = True
        answer = await self.command("SAY", "NUMBER", str(number), escape_digits, seconds=None)
        return answer.digit

    async def say_digits(
        self, digits: str, escape_digits: str = "", until: Until | None = None
    ) -> str | None:
        """Digit by digit, as a telephone number; what is no digit is passed over."""
        return await self.play(digit_sounds(digits), escape_digits, until)

    async def wait(self, seconds: float, until: Until | None = None) -> str | None:
        """Wait for a key, which is returned, for `until` (or `interrupt`), or for `seconds`.

        Music goes on meanwhile. Ended by `until`, it returns after one round trip to the PBX. Keys
        pressed between two commands are lost: the PBX drops them.
        """
        if self._silenced and self._music is not None:
            await self._play_music(True, self._music)
        milliseconds = str(max(1, round(seconds * 1000)))
        answer, _ = await self._talk.interruptible(
            "WAIT", "FOR", "DIGIT", milliseconds, until=until, seconds=seconds + PROMPT_SECONDS
        )
        if answer is not None and answer.result == -1:
            await self._talk.checked(answer, "WAIT")
            raise AgiHangup(f"{self.channel} cannot be listened to")
        return answer.digit if answer else None

    async def get_data(
        self, file: str, seconds: float, most: int, end: str = "#", until: Until | None = None
    ) -> str:
        """Play `file` and collect keys: at most `most`, until `end`, `seconds` without a key, or
        `until`. The first key ends the prompt. Returns them without `end`."""
        digit = await self.stream(file, "0123456789*#", until)
        pressed = ""
        while not (until is not None and _happened(until)):
            if digit is None:
                digit = await self.wait(seconds, until)
            if digit is None or digit == end:
                break
            pressed += digit
            if len(pressed) >= most:
                break
            digit = None
        return pressed

    async def record(
        self,
        file: str,
        form: str = "wav",
        escape_digits: str = "#",
        seconds: float = 120.0,
        silence: float = 0.0,
        *,
        beep: bool = True,
    ) -> Recorded:
        """Record the caller into `file` (whole path without extension, in a folder that exists)
        until a key, `seconds`, `silence` seconds without a word, or the hang-up, which is told in
        the result: what was said until then is kept."""
        await self.answer()
        self._silenced = True
        words = ["RECORD", "FILE", file, form, escape_digits, str(round(seconds * 1000))]
        words += ["BEEP"] if beep else []
        words += [f"s={round(silence)}"] if silence else []
        answer = await self._talk.ask(*words, seconds=None)
        await self._talk.settle(answer)
        if isinstance(answer, Refused):
            raise AgiError(f"RECORD: {answer.code} {answer.text}")
        return Recorded(answer.data or "", (answer.endpos or 0) / 8000, self.hung_up)

    # --- inside --------------------------------------------------------------------------------

    async def _known(self, answer: Answer | Refused) -> Answer:
        if isinstance(answer, Refused):
            return await self._talk.checked(answer, "VARIABLE")
        return answer

    async def _play_music(self, on: bool, music_class: str) -> None:
        self._silenced = False
        words = ["SET", "MUSIC", "ON" if on else "OFF"]
        await self.command(*words, *([music_class] if on and music_class else []))


def _arguments(arguments: tuple[str, ...]) -> str:
    """As the dialplan writes them. One that would be read as two, or as a variable, is refused."""
    for argument in arguments:
        if "," in argument or "${" in argument or "$[" in argument:
            raise UnsafeValue(f"not one plain argument: {argument!r}")
    return ",".join(arguments)


def _happened(until: Until) -> bool:
    return until.is_set() if hasattr(until, "is_set") else until.done()
