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
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from callcenter.config_rules import check
from callcenter.errors import ConfigError

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]


class AmiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The manager interface of the PBX; `name` is how rows and screens call this PBX."""

    host: Text
    username: Text
    secret: Text
    port: Port = 5038
    tls: bool = False
    ca_file: str | None = None  # to check the PBX's certificate; the system's authorities if absent
    name: Text = "pbx"


class DatabaseConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`url` empty: an embedded SQLite file in data_dir."""

    url: str = ""
    pool_size: Annotated[int, msgspec.Meta(ge=1, le=200)] = 10


class RedisConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`url` empty: one process, events stay in memory."""

    url: str = ""


class WebConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`public_url` is what people type, when a proxy stands before us; origins are checked."""

    host: Text = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""
    static_dir: str = ""  # the built console, when it is not the one in the package
    metrics_token: str = ""  # for /metrics from elsewhere; empty: from this machine only
    trusted_proxies: list[Text] = []  # addresses or networks whose X-Forwarded-For is believed


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The console's live connection. `public_url` (ws:// or wss://) when a proxy stands before."""

    host: Text = "127.0.0.1"
    port: Port = 8081
    public_url: str = ""


class AgiConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where the dialplan asks us who gets a call; port 0: we distribute none (usual: 4573)."""

    host: Text = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0


class RecordingsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`folder` as we see it; `pbx_folder` as the PBX names it, when that is another path."""

    folder: str = "/var/spool/asterisk/monitor"
    pbx_folder: str = ""


class PromptsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where uploaded prompts are kept, a folder that the PBX reads; `pbx_folder` as it names it."""

    folder: str = ""  # empty: prompts in data_dir
    pbx_folder: str = ""


class TrunkConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How the interfaces that match (`PJSIP/carrier*`) write numbers."""

    match: Text
    writes: Literal["e164", "e164_no_plus", "national", "auto"] = "auto"
    country: Country | None = None  # the installation's unless set


class NumbersConfig(msgspec.Struct, frozen=True, kw_only=True):
    country: Country = "CN"
    trunks: list[TrunkConfig] = []


class CallsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`trunks`: patterns of interfaces that lead out of the house; empty: told by their looks.

    The lists of numbers are patterns as the dialplan has them (callcenter.number_patterns); what
    each is for is in routing.dialling.
    """

    trunks: list[Text] = []
    inside: list[Text] = msgspec.field(default_factory=lambda: ["10XX", "80XX", "8100", "86XX"])
    outside: list[Text] = msgspec.field(default_factory=lambda: ["X.", "+X."])
    outside_prefix: str = "9"
    blocked: list[Text] = []
    restricted: list[Text] = []
    unrestricted: list[Text] = []
    emergency: list[Text] = []


class PhonesConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Agents' telephones. `websocket_url` is how browsers reach the PBX; empty: no browser phones.

    `browser` are patterns of interfaces that are browser phones; every other one is a desk phone.
    `callcenter pbx render` writes `pjsip_file` for the PBX and the passwords in it to
    `secrets_file`, from which the service hands each browser its own.
    """

    websocket_url: str = ""
    sip_domain: str = ""  # the host of websocket_url unless set
    browser: list[Text] = msgspec.field(default_factory=lambda: ["PJSIP/web*"])
    secrets_file: str = ""  # data_dir/phones.json unless set
    pjsip_file: Text = "/etc/asterisk/pjsip.d/callcenter.conf"


class StoreConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What may wait while the database is away, for each durable consumer."""

    memory_events: Annotated[int, msgspec.Meta(ge=100)] = 100_000
    disk_mib: Annotated[int, msgspec.Meta(ge=1)] = 1024


class StorageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where finished recordings are kept. `place`: pbx leaves them as and where the PBX wrote them;
    folder moves them to `folder`; s3 to `bucket` of any S3-compatible store, by way of `folder`.

    `keys` belong into the environment (CALLCENTER_STORAGE_KEYS): `name:key` pairs with blanks
    between, each key 32 random bytes in base64. The first one encrypts, all of them open.
    """

    place: Literal["pbx", "folder", "s3"] = "pbx"
    folder: str = ""  # recordings in data_dir unless set
    opus: bool = True  # compressed without loss of a moment: a tenth of the size
    opus_kbps: Annotated[int, msgspec.Meta(ge=6, le=128)] = 16  # for each channel
    keys: str = ""  # none: not encrypted
    bucket: str = ""
    endpoint: str = ""  # of the store; Amazon's own for the region unless set
    region: Text = "us-east-1"
    prefix: str = ""  # before the names of ours there
    access_key: str = ""
    secret_key: str = ""
    full_percent: Annotated[int, msgspec.Meta(ge=10, le=99)] = 85  # of a disk: alarm, make room


class MailConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The server that takes our mail; `host` empty: no mail is sent. `sender` is its From.

    `encryption`: starttls (refused when the server does not do it), tls from the first byte, none.
    """

    host: str = ""
    port: Port = 587
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    ca_file: str | None = None
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    timeout: Annotated[float, msgspec.Meta(ge=1, le=300)] = 30.0  # seconds for each step
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90  # what went out or was given up


class TicketsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Files of tickets, and how long customers can say what they think of one."""

    folder: str = ""  # of attachments; attachments in data_dir unless set
    feedback_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 14  # a link is good for


class SecretsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The key under which secrets lie at rest: 32 random bytes in base64; without it `key_file`'s,
    which is made at the first start. `previous_keys` still open what was sealed under them."""

    key: str = ""
    key_file: str = ""  # data_dir/secret.key unless set
    previous_keys: list[Text] = []


class OutwardConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves the house: webhooks, helpdesks, pages that consoles open."""

    allowed_networks: list[Text] = []  # private addresses that may be targets all the same
    allow_http: bool = False  # targets and pages without encryption
    timeout: Annotated[float, msgspec.Meta(ge=1, le=60)] = 10.0  # seconds for an answer
    disable_after_days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 5  # of nothing but failures
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30  # of what was given up


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"  # auto: console on a terminal


class SupervisionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`agents_see`: what agents' consoles show while a supervisor does it to their call."""

    agents_see: list[Literal["listen", "whisper", "barge"]] = msgspec.field(
        default_factory=lambda: ["listen", "whisper", "barge"]
    )


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
