"""The form of an encrypted file: chunks that each open by themselves, so that a player can seek.

A head of 16 bytes, then chunks of AES-256-GCM with 16 bytes of tag each. Every file has a key of
its own, so the number of a chunk is nonce enough; the nonce also says which chunk is the last, so a
file that was cut off at the edge of a chunk does not open. Files of different keys cannot be mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 64 * 1024  # bytes of the plain file
TAG = 16
HEAD = b"CCSEAL01" + CHUNK.to_bytes(4, "big") + bytes(4)
STRIDE = CHUNK + TAG


class NotOurs(Exception):
    """The bytes are not what was sealed with this key: damaged, cut off, or another's."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The chunks `first` to `last` that hold some bytes, and where they are in the sealed file."""

    first: int
    last: int
    start: int
    end: int  # not included


def chunks_of(size: int) -> int:
    """An empty file has one chunk, which says that it is empty."""
    return max(1, -(-size // CHUNK))


def sealed_size(size: int) -> int:
    return len(HEAD) + size + chunks_of(size) * TAG


def sealed_length(number: int, size: int) -> int:
    """Bytes of this chunk of a file of `size` plain bytes."""
    return min(CHUNK, size - number * CHUNK) + TAG


def cover(start: int, end: int, size: int) -> Cover:
    """What to read of the sealed file for `start` to `end` (not included) of the plain."""
    first, last = start // CHUNK, max(start, end - 1) // CHUNK
    at = len(HEAD)
    return Cover(first, last, at + first * STRIDE, min(at + (last + 1) * STRIDE, sealed_size(size)))


class Seal:
    """Closes and opens the chunks of one file of `size` plain bytes."""

    def __init__(self, key: bytes, size: int) -> None:
        self._cipher = AESGCM(key)
        self._last = chunks_of(size) - 1

    def close(self, number: int, plain: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(number), plain, HEAD)

    def open(self, number: int, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(number), sealed, HEAD)
        except (InvalidTag, ValueError):
            raise NotOurs(f"chunk {number} does not open") from None

    def _nonce(self, number: int) -> bytes:
        return bytes(7) + number.to_bytes(4, "big") + bytes([number == self._last])
