"""Makes an Opus file of what the PBX recorded and makes sure that nothing of it is missing.

Runs in a process of its own, like everything that reads sound from outside (recording.audio).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from recording.audio import opened

RATE = 48_000  # what Opus counts in, whatever goes in
PCM = ("pcm_",)  # what is worth it: the rest is compressed already


@dataclass(frozen=True, slots=True)
class Compressed:
    """`problem`: in words why there is no Opus file of this recording."""

    seconds: float = 0.0
    problem: str | None = None


def worth_it(codec: str | None) -> bool:
    return codec is not None and codec.startswith(PCM)


def compress(source: str, target: str, bit_rate: int) -> Compressed:
    """Write `target`; its decoded length is that of `source`, to the sample, or there is a problem.

    Both channels stay apart: the caller left, the agent right.
    """
    try:
        with opened(source) as read, av.open(target, "w", format="ogg") as written:
            length = _encode(read, written, bit_rate)
        found = _length(target)
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        Path(target).unlink(missing_ok=True)
        return Compressed(problem=f"cannot be made Opus: {error}"[:200])
    if found != length or length == 0:
        Path(target).unlink(missing_ok=True)
        return Compressed(problem=f"Opus has {found} of {length} samples")
    return Compressed(length / RATE)


def _encode(source: InputContainer, target: OutputContainer, bit_rate: int) -> int:
    """Samples that went in. Raises for a source that is damaged: its file stays as it is."""
    stream = source.streams.audio[0]
    out = target.add_stream("libopus", rate=RATE)
    out.layout = stream.layout.name
    out.bit_rate = bit_rate * stream.channels
    out.codec_context.options = {"application": "voip"}
    length = 0
    for frame in _at_rate(source, stream):
        length += frame.samples
        target.mux(out.encode(frame))
    target.mux(out.encode(None))
    return length


def _at_rate(source: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    resampler = av.AudioResampler(format="s16", layout=stream.layout.name, rate=RATE)
    for frame in source.decode(stream):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _length(path: str) -> int:
    with av.open(path) as container:
        return sum(frame.samples for frame in container.decode(container.streams.audio[0]))
