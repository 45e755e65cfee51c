"""Standard Webhooks: how a receiver knows that a message is ours, whole, and not an old one.

Pure. `webhook-signature` is an HMAC-SHA256 over id, timestamp and body, in base64, after `v1,`.
While a secret is being replaced there are two, apart by a blank; one that fits is enough.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32  # the standard asks for 24 to 64


def written(key: bytes) -> str:
    """A secret as people copy it."""
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """ValueError for what is no secret."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not a secret of this kind") from None


def headers(message: str, body: bytes, secrets: Sequence[str], *, now: float) -> dict[str, str]:
    """The three headers; `now` is when it is sent, not when it happened."""
    timestamp = str(int(now))
    signed = f"{message}.{timestamp}.".encode() + body
    signatures = " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets)
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": signatures,
    }


def _signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
