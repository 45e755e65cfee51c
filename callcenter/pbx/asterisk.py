"""Runs a real Asterisk from its own root directory, on free ports, and leaves nothing behind.

::

    async with Asterisk(22, workdir) as pbx:
        ...  # pbx.ami_port, pbx.sip_port, pbx.secrets.ami, pbx.recordings
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import shutil
import signal
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.pbx.render import Secrets, Settings, render

INSTALL = "deploy/asterisk/install.sh"
CACHE = Path("/var/cache/callcenter")
# Outside of the range the kernel gives to outgoing connections: a client that retries while the
# PBX is down could otherwise be given the very port it is calling, and connect to itself.
_PORTS = range(20000, 32000)
_START_SECONDS = 30.0
# Files Asterisk looks for although they may be empty: their absence fills the log with errors.
_EMPTY_FILES = (
    *("acl.conf", "ccss.conf", "geolocation.conf", "pjproject.conf", "queuerules.conf"),
    *("stasis.conf", "udptl.conf"),
)
_DIRECTORIES = ("lib/keys", "agi-bin", "spool/monitor", "log/cdr-csv", "log/cel-custom")
_ASTERISK_CONF = """[directories]
astetcdir = {etc}
astmoddir = {modules}
astvarlibdir = {home}/lib
astdbdir = {home}/lib
astkeydir = {home}/lib
astdatadir = /usr/share/asterisk
astagidir = {home}/agi-bin
astspooldir = {home}/spool
astrundir = /run/asterisk
astlogdir = {home}/log
astsbindir = /usr/sbin
[options]
nocolor = yes
live_dangerously = no
documentation_language = en_US
"""


class PbxError(Exception):
    """The PBX cannot run; the message says what is missing or where to look."""


class Ports:
    """Port numbers nobody else on this machine uses, held until `release`.

    A number is held by a name in the kernel's abstract socket space, which disappears with the
    process; so parallel test runs never choose the same, and a stopped PBX keeps its own.
    """

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def take(self, kind: socket.SocketKind, host: str) -> int:
        """Return a port of `kind` (stream or datagram) that is free on `host`."""
        for port in random.sample(_PORTS, len(_PORTS)):
            if self._hold(port) and _is_free(kind, host, port):
                return port
        raise PbxError(f"no free port left on {host}")

    def release(self) -> None:
        """Give all ports back."""
        for holder in self._held:
            holder.close()
        self._held.clear()

    def _hold(self, port: int) -> bool:
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0callcenter-pbx-port-{port}")
        except OSError:
            holder.close()
            return False
        self._held.append(holder)
        return True


def _is_free(kind: socket.SocketKind, host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Asterisk:
    """One PBX, started on entering the context and gone, with all its files, on leaving it.

    `workdir` is used inside and outside of the PBX's root under the same path, so a file name
    the PBX reports is the file's name here. `settings` may change anything but the ports and
    directories; `overlays` are configuration directories laid over the shipped one.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        version: int,
        workdir: Path,
        *,
        settings: Settings | None = None,
        overlays: tuple[Path, ...] = (),
        root: Path | None = None,
        keep_files: bool = False,
    ) -> None:
        self.version = version
        self.root = root or CACHE / f"asterisk-{version}"
        self.home = workdir.resolve() / "asterisk"
        self.etc = self.home / "etc"
        self.secrets = Secrets("")
        self._overlays = overlays
        self._keep_files = keep_files
        self._ports = Ports()
        self._process: asyncio.subprocess.Process | None = None
        self.settings = self._placed(settings or Settings(agi_url=""))

    def _placed(self, settings: Settings) -> Settings:
        take = self._ports.take
        return replace(
            settings,
            ami_port=take(socket.SOCK_STREAM, self.host),
            sip_bind=self.host,
            sip_port=take(socket.SOCK_DGRAM, self.host),
            http_port=take(socket.SOCK_STREAM, self.host),
            trunk_port=take(socket.SOCK_DGRAM, settings.trunk_host),
            moh_dir=str(self.etc / "moh"),
        )

    @property
    def ami_port(self) -> int:
        return self.settings.ami_port

    @property
    def ami_user(self) -> str:
        return "callcenter"

    @property
    def ami_secret(self) -> str:
        return self.secrets.ami

    @property
    def sip_port(self) -> int:
        return self.settings.sip_port

    @property
    def http_port(self) -> int:
        return self.settings.http_port

    @property
    def trunk(self) -> tuple[str, int]:
        """The address the trunk robot must have: calls from there are calls from outside."""
        return self.settings.trunk_host, self.settings.trunk_port

    @property
    def recordings(self) -> Path:
        return self.home / "spool" / "monitor"

    @property
    def queue_log(self) -> Path:
        return self.home / "log" / "queue_log"

    @property
    def cel(self) -> Path:
        return self.home / "log" / "cel-custom" / "Master.csv"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process of the PBX, 0 when it does not run."""
        return self._process.pid if self._process is not None and self.running else 0

    async def __aenter__(self) -> Self:
        try:
            self._check_machine()
            self._lay_out()
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Start the PBX and return when it takes calls (about a second)."""
        if self.running:
            raise PbxError("the PBX is running already")
        self._mount_point().mkdir(parents=True, exist_ok=True)
        with (self.home / "log" / "console").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command(), cwd="/", stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        await self._wait_until_booted()

    async def stop(self) -> None:
        """Stop the PBX as an administrator would: calls end, clients are told."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Let the PBX die without a word, as in a crash or a power cut."""
        await self._end(signal.SIGKILL)

    async def close(self) -> None:
        """Stop, give the ports back and remove the files."""
        await self.stop()
        self._ports.release()
        self._unmount_leftovers()
        if not self._keep_files:
            shutil.rmtree(self.home, ignore_errors=True)

    async def cli(self, command: str) -> str:
        """Run a console command and return what it prints; for tests and diagnosis only."""
        process = await asyncio.create_subprocess_exec(
            *self._inside("asterisk", "-C", str(self.etc / "asterisk.conf"), "-rx", command),
            cwd="/",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode("utf-8", "replace")

    async def channels(self) -> int:
        """Return how many channels (ends of calls) the PBX has now."""
        words = (await self.cli("core show channels count")).split()
        return int(words[0]) if words and words[0].isdecimal() else 0

    def console_log(self) -> str:
        """Return what the PBX wrote to its console so far."""
        path = self.home / "log" / "console"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _check_machine(self) -> None:
        if platform.system() != "Linux" or os.geteuid() != 0:
            raise PbxError("running Asterisk from its own root needs Linux and root (chroot)")
        for tool in ("setpriv", "unshare", "chroot"):
            if shutil.which(tool) is None:
                raise PbxError(f"{tool} is missing: apt-get install util-linux coreutils")
        if not (self.root / "usr/sbin/asterisk").exists():
            raise PbxError(
                f"Asterisk {self.version} is not installed: sudo {INSTALL} {self.version}"
            )

    def _lay_out(self) -> None:
        for name in _DIRECTORIES:
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.secrets = render(self.etc, self.settings, self._overlays)
        for name in _EMPTY_FILES:
            (self.etc / name).touch()
        conf = _ASTERISK_CONF.format(etc=self.etc, home=self.home, modules=self._modules())
        (self.etc / "asterisk.conf").write_text(conf)

    def _modules(self) -> str:
        found = sorted(self.root.glob("usr/lib/**/asterisk/modules"))
        if not found:
            raise PbxError(f"no Asterisk modules under {self.root}; remove it and run {INSTALL}")
        return "/" + str(found[0].relative_to(self.root))

    def _mount_point(self) -> Path:
        return self.root / self.home.relative_to("/")

    def _command(self) -> list[str]:
        # A mount namespace of its own: the mounts are seen by this PBX only, and are gone with it;
        # /run is one of them because the path of a control socket may not be long. A host name of
        # its own: the PBX looks its name up, and only localhost is sure to be found. setpriv has
        # the kernel kill the PBX when we die, however we die.
        script = (
            'mount --bind "$1" "$2" && mount -t tmpfs tmpfs "$3/run" && mkdir "$3/run/asterisk"'
            " && echo localhost >/proc/sys/kernel/hostname"
            ' && exec chroot "$3" asterisk -f -C "$4"'
        )
        return [
            *("setpriv", "--pdeathsig", "KILL"),
            *("unshare", "--mount", "--uts", "--propagation", "private"),
            *("sh", "-c", script, "sh"),
            *(str(self.home), str(self._mount_point())),
            *(str(self.root), str(self.etc / "asterisk.conf")),
        ]

    def _inside(self, *command: str) -> list[str]:
        if not self.running or self._process is None:
            raise PbxError("the PBX is not running")
        pid = str(self._process.pid)
        return ["nsenter", "--target", pid, "--mount", "--root", "--wd", *command]

    def _unmount_leftovers(self) -> None:
        # The empty directories that the mount needed inside the root; never one with content.
        place = self._mount_point()
        while place != self.root:
            with suppress(OSError):
                place.rmdir()
            place = place.parent
            if place.parent == self.root:
                return

    async def _wait_until_booted(self) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._booted():
                    self._check_alive()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            await self.kill()
            raise PbxError(f"no FullyBooted in {_START_SECONDS:.0f} s:\n{self._tail()}") from None

    def _check_alive(self) -> None:
        if not self.running:
            raise PbxError(f"Asterisk ended while starting:\n{self._tail()}")

    def _tail(self) -> str:
        return "\n".join(self.console_log().splitlines()[-30:])

    async def _booted(self) -> bool:
        """Log in like any client; the PBX announces FullyBooted as soon as it is true."""
        try:
            reader, writer = await asyncio.open_connection(self.host, self.ami_port)
        except OSError:
            return False
        try:
            login = f"Action: Login\r\nUsername: {self.ami_user}\r\nSecret: {self.ami_secret}"
            writer.write(f"{login}\r\n\r\n".encode())
            await reader.readuntil(b"FullyBooted")
            return True
        except (OSError, asyncio.IncompleteReadError):
            return False
        finally:
            writer.close()
