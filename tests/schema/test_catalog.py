"""What a Catalog hands out."""

from schema.catalog import Catalog, SystemResources
from schema.kinds.extension import ExtensionSpec
from schema.kinds.listener import ListenerSpec
from schema.kinds.system import SystemSpec
from schema.manifest_set import load
from schema.resource import specs_of
from tests.support.manifests import GOOD

CATALOG = load(GOOD.items()).catalog


def test_a_catalog_yields_every_resource_once() -> None:
    assert [str(resource.ref) for resource in CATALOG] == [
        "IpRule scanner",
        "Listener phones",
        "System system",
        "Tenant acme",
        "Extension acme/101",
        "Extension acme/102",
        "Tenant globex",
        "Extension globex/101",
        "InboundRule globex/main",
        "OfficeHours globex/main",
        "OutboundRule globex/outside",
        "RingGroup globex/all",
        "Trunk globex/carrier",
    ]


def test_resources_are_found_by_their_sort() -> None:
    acme = CATALOG.tenants["acme"]
    assert acme.name == "acme"
    assert acme.tenant.spec.domain == "acme.example"
    assert [extension.spec.number for extension in acme.of(ExtensionSpec)] == ["101", "102"]
    assert acme.of(ListenerSpec) == []
    assert specs_of(CATALOG, SystemSpec)[0].spec == CATALOG.system.spec


def test_an_empty_catalog_has_the_systems_defaults() -> None:
    assert list(Catalog()) == []
    assert SystemResources().spec == SystemSpec()
    assert Catalog() == Catalog()
