"""What each kind of manifest becomes for the engine: all fields, and the defaults, which are the engine's own."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dialing.schedule import DatedHours, Schedule
from dialing.time_range import TimeRange
from dialing.time_zone import TimeZone
from engine.config.blocked import BlockedConfig
from engine.config.countries import CountriesConfig, CountryPrefixConfig
from engine.config.declared import DeclaredConfig, DeclaredField
from engine.config.destination import DestinationConfig
from engine.config.dialling import DiallingConfig
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.config.header_rule import HeaderRuleConfig
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.outbound_rule import OutboundRouteConfig, OutboundRuleConfig
from engine.config.rate_table import PrefixRateConfig, RateTableConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.ring_group import RingGroupConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem
from engine.config.system import MediaConfig, NetworkConfig, SipConfig, SystemConfig
from engine.config.tenant import BillingConfig, QuotaConfig, RetentionConfig, TenantConfig, TollsConfig
from engine.config.trunk import CredentialsConfig, ServerConfig, TrunkConfig, TrunkRegistrationConfig
from engine.config.webhook import EVENT_TYPES, WebhookConfig, WebhooksConfig
from reconciler.compile.registry import compile_resource, config_ref, origin_of
from schema.manifest_set import parse_file
from schema.registry import KINDS
from schema.resource import AnyResource

KATHMANDU = TimeZone("Asia/Kathmandu", (), (20700,))
HEAD = "apiVersion: trunkline/v1\n"


def resource(text: str) -> AnyResource:
    parsed = parse_file("a.yaml", HEAD + text)
    assert not parsed.problems
    return parsed.resources[0]


CASES: list[tuple[str, ConfigItem]] = [
    ("kind: System\nmetadata: {name: system}\nspec: {}", SystemConfig()),
    (
        """\
kind: System
metadata: {name: system}
spec:
  media:
    address: 192.0.2.1
    advertisedAddress: 203.0.113.1
    ports: "40000-41000"
    inactivityTimeout: 90s
  drain: 90m
  network: {profile: public, advertisedIpv4: 203.0.113.2, advertisedIpv6: "2001:DB8::2"}
  sip: {minExpires: 30s, maxExpires: 2h, defaultExpires: 15m, nonceLifetime: 1m, userAgent: Ours}
""",
        SystemConfig(
            media=MediaConfig(
                address="192.0.2.1",
                advertised_address="203.0.113.1",
                first_port=40000,
                last_port=41000,
                inactivity_timeout_s=90.0,
            ),
            sip=SipConfig(
                min_expires_s=30, max_expires_s=7200, default_expires_s=900, nonce_lifetime_s=60.0, user_agent="Ours"
            ),
            drain_s=5400.0,
            network=NetworkConfig(advertised_ipv4="203.0.113.2", advertised_ipv6="2001:db8::2"),
        ),
    ),
    (
        "kind: Listener\nmetadata: {name: phones}\nspec: {transport: udp}",
        ListenerConfig(name="phones", transport="udp", port=5060),
    ),
    (
        """\
kind: Listener
metadata: {name: phones}
spec: {transport: udp, port: 5070, address: "[::1]", advertisedAddress: "2001:DB8::1", tenant: acme}
""",
        ListenerConfig(
            name="phones", transport="udp", port=5070, address="::1", advertised_address="2001:db8::1", tenant="acme"
        ),
    ),
    (
        "kind: IpRule\nmetadata: {name: office}\nspec: {network: 192.0.2.0/28, action: allow, description: Ours}",
        IpRuleConfig(name="office", network="192.0.2.0/28", is_allowed=True),
    ),
    (
        "kind: IpRule\nmetadata: {name: scanner}\nspec: {network: 198.18.0.7, action: deny, expires: '2026-11-26T12:00Z'}",
        IpRuleConfig(name="scanner", network="198.18.0.7/32", is_allowed=False, expires_at=1795694400.0),
    ),
    (
        "kind: Tenant\nmetadata: {name: acme}\nspec: {domain: PBX.example}",
        TenantConfig(name="acme", domain="pbx.example"),
    ),
    (
        """\
kind: Tenant
metadata: {name: acme}
spec:
  domain: acme.example
  enabled: false
  displayName: Acme
  quotas: {maxExtensions: 20, maxConcurrentCalls: 5, maxRingGroups: 3, maxOutsideCalls: 4, maxOutsideCallsPerMinute: 9}
  dialling:
    countryCode: "977"
    nationalPrefix: "0"
    internationalPrefixes: ["00", "011"]
    bareNationalLengths: [8, 10]
    emergencyNumbers: ["100", "112"]
    shortCodes: ["1498"]
  timeZone: Asia/Kathmandu
  officeHours: main
  retention: {cdrs: 90d}
  blocked:
    - {number: ["+4470*", anonymous], calls: from, remark: Nuisance}
    - {number: "+882*", calls: to}
  countries: {allow: [NP], deny: ["+977166"]}
  profile: {currency: NPR}
  tolls: {rates: carrier, budget: "99.50"}
  billing: {outgoing: true, incoming: true}
  mayChange: [forwarding, doNotDisturb]
  webhooks:
    cdr:
      url: https://crm.example.com/calls
      auth: {basic: {user: pbx, password: {env: CALLS}}}
      signingSecret: {file: secrets/signing}
      timeout: 3s
    events:
      url: http://10.0.0.7:8080/phones
      auth: {digest: {user: acme, password: {env: PHONES}}}
      types: [extension_expired, extension_registered]
""",
        TenantConfig(
            name="acme",
            domain="acme.example",
            enabled=False,
            display_name="Acme",
            quotas=QuotaConfig(
                max_extensions=20,
                max_concurrent_calls=5,
                max_ring_groups=3,
                max_outside_calls=4,
                max_outside_calls_per_minute=9,
            ),
            dialling=DiallingConfig(
                country_code="977",
                national_prefix="0",
                international_prefixes=("00", "011"),
                bare_national_lengths=(8, 10),
                emergency=("100", "112"),
                short_codes=("1498",),
            ),
            zone=KATHMANDU,
            office_hours="main",
            retention=RetentionConfig(cdrs_days=90),
            blocked=(
                BlockedConfig(numbers=("+4470*", "anonymous"), is_to=False, remark="Nuisance"),
                BlockedConfig(numbers=("+882*",), is_from=False),
            ),
            countries=CountriesConfig(
                prefixes=(
                    CountryPrefixConfig(prefix="977", name="NP", is_allowed=True),
                    CountryPrefixConfig(prefix="977166", name="+977166", is_allowed=False),
                ),
                allows_others=False,
            ),
            tolls=TollsConfig(rates="carrier", budget="99.50", currency="NPR"),
            billing=BillingConfig(outgoing=True, incoming=True),
            may_change=("doNotDisturb", "forwarding"),
            webhooks=WebhooksConfig(
                cdr=WebhookConfig(
                    url="https://crm.example.com/calls",
                    auth="basic",
                    user="pbx",
                    password=SecretRef("env:CALLS"),
                    signing_secret=SecretRef("file:secrets/signing"),
                    timeout_s=3.0,
                ),
                events=WebhookConfig(
                    url="http://10.0.0.7:8080/phones",
                    auth="digest",
                    user="acme",
                    password=SecretRef("env:PHONES"),
                    types=("extension_registered", "extension_expired"),
                ),
            ),
        ),
    ),
    (
        "kind: Tenant\nmetadata: {name: acme}\nspec: {domain: acme.example, webhooks: {events: {url: 'http://crm/e'}}}",
        TenantConfig(
            name="acme",
            domain="acme.example",
            webhooks=WebhooksConfig(events=WebhookConfig(url="http://crm/e", types=EVENT_TYPES)),
        ),
    ),
    (
        'kind: Extension\nmetadata: {tenant: acme, name: "0102"}\nspec: {password: {env: PW}}',
        ExtensionConfig(tenant="acme", name="0102", number="0102", auth_user="0102", password=SecretRef("env:PW")),
    ),
    (
        """\
kind: Extension
metadata: {tenant: acme, name: ada}
spec:
  number: 0101
  authUser: ada.l
  displayName: Ada
  enabled: false
  maxContacts: 2
  ringTime: 1m
  officeHours: nights
  password: {file: secrets/ada}
  groups: [sales, night]
  outboundCallerId: "+442079460101"
  mayCallOutside: true
  outsideLimits: {maxCalls: 1, maxCallsPerMinute: 3}
  balance: 12.50
  mayChange: [doNotDisturb]
  forwarding:
    - {when: busy, hours: out, to: {external: "0301234"}}
    - {when: always, to: {hangUp: busy}}
""",
        ExtensionConfig(
            tenant="acme",
            name="ada",
            number="0101",
            auth_user="ada.l",
            password=SecretRef("file:secrets/ada"),
            display_name="Ada",
            enabled=False,
            max_contacts=2,
            ring_time_s=60.0,
            office_hours="nights",
            groups=("sales", "night"),
            outbound_caller_id="+442079460101",
            may_call_outside=True,
            max_outside_calls=1,
            max_outside_calls_per_minute=3,
            balance=12_500_000,
            may_change=("doNotDisturb",),
            forwarding=(
                ForwardingConfig(when="busy", hours="out", to=DestinationConfig(kind="external", value="0301234")),
                ForwardingConfig(when="always", to=DestinationConfig(kind="hangUp", value="busy")),
            ),
        ),
    ),
    (
        "kind: ExtensionProfile\nmetadata: {tenant: acme, name: desk}\nspec: {ringTime: 20s, groups: [sales]}",
        DeclaredConfig(
            tenant="acme",
            kind="ExtensionProfile",
            name="desk",
            spec='{"groups":["sales"],"ringTime":"20s"}',
            waits=False,
        ),
    ),
    (
        "kind: ExtensionGroup\nmetadata: {tenant: acme, name: sales}\nspec: {mayCallOutside: true, mayPage: true}",
        DeclaredConfig(
            tenant="acme",
            kind="ExtensionGroup",
            name="sales",
            spec='{"mayCallOutside":true,"mayPage":true}',
            waits=False,
            declared=(DeclaredField("spec.mayPage", "true"),),
        ),
    ),
    (
        'kind: TenantSource\nmetadata: {name: acme}\nspec: {git: "git+https://git.example/acme.git", branch: prod, poll: 1m}',
        DeclaredConfig(
            tenant="",
            kind="TenantSource",
            name="acme",
            spec='{"branch":"prod","git":"git+https://git.example/acme.git","poll":"1m"}',
            waits=False,
        ),
    ),
    (
        "kind: OfficeHours\nmetadata: {tenant: acme, name: main}\nspec:\n  week: {tue: '09:00-17:00'}",
        OfficeHoursConfig(
            tenant="acme", name="main", schedule=Schedule(week=((), (TimeRange(540, 1020),), (), (), (), (), ()))
        ),
    ),
    (
        """\
kind: OfficeHours
metadata: {tenant: acme, name: nights}
spec:
  timeZone: Asia/Kathmandu
  week: {mon-sun: "22:00-06:00"}
  dates: {2026-12-24: closed}
""",
        OfficeHoursConfig(
            tenant="acme",
            name="nights",
            schedule=Schedule(
                week=((TimeRange(1320, 1800),),) * 7,
                dates=(DatedHours(first=739974, last=739974, ranges=(), written="2026-12-24"),),
            ),
            zone=KATHMANDU,
        ),
    ),
    (
        "kind: Trunk\nmetadata: {name: carrier}\nspec: {host: sip.example.net}",
        TrunkConfig(
            tenant="", name="carrier", servers=(ServerConfig(host="sip.example.net"),), domain="sip.example.net"
        ),
    ),
    (
        """\
kind: Trunk
metadata: {tenant: acme, name: gateway}
spec:
  enabled: false
  host: 192.0.2.50:5080
  backupHosts: ["[2001:db8::1]:5060", "2001:db8::2"]
  outboundProxy: proxy.example.net:5070
  transport: tcp
  domain: gw.example.net
  listener: phones
  registration: {user: acme, expires: 20m}
  credentials: {user: acme-auth, password: {env: GW}}
  addresses: [192.0.2.0/24, "2001:db8::/32"]
  sameNetwork: true
  tenants: [acme]
  maxChannels: 8
  numberFormat: plain
  dialling: {countryCode: "44", nationalPrefix: "0"}
  callerId: {policy: trunk, number: "+442079460199"}
  optionsInterval: 0s
  headerRules:
    outgoing: [{header: P-Asserted-Identity, set: user, to: callerId}]
    incoming: [{header: Diversion, remove: true}, {header: To, set: display, text: desk}]
""",
        TrunkConfig(
            tenant="acme",
            name="gateway",
            enabled=False,
            servers=(
                ServerConfig(host="192.0.2.50", port=5080),
                ServerConfig(host="2001:db8::1", port=5060),
                ServerConfig(host="2001:db8::2"),
            ),
            outbound_proxy=ServerConfig(host="proxy.example.net", port=5070),
            transport="tcp",
            domain="gw.example.net",
            listener="phones",
            registration=TrunkRegistrationConfig(user="acme", expires_s=1200),
            credentials=CredentialsConfig(user="acme-auth", password=SecretRef("env:GW")),
            addresses=("192.0.2.0/24", "2001:db8::/32"),
            is_same_network=True,
            tenants=("acme",),
            max_channels=8,
            number_format="plain",
            dialling=DiallingConfig(country_code="44", national_prefix="0"),
            is_dialling_own=True,
            caller_id="trunk",
            number="+442079460199",
            options_interval_s=0.0,
            outgoing=(HeaderRuleConfig(header="P-Asserted-Identity", part="user", source="callerId"),),
            incoming=(
                HeaderRuleConfig(header="Diversion", remove=True),
                HeaderRuleConfig(header="To", part="display", source="text", text="desk"),
            ),
        ),
    ),
    (
        'kind: InboundRule\nmetadata: {tenant: acme, name: any}\nspec: {match: {did: "*"}, inHours: {ringGroup: all}}',
        InboundRuleConfig(
            tenant="acme", name="any", dids=("*",), in_hours=DestinationConfig(kind="ringGroup", value="all")
        ),
    ),
    (
        """\
kind: InboundRule
metadata: {tenant: acme, name: main}
spec:
  enabled: false
  trunks: [carrier]
  match: {did: ["+4420*", 2345], cid: "*99", asDialled: true}
  hours: nights
  inHours: {extension: 101}
  outOfHours: {hangUp: unavailable}
""",
        InboundRuleConfig(
            tenant="acme",
            name="main",
            enabled=False,
            trunks=("carrier",),
            dids=("+4420*", "2345"),
            cids=("*99",),
            is_dialled=True,
            hours="nights",
            in_hours=DestinationConfig(kind="extension", value="101"),
            out_of_hours=DestinationConfig(kind="hangUp", value="unavailable"),
        ),
    ),
    (
        "kind: OutboundRule\nmetadata: {tenant: acme, name: all}\nspec: {routes: [{trunk: carrier}]}",
        OutboundRuleConfig(tenant="acme", name="all", routes=(OutboundRouteConfig(trunk="carrier"),)),
    ),
    (
        """\
kind: OutboundRule
metadata: {tenant: acme, name: china}
spec:
  enabled: false
  order: 10
  match:
    prefixes: ["00", 123, "+"]
    extensions: ["101", 110-120]
    groups: [sales]
    length: {min: 8, max: 20}
  routes:
    - {trunk: carrier, strip: 2, prepend: 0086, callerId: "+442079460100"}
    - {trunk: gateway}
  failoverOn: [503]
  ringTime: 45s
""",
        OutboundRuleConfig(
            tenant="acme",
            name="china",
            enabled=False,
            order=10,
            prefixes=("00", "123", "+"),
            extensions=("101", "110-120"),
            groups=("sales",),
            min_length=8,
            max_length=20,
            routes=(
                OutboundRouteConfig(trunk="carrier", strip=2, prepend="0086", caller_id="+442079460100"),
                OutboundRouteConfig(trunk="gateway"),
            ),
            failover_on=(503,),
            ring_time_s=45.0,
        ),
    ),
    (
        "kind: RingGroup\nmetadata: {tenant: acme, name: all}\nspec: {number: 200, members: [101]}",
        RingGroupConfig(tenant="acme", name="all", number="200", members=("101",)),
    ),
    (
        """\
kind: RingGroup
metadata: {tenant: acme, name: sales}
spec:
  number: 0201
  displayName: Sales
  enabled: false
  members: [101, "0102"]
  strategy: roundRobin
  ringTime: 90s
  memberRingTime: 15s
  noAnswer: {extension: 103}
""",
        RingGroupConfig(
            tenant="acme",
            name="sales",
            number="0201",
            display_name="Sales",
            enabled=False,
            members=("101", "0102"),
            strategy="roundRobin",
            ring_time_s=90.0,
            member_ring_time_s=15.0,
            no_answer=DestinationConfig(kind="extension", value="103"),
        ),
    ),
    (
        """\
kind: RateTable
metadata: {name: carrier}
spec:
  currency: GBP
  rates:
    - {prefix: "+447", name: British mobile phones, outgoing: 0.055, incoming: "1.5", unit: 30s}
    - {prefix: "+44", outgoing: 0.000001}
""",
        RateTableConfig(
            tenant="",
            name="carrier",
            currency="GBP",
            rates=(
                PrefixRateConfig(prefix="44", outgoing=1),
                PrefixRateConfig(prefix="447", outgoing=55_000, incoming=1_500_000, unit_s=30),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_each_kind(text: str, expected: ConfigItem) -> None:
    found = resource(text)
    assert compile_resource(found) == expected
    assert config_ref(found) == expected.ref
    assert origin_of(found) == Origin("a.yaml", 1)


def test_every_kind_is_compiled() -> None:
    """A kind has a config of its own, or is kept as it is written: nothing of it is carried out yet, or others carry it out."""
    own = {type(item).__name__.removesuffix("Config") for _, item in CASES} - {"Declared"}
    assert own | {item.kind for _, item in CASES if isinstance(item, DeclaredConfig)} == {
        kind.name for kind in KINDS.values() if kind.is_carried_out
    }


@pytest.mark.parametrize(("transport", "port"), [("tls", 5061), ("ws", 5062), ("wss", 10443)])
def test_a_listener_of_a_transport_to_come_is_declared(transport: str, port: int) -> None:
    item = compile_resource(resource(f"kind: Listener\nmetadata: {{name: secure}}\nspec: {{transport: {transport}}}"))
    assert isinstance(item, DeclaredConfig)
    assert item.ref == ConfigRef("", "Listener", "secure")
    assert item.spec == f'{{"port":{port},"transport":"{transport}"}}'


def _parts(item: ConfigItem) -> tuple[object, ...]:
    match item:
        case SystemConfig(media=media, sip=sip, network=network):
            return (media, sip, network)
        case TenantConfig():
            return (item, item.quotas, item.retention, item.dialling, item.webhooks, *item.webhooks.all, *item.blocked)
        case _:
            return (item,)


@pytest.mark.parametrize(
    "config",
    [
        ExtensionConfig,
        ListenerConfig,
        IpRuleConfig,
        TenantConfig,
        QuotaConfig,
        DiallingConfig,
        OfficeHoursConfig,
        MediaConfig,
        NetworkConfig,
        SipConfig,
        TrunkConfig,
        InboundRuleConfig,
        OutboundRuleConfig,
        RingGroupConfig,
        WebhooksConfig,
        WebhookConfig,
        RetentionConfig,
    ],
)
def test_every_field_is_set_by_some_manifest(config: type) -> None:
    """A field that no manifest can set would be a constant: the last case of each kind sets all of them."""
    items = [item for _, item in CASES]
    values = [value for item in items for value in _parts(item) if isinstance(value, config)]
    for field in fields(config):
        assert len({getattr(value, field.name) for value in values}) > 1 or field.name in {
            "tenant",
            "name",
            "transport",
            "declared",  # of whatever is marked so: test_declared.py
        }


def test_the_tenants_own_key() -> None:
    found = resource("kind: Tenant\nmetadata: {name: acme}\nspec: {domain: acme.example}")
    assert config_ref(found) == ConfigRef("acme", "Tenant", "acme")
