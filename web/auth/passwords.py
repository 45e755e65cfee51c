"""Passwords: what is accepted, how they are kept, and new ones nobody has to invent."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callcenter.errors import InvalidInput

# Characters, as NIST SP 800-63B-4 (3.1.1.2) asks: length, not composition. A password that is the
# only proof has 15 at least, one beside a code of an app 8.
SHORTEST, SHORTEST_BESIDE_CODE, LONGEST = 15, 8, 256
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread: no i, l, o, 0, 1
_GROUPS, _GROUP = 4, 4  # 16 characters of 31: 79 bits

# The head of every public list of leaked passwords that is long enough to pass the length rule.
_COMMON = frozenset((files(__package__) / "common_passwords.txt").read_text("utf-8").split())


class Passwords:
    """Hashes and checks in threads: Argon2 is slow and hungry on purpose.

    At most `parallel` at a time, since each takes tens of megabytes: a flood of sign-ins waits
    instead of eating the machine.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, parallel: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = asyncio.Semaphore(parallel)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, normal(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """None stands for a user who does not exist: the same work, never true."""
        against = password_hash if password_hash is not None else await self._dummy()
        async with self._slots:
            same = await asyncio.to_thread(self._matches, against, normal(password))
        return same and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _dummy(self) -> str:
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_hex(16))
        return self._nobody


def normal(password: str) -> str:
    """The same password typed on another keyboard or system has the same characters."""
    return unicodedata.normalize("NFKC", password)


def check_acceptable(
    password: str, *, username: str, field: str = "password", beside_code: bool = False
) -> None:
    """Raises InvalidInput that says why this password is not taken."""
    text = normal(password)
    folded = text.casefold()
    shortest = SHORTEST_BESIDE_CODE if beside_code else SHORTEST
    refusals = {
        f"must have at least {shortest} characters": len(text) < shortest,
        f"must have at most {LONGEST} characters": len(text) > LONGEST,
        "must not be the user name": folded == username.casefold(),
        "must not be one piece repeated": _repeats(folded),
        "is one of the most common passwords": folded in _COMMON,
    }
    for reason, refused in refusals.items():
        if refused:
            raise InvalidInput(reason, field=field)


def _repeats(text: str) -> bool:
    """Of a piece of at most eight characters, as far as it goes."""
    pieces = range(1, min(8, len(text) // 2) + 1)
    return any(text[size:] == text[:-size] for size in pieces)


def generated() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
