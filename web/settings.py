"""What the web server needs to know of the configuration, as values of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from callcenter.config import Config

CONSOLE = Path(__file__).parent / "static"  # where Vite puts the built console

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`public_url` is the address people type, "" when it is ours; with https the cookie is Secure.

    `gateway_url` is where consoles find the live gateway; without it, it is on `gateway_port` of
    the host that the page came from, which is what the host-only cookie reaches. `phone_socket` is
    where the browsers' telephones find the PBX, None without such telephones.
    """

    public_url: str
    gateway_port: int
    gateway_url: str | None = None
    phone_socket: str | None = None
    metrics_token: str | None = field(default=None, repr=False)  # without: loopback only
    trusted_proxies: tuple[Network, ...] = ()  # whose X-Forwarded-For is believed
    console: Path = CONSOLE
    pbx: str = "pbx"  # whose queues and numbers are described when nothing else is said
    prompts: Path = Path("prompts")  # where uploaded sounds are kept
    timezone: str = "UTC"  # whose midnight begins a day
    language: Literal["zh", "en"] = "zh"  # of the installation
    attachments: Path = Path("attachments")  # where files of tickets are kept
    imports: Path = Path("imports")  # where files of customers wait to be imported
    feedback_days: int = 14  # a customer's link is good for
    mail: bool = False  # whether there is a server that takes our mail

    @classmethod
    def of(cls, config: Config) -> WebSettings:
        web, gateway = config.web, config.gateway
        return cls(
            public_url=web.public_url,
            gateway_port=gateway.port,
            gateway_url=gateway.public_url or None,
            phone_socket=config.phones.websocket_url or None,
            metrics_token=web.metrics_token or None,
            trusted_proxies=tuple(map(ip_network, web.trusted_proxies)),
            console=Path(web.static_dir) if web.static_dir else CONSOLE,
            pbx=config.ami.name,
            prompts=config.prompts_folder,
            timezone=config.timezone,
            language=config.language,
            attachments=config.attachments_folder,
            imports=config.data / "imports",
            feedback_days=config.tickets.feedback_days,
            mail=bool(config.mail.host),
        )

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")
