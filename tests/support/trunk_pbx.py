"""The pure engine with trunks: carriers are scripted as phones are, each with an address of its own.

Times are virtual; what `Carrier.inbox` gets is what would have gone to that port.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.config.listener import ListenerConfig
from engine.config.secret import SecretRef, Secrets
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import CredentialsConfig, ServerConfig, TrunkConfig
from engine.sip.flow import Flow
from engine.sip.message import SipRequest
from engine.sip.response import response_to
from engine.trunk.door import Door
from engine.trunk.resolution import Known
from tests.support.pbx import PBX_HOST, Pbx, Phone, sdp
from tests.support.routed import UK, extension, inbound, outbound, to

CARRIER = ("203.0.113.1", 7001)
SECOND = ("203.0.113.2", 7002)
THIRD = ("203.0.113.3", 7003)
DOOR = Door("udp", "udp", "udp", ("10.0.0.1", 5060), (PBX_HOST, 5060))
OURS = CredentialsConfig(user="acct", password=SecretRef("env:TRUNK"))


def carrier_trunk(*places: tuple[str, int], name: str = "carrier", **values: object) -> TrunkConfig:
    """A trunk of acme with these servers; not monitored unless asked."""
    given: dict[str, object] = {
        "tenant": "acme",
        "domain": "carrier.example",
        "options_interval_s": 0.0,
        **values,
    }
    servers = tuple(ServerConfig(host=host, port=port) for host, port in places or (CARRIER,))
    return TrunkConfig(name=name, servers=servers, **given)  # type: ignore[arg-type]


class Carrier(Phone):
    """A server of a carrier's."""

    def __init__(self, pbx: TrunkPbx, host: str, port: int) -> None:
        super().__init__(pbx, "carrier", host, port)
        self.domain = "carrier.example"

    def calls(
        self,
        number: str = "+442079460100",
        caller: str = "+4930123456",
        *,
        uri: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> SipRequest:
        """An INVITE from outside; no credentials."""
        self.tag = f"c{self.branch()[-4:]}"
        invite = self.request(
            "INVITE",
            uri or f"sip:{number}@{PBX_HOST}",
            call_id=f"in-{self.branch()}",
            body=sdp(self.port + 1000, self.host),
            extra={"From": f"<sip:{caller}@{self.domain}>;tag={self.tag}", **(extra or {})},
        )
        self.send(invite)
        return invite

    def challenge(self, request: SipRequest, status: int = 401, *, extra: str = "") -> None:
        """Ask for credentials."""
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        response = response_to(request, status, to_tag=self.tag)
        response.headers.add(
            name, f'Digest realm="carrier", nonce="n{self.branch()}", algorithm=MD5, qop="auth"{extra}'
        )
        self.send(response)

    def unavailable(self, request: SipRequest, retry_after: str | None = None) -> None:
        response = response_to(request, 503, to_tag=self.tag)
        if retry_after is not None:
            response.headers.add("Retry-After", retry_after)
        self.send(response)


class TrunkPbx(Pbx):
    """Extensions 101 and 102 that may call outside by `carrier`, and a DID, +442079460100, that rings 102."""

    def __init__(self, *trunks: TrunkConfig, items: Iterable[TenantItem] | None = None, **tenant: object) -> None:
        super().__init__("101", "102")
        self.given = tuple(trunks) or (carrier_trunk(),)
        self.items = (
            tuple(items)
            if items is not None
            else (
                extension("101", display_name="Ada", outbound_caller_id="+442079460101"),
                extension("102", display_name="Grace"),
                outbound("out"),
                inbound("main", dids=("+442079460100",), in_hours=to("extension", "102")),
            )
        )
        self.tenant = tenant
        self.secrets = Secrets("1", {SecretRef("env:X"): "secret", SecretRef("env:TRUNK"): "hush"})
        self.known: Known = {}
        self.doors = [DOOR]
        self.configure()

    def snapshot_with(self, trunks: Iterable[TrunkConfig], items: Iterable[TenantItem]) -> Snapshot:
        shared = [trunk for trunk in trunks if not trunk.tenant]
        own = [trunk for trunk in trunks if trunk.tenant == "acme"]
        config = TenantConfig(name="acme", domain="acme.example", dialling=UK, **self.tenant)  # type: ignore[arg-type]
        others = [
            TenantSnapshot.build([TenantConfig(name=name, domain=f"{name}.example"), *found])
            for name, found in self.other_tenants().items()
        ]
        return Snapshot.build(
            system=SystemConfig(),
            listeners=[ListenerConfig(name="udp", transport="udp", port=5060, tenant="acme")],
            tenants=[TenantSnapshot.build([config, *items, *own]), *others],
            trunks=shared,
        )

    def other_tenants(self) -> dict[str, list[TenantItem]]:
        return {}

    def configure(self, *trunks: TrunkConfig, items: Iterable[TenantItem] | None = None) -> None:
        """Apply; what is not given stays."""
        self.given = trunks or self.given
        self.items = self.items if items is None else tuple(items)
        snapshot = self.snapshot_with(self.given, self.items)
        self.admission.secrets = self.secrets
        self.stack.at = self.now
        self.admission.snapshot = snapshot
        self.switch.trunks.apply(snapshot, self.secrets, self.doors, self.now)
        self.apply(snapshot)

    def without_trunks(self) -> None:
        self.given = ()
        self.configure(*())

    def learn(self, known: Known) -> None:
        """DNS has answered."""
        self.stack.at = self.now
        self.switch.trunks.learn(known, self.now)
        self.flush()

    def carrier(self, place: tuple[str, int] = CARRIER) -> Carrier:
        carrier = Carrier(self, *place)
        self.phones[carrier.port] = carrier
        return carrier

    def failed_to_reach(self, carrier: Carrier) -> None:
        """The network says that nothing can be sent there."""
        self.stack.at = self.now
        self.layer.transport_error(Flow("udp", "udp", carrier.host, carrier.port), self.now)
        self.flush()

    @property
    def is_unused(self) -> bool:
        """Nothing is taken of any trunk."""
        return self.switch.usage.is_empty
