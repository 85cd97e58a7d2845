"""What a firewall has to let through: each way in and out once, with who says so."""

from __future__ import annotations

import pytest

from engine.config.declared import DeclaredConfig
from engine.config.listener import ListenerConfig
from engine.config.snapshot import ConfigItem
from engine.config.system import MediaConfig, SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.config.webhook import WebhookConfig, WebhooksConfig
from reconciler.openings import openings


def lines(*items: ConfigItem) -> list[str]:
    return [f"{one.way} {one.protocol} {one.ports}@{one.address} {one.resource}" for one in openings(items)]


def trunk(*servers: ServerConfig, proxy: ServerConfig | None = None, enabled: bool = True) -> TrunkConfig:
    return TrunkConfig(
        tenant="acme", name="out", servers=servers, outbound_proxy=proxy, enabled=enabled, transport="tcp"
    )


def hooks(cdr: str, events: str) -> WebhooksConfig:
    return WebhooksConfig(cdr=WebhookConfig(url=cdr), events=WebhookConfig(url=events))


BOTH = hooks("http://a.example", "http://a.example/e")
SERVER = ServerConfig(host="sip.example.net", port=5080)
CASES: list[tuple[ConfigItem, list[str]]] = [
    (ListenerConfig(name="a", transport="udp", port=5060), ["in udp 5060@ Listener a"]),
    (ListenerConfig(name="a", transport="tcp", port=5070, address="192.0.2.1"), ["in tcp 5070@192.0.2.1 Listener a"]),
    (DeclaredConfig(tenant="", kind="Listener", name="a", spec="{}"), []),
    (
        SystemConfig(media=MediaConfig(first_port=40000, last_port=41000)),
        ["in udp 40000-41000@ System system", "out udp 1024-65535@ System system"],
    ),
    (trunk(SERVER), ["out tcp 5080@sip.example.net Trunk acme/out"]),
    (trunk(ServerConfig(host="sip.example.net")), ["out tcp @sip.example.net Trunk acme/out"]),
    (trunk(ServerConfig(host="192.0.2.5")), ["out tcp 5060@192.0.2.5 Trunk acme/out"]),
    (trunk(ServerConfig(host="2001:db8::5")), ["out tcp 5060@2001:db8::5 Trunk acme/out"]),
    (trunk(SERVER, proxy=ServerConfig(host="192.0.2.9")), ["out tcp 5060@192.0.2.9 Trunk acme/out"]),
    (trunk(SERVER, enabled=False), []),
    (
        TenantConfig(name="acme", domain="a.example", webhooks=hooks("https://a.example/c", "http://b.example:81/e")),
        ["out tcp 443@a.example Tenant acme", "out tcp 81@b.example Tenant acme"],
    ),
    (
        TenantConfig(name="acme", domain="a.example", webhooks=BOTH),
        ["out tcp 80@a.example Tenant acme"],
    ),
]


@pytest.mark.parametrize(("item", "expected"), CASES)
def test_what_each_needs(item: ConfigItem, expected: list[str]) -> None:
    assert lines(item) == expected


def test_resolvers_are_asked_by_both() -> None:
    found = lines(SystemConfig(dns_servers=(ServerConfig(host="192.0.2.53"),)))
    assert [line for line in found if ".53" in line] == [
        "out tcp 53@192.0.2.53 System system",
        "out udp 53@192.0.2.53 System system",
    ]


def test_what_comes_in_comes_first() -> None:
    listener = ListenerConfig(name="z", transport="udp", port=5060)
    assert [line.split()[0] for line in lines(trunk(SERVER), listener, SystemConfig())] == ["in", "in", "out", "out"]
