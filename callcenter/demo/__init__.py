"""`callcenter demo`: the whole product on one machine, with nothing to configure and nothing left
behind."""

from __future__ import annotations

import argparse
import asyncio


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="where the page listens (%(default)s)")
    parser.add_argument(
        "--traces", action="store_true", help="play recorded calls even where a PBX could run"
    )
    parser.add_argument(
        "--calls-per-minute", type=_rate, metavar="N", help="how many robots call, at most 60"
    )
    parser.add_argument("--seconds", type=float, metavar="N", help="end by itself after so long")


def run(args: argparse.Namespace) -> int:
    from callcenter.demo.service import Options, demo

    options = Options(args.host, args.traces, args.calls_per_minute, args.seconds)
    return asyncio.run(demo(options))


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate <= 60:
        raise argparse.ArgumentTypeError("more than 0 and at most 60")
    return rate
