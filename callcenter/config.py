"""The one configuration file, checked whole before anything starts.

Reads TOML into frozen structs; every error names the file, the key and what is allowed. Each
single value can also come from the environment as `CALLCENTER_<SECTION>_<KEY>`
(`CALLCENTER_AMI_SECRET`, `CALLCENTER_DATABASE_URL`, `CALLCENTER_DATA_DIR`), which wins.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from callcenter.config_rules import check
from callcenter.config_sections import (
    AgiConfig,
    AmiConfig,
    CallsConfig,
    DatabaseConfig,
    GatewayConfig,
    LogConfig,
    MailConfig,
    NumbersConfig,
    OutwardConfig,
    PhonesConfig,
    PromptsConfig,
    RecordingsConfig,
    RedisConfig,
    SecretsConfig,
    StorageConfig,
    StoreConfig,
    SupervisionConfig,
    Text,
    TicketsConfig,
    TrunkConfig,
    WebConfig,
)
from callcenter.errors import ConfigError


class Config(msgspec.Struct, frozen=True, kw_only=True):
    ami: AmiConfig
    data_dir: Text = "./data"
    language: Literal["zh", "en"] = "zh"
    timezone: Text = "Asia/Shanghai"  # whose midnight begins the day on the board
    database: DatabaseConfig = DatabaseConfig()
    redis: RedisConfig = RedisConfig()
    web: WebConfig = WebConfig()
    gateway: GatewayConfig = GatewayConfig()
    agi: AgiConfig = AgiConfig()
    recordings: RecordingsConfig = RecordingsConfig()
    prompts: PromptsConfig = PromptsConfig()
    numbers: NumbersConfig = NumbersConfig()
    calls: CallsConfig = CallsConfig()
    phones: PhonesConfig = PhonesConfig()
    store: StoreConfig = StoreConfig()
    storage: StorageConfig = StorageConfig()
    mail: MailConfig = MailConfig()
    tickets: TicketsConfig = TicketsConfig()
    supervision: SupervisionConfig = SupervisionConfig()
    secrets: SecretsConfig = SecretsConfig()
    outward: OutwardConfig = OutwardConfig()
    log: LogConfig = LogConfig()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data / 'callcenter.db'}"

    @property
    def phone_secrets(self) -> Path:
        """The passwords of agents' telephones, absolute."""
        given = self.phones.secrets_file
        return Path(given).expanduser().resolve() if given else self.data / "phones.json"

    @property
    def secrets_key_file(self) -> Path:
        given = self.secrets.key_file
        return Path(given).expanduser().resolve() if given else self.data / "secret.key"

    @property
    def data(self) -> Path:
        """The folder for the embedded database and for events that wait, absolute."""
        return Path(self.data_dir).expanduser().resolve()

    @property
    def attachments_folder(self) -> Path:
        given = self.tickets.folder
        return Path(given).expanduser().resolve() if given else self.data / "attachments"

    @property
    def kept_recordings(self) -> Path:
        """Our own folder of recordings, absolute."""
        given = self.storage.folder
        return Path(given).expanduser().resolve() if given else self.data / "recordings"

    @property
    def prompts_folder(self) -> Path:
        return (
            Path(self.prompts.folder).expanduser() if self.prompts.folder else self.data / "prompts"
        )

    @property
    def pbx_prompts(self) -> str:
        """The same folder as the PBX names it."""
        return self.prompts.pbx_folder or str(self.prompts_folder)


_AT = re.compile(r"(?: - at `\$\.?(?P<path>[^`]*)`)$")
_MISSING = re.compile(r"missing required field `(\w+)`")


def load(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """The checked configuration; ConfigError for everything that is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    return parse(raw, str(path), os.environ if environ is None else environ)


def make_data_folder(config: Config) -> None:
    """The folder for what we keep, for us alone. ConfigError when we cannot write there."""
    try:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        reason = "" if os.access(config.data, os.W_OK | os.X_OK) else "no right to write there"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise ConfigError(f"data_dir: {config.data}: {reason}", field="data_dir")


def parse(raw: dict[str, Any], source: str, environ: Mapping[str, str]) -> Config:
    """The same for what has been read already; `source` is named in errors."""
    _refuse_unknown(raw, Config, source)
    overridden = _with_environment(raw, environ)
    try:
        config = msgspec.convert(overridden, Config)
    except msgspec.ValidationError as error:
        raise _explained(error, source) from None
    check(config, source)
    return config


def _refuse_unknown(
    raw: dict[str, Any], kind: type[msgspec.Struct], source: str, at: str = ""
) -> None:
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in raw.items():
        where = f"{at}{key}"
        if key not in fields:
            near = get_close_matches(key, fields, 1)
            hint = f"; did you mean {at}{near[0]}?" if near else f"; allowed: {', '.join(fields)}"
            raise ConfigError(f"{source}: unknown key {where}{hint}", field=where)
        inner = fields[key]
        if (
            isinstance(inner, type)
            and issubclass(inner, msgspec.Struct)
            and isinstance(value, dict)
        ):
            _refuse_unknown(value, inner, source, f"{where}.")
        if key == "trunks" and kind is NumbersConfig and isinstance(value, list):
            for number, trunk in enumerate(value):
                if isinstance(trunk, dict):
                    _refuse_unknown(trunk, TrunkConfig, source, f"{where}[{number}].")


def _with_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """`raw` with the values the environment sets; lists and tables stay with the file."""
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in raw.items()}
    for field in msgspec.structs.fields(Config):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            section = _from_environment(field.type, f"CALLCENTER_{field.name.upper()}_", environ)
            given = result.get(field.name, {})
            if section and isinstance(given, dict):  # else it is refused for what it is
                result[field.name] = {**given, **section}
    return {**result, **_from_environment(Config, "CALLCENTER_", environ)}


def _from_environment(
    kind: type[msgspec.Struct], prefix: str, environ: Mapping[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        value = environ.get(f"{prefix}{field.name.upper()}")
        if value is None or value == "":  # compose files pass on what is not set as empty
            continue
        try:
            found[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError as error:
            what = f"{error}{_choices(field.type)}"
            raise ConfigError(
                f"environment: {prefix}{field.name.upper()}: {what}", field=field.name
            ) from None
    return found


def _explained(error: msgspec.ValidationError, source: str) -> ConfigError:
    text = str(error)
    found = _AT.search(text)
    key = found["path"] if found else ""
    missing = _MISSING.search(text)
    if missing:
        key = f"{key}.{missing[1]}".lstrip(".")
        what = "is required"
        if key == "ami":
            what = "is required: [ami] with host, username and secret"
    else:
        what = _AT.sub("", text) + _choices(_type_at(key))
    return ConfigError(f"{source}: {key}: {what}", field=key)


def _type_at(key: str) -> Any:
    """The declared type of a key like `numbers.trunks[0].writes`."""
    kind: Any = Config
    for name in re.findall(r"\w+|\[", key):
        if name == "[":
            kind = get_args(kind)[0]
        elif not name.isdecimal():
            kind = {field.name: field.type for field in msgspec.structs.fields(kind)}[name]
    return kind


def _choices(kind: Any) -> str:
    """What is allowed, where there are only a few words."""
    return f"; allowed: {', '.join(get_args(kind))}" if get_origin(kind) is Literal else ""
