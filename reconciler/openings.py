"""What a firewall has to let through for what manifests say: in and out, and nothing that is not carried out yet.

Pure. Addresses that are the machine's own (`--host`) are no part of manifests: they are left open here, and so is the API's (`--api`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from engine.config.listener import ListenerConfig
from engine.config.snapshot import ConfigItem
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import ServerConfig, TrunkConfig

SIP_PORT: Final = 5060
DNS_PORT: Final = 53
_WEB_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


class Way(StrEnum):
    """Who begins."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """`protocol`: udp or tcp; `ports`: one, or first-last, "" = as DNS says; `address`: ours where it comes in, theirs where it goes
    out, "" = the machine's own, or any; `what`: for people; `resource`: who says so."""

    way: Way
    protocol: str
    ports: str
    address: str
    what: str
    resource: str


def openings(items: Iterable[ConfigItem]) -> tuple[Opening, ...]:
    """Sorted: what comes in, then what goes out."""
    return tuple(sorted({opening for item in items for opening in _of(item)}))


def _of(item: ConfigItem) -> Iterator[Opening]:
    match item:
        case ListenerConfig():
            port, address = str(item.port), item.address or ""
            yield Opening(Way.IN, item.transport, port, address, "SIP of phones and carriers", str(item.ref))
        case SystemConfig(media=media):
            ports = f"{media.first_port}-{media.last_port}"
            yield Opening(Way.IN, "udp", ports, media.address or "", "audio of phones and carriers", str(item.ref))
            yield Opening(Way.OUT, "udp", "1024-65535", "", "audio to phones and carriers", str(item.ref))
            for server in item.dns_servers:
                for protocol in ("udp", "tcp"):
                    port = str(server.port or DNS_PORT)
                    yield Opening(Way.OUT, protocol, port, server.host, "names of carriers", str(item.ref))
        case TrunkConfig(enabled=True):
            servers = item.servers if item.outbound_proxy is None else (item.outbound_proxy,)
            for server in servers:
                yield Opening(Way.OUT, item.transport, _port(server), server.host, "SIP to a carrier", str(item.ref))
        case TenantConfig(enabled=True):
            for hook in item.webhooks.all:
                url = urlsplit(hook.url)
                port = str(url.port or _WEB_PORTS[url.scheme])
                yield Opening(Way.OUT, "tcp", port, url.hostname or "", "webhook", str(item.ref))


def _port(server: ServerConfig) -> str:
    """A name without a port is found by NAPTR and SRV (RFC 3263)."""
    if server.port is not None:
        return str(server.port)
    is_address = ":" in server.host or server.host.replace(".", "").isdecimal()
    return str(SIP_PORT) if is_address else ""
