"""Guessing passwords gets slow: back-off for each account and each address, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from callcenter.errors import TooManyAttempts


@dataclass(frozen=True, slots=True)
class Limit:
    free: int  # attempts before the first wait
    first: float  # seconds of the first wait; doubles with each further attempt
    longest: float  # seconds
    forget: float  # seconds without an attempt after which all is forgotten


# An account's longest wait is short: longer would let anyone lock a colleague out for the day,
# and 1,440 guesses a day find no password that passed the length rule. An address may be a whole
# office behind one router, so it is allowed more, but waits longer.
ACCOUNT = Limit(free=5, first=1.0, longest=60.0, forget=3600.0)
ADDRESS = Limit(free=30, first=1.0, longest=900.0, forget=3600.0)
# Codes are guessed by who has the password already: a hundred wrong ones a day at most, of a
# million, three of which fit. Nobody else can keep the owner out by it.
CODE = Limit(free=5, first=1.0, longest=900.0, forget=86_400.0)
# Of secrets with 256 bits: it keeps the database from being asked all the time, no more.
TOKENS = Limit(free=20, first=1.0, longest=60.0, forget=600.0)
KEYS = 20_000  # remembered of each kind; the one untouched for longest goes first


@dataclass(slots=True)
class _Record:
    attempts: int
    last: float
    blocked_until: float


class _Table:
    def __init__(self, limit: Limit, size: int) -> None:
        self._limit = limit
        self._size = size
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until this key may try again; 0 when it may."""
        record = self._records.get(key)
        return max(0.0, record.blocked_until - now) if record else 0.0

    def count(self, key: str, now: float) -> None:
        record = self._records.pop(key, None)
        if record is None or now - record.last > self._limit.forget:
            record = _Record(0, now, now)
        record.attempts += 1
        record.last = now
        record.blocked_until = now + self._wait_after(record.attempts)
        self._records[key] = record
        if len(self._records) > self._size:
            self._records.popitem(last=False)

    def forgive(self, key: str) -> None:
        self._records.pop(key, None)

    def take_back(self, key: str) -> None:
        record = self._records.get(key)
        if record is not None:
            record.attempts -= 1
            record.blocked_until = record.last + self._wait_after(record.attempts)

    def _wait_after(self, attempts: int) -> float:
        over = attempts - self._limit.free
        if over < 0:
            return 0.0
        doublings = min(over, 32)
        return min(self._limit.longest, self._limit.first * float(1 << doublings))

    def __len__(self) -> int:
        return len(self._records)


def _place(address: str) -> str:
    """Of IPv6 the /64: whoever has one address there has all of them."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4 or parsed.ipv4_mapped is not None:
        return address
    return str(ip_network((parsed, 64), strict=False))


class SignInThrottle:
    """`attempt` before the password is looked at, `succeeded` after it was right.

    Counting first means that a hundred guesses sent at once are a hundred guesses.
    """

    def __init__(self, clock: Callable[[], float], *, keys: int = KEYS) -> None:
        self._clock = clock
        self._accounts = _Table(ACCOUNT, keys)
        self._addresses = _Table(ADDRESS, keys)
        self._codes = _Table(CODE, keys)

    def attempt(self, account: str, address: str) -> None:
        """Raises TooManyAttempts; the same for accounts that exist and that do not."""
        now, address = self._clock(), _place(address)
        wait = max(self._accounts.wait(account, now), self._addresses.wait(address, now))
        if wait > 0:
            raise TooManyAttempts("too many attempts to sign in", retry_after=wait)
        self._accounts.count(account, now)
        self._addresses.count(address, now)

    def succeeded(self, account: str, address: str) -> None:
        """The account starts afresh; the address only gets this attempt back."""
        self._accounts.forgive(account)
        self._addresses.take_back(_place(address))

    def attempt_code(self, account: str) -> None:
        """The same for the code that is asked for after the right password."""
        now = self._clock()
        wait = self._codes.wait(account, now)
        if wait > 0:
            raise TooManyAttempts("too many wrong codes", retry_after=wait)
        self._codes.count(account, now)

    def code_succeeded(self, account: str) -> None:
        self._codes.forgive(account)

    @property
    def remembered(self) -> int:
        return len(self._accounts) + len(self._addresses) + len(self._codes)


class AddressThrottle:
    """For what strangers may do without signing in: slow for whoever does it all the time."""

    def __init__(self, limit: Limit, clock: Callable[[], float], *, keys: int = KEYS) -> None:
        self._clock = clock
        self._addresses = _Table(limit, keys)

    def attempt(self, address: str) -> None:
        """Raises TooManyAttempts."""
        now, place = self._clock(), _place(address)
        wait = self._addresses.wait(place, now)
        if wait > 0:
            raise TooManyAttempts("too many requests", retry_after=wait)
        self._addresses.count(place, now)


class Failures:
    """For secrets too long to be guessed: whoever goes on with wrong ones is answered slowly.

    Only failures count, so a server with many requests under way at once is not held back.
    """

    def __init__(self, clock: Callable[[], float], *, keys: int = KEYS) -> None:
        self._clock = clock
        self._addresses = _Table(TOKENS, keys)

    def check(self, address: str) -> None:
        """Raises TooManyAttempts."""
        wait = self._addresses.wait(_place(address), self._clock())
        if wait > 0:
            raise TooManyAttempts("too many wrong tokens", retry_after=wait)

    def count(self, address: str) -> None:
        self._addresses.count(_place(address), self._clock())


class Bucket:
    """So many at once, and so many a second after that, of each key; keys are few and known."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float]) -> None:
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._left: dict[int, tuple[float, float]] = {}  # key -> what was left, when

    def take(self, key: int) -> float:
        """0 when one was taken, else the seconds until one can be."""
        now = self._clock()
        left, at = self._left.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left < 1.0:
            return (1.0 - left) / self._rate
        self._left[key] = (left - 1.0, now)
        return 0.0
