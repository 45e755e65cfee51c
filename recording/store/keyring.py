"""The keys that keys of files are wrapped in: the first one in use, the others to open what is old.

Each file has a key of its own, kept with its row, wrapped by a key of the ring. To change keys is
then to wrap some bytes anew, not to write every recording again; and what has lost its row's key
is lost wherever copies of the file may lie.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from callcenter.errors import CallCenterError

KEY_BYTES = 32
NONCE_BYTES = 12
RULE = "name:key pairs with blanks between, each key 32 bytes in base64; the first one is used"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")


class KeyMissing(CallCenterError):
    """A file was encrypted with a key that this service was not given."""

    code = "key_missing"


class BadKeys(ValueError):
    """The text is no list of keys; never says what it was."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A file's own key, wrapped by the key called `by`."""

    by: str
    data: bytes


class KeyRing:
    """`keys`: name → 32 bytes, the one in use first. Empty: nothing is encrypted."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._keys = keys
        self.current = next(iter(keys), None)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """What CALLCENTER_STORAGE_KEYS holds. BadKeys says in what it is wrong."""
        keys: dict[str, bytes] = {}
        for pair in text.split():
            name, colon, encoded = pair.partition(":")
            if not colon or not _NAME.fullmatch(name) or name in keys:
                raise BadKeys(RULE)
            keys[name] = _key(encoded)
        return cls(keys)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._keys)

    def fresh(self, owner: str) -> tuple[bytes, Wrapped] | None:
        """A new key for the file of `owner`, and the same wrapped; None without any keys."""
        if self.current is None:
            return None
        key = secrets.token_bytes(KEY_BYTES)
        return key, self.wrap(key, owner)

    def wrap(self, key: bytes, owner: str) -> Wrapped:
        """Bound to its owner: rows cannot swap their keys."""
        if self.current is None:
            raise KeyMissing("there is no key to encrypt with")
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(self._keys[self.current])
        return Wrapped(self.current, nonce + cipher.encrypt(nonce, key, owner.encode()))

    def unwrap(self, wrapped: Wrapped, owner: str) -> bytes:
        known = self._keys.get(wrapped.by)
        if known is None:
            raise KeyMissing(f"the key {wrapped.by!r}, with which this was encrypted, is not there")
        nonce, data = wrapped.data[:NONCE_BYTES], wrapped.data[NONCE_BYTES:]
        try:
            return AESGCM(known).decrypt(nonce, data, owner.encode())
        except (InvalidTag, ValueError):
            raise KeyMissing(f"the key {wrapped.by!r} is not the one of that name") from None


def _key(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadKeys(RULE) from None
    if len(key) != KEY_BYTES:
        raise BadKeys(RULE)
    return key
