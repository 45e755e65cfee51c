"""Ports for the demo, which takes what people expect or else what is free."""

from __future__ import annotations

import socket

from callcenter.errors import CallCenterError


def free_port(host: str, wanted: int = 0, *, taken: int = 0) -> int:
    """The port people expect, or any free one when somebody else has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            if free != taken:
                return free
    raise CallCenterError(f"no free port on {host}")
