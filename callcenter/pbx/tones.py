"""Sound made by arithmetic, so that calls have audio without a sound file of anybody else's."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

RATE = 8000
_HOLD_CHORDS = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))


def chord(frequencies: Sequence[float], seconds: float, level: float = 0.3) -> list[int]:
    """Return 16-bit samples of the frequencies sounding together, faded at both ends."""
    total = int(seconds * RATE)
    fade = max(1, min(total // 2, RATE // 20))
    peak = 32767 * level / len(frequencies)
    return [
        round(
            min(1.0, n / fade, (total - n) / fade)
            * sum(peak * math.sin(2 * math.pi * f * n / RATE) for f in frequencies)
        )
        for n in range(total)
    ]


def wav_of(samples: Sequence[int]) -> bytes:
    """The WAV file of mono 8 kHz samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


def write_wav(path: Path, samples: Sequence[int]) -> None:
    """Write mono 8 kHz samples as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav_of(samples))


def read_wav(path: Path) -> list[int]:
    """Read the samples of a mono 16-bit WAV file."""
    with wave.open(str(path), "rb") as source:
        data = source.readframes(source.getnframes())
    return list(struct.unpack(f"<{len(data) // 2}h", data))


def loudness(samples: Sequence[int]) -> float:
    """Return the root mean square of the samples; silence is below about 10."""
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def write_hold_music(path: Path) -> None:
    """Write the soft chords a waiting caller hears; kept when already there."""
    if not path.exists():
        write_wav(path, [s for c in _HOLD_CHORDS for s in chord(c, 2.0, 0.2)])


def mulaw(samples: Iterable[int]) -> bytes:
    """Encode 16-bit samples as G.711 mu-law."""
    return bytes(map(_mulaw_byte, samples))


def from_mulaw(data: bytes) -> list[int]:
    """Decode G.711 mu-law to 16-bit samples."""
    return [_linear(byte) for byte in data]


@cache
def _mulaw_byte(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


@cache
def _linear(byte: int) -> int:
    byte = ~byte & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 132) << (byte >> 4 & 0x07)
    return 132 - magnitude if byte & 0x80 else magnitude - 132
