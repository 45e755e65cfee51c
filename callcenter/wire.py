"""Events as bytes and back, for every place outside the process: Redis, files on disk."""

from __future__ import annotations

import msgspec

from callcenter.events import DomainEvent

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[DomainEvent] = msgspec.json.Decoder(DomainEvent)


def encode(event: DomainEvent) -> bytes:
    """Tagged JSON, e.g. `{"type":"LinkLost","at":1.0,"pbx":"main"}`."""
    return _encoder.encode(event)


def decode(data: bytes) -> DomainEvent:
    """msgspec.DecodeError (ValidationError among them) for what is not an event of ours."""
    return _decoder.decode(data)
