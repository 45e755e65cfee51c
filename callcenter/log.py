"""One way to log: structured, one line an event, with the call's id in every room it passes.

log = structlog.get_logger(__name__)
with interaction_bound(event.interaction):
    log.info("pop_offered", agent=7)
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Literal, TextIO

import msgspec
import structlog

Format = Literal["auto", "json", "console"]
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
LONGEST = 2_000  # characters of one value; hostile text can be a megabyte
# C0 and C1 controls, line separators, and the marks that turn the direction of writing: a value
# must not begin a line of its own, drive a terminal or look like something else.
_HIDDEN = {
    code: f"\\u{code:04x}"
    for first, last in (
        (0x00, 0x1F),
        (0x7F, 0x9F),
        (0x2028, 0x202E),
        (0x2066, 0x2069),
        (0xD800, 0xDFFF),  # halves of letters, which UTF-8 cannot carry
    )
    for code in range(first, last + 1)
}
_PARTS = re.compile(r'[\s="]|^$')  # what a line is read by
_LARGEST = 1 << 63  # whole numbers beyond are written as text; JSON's readers know no larger ones
_NOISY = ("aiohttp.access", "alembic", "websockets", "asyncio", "aiosqlite", "sqlalchemy.engine")


def escaped(text: str) -> str:
    """Hostile text as one printable line."""
    shown = text[:LONGEST].translate(_HIDDEN)
    return shown if len(text) <= LONGEST else f"{shown}… ({len(text)} characters)"


def _plain(value: Any) -> Any:
    """Whatever was logged, made of what can be written; all text escaped."""
    if isinstance(value, str):
        return escaped(value)
    huge = isinstance(value, int) and not -_LARGEST <= value < _LARGEST
    if value is None or (isinstance(value, (int, float)) and not huge):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return escaped(bytes(value[:LONGEST]).decode("utf-8", "backslashreplace"))
    if isinstance(value, Mapping):
        return {escaped(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    return escaped(f"{value:#x}" if huge else str(value))


def _escape(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    trace = event.pop("exception", None)
    plain = {key: _plain(value) for key, value in event.items()}
    if trace is not None:  # our own text, but its last line is the error's message
        plain["exception"] = [escaped(line) for line in str(trace).splitlines()]
    return plain


def _json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    first = {key: event.pop(key) for key in ("time", "level", "event") if key in event}
    return msgspec.json.encode({**first, **event}).decode()


def _console(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Time, level, event, then key=value; a traceback below, indented."""
    trace = event.pop("exception", [])
    head = f"{event.pop('time', '')} {event.pop('level', ''):<8}{event.pop('event', '')}"
    pairs = " ".join(f"{key}={_shown(value)}" for key, value in event.items() if key != "logger")
    return "\n    ".join([f"{head}  {pairs}".rstrip(), *trace])


def _shown(value: Any) -> str:
    """Text with blanks in quotes, so that no caller's name looks like a field of ours."""
    if isinstance(value, str) and not _PARTS.search(value):
        return value
    return msgspec.json.encode(value).decode()


def configure(level: str = "info", format_: Format = "auto", stream: TextIO | None = None) -> None:
    """Set up structlog, and the standard library's logging of the libraries we use, alike."""
    out = sys.stderr if stream is None else stream
    as_console = format_ == "console" or (format_ == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _escape,
                _console if as_console else _json,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.WARNING))


@contextmanager
def interaction_bound(interaction: str, **more: str) -> Iterator[None]:
    """What is logged inside carries the interaction's id."""
    with structlog.contextvars.bound_contextvars(interaction=interaction, **more):
        yield
