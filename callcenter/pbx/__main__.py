"""Runs a PBX until interrupted, for whoever wants to try something by hand.

``python -m callcenter.pbx [--version 16] [--agi agi://127.0.0.1:4573]``
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.render import Settings


async def serve(version: int, agi_url: str) -> None:
    """Run a PBX and say how to reach it, until SIGINT or SIGTERM."""
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with Asterisk(version, Path(workdir), settings=Settings(agi_url=agi_url)) as pbx:
            sys.stdout.write(_described(pbx))
            sys.stdout.flush()
            await over.wait()


def _described(pbx: Asterisk) -> str:
    phones = "\n".join(f"  {number} {secret}" for number, secret in pbx.secrets.phones.items())
    return (
        f"manager    {pbx.host}:{pbx.ami_port} user {pbx.ami_user} secret {pbx.ami_secret}\n"
        f"SIP        {pbx.host}:{pbx.sip_port}\n"
        f"WebSocket  ws://{pbx.host}:{pbx.http_port}/ws\n"
        f"trunk      calls from {pbx.trunk[0]} are calls from outside\n"
        f"recordings {pbx.recordings}\ntelephones and their passwords\n{phones}\n"
    )


def main() -> int:
    """Read the command line and serve; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m callcenter.pbx", description=__doc__)
    parser.add_argument("--version", type=int, default=22)
    parser.add_argument("--agi", default="", help="where Callcenter answers; empty: own queues")
    chosen = parser.parse_args()
    try:
        asyncio.run(serve(chosen.version, chosen.agi))
    except PbxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
