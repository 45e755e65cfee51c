"""A queue of events on disk, for when a consumer is away longer than memory can bear.

Records are a 4-byte length and the event's JSON, appended in order. A record cut short by a crash
is dropped when the file is opened. Reading removes nothing: `advance` does, once the records are
safely elsewhere, so a crash in between repeats them and loses none.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

from callcenter.events import DomainEvent
from callcenter.wire import decode, encode

Clean = Callable[[DomainEvent], DomainEvent | None]  # what may be told of an event; None: nothing
_length = struct.Struct(">I")
COMPACT_BYTES = 8 << 20  # done with at the front of the file before it is worth rewriting
COPY_BYTES = 1 << 20
log = structlog.get_logger(__name__)


class Spill:
    """One file; `waiting` records not yet advanced over, `dropped` refused because it was full."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self.dropped = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._file: BinaryIO = path.open("r+b", buffering=0)
        self._front = 0  # offset of the first record that counts
        self._read: list[int] = []  # ends of the records handed out and not advanced over
        self.waiting, self._end = _scan(self._file)
        self._file.truncate(self._end)

    def append(self, event: DomainEvent) -> bool:
        """False when the bound is reached: the event is not kept, only counted."""
        data = encode(event)
        record = _length.pack(len(data)) + data
        if self._end - self._front + len(record) > self.max_bytes:
            self._refuse(event)
            return False
        try:
            self._write(record)
        except OSError as error:
            self._refuse(event, error=str(error))
            return False
        self.waiting += 1
        return True

    def _write(self, record: bytes) -> None:
        written = os.pwrite(self._file.fileno(), record, self._end)
        if written != len(record):  # the disk filled up in the middle; the next write starts over
            raise OSError(f"only {written} of {len(record)} bytes written")
        self._end += written

    def _refuse(self, event: DomainEvent, **why: str) -> None:
        self.dropped += 1
        if self.dropped & (self.dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th … are said
            log.critical(
                "spill_dropped", file=str(self.path), dropped=self.dropped,
                max_bytes=self.max_bytes, type=type(event).__name__, **why,
            )  # fmt: skip

    def read(self, count: int) -> list[DomainEvent]:
        """The next `count` records, which stay on disk until `advance`."""
        self._read = []
        events: list[DomainEvent] = []
        for end, data in _records(self._file, self._front, self._end):
            self._read.append(end)
            event = self._decoded(data)
            if event is not None:
                events.append(event)
            if len(events) >= count:
                break
        return events

    def _decoded(self, data: bytes) -> DomainEvent | None:
        try:
            return decode(data)
        except msgspec.DecodeError as error:  # written by another version of us
            log.error("spill_unreadable", file=str(self.path), error=str(error), data=data[:500])
            return None

    def advance(self) -> None:
        """What the last `read` gave is done with."""
        if not self._read:
            return
        self._front = self._read[-1]
        self.waiting -= len(self._read)
        self._read = []
        if self._front == self._end:
            self._file.truncate(0)
            self._front = self._end = 0
        elif self._front > COMPACT_BYTES and self._front >= self._end - self._front:
            self._compact()

    def _compact(self) -> None:
        """What is left is less than what is done with, so each byte is copied about once."""
        try:
            self._rewrite(())
        except OSError as error:  # no room for the copy: the file stays as it is, and is read on
            log.warning("spill_not_compacted", file=str(self.path), error=str(error))

    def prepend(self, events: Iterable[DomainEvent]) -> None:
        """Put events before all others, whatever the bound: they were in memory a moment ago."""
        added = list(events)
        if not added:
            return
        try:
            self._rewrite(added)
        except OSError as error:
            self.dropped += len(added)
            log.critical("spill_dropped", file=str(self.path), dropped=len(added), error=str(error))
        else:
            self.waiting += len(added)

    def forget(self, clean: Clean) -> None:
        """Write the file anew as `clean` has it; what cannot be read is left out.

        Raises OSError when there is no room; then all is as it was.
        """
        kept: list[DomainEvent] = []
        handed_out = 0  # of those kept
        for end, data in _records(self._file, self._front, self._end):
            event = self._decoded(data)
            told = None if event is None else clean(event)
            if told is not None:
                kept.append(told)
                handed_out += bool(self._read) and end <= self._read[-1]
        front, self._front = self._front, self._end
        try:
            self._rewrite(kept)
        except OSError:
            self._front = front
            raise
        ends = (end for end, _ in _records(self._file, 0, self._end))
        self._read = list(islice(ends, handed_out))
        self.waiting = len(kept)

    def _rewrite(self, before: Iterable[DomainEvent]) -> None:
        fresh = self.path.with_suffix(".new")
        try:
            with fresh.open("wb") as out:
                fresh.chmod(0o600)
                for event in before:
                    data = encode(event)
                    out.write(_length.pack(len(data)) + data)
                self._copy_to(out)
                end = out.tell()
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise
        fresh.replace(self.path)
        self._front, self._end, self._read = 0, end, []
        self._file.close()
        self._file = self.path.open("r+b", buffering=0)

    def _copy_to(self, out: BinaryIO) -> None:
        at = self._front
        while data := os.pread(self._file.fileno(), min(COPY_BYTES, self._end - at), at):
            out.write(data)
            at += len(data)

    def close(self) -> None:
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()


def cleaned(events: Iterable[DomainEvent], clean: Clean | None) -> list[DomainEvent]:
    """What may be told of these, in order."""
    if clean is None:
        return list(events)
    return [told for event in events if (told := clean(event)) is not None]


def _records(file: BinaryIO, offset: int, end: int) -> Iterator[tuple[int, bytes]]:
    """(offset after the record, its bytes) of every whole record between the two offsets."""
    descriptor = file.fileno()
    while offset + _length.size <= end:
        head = os.pread(descriptor, _length.size, offset)
        size = _length.unpack(head)[0] if len(head) == _length.size else end
        after = offset + _length.size + size
        if after > end:
            return
        yield after, os.pread(descriptor, size, offset + _length.size)
        offset = after


def _scan(file: BinaryIO) -> tuple[int, int]:
    """(number of whole records, offset where they end)."""
    count = end = 0
    for after, _ in _records(file, 0, os.fstat(file.fileno()).st_size):
        count, end = count + 1, after
    return count, end
