"""Tells the story of recorded AMI bytes, through the very protocol and tracker of the service."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from callcenter.ami.protocol import AmiParser
from callcenter.calls.story import Stories
from callcenter.calls.tracker import Tracker

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

HELP = "tell the calls in recorded AMI bytes, as JSON lines and a summary"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="raw AMI bytes; - reads them from stdin")
    parser.add_argument(
        "--chunk", type=int, default=65536, metavar="N", help="feed N bytes at a time (default 64K)"
    )
    parser.add_argument(
        "--trunk",
        action="append",
        default=[],
        metavar="PATTERN",
        help="interfaces that lead out of the house, e.g. 'PJSIP/carrier*'; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Print one JSON line for each call, then the summary. 2 when the file cannot be read."""
    if args.chunk < 1:
        return _refused("--chunk must be at least 1")
    try:
        with _opened(args.file) as stream:
            for record in tell(stream, args.chunk, tuple(args.trunk)):
                sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    except OSError as error:
        return _refused(f"{args.file}: {error.strerror or error}")
    return 0


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")


def _refused(why: str) -> int:
    sys.stderr.write(f"callcenter replay: {why}\n")
    return 2


def tell(stream: BinaryIO, chunk: int, trunks: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """The calls of a stream, then `{"summary": ...}`. The chunk size never changes the result."""
    parser, tracker, stories = AmiParser(), Tracker("replay", trunks=trunks), Stories()
    while data := stream.read(chunk):
        for message in parser.feed(data, None):
            for event in tracker.feed(message):
                stories.add(event)
    open_channels = tracker.open_channels
    for event in tracker.finish():
        stories.add(event)
    records = stories.records()
    yield from records
    yield {
        "summary": {
            "interactions": len(records),
            "events": parser.counts.events,
            "ignored": parser.counts.ignored,
            "quarantined": parser.counts.quarantined,
            "open_channels": open_channels,
        }
    }
