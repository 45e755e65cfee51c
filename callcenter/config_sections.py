"""The sections of the configuration: their keys, what each may be, and what it is unless said.

What types cannot say stands in `config_rules`; how a file is read, and its errors, in `config`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

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
