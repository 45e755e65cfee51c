"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

DEFAULT_CONFIG = "callcenter.toml"


def config_argument(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`, alike in every command that needs one."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path(DEFAULT_CONFIG),
        metavar="FILE",
        help=f"configuration file (default {DEFAULT_CONFIG})",
    )
