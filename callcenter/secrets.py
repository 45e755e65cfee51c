"""The keys under which secrets lie at rest, so that a copy of the database alone gives none away.

A key comes from the configuration or its environment (`CALLCENTER_SECRETS_KEY`), or is made at the
first start in a file of its own. The first key seals, all of them open, so keys can be changed.
Each purpose has keys of its own, derived from these (HKDF-SHA256); what is sealed is bound to the
thing it is about, so rows cannot be exchanged (AES-256-GCM).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from callcenter.config import Config
from callcenter.errors import CallCenterError, ConfigError

SIZE = 32  # bytes of a key
_NONCE = 12
_VERSION = "v1"

log = structlog.get_logger(__name__)


class Unreadable(CallCenterError):
    """Sealed under a key that is not there any more, about something else, or damaged."""

    code = "unreadable_secret"


@dataclass(frozen=True, slots=True)
class Keys:
    """The installation's keys, the one in use first."""

    keys: tuple[bytes, ...] = field(repr=False)

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """A key of `SIZE` bytes for this purpose out of each of ours, in the same order."""
        return tuple(
            HKDF(SHA256(), SIZE, salt=None, info=f"callcenter {purpose}".encode()).derive(key)
            for key in self.keys
        )

    def box(self, purpose: str) -> Box:
        return Box(self.derive(purpose))


class Box:
    """Seals short texts for one purpose. `about` is what a text belongs to: `user/12`."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_name(key): AESGCM(key) for key in keys}
        self._current = _name(keys[0])

    def seal(self, text: str, about: str) -> str:
        """Ours are `v1.<key>.<nonce and ciphertext>`; never twice the same for one text."""
        nonce = secrets.token_bytes(_NONCE)
        hidden = self._ciphers[self._current].encrypt(nonce, text.encode(), about.encode())
        packed = base64.urlsafe_b64encode(nonce + hidden).decode()
        return f"{_VERSION}.{self._current}.{packed}"

    def open(self, sealed: str, about: str) -> str:
        """Unreadable for whatever is not ours, in any way."""
        _, name, packed = _parts(sealed)
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise Unreadable("sealed under a key that is not there")
        try:
            data = base64.urlsafe_b64decode(packed)
            return cipher.decrypt(data[:_NONCE], data[_NONCE:], about.encode()).decode()
        except (binascii.Error, ValueError, InvalidTag):
            raise Unreadable("damaged, or about something else") from None

    def is_current(self, text: str) -> bool:
        """Whether it is sealed, and under the key in use."""
        return text.startswith(f"{_VERSION}.{self._current}.")

    @staticmethod
    def is_sealed(text: str) -> bool:
        return text.startswith(f"{_VERSION}.")


def _name(key: bytes) -> str:
    """Says which key it was, and nothing about it."""
    return hashlib.sha256(b"callcenter key name" + key).hexdigest()[:8]


def _parts(sealed: str) -> tuple[str, str, str]:
    version, _, rest = sealed.partition(".")
    name, _, packed = rest.partition(".")
    if version != _VERSION or not packed:
        raise Unreadable("not sealed by us")
    return version, name, packed


# --- where keys come from -------------------------------------------------------------------


def load(config: Config) -> Keys:
    """From the configuration, else from the file, which is made when it is not there.

    ConfigError for what is no key, and for a file that cannot be read or written.
    """
    given = [config.secrets.key] if config.secrets.key else _from_file(config.secrets_key_file)
    return Keys(tuple(_key(text) for text in (*given, *config.secrets.previous_keys)))


def new_key() -> str:
    """As it is written in configuration and file."""
    return base64.urlsafe_b64encode(secrets.token_bytes(SIZE)).decode()


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SIZE:
        raise ConfigError(
            f"secrets.key: {SIZE} random bytes in base64 are wanted, as of `openssl rand -base64 "
            f"{SIZE}`",
            field="secrets.key",
        )
    return key


def _from_file(path: Path) -> list[str]:
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            log.warning("secret_key_open_to_others", file=str(path))
        lines = path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"secrets.key_file: {path}: {error}", field="secrets.key_file") from None
    if not lines:
        raise ConfigError(f"secrets.key_file: {path}: is empty", field="secrets.key_file")
    return lines


def _make(path: Path) -> None:
    """Of several who start at once one makes it, whole, and readable by us alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(made)
        log.warning("secret_key_made", file=str(path), todo="keep a copy beside your backups")
    except FileExistsError:
        pass  # somebody was faster
    finally:
        Path(made).unlink(missing_ok=True)
