"""One way to reach the database, so that PostgreSQL and SQLite behave alike for everybody above."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar, TypeVarTuple

from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    StatementError,
)
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import NullPool

from callcenter.errors import ConfigError

T = TypeVar("T")
Args = TypeVarTuple("Args")
Opened = Callable[[AsyncConnection], Awaitable[None]]
_DEADLOCK = "40P01"
DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
}
PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers go on while one writes
    "PRAGMA synchronous=NORMAL",  # safe with WAL; a power cut loses the last moments only
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=15000",  # ms to wait for the one writer
)
CONNECT_TIMEOUT = 5.0  # seconds, also for a connection of the pool to become free
ANSWER_TIMEOUT = 60.0  # seconds for one statement: a server that hangs is away as well
FRESH = 1.0  # seconds for which a connection that was used is taken to be well
LONGEST_WORDS = 300  # characters
_UNWRITABLE = (ValueError, TypeError, OverflowError)
AWAY = (OperationalError, InterfaceError, OSError, TimeoutError)


def database_url(url: str) -> URL:
    """The URL with the driver we use; `postgresql://…` and `sqlite:///…` are what people write."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(
            "not a database URL; write postgresql://user:password@host/name or sqlite:///file",
            field="database.url",
        ) from None
    driver = DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None:
        allowed = "postgresql://user:password@host/name or sqlite:///file"
        raise ConfigError(
            f"database {parsed.drivername!r} is not supported; allowed: {allowed}",
            field="database.url",
        )
    return parsed.set(drivername=driver)


def is_deadlock(error: BaseException) -> bool:
    """Whether PostgreSQL ended one of several who waited for each other: it can be tried again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _DEADLOCK


def is_away(error: BaseException) -> bool:
    """Whether this failure means that the database cannot be reached now, and waiting may help."""
    if is_refused(error):
        return False
    if isinstance(error, DBAPIError):
        sqlstate = getattr(error.orig, "sqlstate", None) or ""
        # 08 connection, 53 resources, 57 shutdown; 40 serialisation and 55P03 lock pass by waiting
        if (
            error.connection_invalidated
            or sqlstate[:2] in {"08", "40", "53", "57"}
            or sqlstate == "55P03"
        ):
            return True
        if sqlstate:
            return False
    return isinstance(error, AWAY)


def is_refused(error: BaseException) -> bool:
    """Whether the database looked at the data and does not want it: trying again will not help."""
    if isinstance(error, IntegrityError | DataError):
        return True
    if isinstance(error, StatementError):
        if (getattr(error.orig, "sqlstate", None) or "")[:2] in {"22", "23"}:
            return True
        # The driver could not even write it: asyncpg's own data errors, a time out of range.
        causes = (error.orig, getattr(error.orig, "__cause__", None))
        return any(isinstance(cause, _UNWRITABLE) for cause in causes)
    return isinstance(error, _UNWRITABLE)


def in_words(error: BaseException) -> str:
    """The failure in one line for people: without the statement, whose values are customers'."""
    cause = (error.orig if isinstance(error, DBAPIError) else None) or error
    told = next(iter(str(cause).splitlines()), "") or "no answer in time"
    return f"{type(error).__name__}: {told[:LONGEST_WORDS]}"


class Database:
    """The engine and its sessions. Transactions belong to the caller of `session`."""

    def __init__(
        self, url: str, *, pool_size: int = 10, answer_within: float | None = ANSWER_TIMEOUT
    ) -> None:
        """`answer_within`: seconds for one statement; None for work that takes its time."""
        self.url = database_url(url)
        self.dialect: Literal["postgresql", "sqlite"] = (
            "sqlite" if self.url.drivername.startswith("sqlite") else "postgresql"
        )
        self.engine = _engine(self.url, pool_size=pool_size, answer_within=answer_within)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # SQLite: a transaction that will only read must not queue up for the writer's lock.
        self._readers = async_sessionmaker(
            self.engine.execution_options(sqlite_begin="BEGIN"), expire_on_commit=False
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session to read and write; commit is the caller's, the rest is rolled back."""
        async with self._sessions() as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads: on SQLite it never waits for the writer."""
        async with self._readers() as session:
            yield session

    def held(self, opened: Opened | None = None) -> HeldConnection:
        """A connection of its own in AUTOCOMMIT, for lookups that must not wait for the pool."""
        return HeldConnection(self.url, opened)

    async def ping(self) -> None:
        """Raises what the driver raises when the database does not answer."""
        async with asyncio.timeout(CONNECT_TIMEOUT), self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()


class HeldConnection:
    """One open connection in AUTOCOMMIT, used by one caller at a time, reopened after a loss."""

    def __init__(self, url: URL, opened: Opened | None = None) -> None:
        """`opened` is awaited with each new connection before anything is asked on it."""
        self._engine = _engine(url).execution_options(isolation_level="AUTOCOMMIT")
        self._connection: AsyncConnection | None = None
        self._opened = opened
        self._lock = asyncio.Lock()

    async def run(self, work: Callable[[AsyncConnection, *Args], Awaitable[T]], *args: *Args) -> T:
        """`await work(connection, *args)`; once more on a fresh one when the old one was dead.

        `work` may run twice, so it only reads. What it raises comes out.
        """
        async with self._lock:
            connection = self._connection
            if connection is not None:
                try:
                    return await work(connection, *args)
                except BaseException as error:
                    await self._drop()  # cancelled in mid-query counts too: its state is unknown
                    if not isinstance(error, Exception) or not is_away(error):
                        raise
            try:
                return await work(await self._open(), *args)
            except BaseException:
                await self._drop()
                raise

    async def _open(self) -> AsyncConnection:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            self._connection = await self._engine.connect()
            if self._opened is not None:
                await self._opened(self._connection)
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def close(self) -> None:
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()
            await self._engine.dispose()


def _engine(
    url: URL, *, pool_size: int | None = None, answer_within: float | None = ANSWER_TIMEOUT
) -> AsyncEngine:
    """An engine with our habits; without `pool_size` it pools nothing."""
    options: dict[str, Any] = {"poolclass": NullPool}
    if pool_size is not None:
        options = {"pool_size": pool_size, "max_overflow": pool_size, "pool_pre_ping": True}
        options["pool_timeout"] = CONNECT_TIMEOUT
    options["hide_parameters"] = True  # errors are logged; whose number it was is not theirs to say
    if url.drivername.startswith("sqlite"):
        if url.database in {None, "", ":memory:"}:
            raise ConfigError(
                "SQLite needs a file: sqlite:////path/callcenter.db", field="database.url"
            )
        options.pop("pool_pre_ping", None)  # a file does not go away
        _make_private(Path(url.database or ""))
        engine = create_async_engine(url, **options)
        _teach_sqlite(engine)
        return engine
    patience = {"timeout": CONNECT_TIMEOUT, "command_timeout": answer_within}
    options.pop("pool_pre_ping", None)  # three round trips, for one that answered just now
    engine = create_async_engine(url, connect_args=patience, **options)
    _try_first(engine)
    return engine


def _try_first(engine: AsyncEngine) -> None:
    """A connection of the pool is tried before it is used, unless it was in use just now.

    One that the server closed meanwhile knows that by itself.
    """
    dialect: Any = engine.sync_engine.dialect

    def returned(_connection: Any, record: Any) -> None:
        record.info["returned"] = time.monotonic()

    def taken(connection: Any, record: Any, _proxy: object) -> None:
        driver = connection.driver_connection
        if driver.is_closed():
            raise InvalidatePoolError
        if driver.is_in_transaction():  # whoever had it was cut off in the middle of something
            raise DisconnectionError
        idle = time.monotonic() - record.info.get("returned", time.monotonic())
        if idle <= FRESH:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection, None):
                raise InvalidatePoolError from error
            raise

    event.listen(engine.sync_engine, "checkin", returned)
    event.listen(engine.sync_engine, "checkout", taken)


def _make_private(file: Path) -> None:
    """A new file is for us alone (SQLite gives its companions the same mode); an old one stays."""
    with suppress(OSError):  # no such folder, or not ours: SQLite will say so
        file.touch(mode=0o600)


def _teach_sqlite(engine: AsyncEngine) -> None:
    """Pragmas, and transactions begun by us: Python's begin late and fail when upgrading."""

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    def begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN IMMEDIATE"))

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
