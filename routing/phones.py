"""Agents' telephones: which are browsers, and what a browser needs to be one.

The passwords are in the file that `callcenter pbx render` writes beside the PBX's configuration,
and not in the database: the two are made in one go and belong together, a copy of the database (a
backup, a test system) carries no key to the telephones, and no query can hand out all of them. The
file is of the same shape as the `secrets.json` of a PBX rendered by deploy/asterisk, so that one
can be named instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from callcenter.errors import CallCenterError, NotFound

Kind = Literal["browser", "desk"]
ENDPOINT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class NoCredentials(NotFound):
    code = "no_credentials"


class SecretsUnreadable(CallCenterError):
    """The file with the passwords cannot be used; the message never holds any of it."""

    code = "phone_secrets_unreadable"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a browser registers with. Never logged: its text shows no password."""

    uri: str
    display_name: str
    websocket: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PhoneBook:
    """`browser`: patterns of interfaces that are browser phones; `secrets`: the file."""

    browser: Sequence[str]
    websocket: str
    secrets: Path
    domain: str = ""

    def kind_of(self, interface: str) -> Kind:
        is_browser = any(fnmatchcase(interface, pattern) for pattern in self.browser)
        return "browser" if is_browser else "desk"

    def credentials(self, interfaces: Sequence[str], display_name: str) -> Credentials:
        """For the first of an agent's telephones that is a browser.

        NoCredentials where there is none, or it was not rendered yet; SecretsUnreadable.
        Reads the file anew, so a telephone rendered a moment ago is there.
        """
        if not self.websocket:
            raise NoCredentials("this installation has no browser telephones")
        mine = [one for one in interfaces if self.kind_of(one) == "browser"]
        known = read_secrets(self.secrets)
        for interface in mine:
            name = endpoint_of(interface)
            if name is not None and name in known:
                return Credentials(
                    uri=f"sip:{name}@{self._domain()}",
                    display_name=display_name,
                    websocket=self.websocket,
                    username=name,
                    password=known[name],
                )
        raise NoCredentials("you have no browser telephone, or the PBX does not know it yet")

    def _domain(self) -> str:
        return self.domain or urlsplit(self.websocket).hostname or "localhost"


def endpoint_of(interface: str) -> str | None:
    """The PJSIP endpoint of an interface; None for other technologies and for what is no name."""
    technology, _, name = interface.partition("/")
    return name if technology == "PJSIP" and ENDPOINT.fullmatch(name) else None


def read_secrets(path: Path) -> dict[str, str]:
    """Endpoint -> password; empty while there is no file. Raises SecretsUnreadable."""
    try:
        phones = json.loads(path.read_text("utf-8"))["phones"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SecretsUnreadable(f"{path}: {type(error).__name__}") from None
    if not isinstance(phones, dict) or not all(isinstance(one, str) for one in phones.values()):
        raise SecretsUnreadable(f"{path}: not the file that `callcenter pbx render` writes")
    return phones
