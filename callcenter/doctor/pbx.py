"""Logs in to the PBX as the service would, and listens to what it lets us hear and do."""

from __future__ import annotations

import asyncio
import re
import ssl
import time

from callcenter.ami.connection import Session, open_session
from callcenter.ami.login import Endpoint, LoginRefused, log_in
from callcenter.config_sections import AmiConfig
from callcenter.doctor.findings import Finding, error, ok, warn
from callcenter.errors import AmiError, AmiRefused

CONNECT = 5.0  # seconds
NEEDED = frozenset(
    {"CoreStatus", "CoreShowChannels", "QueueStatus", "QueuePause", "DeviceStateList", "Status"}
    | {"Hangup", "Redirect", "Atxfer", "Originate"}
)
DANGEROUS = frozenset({"Command", "UpdateConfig", "GetConfig", "Filter", "ModuleLoad", "Reload"})
UNREAD = re.compile(r"^(Newexten|TestEvent|RTCP.*|ChannelTalking.*|MusicOnHold.*|SuccessfulAuth)$")
SKEW_WARN, SKEW_ERROR = 2.0, 30.0  # seconds
_EVENT = re.compile(rb"^Event: (\S+)\r$", re.MULTILINE)
_CLASS = re.compile(rb"^Privilege: (\S+)\r$", re.MULTILINE)
_ACTION = re.compile(rb"^(\w+): .*\(Priv: [^)]*\)\r$", re.MULTILINE)
_STAMP = re.compile(rb"^Timestamp: (\d+(?:\.\d+)?)\r$", re.MULTILINE)


class Listener(Session):
    """A session that keeps the bytes: what the service skips is what is looked at here."""

    def __init__(self) -> None:
        super().__init__(lambda _message: None, lambda _bad: None)
        self.heard = bytearray()
        self.skew: float | None = None  # of the first event that says its time

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if self.skew is None and (stamp := _STAMP.search(self.heard)):
            self.skew = time.time() - float(stamp[1])
        super().data_received(data)


async def examine_pbx(config: AmiConfig, listen: float) -> list[Finding]:
    address = f"{config.host}:{config.port}"
    context = ssl.create_default_context(cafile=config.ca_file) if config.tls else None
    endpoint = Endpoint(config.host, config.port, config.username, config.secret, context)
    try:
        session = await open_session(endpoint, Listener, CONNECT)
    except (AmiError, OSError) as failure:
        return [error("ami.unreachable", address=address, reason=failure)]
    try:
        await log_in(session, endpoint, CONNECT)
        banner = session.parser.banner or ""
        findings = [ok("ami.ok", address=address, banner=banner), *await _rights(session)]
        await asyncio.sleep(listen)
    except (LoginRefused, AmiRefused) as failure:
        return [error("ami.refused", username=config.username, reason=failure)]
    except AmiError as failure:
        code = "ami.lost" if _greeted(session) else "ami.no_banner"
        return [error(code, address=address, reason=failure)]
    finally:
        session.close()
    if context is None and not endpoint.is_local:
        findings.append(warn("ami.plain", address=address))
    return [*findings, *_events(bytes(session.heard), listen), *_clock(session)]


def _greeted(session: Listener) -> bool:
    return session.greeted.done() and session.greeted.exception() is None


async def _rights(session: Listener) -> list[Finding]:
    """ListCommands lists exactly the actions that this login may do."""
    before = len(session.heard)
    await session.send({"Action": "ListCommands"})
    may = {name.decode() for name in _ACTION.findall(bytes(session.heard[before:]))}
    findings = []
    if missing := NEEDED - may:
        findings.append(error("ami.may_not", actions=", ".join(sorted(missing))))
    else:
        findings.append(ok("ami.may"))
    if much := DANGEROUS & may:
        findings.append(warn("ami.may_too_much", actions=", ".join(sorted(much))))
    return findings


def _events(heard: bytes, listen: float) -> list[Finding]:
    names = {name.decode("ascii", "replace") for name in _EVENT.findall(heard)}
    if not names:
        return [warn("ami.deaf", seconds=f"{listen:g}")]
    classes = {part for found in _CLASS.findall(heard) for part in found.decode().split(",")}
    findings = [ok("ami.hears", classes=", ".join(sorted(classes - {"all"})))]
    if unread := sorted(name for name in names if UNREAD.match(name)):
        findings.append(warn("ami.unfiltered", events=", ".join(unread)))
    return findings


def _clock(session: Listener) -> list[Finding]:
    if not _EVENT.search(session.heard):
        return []
    if session.skew is None:
        return [warn("ami.no_timestamps")]
    off = abs(session.skew)
    seconds = f"{off:.1f}"
    if off < SKEW_WARN:
        return [ok("ami.clock", seconds=seconds)]
    return [(error if off >= SKEW_ERROR else warn)("ami.clock_off", seconds=seconds)]
