"""Our own ids, derived from what identifies a thing: the same story told twice is written once."""

from __future__ import annotations

from hashlib import blake2b
from secrets import token_hex


def stable_id(*parts: str) -> str:
    """32 hex digits that are always the same for the same parts (order matters)."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def new_id() -> str:
    """32 random hex digits, for things that nothing outside identifies."""
    return token_hex(16)
