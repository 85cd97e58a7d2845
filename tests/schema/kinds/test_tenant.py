"""`Tenant`: its domain and dial context."""

from schema.kinds.tenant import Dialing, TenantSpec
from schema.manifest_set import parse_file
from tests.support.manifests import tenant


def read(content: str) -> TenantSpec:
    file = parse_file("f", content)
    assert file.problems == ()
    [resource] = file.resources
    assert resource.ref.tenant is None
    assert isinstance(resource.spec, TenantSpec)
    return resource.spec


def test_the_defaults() -> None:
    spec = read(tenant("acme", "ACME.example"))
    assert spec.domain == "acme.example"
    assert spec.enabled
    assert spec.display_name is None
    assert spec.dialing == Dialing()
    assert spec.dialing.international_prefixes == ("00",)
    assert spec.dialing.emergency_numbers == ("112",)


def test_everything_can_be_set() -> None:
    extra = (
        "enabled: false\ndisplayName: Acme Ltd\n"
        "dialing: {countryCode: 44, nationalPrefix: 0, internationalPrefixes: [00], emergencyNumbers: [112, 999]}\n"
    )
    spec = read(tenant("acme", "192.0.2.1", extra))
    assert not spec.enabled
    assert spec.display_name == "Acme Ltd"
    assert spec.dialing.country_code == "44"
    assert spec.dialing.national_prefix == "0"
    assert spec.dialing.international_prefixes == ("00",)
    assert spec.dialing.emergency_numbers == ("112", "999")
