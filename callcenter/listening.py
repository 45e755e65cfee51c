"""Says which section of the configuration asked for an address that cannot be had."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from callcenter.errors import ConfigError


@contextmanager
def listening(section: str, host: str, port: int) -> Iterator[None]:
    """An OSError inside becomes a ConfigError that names section, address and reason."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(
            f"[{section}] cannot listen on {host} port {port}: {reason}", field=f"{section}.port"
        ) from None
