"""Turns the shipped Asterisk configuration into a directory Asterisk can read, secrets included.

The templates hold ``@NAME@`` where an installation differs. Secrets are generated once and kept
in ``secrets.json`` beside the rendered files, so that rendering again changes no password.

Usage: ``python callcenter/pbx/render.py DIRECTORY [NAME=VALUE ...]``. A setting can also come from
the environment, as ``CALLCENTER_PBX_NAME``; ``AMI_SECRET_FILE`` names a file with the secret of the
manager user, for those who keep secrets in files.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

if __package__:
    from callcenter.pbx.tones import write_hold_music
else:  # run as a file in the docker image, where the package is not installed
    from tones import write_hold_music  # type: ignore[import-not-found, no-redef]  # only there

TEMPLATES = Path(__file__).resolve().parents[2] / "deploy" / "asterisk" / "etc"
SECRETS_FILE = "secrets.json"
_ENVIRONMENT = "CALLCENTER_PBX_"
_TOKEN = re.compile(r"@([A-Z_]+)@")


class RenderError(Exception):
    """The configuration cannot be rendered; the message says what to correct."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs from one PBX to another; the defaults suit one PBX on a machine of its own."""

    ami_bind: str = "127.0.0.1"
    ami_port: int = 5038
    ami_permit: str = "127.0.0.1/255.255.255.255"
    sip_bind: str = "0.0.0.0"  # noqa: S104  telephones are on other machines
    sip_port: int = 5060
    http_bind: str = "127.0.0.1"
    http_port: int = 8088
    rtp_start: int = 10000
    rtp_end: int = 19999
    trunk_host: str = "127.0.0.2"
    trunk_port: int = 5060
    agi_url: str = "agi://127.0.0.1:4573"
    second_agi_url: str = ""  # asked when the first is away
    agi_patience: int = 2
    fallback_queue: str = "support"
    queue_timeout: int = 300
    ring_timeout: int = 30
    parking_time: int = 90
    moh_dir: str = "/etc/asterisk/moh"
    phones: tuple[str, ...] = tuple(str(1000 + n) for n in range(1, 11))
    webphones: tuple[str, ...] = ()

    def tokens(self) -> dict[str, str]:
        """Return what stands for each ``@NAME@``; the lists of telephones are rendered apart."""
        return {
            item.name.upper(): str(getattr(self, item.name))
            for item in fields(self)
            if not item.name.endswith("phones")
        }


@dataclass(slots=True)
class Secrets:
    """The password of the manager user and of each telephone."""

    ami: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    phones: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path, phones: Iterable[str]) -> Secrets:
        """Read the secrets kept in `directory`, generate the missing ones and keep them all."""
        path = directory / SECRETS_FILE
        known = cls(**json.loads(path.read_text())) if path.exists() else cls()
        for phone in phones:
            known.phones.setdefault(phone, secrets.token_urlsafe(12))
        path.touch(mode=0o600)
        path.write_text(json.dumps({"ami": known.ami, "phones": known.phones}, indent=1) + "\n")
        return known


def render(
    directory: Path, settings: Settings, overlays: Iterable[Path] = (), ami_secret: str = ""
) -> Secrets:
    """Write every configuration file to `directory` and return the secrets in them.

    `overlays` are further template directories, laid over the shipped one: files of the same
    name replace it, and the ``*.d`` directories are picked up by the shipped files.
    """
    if not TEMPLATES.is_dir():
        raise RenderError(f"no configuration templates in {TEMPLATES}: run from a checkout")
    directory.mkdir(parents=True, exist_ok=True)
    known = Secrets.load(directory, settings.phones + settings.webphones)
    if ami_secret:
        known.ami = ami_secret
    tokens = settings.tokens() | {"AMI_SECRET": known.ami}
    for source in (TEMPLATES, *overlays):
        _render_tree(source, directory, tokens)
    _write(directory / "phones.conf", _phones(settings, known))
    if settings.moh_dir == str(directory / "moh"):
        write_hold_music(directory / "moh" / "hold.wav")
    return known


def _render_tree(source: Path, directory: Path, tokens: Mapping[str, str]) -> None:
    for template in sorted(source.rglob("*.conf")):
        target = directory / template.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, substitute(template.read_text(encoding="utf-8"), tokens))


def substitute(text: str, tokens: Mapping[str, str]) -> str:
    """Replace each ``@NAME@``; a value that could end its line or start a comment is refused."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in tokens:
            raise RenderError(f"no value for {match[0]}")
        if re.search(r"[;\r\n\[\]]", tokens[name]):
            raise RenderError(f"{name} may not contain a line end, bracket or semicolon")
        return tokens[name]

    return _TOKEN.sub(value, text)


def _phones(settings: Settings, known: Secrets) -> str:
    kinds = [(number, "phone") for number in settings.phones]
    kinds += [(number, "webphone") for number in settings.webphones]
    sections = [_phone(number, kind, known.phones[number]) for number, kind in kinds]
    return "; Generated: the telephones and their passwords.\n\n" + "\n".join(sections)


def _phone(number: str, template: str, password: str) -> str:
    return (
        f"[{number}]({template})\nauth = {number}\naors = {number}\n"
        f'callerid = "Agent {number}" <{number}>\n'
        f"[{number}](phone-auth)\nusername = {number}\npassword = {password}\n"
        f"[{number}](phone-aor)\n"
    )


def _write(path: Path, text: str) -> None:
    # Secrets are in several of the files, so none is readable by others, from the first byte on.
    path.touch(mode=0o640)
    path.chmod(0o640)
    path.write_text(text, encoding="utf-8")


def settings_from(assignments: Iterable[str]) -> tuple[Settings, str]:
    """Read ``NAME=VALUE`` arguments into settings and the manager secret (empty: generate)."""
    known = {item.name: item for item in fields(Settings)}
    values: dict[str, Any] = {}  # as `_typed` makes them
    secret = ""
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name = name.lower()
        if name == "ami_secret" and equals:
            secret = value
        elif name == "ami_secret_file" and equals:
            secret = Path(value).read_text(encoding="utf-8").strip()
        elif name in known and equals:
            values[name] = _typed(name, value)
        else:
            raise RenderError(f"unknown setting {assignment!r}; known: {', '.join(known)}")
    return Settings(**values), secret


def _typed(name: str, value: str) -> object:
    default = getattr(Settings(), name)
    if isinstance(default, tuple):
        return tuple(value.split(",")) if value else ()
    if isinstance(default, int) and not value.isdecimal():
        raise RenderError(f"{name} must be a whole number")
    return int(value) if isinstance(default, int) else value


def main(arguments: list[str]) -> int:
    """Render from the command line; returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(__doc__ or "")
        return 0 if arguments else 2
    directory = Path(arguments[0]).resolve()
    given = [
        f"{name.removeprefix(_ENVIRONMENT)}={value}"
        for name, value in os.environ.items()
        if name.startswith(_ENVIRONMENT)
    ]
    try:
        settings, secret = settings_from([f"moh_dir={directory}/moh", *given, *arguments[1:]])
        render(directory, settings, ami_secret=secret)
    except (RenderError, OSError) as error:
        sys.stderr.write(f"render: {error}\n")
        return 1
    sys.stdout.write(f"Configuration is in {directory}, the passwords in {SECRETS_FILE} there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
