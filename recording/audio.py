"""Reads a sound file front to back: how long it is, whether anything is in it, its peaks.

Files come from outside and the codecs are C, so this runs in a process of its own: a file that
crashes them costs one file, and the loop of the service never waits. Memory does not grow with
the length; ten hours of telephone sound take about two seconds.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from recording.headers import cut_short
from recording.stereo import join

POINTS = 800  # pairs of lowest and highest, over the whole length
SILENCE = 32  # of 32,768: what never exceeds it is silence (-60 dB)
_FULL = 32_768
_OPTIONS = {"max_size": "65536"}  # WAV: fewer, larger packets; eight times as fast
_RAW = {  # files without a header say what they are by their ending only
    ".ulaw": ("mulaw", {"sample_rate": "8000"}),
    ".alaw": ("alaw", {"sample_rate": "8000"}),
    ".sln16": ("s16le", {"sample_rate": "16000"}),
    ".gsm": ("gsm", {}),
    ".g722": ("g722", {}),
    ".wav49": ("wav", {}),
}


@dataclass(frozen=True, slots=True)
class Sound:
    """`peaks`: POINTS pairs of signed bytes, lowest and highest of each stretch, channels mixed.

    `problem` says in words what is wrong with the file; the rest is what could be read of it.
    """

    seconds: float = 0.0
    channels: int = 0
    codec: str = ""
    silent: bool = True
    peaks: bytes = b""
    problem: str | None = None


def examine(path: str) -> Sound:
    """Everything about a file, once its sides are one; never raises for what the file holds."""
    apart = join(Path(path))
    size = Path(path).stat().st_size
    if size == 0:
        return Sound(problem="empty file")
    try:
        with opened(path) as container:
            seconds, rate, channels, codec = _measure(container)
        if seconds <= 0:  # a header alone: nobody spoke while it was recorded, nothing is lost
            return Sound(channels=channels, codec=codec)
        with opened(path) as container:
            levels, problem = _levels(container, max(1, -int(-seconds * rate // POINTS)))
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        return Sound(problem=f"not readable as sound: {error}"[:200])
    said = problem or cut_short(path) or apart
    loudest = max((max(-low, high) for low, high in levels), default=0)
    return Sound(seconds, channels, codec, loudest <= SILENCE, _packed(levels), said)


def opened(path: str) -> InputContainer:
    """Open for reading, also what has no header."""
    format_, options = _RAW.get(Path(path).suffix.lower(), (None, {}))
    return av.open(path, format=format_, options={**_OPTIONS, **options})


def _measure(container: InputContainer) -> tuple[float, int, int, str]:
    """(seconds, samples a second, channels, codec), from the packets: headers may lie."""
    stream = container.streams.audio[0]
    end = 0
    with contextlib.suppress(av.error.FFmpegError):  # cut short: what is there counts
        for packet in container.demux(stream):
            if packet.pts is not None:
                end = max(end, packet.pts + (packet.duration or 0))
    seconds = float(end * stream.time_base) if stream.time_base else 0.0
    return seconds, stream.rate, stream.channels, stream.codec_context.name


def _levels(container: InputContainer, stretch: int) -> tuple[list[tuple[int, int]], str | None]:
    """Lowest and highest of every `stretch` samples, found by FFmpeg itself; and a problem."""
    stream = container.streams.audio[0]
    graph = _meter(stream, stretch)
    levels: list[tuple[int, int]] = []
    problem = None
    try:
        for frame in container.decode(stream):
            graph.push(frame)
            levels.extend(_pull(graph))
    except av.error.FFmpegError as error:
        problem = f"damaged: {error}"[:200]
    graph.push(None)
    levels.extend(_pull(graph))
    return levels, problem


def _meter(stream: AudioStream, stretch: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    steps = [
        graph.add_abuffer(template=stream),
        graph.add("aformat", "sample_fmts=s16:channel_layouts=mono"),
        graph.add("asetnsamples", f"n={stretch}:p=0"),
        graph.add(
            "astats",
            "metadata=1:reset=1:measure_perchannel=none:measure_overall=Min_level+Max_level",
        ),
        graph.add("abuffersink"),
    ]
    for before, after in pairwise(steps):
        before.link_to(after)
    graph.configure()
    return graph


def _pull(graph: av.filter.Graph) -> Iterator[tuple[int, int]]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        if isinstance(frame, AudioFrame):
            found = frame.metadata
            low, high = (found.get(f"lavfi.astats.Overall.{end}_level") for end in ("Min", "Max"))
            yield int(float(low or 0)), int(float(high or 0))


def _packed(levels: list[tuple[int, int]]) -> bytes:
    return bytes(
        (max(-128, min(127, round(level * 128 / _FULL)))) & 0xFF
        for pair in levels[:POINTS]
        for level in pair
    )


def be_modest() -> None:
    """Set up the process that examines: calls come first, and it never outlives the service."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's, which then ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A service that was killed cannot end its children, and a worker of a pool never notices."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
