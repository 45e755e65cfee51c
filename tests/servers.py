"""Real servers for the tests: started on free ports, ended with the run, never skipped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

# Our PostgreSQL speaks in the clear; getting ready to ask it costs as much as many a question.
os.environ.setdefault("PGSSLMODE", "disable")

GUARD = Path(__file__).parent / "guard.py"
DEBIAN_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def find_binary(name: str, package: str, folders: Sequence[Path] = ()) -> str:
    """The program's path; RuntimeError says which Debian package brings it."""
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise RuntimeError(f"the tests need {name}: apt-get install {package}")
    return found


# In memory where the machine has room there: a database for each test is made in 20 ms, not 300.
_SHM = Path("/dev/shm")  # noqa: S108  # a fresh private folder is made inside
MEMORY = _SHM if _SHM.is_dir() and shutil.disk_usage(_SHM).free > 1 << 30 else None


class GuardedServer:
    """A server process with a folder of its own; both are gone after `stop` or when we die."""

    def __init__(
        self,
        name: str,
        *,
        user: str = "",
        stop_signal: str = "SIGTERM",
        parent: Path | None = MEMORY,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"callcenter-test-{name}-", dir=parent))
        self.name = name
        self._user = user if user and os.geteuid() == 0 else ""
        self._stop_signal = stop_signal
        self._guard: subprocess.Popen[str] | None = None
        if self._user:
            shutil.chown(self.folder, self._user, self._user)

    def run(self, *command: str) -> None:
        """A command as the server's user, to its end; RuntimeError with its output if it fails."""
        user = self._user or None
        done = subprocess.run(
            command,
            cwd=self.folder,
            user=user,
            group=user,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    def start(self, *command: str, ready: Callable[[], bool], timeout: float = 30) -> None:
        self._ready, self._timeout = ready, timeout
        self._guard = subprocess.Popen(
            [sys.executable, str(GUARD), str(self.folder), self._user, self._stop_signal, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # who kills the whole group of the run must not hit the guard
        )
        self._await_ready()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + self._timeout
        while not self._ready():
            if time.monotonic() > deadline:
                log = self.log()
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{log}")
            time.sleep(0.02)

    def pause(self, how: str | None = None) -> None:
        """End the server by this signal but keep its data; `resume` starts it on the same port."""
        self._tell(how or self._stop_signal)

    def resume(self) -> None:
        self._tell("start")
        self._await_ready()

    def _tell(self, line: str) -> None:
        if self._guard is None or self._guard.stdin is None or self._guard.stdout is None:
            raise RuntimeError(f"{self.name} was never started")
        self._guard.stdin.write(f"{line}\n")
        self._guard.stdin.flush()
        if self._guard.stdout.readline() != "done\n":
            raise RuntimeError(f"the guard of {self.name} is gone")

    def log(self) -> str:
        log = self.folder / "server.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def stop(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.communicate()  # closes the pipe, and the guard ends the server
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


_LARGE = {
    "shared_buffers": "4GB", "effective_cache_size": "12GB", "max_wal_size": "16GB",
    "wal_level": "minimal", "max_wal_senders": "0",
}  # fmt: skip


class PostgresServer(GuardedServer):
    """PostgreSQL without fsync on a TCP port of its own; `url(name)` for a database on it.
    `large`: for more rows than memory holds, so on disk, with the settings of a server of its own.
    """

    def __init__(self, *, port: int | None = None, large: bool = False) -> None:
        parent = None if large else MEMORY
        super().__init__("postgres", user="postgres", stop_signal="SIGINT", parent=parent)
        self.port = port or free_port()
        self._bin = Path(find_binary("postgres", "postgresql", DEBIAN_POSTGRES)).parent
        data = str(self.folder / "data")
        self.run(
            str(self._bin / "initdb"), "-D", data, "-U", "postgres", "-A", "trust",
            "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        settings = {
            "port": str(self.port), "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder), "fsync": "off",
            "full_page_writes": "off", "max_connections": "200", "autovacuum": "off",
            **(_LARGE if large else {}),
        }  # fmt: skip
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.start(str(self._bin / "postgres"), "-D", data, *options, ready=self._accepts)

    def _accepts(self) -> bool:
        command = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


class RedisServer(GuardedServer):
    """Redis that appends to disk, so that it can be restarted without losing what it was told."""

    def __init__(self, *, port: int | None = None) -> None:
        super().__init__("redis")
        self.port = port or free_port()
        self._binary = find_binary("redis-server", "redis-server")
        self.start(
            self._binary, "--port", str(self.port), "--bind", "127.0.0.1",
            "--dir", str(self.folder),
            "--save", "", "--appendonly", "yes", "--appendfsync", "always",
            ready=lambda: answers(self.port),
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
